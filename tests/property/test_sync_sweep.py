"""The sweep misses nothing: a server whose rows are deleted while pages are in flight and answered in any order."""

from __future__ import annotations

import random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples

from amocrm_sync._core.sync import sweep as sweeping
from amocrm_sync._core.sync import windows
from amocrm_sync._core.sync.keyset import NeverSettled
from amocrm_sync._core.sync.slices import SliceNotHonoured
from amocrm_sync._core.sync.sweep import Sweep
from amocrm_sync._core.sync.windows import Ask, CreatedKey, LeftRow

PAGE = 3
HIGH = 1_000
LAG = 2.0


@attrs.define
class Server:
    """Rows by id with their ``created_at``; time passes with each answer."""

    rows: dict[int, int]
    dice: random.Random
    deletes: float
    now: float = 2_000.0
    trash: list[LeftRow] = attrs.field(factory=list)
    requests: int = 0
    empty: int = 0

    def page(self, ask: Ask) -> tuple[list[CreatedKey], bool]:
        self.requests += 1
        rows = sorted(row_id for row_id, at in self.rows.items() if ask.low <= at <= ask.high)
        start = (ask.page - 1) * PAGE
        part = rows[start : start + PAGE]
        self.empty += not part
        return [CreatedKey(str(row_id), self.rows[row_id]) for row_id in part], len(rows) > start + PAGE

    def live(self) -> None:
        """Time passes, and somebody may delete a row."""
        self.now += self.dice.random()
        if self.rows and self.dice.random() < self.deletes:
            row_id = self.dice.choice(sorted(self.rows))
            self.trash.append(LeftRow(str(row_id), self.rows.pop(row_id), int(self.now)))


def read_all(server: Server, *, width: int, restart: float = 0.0) -> set[str]:
    """Drive a sweep to its proof; the ids that were stored."""
    state, seen = Sweep(high=HIGH, began=server.now, lag=LAG), set[str]()
    evaluated: list[tuple[Ask, list[CreatedKey], bool]] = []
    waiting: list[Ask] = []
    while True:
        asked = [*waiting, *(ask for ask, _, _ in evaluated)]
        ask = state.next(asked, width=width, eager=server.dice.choice((0, 0, 0, 2)))
        if ask is not None and server.dice.random() < 0.7:
            state = state.sent(ask, server.now)
            waiting.append(ask)
        elif waiting and server.dice.random() < 0.6:
            ask = waiting.pop(server.dice.randrange(len(waiting)))
            evaluated.append((ask, *server.page(ask)))
        elif evaluated:
            ask, keys, more = evaluated.pop(server.dice.randrange(len(evaluated)))
            seen |= {key.id for key in keys}
            state = state.feed(ask, keys, more=more, now=server.now)
        elif state.is_read and not waiting:
            state = state.without(server.trash).proven(server.now)
            if state.is_read:
                server.now += LAG + 0.1
                state = state.without(server.trash).proven(server.now)
            if state.is_read:
                assert not state.closed
                return seen
        server.live()
        if server.dice.random() < restart:
            evaluated, waiting, state = [], [], Sweep.from_dict(state.to_dict())


@examples(150)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(0, 120),
    spread=st.sampled_from([1, 3, HIGH]),
    width=st.integers(1, 8),
    restart=st.sampled_from([0.0, 0.05]),
)
def test_every_row_that_stays_is_read_whatever_is_deleted_meanwhile(
    seed: int, count: int, spread: int, width: int, restart: float
) -> None:
    dice = random.Random(seed)
    stamps = [dice.randrange(spread) for _ in range(count)]
    if dice.random() < 0.7:
        stamps.sort()
    server = Server(dict(enumerate(stamps, 1)), dice, deletes=0.05)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweeping, "TARGET_PAGES", 5)
        patch.setattr(windows, "TARGET_PAGES", 5)
        try:
            seen = read_all(server, width=width, restart=restart)
        except NeverSettled:
            return  # said aloud: nothing is concluded from such a reading
    assert {str(row_id) for row_id in server.rows} <= seen


def test_a_quiet_list_costs_hardly_more_requests_than_it_has_pages() -> None:
    server = Server({row_id: row_id // 4 for row_id in range(1, 3_001)}, random.Random(1), deletes=0.0)
    seen = read_all(server, width=8)
    assert len(seen) == 3_000
    assert server.requests <= 3_000 / PAGE * 1.02 + 2 * 8


def test_the_sweep_survives_the_cursor_row() -> None:
    state = Sweep(high=HIGH, began=1.0, lag=LAG)
    ask = state.next([], width=4)
    assert ask is not None
    keys = [CreatedKey("1", 5), CreatedKey("2", 6), CreatedKey("3", 6)]
    state = state.sent(ask, 1.0).feed(ask, keys, more=True, now=2.0).without([LeftRow("2", 6, 3)])
    assert Sweep.from_dict(state.to_dict()) == state


def test_rows_that_were_not_asked_for_mean_that_the_filter_is_off() -> None:
    state = Sweep(high=HIGH, began=1.0)
    ask = Ask(low=0, high=10, page=1)
    for created_at in (11, None):
        with pytest.raises(SliceNotHonoured):
            state.feed(ask, [CreatedKey("1", created_at)], more=False, now=1.0)


def test_a_list_that_never_comes_to_rest_is_given_up() -> None:
    state = Sweep(high=HIGH, began=0.0)

    def read(second: int) -> Sweep:
        now = state
        while (ask := now.next([], width=1)) is not None:
            key = CreatedKey(str(ask.page), ask.low)
            now = now.sent(ask, second).feed(ask, [key], more=ask.page == 1, now=second)
        return now.without([LeftRow(str(second), None, second)])

    for second in range(19):
        state = read(second).proven(second)
        assert not state.is_read
    with pytest.raises(NeverSettled, match="deleted"):
        read(19).proven(19)
