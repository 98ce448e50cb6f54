# Generated from src/amocrm_sync/_async/stores/_redis.py by tools/unasync.py: edit that file instead.
"""How stores reach Redis: by a client that the host owns, or by a connection for each use."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from redis import Redis

from amocrm_sync._redistokens import redis_url
from amocrm_sync.errors import ConfigurationError


class RedisDoor:
    """Opens a connection for each use of a URL: nothing that a fork or a second event loop could break."""

    def __init__(self, redis: str | Redis) -> None:
        if not isinstance(redis, (str, Redis)):
            raise ConfigurationError(f"redis: a URL or a client is needed, not {type(redis).__name__}")
        self._redis = redis_url(redis) if isinstance(redis, str) else redis

    def run(self, script: str, name: str, *arguments: str | bytes) -> Any:
        """Run a script over one key."""
        with self.client() as client:
            return client.eval(script, 1, name, *arguments)

    @contextmanager
    def client(self) -> Generator[Any]:
        """A client to use within the block."""
        if not isinstance(self._redis, str):
            yield self._redis
            return
        family: Any = Redis  # from_url is only half typed
        client = family.from_url(self._redis)
        try:
            yield client
        finally:
            client.close()
