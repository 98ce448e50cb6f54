# Generated from tests/contract/_async/test_shared_limiter_away.py by tools/unasync.py: edit that file instead.
"""A shared limiter whose store goes away and comes back, on a clock that stands still: never faster, and nothing is lost."""

from __future__ import annotations

import pytest

from amocrm_sync._core.limiter import Pace
from amocrm_sync._core.shared_pace import Departure, Grant, Rates, SharedBlock
from amocrm_sync._sync.shared_limiter import ASK_AGAIN_AFTER, SharedRateLimiter
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

ACCOUNT = "demo.amocrm.ru"
KEY = f"{ACCOUNT}|integration"
RATES = Rates(integration=5.0, fallback=1.0)


class Store:
    """What processes share: paces and bans by one clock. ``is_up`` says whether it answers."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.is_up = True
        self.asked = 0
        self.paces: dict[str, Pace] = {}
        self.bans: dict[str, SharedBlock] = {}

    def pace(self, key: str, rate: float) -> Pace:
        self.answer()
        return self.paces.setdefault(key, Pace(rate))

    def answer(self) -> None:
        self.asked += 1
        if not self.is_up:
            raise ConnectionRefusedError


class PlainLimiter(SharedRateLimiter):
    """A limiter over :class:`Store`."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        super().__init__(RATES, clock=clock)
        self._store = store

    def reserve(self, key: str, rate: float, *, patient: bool, hurry: bool) -> Grant:
        pace, now = self._store.pace(key, rate), self._store.clock.monotonic()
        slot = pace.reserve(now)
        return Grant(slot.at - now, slot.penalties)

    def leave(self, key: str, account: str, rate: float) -> Departure:
        return Departure(0.0, self._store.pace(key, rate).penalties, self._store.bans.get(account))

    def slow_down(self, key: str, rate: float, pause: float) -> None:
        self._store.pace(key, rate).penalize(self._store.clock.monotonic(), pause)

    def write_block(self, account: str, block: SharedBlock) -> None:
        self._store.answer()
        self._store.bans[account] = block

    def read_block(self, account: str) -> SharedBlock | None:
        self._store.answer()
        return self._store.bans.get(account)

    def erase_block(self, account: str) -> None:
        self._store.answer()
        self._store.bans.pop(account, None)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock) -> Store:
    return Store(clock)


def taken(limiter, clock: ManualClock, count: int) -> float:
    """Seconds that ``count`` calls one after the other take."""
    began = clock.monotonic()
    for _ in range(count):
        limiter.acquire(KEY)
    return clock.monotonic() - began


def test_away_it_is_slower_and_the_store_is_left_alone(store, clock):
    limiter = PlainLimiter(store, clock)
    assert taken(limiter, clock, 11) == pytest.approx(10 / 5.0)
    store.is_up, asked = False, store.asked
    assert taken(limiter, clock, 4) >= 3 / 1.0
    assert store.asked == asked + 1


def test_back_again_it_keeps_to_both_until_the_others_have_noticed(store, clock):
    limiter = PlainLimiter(store, clock)
    store.is_up = False
    limiter.acquire(KEY)
    store.is_up = True
    clock.advance(ASK_AGAIN_AFTER)
    assert taken(limiter, clock, 5) >= 4 / 1.0, "still at the pace of one that is alone"
    clock.advance(ASK_AGAIN_AFTER)
    assert taken(limiter, clock, 11) == pytest.approx(10 / 5.0)


def test_a_penalty_met_meanwhile_is_told_when_the_store_is_back(store, clock):
    limiter = PlainLimiter(store, clock)
    limiter.acquire(KEY)
    store.is_up = False
    limiter.penalize(KEY, retry_after=2.0)
    assert store.paces[KEY].penalties == 0
    store.is_up = True
    clock.advance(ASK_AGAIN_AFTER)
    limiter.acquire(KEY)
    assert store.paces[KEY].penalties == 1
    assert store.paces[KEY].current_rate(clock.monotonic()) < 5.0 * 0.81


def test_a_ban_met_meanwhile_stops_this_process_at_once_and_the_others_when_the_store_is_back(store):
    here, there = ManualClock(), ManualClock()
    one, other = PlainLimiter(store, here), PlainLimiter(store, there)
    store.is_up = False
    one.block(ACCOUNT, "HTTP 403")
    assert (one.blocked(ACCOUNT)) is not None
    assert (other.blocked(ACCOUNT)) is None
    store.is_up = True
    for clock in (here, there):
        clock.advance(ASK_AGAIN_AFTER)
    assert (one.blocked(ACCOUNT)) is not None
    found = other.blocked(ACCOUNT)
    assert found is not None
    assert found.reason == "HTTP 403"
    assert there.now() - found.since == pytest.approx(ASK_AGAIN_AFTER), (
        "since it was met, not since it was told"
    )


def test_a_ban_that_was_learnt_outlives_the_store_and_not_its_own_end(store, clock):
    limiter = PlainLimiter(store, clock)
    store.bans[ACCOUNT] = SharedBlock(age=5.0, left=60.0, reason="HTTP 403")
    limiter.acquire(KEY)
    store.is_up = False
    clock.advance(30.0)
    assert limiter.blocked(ACCOUNT) is not None
    clock.advance(31.0)
    assert limiter.blocked(ACCOUNT) is None


def test_bans_are_asked_for_once_a_second_at_most(store, clock):
    limiter = PlainLimiter(store, clock)
    for _ in range(50):
        assert limiter.blocked(ACCOUNT) is None
    assert store.asked == 1


def test_a_store_that_is_always_slow_delays_and_does_not_stop(store, clock):
    limiter = PlainLimiter(store, clock)
    leave = limiter.leave

    def slowly(key: str, account: str, rate: float) -> Departure:
        clock.advance(0.4)
        return leave(key, account, rate)

    limiter.leave = slowly
    assert 0.4 <= taken(limiter, clock, 1) < 3.0
