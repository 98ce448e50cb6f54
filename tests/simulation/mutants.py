"""The engine with one of its safeguards taken out. Each of these must be caught, or the checks are worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import attrs
from simulation.plan import Plan
from simulation.world import Outcome as History
from simulation.world import run

from amocrm_sync._async.stores.memory import queues
from amocrm_sync._async.stores.tokens import AsyncShelfLease, _AsyncShelfTokenStore
from amocrm_sync._async.sync import inbox, offline, poll, send, settle
from amocrm_sync._async.sync.offline_outgoing import AsyncOutgoing
from amocrm_sync._async.sync.reread import Look, Reread
from amocrm_sync._core.sync import outbox, planner
from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.keyset import Keyset
from amocrm_sync._core.sync.outbox import OpState
from amocrm_sync._core.sync.planner import Outcome, Step
from amocrm_sync._core.sync.records import ABSENT, Read
from amocrm_sync._core.sync.slices import Slice
from amocrm_sync._core.sync.sweep import Sweep
from amocrm_sync._core.token_table import LeaseRow
from amocrm_sync.sync import AsyncSyncEngine
from amocrm_sync.webhooks import parse

Cut = Callable[[], Any]


@attrs.frozen
class Mutant:
    """A safeguard taken out.

    Attributes:
        name: What is taken out.
        cut: Makes the patches.
        course: What the histories of a random plan are bent to, so that they come by the place.
        limit: Histories within which it must die.
        known: One that caught it; the suite begins there.
    """

    name: str
    cut: Cut
    course: dict[str, Any] = attrs.field(factory=dict)
    limit: int = 60
    known: int = 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The engine without its safeguard."""
        patches = self.cut()
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in reversed(patches):
                each.stop()

    def plan(self, seed: int) -> Plan:
        """The plan of a history that comes by the place."""
        return attrs.evolve(Plan.draw(seed), **{"phones": 0} | self.course)

    def dies_at(self, first: int = 1) -> tuple[int, History] | None:
        """The first history that shows it, with what was shown; ``None`` if it survives them all."""
        with self.at_work():
            for number in range(first, self.limit + 1):
                history = run(self.plan(number))
                if history.violations:
                    return number, history
        return None


def _no_refresh_lock() -> list[Any]:
    async def lease(store, key, ttl):
        return AsyncShelfLease(store, key, LeaseRow("anybody", store._clock.now() + ttl), store._clock)

    async def held(_self):
        return True

    return [patch.object(_AsyncShelfTokenStore, "lease", lease), patch.object(AsyncShelfLease, "held", held)]


def _no_lease_check() -> list[Any]:
    async def held(_self):
        return True

    from amocrm_sync._async import exchange

    return [patch.object(AsyncShelfLease, "held", held), patch.object(exchange, "MARGIN", -10_000.0)]


def _resend_unknown() -> list[Any]:
    async def settle_by_guess(self, ops, _records):
        async with self._context.tx() as tx:
            again = [
                attrs.evolve(op, state=OpState.PENDING)
                for own in ops.values()
                for op in outbox.under_way(own)
            ]
            await tx.outbox.save(again, self._claims)
        return []

    return [patch.object(settle.AsyncSettler, "settle", settle_by_guess)]


def _page_numbers() -> list[Any]:
    def query(self):
        page = 1 if self.tie is None else self.tie.page
        return Slice(low=self.low, high=self.high, order="updated_at", page=page)

    def feed(self, rows, *, more):
        if not more or not rows:
            return attrs.evolve(self, done=True)
        return attrs.evolve(
            self, tie=Descent(low=0, high=0, page=2 if self.tie is None else self.tie.page + 1)
        )

    def resumed(self, *, high, overlap):
        del overlap
        return attrs.evolve(self, high=max(high, self.high))

    return [
        patch.object(Keyset, "query", query),
        patch.object(Keyset, "feed", feed),
        patch.object(Keyset, "resumed", resumed),
    ]


def _payload_as_data() -> list[Any]:
    told: dict[tuple[str, str], Any] = {}
    receive = inbox.AsyncInbox.receive

    async def remember(self, body, content_type=None, headers=None):
        for event in parse(body, content_type=content_type):
            item = event.item if hasattr(event, "item") else event
            told[event.entity, str(event.entity_id)] = (event.action, item)
        return await receive(self, body, content_type, headers)

    async def believe(context, stream, remote_ids, *_others):
        now, rows, missing = context.clock.now(), [], {}
        async with context.tx(write=False) as tx:
            known = await tx.records.by_remote(stream.entity.name, remote_ids)
        for remote_id in remote_ids:
            payload = _payload(told.get((stream.entity.singular, remote_id)))
            if payload is None:
                missing[remote_id] = ABSENT
            else:
                base = known[remote_id].base if remote_id in known else {}
                rows.append({**base, "id": int(remote_id), **payload})
        return Reread([Look(rows=rows, missing=missing, read=Read(now, now))])

    return [
        patch.object(inbox.AsyncInbox, "receive", remember),
        patch.object(inbox, "read_again", believe),
    ]


