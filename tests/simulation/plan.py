"""What a history is made of: drawn from a seed, and small enough to be written down when a history fails."""

from __future__ import annotations

from random import Random

import attrs


@attrs.frozen(kw_only=True)
class Plan:
    """The settings of one history. Rates are chances per request, per step or per webhook, in [0, 1].

    Attributes:
        seconds: Virtual time during which everybody works and everything goes wrong.
        page_size: Rows a page; small, so that few rows make many pages.
        crash: Chance of a machine to be killed at each of its steps.
        stall: Chance of a machine to stand still for up to ``longest_stall`` seconds at a step.
        refuse: Chance of a request to be refused with 5xx, without effect.
        unsent: Chance of a request not to reach the server.
        lose: Chance of an answer to be lost after the effect.
        late_error: Chance of a 5xx after the effect.
        limited: Chance of a 429.
        ban: Chance of the account to be banned for a while at a request.
        lose_refresh: Chance of the answer to a refresh of the token to be lost.
        list_lag: Most seconds by which a list is behind; what is read by id is up to date.
        token_life: Seconds of an access token.
        hook_loss: Webhooks that never come.
        hook_double: Webhooks that come twice.
        hook_delay: Most seconds that a webhook is under way; so their order is anything.
        webhooks: Whether the account sends any.
        events: Whether the log of events is followed.
        filters: Whether the account honours filters of lists.
        mark: How creates carry our id: by a ``field``, by a ``tag`` where the account lets us make no field, or ``none``.
        policy: Who wins a conflict.
        preread: Seconds after which a row is read before it is written; ``None`` for never.
        rows: Leads, contacts and tasks each, at the beginning.
        people: Changes a second in amoCRM's pages.
        bulk: Share of these that change many rows in one second.
        local: Changes a second on our side.
        removals: Share of people's changes that delete, restore or merge.
        pullers: How many machines pull; the same for those below.
        reconcile: Whether machines that pull now and then compare everything.
        first_pull: Whether the first pull is done before the trouble begins.
        phones: Devices with a copy of their own, offline most of the time.
        token_stall: Most seconds for which a machine stands still when it has got the lease of the tokens.
    """

    seed: int = 0
    seconds: float = 40.0
    page_size: int = 3
    crash: float = 0.006
    stall: float = 0.003
    longest_stall: float = 14.0
    refuse: float = 0.05
    unsent: float = 0.02
    lose: float = 0.04
    late_error: float = 0.02
    limited: float = 0.01
    ban: float = 0.0
    lose_refresh: float = 0.0
    list_lag: float = 2.0
    latency: float = 0.8
    token_life: int = 40
    hook_loss: float = 0.15
    hook_double: float = 0.25
    hook_delay: float = 25.0
    webhooks: bool = True
    events: bool = True
    filters: bool = True
    mark: str = "field"
    policy: str = "remote"
    preread: float | None = 2.0
    rows: int = 4
    people: float = 0.5
    bulk: float = 0.1
    removals: float = 0.25
    local: float = 0.4
    pullers: int = 2
    fetchers: int = 2
    pushers: int = 2
    fronts: int = 1
    reconcile: bool = False
    first_pull: bool = True
    phones: int = 0
    token_stall: float = 0.0

    @classmethod
    def draw(cls, seed: int) -> Plan:
        """The plan of a seed."""
        random = Random(f"plan:{seed}")
        return cls(
            seed=seed,
            seconds=random.choice((20.0, 30.0, 45.0)),
            page_size=random.choice((2, 3, 3, 5)),
            crash=random.choice((0.0, 0.004, 0.01)),
            stall=random.choice((0.0, 0.002, 0.006)),
            refuse=random.choice((0.0, 0.05, 0.12)),
            unsent=random.choice((0.0, 0.02)),
            lose=random.choice((0.0, 0.04, 0.08)),
            late_error=random.choice((0.0, 0.03)),
            limited=random.choice((0.0, 0.0, 0.02)),
            ban=random.choice((0.0,) * 9 + (0.004,)),
            lose_refresh=random.choice((0.0,) * 9 + (0.3,)),
            list_lag=random.choice((0.0, 1.0, 2.0)),
            latency=random.choice((0.2, 0.8, 1.5)),
            token_life=random.choice((25, 40, 86_400)),
            hook_loss=random.choice((0.0, 0.15, 0.5)),
            hook_delay=random.choice((1.0, 25.0)),
            webhooks=random.random() < 0.85,
            events=random.random() < 0.85,
            filters=random.random() < 0.9,
            mark="field" if random.random() < 0.9 else Random(f"mark:{seed}").choice(("tag", "none")),
            policy=random.choice(("remote", "local", "last_write_wins", "manual")),
            preread=random.choice((2.0, 2.0, 0.0, None)),
            rows=random.choice((3, 5, 7)),
            people=random.choice((0.2, 0.6)),
            local=random.choice((0.2, 0.5)),
            reconcile=random.random() < 0.1,
            first_pull=random.random() < 0.7,
            phones=Random(f"phones:{seed}").choice((0, 1, 2)),
        )


HOT = {"people": 2.0, "local": 2.0, "rows": 3, "bulk": 0.0, "removals": 0.0}
"""What makes both sides change the same few rows all the time."""
