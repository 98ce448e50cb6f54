"""Who gets the next slot, in a limiter of one process and in a shared one: after a caller that was cancelled, and in a crowd."""

from __future__ import annotations

import anyio
import pytest

from amocrm_sync._async.limiter import AsyncLocalRateLimiter
from amocrm_sync._clock import SYSTEM_CLOCK
from amocrm_sync._core.call import Priority
from amocrm_sync.stores.sql import AsyncSQLRateLimiter

pytestmark = pytest.mark.anyio

KEY = "demo.amocrm.ru|integration"
RATE = 4.0


@pytest.mark.parametrize("kind", ["local", "shared"])
async def test_ten_that_were_cancelled_cost_the_next_nothing(kind, tmp_path):
    shared = AsyncSQLRateLimiter(f"sqlite:///{tmp_path}/pace.db", rate=RATE)
    limiter = AsyncLocalRateLimiter(RATE) if kind == "local" else shared
    await limiter.acquire(KEY)
    began = SYSTEM_CLOCK.monotonic()
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(limiter.acquire, KEY)
        await anyio.sleep(0.1)
        group.cancel_scope.cancel()
    await limiter.acquire(KEY)
    assert SYSTEM_CLOCK.monotonic() - began < 3 / RATE, "ten slots would be two and a half seconds"
    await shared.aclose()


@pytest.mark.parametrize("kind", ["local", "shared"])
async def test_nobody_in_the_background_is_overtaken_again_and_again(kind, tmp_path):
    rate = 20.0
    shared = AsyncSQLRateLimiter(f"sqlite:///{tmp_path}/pace.db", rate=rate)
    limiter = AsyncLocalRateLimiter(rate) if kind == "local" else shared
    came, left = list[int](), list[int]()

    async def page() -> None:
        """A reading that asks for the next page as soon as the one before has left."""
        while len(came) < 24:
            number = len(came)
            came.append(number)
            await limiter.acquire(KEY, priority=Priority.BACKGROUND)
            left.append(number)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(page)
    assert max(place - number for place, number in enumerate(left)) <= 8, (
        "one round at most, for a machine may be late"
    )
    await shared.aclose()
