"""The clock of the tests: sleepers wake in the order of their moments, and none is run past."""

from __future__ import annotations

import anyio
import pytest

from amocrm_sync import AsyncAmoCRM
from amocrm_sync.testing import Emulator, ManualClock

pytestmark = pytest.mark.anyio


async def test_each_of_several_sleepers_sees_its_own_moment():
    clock = ManualClock(start=100.0)
    woke: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.asleep(seconds)
        woke.append((name, clock.now()))

    async with anyio.create_task_group() as group:
        for name, seconds in (("late", 3.0), ("early", 1.0), ("middle", 2.0)):
            group.start_soon(sleeper, name, seconds)
    assert woke == [("early", 101.0), ("middle", 102.0), ("late", 103.0)]


async def test_a_sleeper_that_is_cancelled_holds_nobody_up():
    clock = ManualClock(start=100.0)
    async with anyio.create_task_group() as group:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await clock.asleep(1.0)
        group.start_soon(clock.asleep, 5.0)
    assert clock.now() == 105.0


async def test_a_sleeper_wakes_when_somebody_moves_the_clock_past_it():
    clock = ManualClock(start=100.0)
    async with anyio.create_task_group() as group:
        group.start_soon(clock.asleep, 5.0)
        await anyio.lowlevel.checkpoint()
        clock.advance(60)
    assert clock.now() == 160.0


async def test_requests_at_a_time_keep_the_pace_on_this_clock_too():
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock)
    client = emulator.http_client()
    async with AsyncAmoCRM("demo", token=emulator.long_lived_token(), http_client=client, clock=clock) as amo:
        began = clock.monotonic()
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(amo.account.get)
    assert {entry.status for entry in emulator.requests} == {200}
    assert clock.monotonic() - began == pytest.approx(19 / 6.8, rel=0.1)
