"""Callers that are cancelled: their slot goes to the next, in a limiter of one process and in a shared one."""

from __future__ import annotations

import anyio
import pytest

from amocrm_sync._async.limiter import AsyncLocalRateLimiter
from amocrm_sync._clock import SYSTEM_CLOCK
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
