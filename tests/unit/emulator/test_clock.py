from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from amocrm_sync.protocols import Clock
from amocrm_sync.testing import ManualClock


def test_it_is_a_clock():
    assert isinstance(ManualClock(), Clock)


def test_time_stands_still_by_itself():
    clock = ManualClock(start=1_000.0)
    assert [clock.now(), clock.now(), clock.monotonic()] == [1_000.0, 1_000.0, 0.0]


def test_advance_moves_both_times():
    clock = ManualClock(start=1_000.0)
    clock.advance(90.5)
    assert (clock.now(), clock.monotonic()) == (1_090.5, 90.5)


def test_time_does_not_go_back():
    clock = ManualClock(start=1_000.0)
    with pytest.raises(ValueError, match="forward only"):
        clock.advance(-1)
    assert clock.now() == 1_000.0


def test_sleeping_moves_the_clock_and_does_not_wait():
    clock = ManualClock(start=0.0)
    clock.sleep(86_400)
    clock.sleep(-5)
    assert clock.now() == 86_400.0


@pytest.mark.anyio
async def test_sleeping_in_a_task_moves_the_clock_and_does_not_wait():
    clock = ManualClock(start=0.0)
    await clock.asleep(86_400)
    await clock.asleep(-5)
    assert clock.now() == 86_400.0


def test_no_second_is_lost_between_threads():
    clock = ManualClock(start=0.0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: clock.sleep(1), range(2_000)))
    assert clock.now() == 2_000.0


def test_watchers_are_told_after_the_move_until_they_end():
    clock = ManualClock(start=0.0)
    seen: list[float] = []
    end = clock.watch(lambda: seen.append(clock.now()))
    clock.advance(5)
    clock.sleep(2)
    end()
    clock.advance(100)
    assert seen == [5.0, 7.0]
