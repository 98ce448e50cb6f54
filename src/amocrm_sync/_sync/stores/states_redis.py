# Generated from src/amocrm_sync/_async/stores/states_redis.py by tools/unasync.py: edit that file instead.
"""States of consents in Redis."""

from __future__ import annotations

from redis import Redis

from amocrm_sync._core.callback import PendingConsent, state_digest
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._redistokens import PREFIX, TAKE, pending_text, read_pending
from amocrm_sync._sync.stores._redis import RedisDoor


class RedisStateStore(Unpicklable):
    """States in Redis (5 or newer), so that a callback may reach any process.

    ::

        url = "redis://cache.example:6379/0"
        flow = OAuthFlow(…, store=RedisTokenStore(url), states=RedisStateStore(url))

    A state is read and deleted in one step, so it works once; Redis drops it when it expires. Its digest is what is stored,
    so nobody who reads the server can use one.

    Args:
        redis: A URL (each use opens a connection), or a client of ``redis`` that you own.
        prefix: Put before every key.

    Raises:
        ConfigurationError: It is neither.
    """

    def __init__(self, redis: str | Redis, *, prefix: str = PREFIX) -> None:
        self._door = RedisDoor(redis)
        self._prefix = prefix

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._prefix}>"

    def put(self, state: str, pending: PendingConsent, *, now: float) -> None:
        """Remember a state until it expires."""
        life = max(1, round((pending.expires_at - now) * 1000))
        with self._door.client() as client:
            client.set(self._name(state), pending_text(pending), px=life)

    def take(self, state: str) -> PendingConsent | None:
        """Give what belongs to a state and forget it: of two takers only one gets it."""
        text = self._door.run(TAKE, self._name(state))
        return None if text is None else read_pending(text)

    def _name(self, state: str) -> str:
        return f"{self._prefix}state:{state_digest(state)}"