def _payload(told: Any) -> dict[str, Any] | None:
    if told is None or told[0] == "delete":
        return None
    item = told[1]
    data = item if isinstance(item, dict) else dict(getattr(item, "raw", None) or {})
    numbers = {"price", "updated_at"}
    return {
        name: int(data[name]) if name in numbers else data[name]
        for name in ("name", "text", "price", "updated_at")
        if data.get(name) not in (None, "")
    }


def _no_marker() -> list[Any]:
    async def send_again(_context, tx, ops, _report, claims):
        await tx.outbox.save([attrs.evolve(op, state=OpState.PENDING) for op in ops], claims)

    return [patch.object(send, "hold", send_again), patch.object(settle, "hold", send_again)]


def _tie_once() -> list[Any]:
    def feed(self, rows, *, more):
        del rows
        return attrs.evolve(self, page=self.page + 1) if more else attrs.evolve(self, done=True)

    return [patch.object(Descent, "feed", feed)]


def _no_events() -> list[Any]:
    async def follow_nothing(_self, _page):
        return 0

    async def only_pull(self, *_args, **_options):
        return await self.pull()

    return [
        patch.object(poll.AsyncEventLog, "_keep", follow_nothing),
        patch.object(AsyncSyncEngine, "reconcile", only_pull),
    ]


def _no_grace() -> list[Any]:
    return [patch.object(outbox, "PROBES", (0.0,))]


def _no_overlap() -> list[Any]:
    from simulation import world

    config = world.SyncConfig
    return [patch.object(world, "SyncConfig", lambda **given: config(**given, overlap=0))]


def _by_updated_at() -> list[Any]:
    apply = planner.apply

    def compare(record, seen, read, **given):
        if record is not None:
            if (seen.updated_at or 0) < (record.remote_updated_at or 0):
                return Step(outcome=Outcome.STALE, before=record, after=None)
            record = attrs.evolve(record, read_fence=0.0)
        return apply(record, seen, read, **given)

    return [patch.object(planner, "apply", compare)]


def _tombstone_without_fence() -> list[Any]:
    gone = planner.gone

    def bury(record, remote_id, read, **given):
        step = gone(
            None if record is None else attrs.evolve(record, read_fence=0.0), remote_id, read, **given
        )
        fence = 0.0 if record is None else record.read_fence
        if step.after is None:
            return step
        return attrs.evolve(step, after=attrs.evolve(step.after, read_fence=fence))

    return [patch.object(planner, "gone", bury)]


def _lists_believed() -> list[Any]:
    return [patch.object(planner, "_is_behind", lambda *_: False)]


def _aba() -> list[Any]:
    mark = queues.AsyncMemoryWork.mark

    async def restart(self, kind, stream, keys, due_at):
        for key in dict.fromkeys(keys):
            row = self._data.work.get((kind, stream, key))
            before = 0 if row is None else row.generation
            await mark(self, kind, stream, [key], due_at)
            self._put(attrs.evolve(self._data.work[kind, stream, key], generation=before + 1))

    return [patch.object(queues.AsyncMemoryWork, "mark", restart)]


def _no_tombstone_for_unknown() -> list[Any]:
    gone = planner.gone

    def ignore(record, remote_id, read, **given):
        if record is None:
            return Step(outcome=Outcome.UNCHANGED, before=None, after=None)
        return gone(record, remote_id, read, **given)

    return [patch.object(planner, "gone", ignore)]


def _sweep_unproven() -> list[Any]:
    def believe(self, _now):
        return attrs.evolve(self, windows=(), closed=(), shaken=())

    return [patch.object(Sweep, "proven", believe)]


def _stale_results() -> list[Any]:
    return [
        patch.object(queues.AsyncMemoryOutbox, "_holds", lambda _self, _claim: True),
        patch.object(queues, "reopens", lambda _op, _stored: False),
    ]


def _brake_off_filters() -> list[Any]:
    """An answer with other rows than asked for is taken as if the filter had been honoured (I14)."""
    from amocrm_sync._async.sync import reread

    by_ids = reread._by_ids

    async def believe(*given, **named):
        rows = await by_ids(*given, **named)
        return [] if rows is None else rows

    return [patch.object(reread, "_by_ids", believe)]


def _phones_forgotten() -> list[Any]:
    take_part = AsyncOutgoing.take_part

    async def forgetful(self, tx, client, scope, edits, *rest, **more):
        forgotten = attrs.evolve(client, last_mutation_id=min(edit.id for edit in edits) - 1)
        return await take_part(self, tx, forgotten, scope, edits, *rest, **more)

    return [patch.object(AsyncOutgoing, "take_part", forgetful)]


def _cursor_ahead() -> list[Any]:
    whole_versions = offline.whole_versions

    async def hasty(tx, since, head, names, limit):
        found, _, _ = await whole_versions(tx, since, head, names, limit)
        return found, head, False

    return [patch.object(offline, "whole_versions", hasty)]


