"""Reading 20,000 rows while people delete and change them: is any row missed that was there all the time?

Page level, virtual time: the machines that decide what to read next, a list that changes between the pages, no store.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from random import Random

import attrs

from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.keyset import Keyset, NeverSettled, Scan
from amocrm_sync._core.sync.slices import RowKey
from amocrm_sync._core.sync.sweep import Sweep
from amocrm_sync._core.sync.windows import Ask, CreatedKey, LeftRow

PAGE = 250
SLOT = 1 / 6.8
LATENCY = 0.6
IN_FLIGHT = 6
LAG = 5.0


@attrs.define
class Churn:
    """A list of rows by id, and the people who work on it."""

    random: Random
    deletes: float = 12 / 60
    updates: float = 5.0
    now: float = 2_000_000.0
    created: dict[int, int] = attrs.field(factory=dict)
    updated: dict[int, int] = attrs.field(factory=dict)
    ids: list[int] = attrs.field(factory=list)
    by_update: list[tuple[int, int]] = attrs.field(factory=list)
    left: list[LeftRow] = attrs.field(factory=list)
    requests: int = 0
    gave_up: bool = False

    @classmethod
    def of(cls, rows: int, seed: int) -> Churn:
        """Rows that were made one after the other, and changed at any time since."""
        random = Random(seed)
        made = cls(random)
        for row_id, at in enumerate(sorted(random.randrange(1_000_000) for _ in range(rows)), 1):
            made.created[row_id] = at
            made.updated[row_id] = random.randrange(at, 1_999_000)
        made.ids = list(made.created)
        made.by_update = sorted((at, row_id) for row_id, at in made.updated.items())
        return made

    def __contains__(self, row_id: int) -> bool:
        place = bisect_left(self.ids, row_id)
        return self.ids[place : place + 1] == [row_id]

    def rates(self, deletes: float, updates: float) -> tuple[float, float]:
        """How much people do from now on, a second; and what it was before."""
        before = self.deletes, self.updates
        self.deletes, self.updates = deletes, updates
        return before

    def until(self, moment: float) -> None:
        """What people do until then."""
        if not self.deletes + self.updates:
            self.now = moment
        while self.now < moment:
            wait = self.random.expovariate(self.deletes + self.updates)
            if self.now + wait >= moment or not self.ids:
                self.now = moment
                return
            self.now += wait
            row_id = self.random.choice(self.ids)
            del self.by_update[bisect_left(self.by_update, (self.updated[row_id], row_id))]
            if self.random.random() < self.deletes / (self.deletes + self.updates):
                del self.ids[bisect_left(self.ids, row_id)]
                self.left.append(LeftRow(str(row_id), self.created[row_id], int(self.now)))
            else:
                self.updated[row_id] = int(self.now)
                insort(self.by_update, (int(self.now), row_id))

    def by_id(
        self, low: int | None, high: int | None, page: int, limit: int | None = None
    ) -> tuple[list[int], bool]:
        """A page in order of id, within bounds of ``updated_at``."""
        if low is None or high is None:
            return _page(self.ids, page, limit)
        return _page([row_id for row_id in self.ids if low <= self.updated[row_id] <= high], page, limit)

    def within(self, low: int, high: int, page: int) -> tuple[list[int], bool]:
        """A page in order of id, within bounds of ``created_at``; here ids and times have the same order."""
        start = bisect_left(self.ids, low, key=self.created.__getitem__)
        end = bisect_right(self.ids, high, key=self.created.__getitem__)
        return _page(self.ids[start:end], page)

    def after(self, low: int, high: int) -> tuple[list[int], bool]:
        """The first page in order of ``updated_at``."""
        start, end = bisect_left(self.by_update, (low, 0)), bisect_left(self.by_update, (high + 1, 0))
        return _page([row_id for _, row_id in self.by_update[start:end]], 1)

    def answer(self, read: Callable[[], tuple[list[int], bool]]) -> tuple[list[RowKey], bool]:
        """One request by itself: half of the latency there, half back."""
        self.requests += 1
        self.until(self.now + LATENCY / 2)
        found, more = read()
        keys = [RowKey(str(row_id), self.updated[row_id]) for row_id in found]
        self.until(self.now + LATENCY / 2)
        return keys, more


def by_chain(list_: Churn) -> set[str]:
    """In order of ``updated_at``, from the last second seen: what changed, and all notes."""
    walk, seen = Keyset(low=0, high=int(list_.now)), set[str]()
    first, high = walk.low, walk.high
    while not walk.done:
        asked = walk.query()

        def read(asked=asked) -> tuple[list[int], bool]:
            if asked.order == "id":
                return list_.by_id(asked.low, asked.high, asked.page)
            return list_.after(asked.low or 0, asked.high or 0)

        keys, more = list_.answer(read)
        seen |= {key.id for key in keys}
        walk = walk.feed(keys, more=more)
    assert first == 0
    return seen | _changed_since(list_, high)


def by_descent(list_: Churn, *, filters: bool = True) -> set[str]:
    """In order of id, from the last page to the first: tasks, customers."""
    high = int(list_.now)
    walk = Descent(low=0, high=high) if filters else Descent(low=None, high=None)
    seen = set[str]()
    while not walk.done:
        asked = walk.query()
        keys, more = list_.answer(
            lambda asked=asked: list_.by_id(asked.low, asked.high, asked.page, asked.limit)
        )
        seen |= {key.id for key in keys}
        walk = walk.feed(keys, more=more)
    return seen | (_changed_since(list_, high) if filters else set())


def by_descent_without_filters(list_: Churn) -> set[str]:
    """The same without bounds: products, and everything in an account whose filters are off."""
    return by_descent(list_, filters=False)


def by_two_passes(list_: Churn) -> set[str]:
    """Until two passes are equal: a list in no known order. What was read is stored, though they may never be."""
    walk, seen = Scan(low=None, high=None), set[str]()
    while not walk.done:
        page = walk.query().page
        keys, more = list_.answer(lambda page=page: list_.by_id(None, None, page))
        seen |= {key.id for key in keys}
        try:
            walk = walk.feed(keys, more=more)
        except NeverSettled:
            list_.gave_up = True
            break
    return seen


def by_two_passes_at_night(list_: Churn) -> set[str]:
    """The same with one deletion a minute."""
    list_.deletes = 1 / 60
    return by_two_passes(list_)


def by_windows(list_: Churn) -> set[str]:
    """Windows of ``created_at`` in order of id, pages in flight, with the proof: leads, contacts, companies."""
    state, seen = Sweep(high=int(list_.now), began=list_.now, lag=LAG), set[str]()
    waiting: list[tuple[float, int, Ask, list[int] | None, bool]] = []
    number, slot = 0, list_.now
    while True:
        ask = state.next([item[2] for item in waiting], width=IN_FLIGHT)
        if ask is not None:
            slot = max(slot + SLOT, list_.now)
            state = state.sent(ask, list_.now)
            list_.requests, number = list_.requests + 1, number + 1
            heapq.heappush(waiting, (slot + LATENCY / 2, number, ask, None, False))
        elif waiting:
            at, _, ask, found, more = heapq.heappop(waiting)
            list_.until(at)
            if found is None:
                found, more = list_.within(ask.low, ask.high, ask.page)
                number += 1
                back = at + LATENCY * list_.random.uniform(0.3, 0.7)
                heapq.heappush(waiting, (back, number, ask, found, more))
                continue
            keys = [CreatedKey(str(row_id), list_.created[row_id]) for row_id in found]
            seen |= {key.id for key in keys}
            state = state.feed(ask, keys, more=more, now=list_.now)
        else:
            list_.until(list_.now + 2 * LATENCY)
            state = state.without(list_.left).proven(list_.now)
            if state.is_read and not state.closed:
                return seen
            if state.is_read:  # in doubt for some seconds; the next pull looks again
                list_.until(list_.now + LAG)


STRATEGIES: dict[str, Callable[[Churn], set[str]]] = {
    "windows over created_at, proven": by_windows,
    "chain over updated_at": by_chain,
    "from the last page to the first": by_descent,
    "the same without bounds: products, filters off": by_descent_without_filters,
    "two equal passes, order unknown": by_two_passes,
    "two equal passes, 1 deletion a minute": by_two_passes_at_night,
}


def by_page_numbers(list_: Churn) -> set[str]:
    """What others do, for comparison: page after page in order of id, once."""
    seen, page, more = set[str](), 1, True
    while more:
        keys, more = list_.answer(lambda page=page: list_.by_id(None, None, page))
        seen |= {key.id for key in keys}
        page += 1
    return seen


@attrs.frozen
class Scanned:
    """How one reading went.

    Attributes:
        missed: Rows that were there from beginning to end and were not read.
        requests: How many it took.
        is_settled: Whether it claims to be complete; another one has said that it is not.
    """

    missed: int
    requests: int
    is_settled: bool


def scan(strategy: Callable[[Churn], set[str]], rows: int, seed: int) -> Scanned:
    """Read a list while people work on it."""
    list_ = Churn.of(rows, seed)
    there = set(list_.ids)
    seen = strategy(list_)
    stayed = {str(row_id) for row_id in list_.ids if row_id in there}
    return Scanned(len(stayed - seen), list_.requests, not list_.gave_up)


def _changed_since(list_: Churn, high: int) -> set[str]:
    """What the pull that follows reads: it begins where this one ends."""
    return {str(row_id) for at, row_id in list_.by_update if at > high}


def _page(found: list[int], page: int, limit: int | None = None) -> tuple[list[int], bool]:
    size = limit or PAGE
    return found[(page - 1) * size : page * size], len(found) > page * size
