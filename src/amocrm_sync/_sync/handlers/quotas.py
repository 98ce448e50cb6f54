# Generated from src/amocrm_sync/_async/handlers/quotas.py by tools/unasync.py: edit that file instead.
"""Where it is counted how often somebody asks."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.handlers.quota import Allowance, Bucket, take

_KEPT = 100_000


class Quotas(Protocol):
    """Counts requests. Share one between processes, or each lets its own number through."""

    def take(self, key: str, allowance: Allowance) -> float:
        """Draw one request for a key; the seconds to wait, 0 to go ahead."""
        ...


class MemoryQuotas:
    """Counts in the memory of this process; the least recent keys are forgotten beyond 100,000.

    Args:
        clock: Where time comes from.
    """

    def __init__(self, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, allowance: Allowance) -> float:
        """Draw one request for a key; the seconds to wait, 0 to go ahead."""
        bucket, wait = take(self._buckets.get(key), allowance, self._clock.monotonic())
        self._buckets[key] = bucket
        self._buckets.move_to_end(key)
        while len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        return wait
