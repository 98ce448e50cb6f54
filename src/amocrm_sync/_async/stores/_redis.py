"""How stores reach Redis: by a client that the host owns, or by a connection for each use."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from amocrm_sync._redistokens import redis_url
from amocrm_sync.errors import ConfigurationError


class AsyncRedisDoor:
    """Opens a connection for each use of a URL: nothing that a fork or a second event loop could break."""

    def __init__(self, redis: str | Redis) -> None:
        if not isinstance(redis, (str, Redis)):
            raise ConfigurationError(f"redis: a URL or a client is needed, not {type(redis).__name__}")
        self._redis = redis_url(redis) if isinstance(redis, str) else redis

    async def run(self, script: str, name: str, *arguments: str | bytes) -> Any:
        """Run a script over one key."""
        async with self.client() as client:
            return await client.eval(script, 1, name, *arguments)

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[Any]:
        """A client to use within the block."""
        if not isinstance(self._redis, str):
            yield self._redis
            return
        family: Any = Redis  # from_url is only half typed
        client = family.from_url(self._redis)
        try:
            yield client
        finally:
            await client.aclose()