_LISTS_ONLY = {"webhooks": False, "events": False, "filters": True, "reconcile": False}
_CALM = {
    "crash": 0.0,
    "stall": 0.0,
    "refuse": 0.0,
    "lose": 0.0,
    "late_error": 0.0,
    "lose_refresh": 0.0,
    "ban": 0.0,
}

MUTANTS = (
    Mutant("no refresh lock", _no_refresh_lock, {"token_life": 25, "lose_refresh": 0.0}, known=3),
    Mutant(
        "lease not re-checked before refresh",
        _no_lease_check,
        {
            "token_life": 25,
            "lose_refresh": 0.0,
            "token_stall": 90.0,
            "seconds": 120.0,
            "crash": 0.0,
            "pushers": 0,
        },
        limit=150,
        known=13,
    ),
    Mutant("resend without settling unknown", _resend_unknown, {"lose": 0.15, "late_error": 0.1}, known=6),
    Mutant(
        "page numbers instead of keyset",
        _page_numbers,
        _LISTS_ONLY | {"people": 3.0, "page_size": 2, "rows": 12, "removals": 0.0},
    ),
    Mutant(
        "webhook payload applied as data",
        _payload_as_data,
        {"webhooks": True, "hook_loss": 0.0, "hook_delay": 25.0, "people": 1.5},
    ),
    Mutant("no create marker", _no_marker, {"mark": "none", "lose": 0.2, "late_error": 0.1}),
    Mutant(
        "tie second read once",
        _tie_once,
        _LISTS_ONLY | {"people": 4.0, "bulk": 0.4, "page_size": 2, "rows": 12, "removals": 0.0},
        150,
        known=6,
    ),
    Mutant(
        "no events poll, no reconcile",
        _no_events,
        {"hook_loss": 0.6, "removals": 0.6, "people": 1.0},
        known=2,
    ),
    Mutant(
        "no grace time in marker look-up",
        _no_grace,
        {"lose": 0.0, "late_error": 0.3, "list_lag": 2.0, "latency": 0.1},
        known=3,
    ),
    Mutant(
        "no grace time in tag look-up",
        _no_grace,
        {"mark": "tag", "lose": 0.0, "late_error": 0.3, "list_lag": 2.0, "latency": 0.1},
        known=4,
    ),
    Mutant(
        "updated_at instead of read fence",
        _by_updated_at,
        {"people": 4.0, "latency": 1.5, "removals": 0.0, "rows": 3, "fetchers": 4, "hook_delay": 1.0},
        150,
        known=2,
    ),
    Mutant(
        "tombstone without fence",
        _tombstone_without_fence,
        {"people": 3.0, "removals": 0.9, "latency": 1.5, "fetchers": 4, "hook_delay": 1.0},
        150,
        known=92,
    ),
    Mutant(
        "lists believed over what is known",
        _lists_believed,
        {"webhooks": True, "hook_loss": 0.0, "hook_delay": 0.5, "list_lag": 2.0, "people": 3.0, "pullers": 3},
        known=10,
    ),
    Mutant("hint generation restarts", _aba, {"people": 2.0}),
    Mutant(
        "no tombstone for never-seen ids",
        _no_tombstone_for_unknown,
        {
            "people": 4.0,
            "removals": 0.6,
            "bulk": 0.0,
            "rows": 2,
            "latency": 1.5,
            "hook_delay": 1.0,
            "hook_loss": 0.0,
            "webhooks": True,
            "events": True,
            "filters": True,
            "first_pull": True,
            "list_lag": 0.0,
            "stall": 0.03,
            "longest_stall": 14.0,
            "crash": 0.0,
            "pullers": 3,
            "fetchers": 4,
            "local": 0.2,
        },
        known=19,
    ),
    Mutant(
        "sweep without proof",
        _sweep_unproven,
        _LISTS_ONLY
        | {
            "events": True,
            "first_pull": False,
            "rows": 15,
            "page_size": 2,
            "people": 2.0,
            "removals": 0.9,
            "list_lag": 0.0,
        },
        150,
        known=109,
    ),
    Mutant(
        "results written without the lease",
        _stale_results,
        {"stall": 0.03, "local": 1.5, "longest_stall": 25.0},
        100,
    ),
    Mutant("answer to another question believed", _brake_off_filters, {"filters": False, "people": 1.0}),
    Mutant(
        "no overlap window",
        _no_overlap,
        _LISTS_ONLY
        | _CALM
        | {
            "list_lag": 4.0,
            "people": 1.0,
            "rows": 12,
            "page_size": 5,
            "bulk": 0.0,
            "removals": 0.0,
            "local": 0.2,
            "preread": None,
            "first_pull": True,
        },
        known=2,
    ),
    Mutant(
        "what was taken of a phone's edits forgotten",
        _phones_forgotten,
        {"phones": 2, "policy": "local", "people": 2.0},
        known=28,
    ),
    Mutant("a phone's cursor ahead of its page", _cursor_ahead, {"phones": 2}),
)
