# Generated from src/amocrm_sync/_async/stores/tokens_redis.py by tools/unasync.py: edit that file instead.
"""Token pairs in Redis."""

from __future__ import annotations

from typing import Any

import attrs
from redis import Redis

from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._redistokens import (
    HELD,
    LEASE,
    PREFIX,
    RELEASE,
    SWAP,
    lease_name,
    moment,
    read_record,
    record_text,
    token_name,
)
from amocrm_sync._sync.stores._redis import RedisDoor
from amocrm_sync._tokenfile import holder_name


class RedisTokenStore(Unpicklable):
    """Tokens in Redis (5 or newer), or in what speaks its protocol.

    ::

        store = RedisTokenStore("redis://cache.example:6379/0")

    A refresh token exists once: let Redis keep it (``appendonly yes``, and ``appendfsync always`` if the loss of the
    last second matters; no eviction of these keys). Secrets are stored as they are: wrap the store in
    :class:`EncryptedTokenStore` if others read the server.

    Args:
        redis: A URL (each use opens a connection: nothing that a fork or a second event loop could break), or a client
            of ``redis`` that you own.
        prefix: Put before every key.

    Raises:
        ConfigurationError: It is neither.
    """

    def __init__(self, redis: str | Redis, *, prefix: str = PREFIX) -> None:
        self._door = RedisDoor(redis)
        self._prefix = prefix

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._prefix}>"

    def load(self, key: TokenKey) -> TokenRecord | None:
        """The newest stored record, or ``None``."""
        with self._door.client() as client:
            text = client.hget(token_name(self._prefix, key), "record")
        return None if text is None else read_record(text)

    def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> bool:
        """Store ``new`` if the stored version is ``old_version`` (``None``: nothing is stored)."""
        old = "" if old_version is None else str(old_version)
        return bool(self.run(SWAP, token_name(self._prefix, key), old, str(new.version), record_text(new)))

    def delete(self, key: TokenKey) -> None:
        """Forget the record; no error if there is none."""
        with self._door.client() as client:
            client.delete(token_name(self._prefix, key))

    def lease(self, key: TokenKey, ttl: float) -> RedisLease | None:
        """Take the key's lease for ``ttl`` seconds, or ``None`` at once if another holder has it."""
        holder, name = holder_name(), lease_name(self._prefix, key)
        taken = self.run(LEASE, name, holder, str(max(1, round(ttl * 1000))))
        return None if taken is None else RedisLease(self, name, holder, moment(taken) + ttl)

    def run(self, script: str, name: str, *arguments: str | bytes) -> Any:
        """Run a script over one key."""
        return self._door.run(script, name, *arguments)


@attrs.frozen
class RedisLease:
    """The right to refresh one token pair, until :attr:`expires_at`."""

    _store: RedisTokenStore
    _name: str
    _holder: str
    expires_at: float
    """When the lease ends by itself, unix seconds of the server's clock."""

    def held(self) -> bool:
        """Whether the lease is still ours."""
        return bool(self._store.run(HELD, self._name, self._holder))

    def release(self) -> None:
        """Give it back; no error if it has expired or passed to another holder."""
        self._store.run(RELEASE, self._name, self._holder)
