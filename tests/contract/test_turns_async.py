"""The queue of one process before a shared rate limit: order by priority, and a cancelled place is given up."""

from __future__ import annotations

import anyio
import pytest

from amocrm_sync._async.turns import AsyncTurns

pytestmark = pytest.mark.anyio


async def test_urgent_first_then_in_the_order_of_coming():
    turns, order = AsyncTurns(), []

    async def take(priority: int, name: str) -> None:
        async with turns.turn(priority):
            order.append(name)

    async with anyio.create_task_group() as group, turns.turn(0):
        for priority, name in [(2, "late 1"), (0, "urgent 1"), (2, "late 2"), (0, "urgent 2")]:
            group.start_soon(take, priority, name)
            await anyio.wait_all_tasks_blocked()
        assert order == []
    assert order == ["urgent 1", "urgent 2", "late 1", "late 2"]


async def test_a_cancelled_caller_gives_its_place_up():
    turns, order = AsyncTurns(), []

    async def take(name: str, scope: anyio.CancelScope | None = None) -> None:
        with scope or anyio.CancelScope():
            async with turns.turn(0):
                order.append(name)

    scope = anyio.CancelScope()
    async with anyio.create_task_group() as group, turns.turn(0):
        group.start_soon(take, "cancelled", scope)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(take, "next")
        await anyio.wait_all_tasks_blocked()
        scope.cancel()
        await anyio.wait_all_tasks_blocked()
    assert order == ["next"]
    async with turns.turn(0):
        order.append("free again")
    assert order[-1] == "free again"
