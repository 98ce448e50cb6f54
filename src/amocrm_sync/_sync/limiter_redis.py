# Generated from src/amocrm_sync/_async/limiter_redis.py by tools/unasync.py: edit that file instead.
"""The rate limit shared through Redis."""

from __future__ import annotations

from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.limiter import (
    BACKLOG_FOR_LOW_PRIORITY,
    DEFAULT_RATE,
    RECOVERY_PER_SECOND,
    SLOWEST,
)
from amocrm_sync._core.limiter import (
    SLOW_DOWN as REMAINS,
)
from amocrm_sync._core.shared_pace import (
    ACCOUNT_RATE,
    BLOCK,
    ERASE_BLOCK,
    FALLBACK_RATE,
    LEAVE,
    READ_BLOCK,
    RESERVE,
    SLOW_DOWN,
    Departure,
    Grant,
    Rates,
    SharedBlock,
)
from amocrm_sync._redistokens import PREFIX, redis_url
from amocrm_sync._sync.shared_limiter import SharedRateLimiter

ANSWER_SECONDS = 1.0
"""A server that takes longer counts as away."""


class RedisRateLimiter(SharedRateLimiter):
    """A rate limit that processes and machines share through Redis (5 or newer).

    ::

        limiter = RedisRateLimiter("redis://cache.example:6379/0")
        client = AmoCRM("mycompany", auth=…, limiter=limiter)

    Make one for a process (and one for each event loop).

    Args:
        redis: A URL, or a client of ``redis`` that you own.
        rate: Requests a second of one integration in one account. The API allows 7.
        account_rate: Requests a second of all integrations in one account. The API allows 50.
        fallback_rate: Requests a second of this process while Redis is away; the rate divided by your processes.
        prefix: Put before every key.
        clock: What waits for slots.

    Raises:
        ConfigurationError: A value is wrong; the message names it.
    """

    away = (RedisError, OSError)

    def __init__(
        self,
        redis: str | Redis,
        *,
        rate: float = DEFAULT_RATE,
        account_rate: float = ACCOUNT_RATE,
        fallback_rate: float = FALLBACK_RATE,
        prefix: str = PREFIX,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(Rates(rate, account_rate, fallback_rate), clock=clock)
        family: Any = Redis  # from_url is only half typed
        self._redis: Any = redis
        self._is_ours = isinstance(redis, str)
        if isinstance(redis, str):
            options = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
            self._redis = family.from_url(redis_url(redis), **options)
        self._prefix = prefix

    def reserve(self, key: str, rate: float, *, patient: bool, hurry: bool) -> Grant:
        """See :class:`SharedRateLimiter`."""
        most = BACKLOG_FOR_LOW_PRIORITY if patient else -1
        hold = BACKLOG_FOR_LOW_PRIORITY if hurry else 0
        granted, wait, penalties = self._run(RESERVE, [key], rate, RECOVERY_PER_SECOND, most, hold)
        return Grant(float(wait), int(penalties)) if granted else Grant.refused(float(wait))

    def leave(self, key: str, account: str, rate: float) -> Departure:
        """See :class:`SharedRateLimiter`."""
        wait, penalties, ban = self._run(LEAVE, [account, key], rate, RECOVERY_PER_SECOND)
        return Departure(float(wait), int(penalties), _block(ban))

    def slow_down(self, key: str, rate: float, pause: float) -> None:
        """See :class:`SharedRateLimiter`."""
        self._run(SLOW_DOWN, [key], rate, RECOVERY_PER_SECOND, pause, REMAINS, SLOWEST)

    def write_block(self, account: str, block: SharedBlock) -> None:
        """See :class:`SharedRateLimiter`."""
        self._run(BLOCK, [account], block.age, block.left, block.reason)

    def read_block(self, account: str) -> SharedBlock | None:
        """See :class:`SharedRateLimiter`."""
        return _block(self._run(READ_BLOCK, [account]))

    def erase_block(self, account: str) -> None:
        """See :class:`SharedRateLimiter`."""
        self._run(ERASE_BLOCK, [account])

    def close(self) -> None:
        """Close the connections, if they are ours."""
        if self._is_ours:
            self._redis.close()

    def _run(self, script: str, keys: list[str], *arguments: float | str) -> Any:
        names = [self._name(key) for key in keys]
        return self._redis.eval(script, len(names), *names, *arguments)

    def _name(self, key: str) -> str:
        """The braces keep the keys of an account on one node of a cluster."""
        account, bar, integration = key.partition("|")
        return f"{self._prefix}pace:{{{account}}}{bar}{integration}"


def _block(answer: Any) -> SharedBlock | None:
    if not answer:
        return None
    age, left, reason = (part.decode() if isinstance(part, bytes) else part for part in answer)
    return SharedBlock(float(age), float(left), reason)
