# Generated from tests/contract/_async/test_ban_everywhere.py by tools/unasync.py: edit that file instead.
"""A ban that one process meets stops the clients of every process that shares the limiter, and the badge says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from oauth_server import CLIENT_ID, REDIRECT, SECRET, OAuthServer
from wire import Answer, Wire, hal

from amocrm_sync import AccountBlockedError, AmoCRM, OAuthFlow
from amocrm_sync._core.blocks import BLOCK_SECONDS
from amocrm_sync.stores import MemoryTokenStore
from amocrm_sync.stores.sql import SQLRateLimiter
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

BAN = Answer(403, body=b"<html>Forbidden</html>", headers={"content-type": "text/html"})
LEADS = Answer(json=hal("leads", [{"id": 5}]))


class Process:
    """What one process has of its own: a clock (what is known of bans is kept by clock), a limiter, a wire."""

    def __init__(self, url: str, *answers: Answer) -> None:
        self.clock = ManualClock()
        self.limiter = SQLRateLimiter(url, clock=self.clock)
        self.wire = Wire(*answers, otherwise=lambda _: LEADS)
        self.amo = AmoCRM(
            "demo", token="t", http_client=self.wire.client(), clock=self.clock, limiter=self.limiter
        )

    def read(self) -> None:
        self.amo.request("GET", "/api/v4/leads")


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path}/pace.db"


def test_nobody_sends_after_the_ban_of_another(url):
    one, other = Process(url, BAN), Process(url)
    other.read()
    other.clock.advance(10)  # what it has asked about bans is no longer fresh
    with pytest.raises(AccountBlockedError, match="403"):
        one.read()
    for _ in range(3):
        with pytest.raises(AccountBlockedError, match="is stopped since 2026-") as caught:
            other.read()
    assert caught.value.context.account == "demo.amocrm.ru"
    assert len(other.wire.sent) == 1
    one.amo.unblock()
    other.clock.advance(2)
    other.read()
    one.limiter.close()
    other.limiter.close()


def test_a_call_that_was_waiting_for_its_slot_learns_of_it_before_it_is_sent(url):
    one, other = Process(url), Process(url)
    other.read()  # it has just asked about bans, and knows of none
    one.limiter.block("demo.amocrm.ru", "HTTP 403")
    with pytest.raises(AccountBlockedError):
        other.read()
    assert len(other.wire.sent) == 1
    one.limiter.close()
    other.limiter.close()


def test_the_badge_of_a_process_that_sends_nothing_says_it(url):
    one, clock = Process(url, BAN), ManualClock()
    limiter = SQLRateLimiter(url, clock=clock)
    server = OAuthServer(clock)
    flow = OAuthFlow(
        CLIENT_ID,
        SECRET,
        REDIRECT,
        store=MemoryTokenStore(clock=clock),
        http_client=Wire(otherwise=server.answer).client(),
        limiter=limiter,
        clock=clock,
    )
    flow.exchange_code("good-code", account="demo")
    assert (flow.status()).state == "connected"
    with pytest.raises(AccountBlockedError):
        one.read()
    clock.advance(2)
    status = flow.status()
    assert status.state == "error"
    assert status.blocked_since is not None
    assert status.blocked_until is not None
    lasts = (status.blocked_until - status.blocked_since).total_seconds()
    assert lasts == pytest.approx(BLOCK_SECONDS, abs=0.1)
    assert abs((status.blocked_since - datetime.fromtimestamp(clock.now(), UTC)).total_seconds()) < 5
    assert "403" in (status.error or "")
    limiter.unblock("demo.amocrm.ru")
    assert (flow.status()).state == "connected"
    limiter.close()
    one.limiter.close()
