# Generated from tests/contract/_async/token_fakes.py by tools/unasync.py: edit that file instead.
"""A sender and stores that misbehave on demand, for the tests of renewals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oauth_server import CLIENT_ID, REDIRECT, SECRET, OAuthServer
from wire import Answer, Sent

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.call import Reply
from amocrm_sync._core.hosts import parse_account
from amocrm_sync._core.oauth import OAuth
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._http import Failure
from amocrm_sync._sync.auth import TokenManager
from amocrm_sync.protocols import Lease
from amocrm_sync.stores import MemoryTokenStore

ACCOUNT = parse_account("demo")
KEY = TokenKey(CLIENT_ID, ACCOUNT.host, "")
NEVER_SENT = Failure(sent=False, reason="connection refused")
LOST = Failure(sent=True, reason="read timeout")


class Wire:
    """Sends to a server; a script says what happens to the first requests instead.

    A step is an answer, a failure (the server hears nothing of it), ``"lost answer"`` (the server has rotated, nobody
    hears of it), or a function that is awaited with the request and gives the answer.
    """

    def __init__(self, server: OAuthServer, *script: Any, latency: float = 0.0) -> None:
        self.server = server
        self.script = list(script)
        self.latency = latency
        self.sent: list[Sent] = []
        self.timeouts: list[float | None] = []

    def send(self, method, url, *, headers, content, timeout) -> Reply | Failure:
        sent = Sent(method, url, dict(headers), content or b"")
        self.sent.append(sent)
        self.timeouts.append(timeout)
        SYSTEM_CLOCK.sleep(self.latency)
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Failure):
            return step
        if step == "lost answer":
            self.server.answer(sent)
            return LOST
        if callable(step):
            step = step(sent)
        return reply_of(step or self.server.answer(sent))


class FailingStore(MemoryTokenStore):
    """Fails as many swaps as it is told, like a full disk."""

    def __init__(self, *, clock: Clock, failures: int = 0) -> None:
        super().__init__(clock=clock)
        self.failures = failures

    def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> bool:
        if self.failures:
            self.failures -= 1
            raise OSError(f"no space left on device while writing {new.refresh_token}")
        return super().swap(key, old_version, new)


class SpyStore(MemoryTokenStore):
    """Counts how often it is read."""

    loads = 0

    def load(self, key: TokenKey) -> TokenRecord | None:
        self.loads += 1
        return super().load(key)


class ForgetfulStore(MemoryTokenStore):
    """Its first leases are lost between taking them and using them, as after a long pause of the process."""

    def __init__(self, *, clock: Clock, lost: int) -> None:
        super().__init__(clock=clock)
        self.lost = lost

    def lease(self, key: TokenKey, ttl: float) -> Lease | None:
        lease = super().lease(key, ttl)
        if lease is not None and self.lost:
            self.lost -= 1
            lease.release()
        return lease


def reply_of(answer: Answer) -> Reply:
    status, headers, body = answer.render()
    return Reply(status=status, headers=dict(headers), body=body)


def oauth(store: Any, owner: str = "") -> OAuth:
    return OAuth(CLIENT_ID, SECRET, REDIRECT, store=store, owner=owner)


def manager(
    store: Any, wire: Wire, clock: Clock, *, random: Callable[[], float] = lambda: 0.5
) -> TokenManager:
    class Steady:
        def random(self) -> float:
            return random()

    return TokenManager(oauth(store), ACCOUNT, wire, clock=clock, random=Steady())
