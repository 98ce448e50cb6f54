# Generated from src/amocrm_sync/_async/handlers/quotas_redis.py by tools/unasync.py: edit that file instead.
"""Requests counted in Redis, for all processes of a host together."""

from __future__ import annotations

from typing import Any

from redis import Redis

from amocrm_sync._core.handlers.quota import Allowance
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._redisquotas import TAKE
from amocrm_sync.errors import ConfigurationError


class RedisQuotas(Unpicklable):
    """Counts requests in Redis (5 or newer), by its clock. Where Redis does not answer, the request is refused.

    Args:
        redis: A client of ``redis`` that you own.
        prefix: Put before every key.

    Raises:
        ConfigurationError: It is none.
    """

    def __init__(self, redis: Redis, *, prefix: str = "amo:quota:") -> None:
        if not isinstance(redis, Redis):
            raise ConfigurationError(f"redis: a client is needed, not {type(redis).__name__}")
        self._redis: Any = redis
        self._prefix = prefix

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._prefix}>"

    def take(self, key: str, allowance: Allowance) -> float:
        """Draw one request for a key; the seconds to wait, 0 to go ahead."""
        wait = self._redis.eval(TAKE, 1, self._prefix + key, str(allowance.requests), str(allowance.seconds))
        return float(wait)
