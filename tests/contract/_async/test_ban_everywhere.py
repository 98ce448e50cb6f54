"""A ban that one process meets stops the clients of every process that shares the limiter, and the badge says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from oauth_server import CLIENT_ID, REDIRECT, SECRET, OAuthServer
from wire import Answer, Wire, hal

from amocrm_sync import AccountBlockedError, AsyncAmoCRM, AsyncOAuthFlow
from amocrm_sync._core.blocks import BLOCK_SECONDS
from amocrm_sync.stores import AsyncMemoryTokenStore
from amocrm_sync.stores.sql import AsyncSQLRateLimiter
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

BAN = Answer(403, body=b"<html>Forbidden</html>", headers={"content-type": "text/html"})
LEADS = Answer(json=hal("leads", [{"id": 5}]))


class Process:
    """What one process has of its own: a clock (what is known of bans is kept by clock), a limiter, a wire."""

    def __init__(self, url: str, *answers: Answer) -> None:
        self.clock = ManualClock()
        self.limiter = AsyncSQLRateLimiter(url, clock=self.clock)
        self.wire = Wire(*answers, otherwise=lambda _: LEADS)
        self.amo = AsyncAmoCRM(
            "demo", token="t", http_client=self.wire.client(), clock=self.clock, limiter=self.limiter
        )

    async def read(self) -> None:
        await self.amo.request("GET", "/api/v4/leads")


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/pace.db"


async def test_nobody_sends_after_the_ban_of_another(url):
    one, other = Process(url, BAN), Process(url)
    await other.read()
    other.clock.advance(10)  # what it has asked about bans is no longer fresh
    with pytest.raises(AccountBlockedError, match="403"):
        await one.read()
    for _ in range(3):
        with pytest.raises(AccountBlockedError, match="is stopped since 2026-") as caught:
            await other.read()
    assert caught.value.context.account == "demo.amocrm.ru"
    assert len(other.wire.sent) == 1
    await one.amo.unblock()
    other.clock.advance(2)
    await other.read()
    await one.limiter.aclose()
    await other.limiter.aclose()


async def test_a_call_that_was_waiting_for_its_slot_learns_of_it_before_it_is_sent(url):
    one, other = Process(url), Process(url)
    await other.read()  # it has just asked about bans, and knows of none
    await one.limiter.block("demo.amocrm.ru", "HTTP 403")
    with pytest.raises(AccountBlockedError):
        await other.read()
    assert len(other.wire.sent) == 1
    await one.limiter.aclose()
    await other.limiter.aclose()


async def test_the_badge_of_a_process_that_sends_nothing_says_it(url):
    one, clock = Process(url, BAN), ManualClock()
    limiter = AsyncSQLRateLimiter(url, clock=clock)
    server = OAuthServer(clock)
    flow = AsyncOAuthFlow(
        CLIENT_ID,
        SECRET,
        REDIRECT,
        store=AsyncMemoryTokenStore(clock=clock),
        http_client=Wire(otherwise=server.answer).client(),
        limiter=limiter,
        clock=clock,
    )
    await flow.exchange_code("good-code", account="demo")
    assert (await flow.status()).state == "connected"
    with pytest.raises(AccountBlockedError):
        await one.read()
    clock.advance(2)
    status = await flow.status()
    assert status.state == "error"
    assert status.blocked_since is not None
    assert status.blocked_until is not None
    lasts = (status.blocked_until - status.blocked_since).total_seconds()
    assert lasts == pytest.approx(BLOCK_SECONDS, abs=0.1)
    assert abs((status.blocked_since - datetime.fromtimestamp(clock.now(), UTC)).total_seconds()) < 5
    assert "403" in (status.error or "")
    await limiter.unblock("demo.amocrm.ru")
    assert (await flow.status()).state == "connected"
    await limiter.aclose()
    await one.limiter.aclose()
