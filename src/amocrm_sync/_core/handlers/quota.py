"""How often somebody may ask: a bucket that fills steadily."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from amocrm_sync._core.handlers.route import Rate
from amocrm_sync.errors import ConfigurationError


@attrs.frozen
class Allowance:
    """So many requests in so many seconds; all at once, if they were saved up.

    Attributes:
        requests: How many.
        seconds: In what time.
    """

    requests: int
    seconds: float = 60.0

    def __attrs_post_init__(self) -> None:
        if self.requests < 1 or self.seconds <= 0:
            raise ConfigurationError("rates: an allowance is at least 1 request in more than 0 seconds")


DEFAULT_RATES: Mapping[Rate, Allowance] = MappingProxyType(
    {Rate.AUTH: Allowance(20), Rate.SYNC: Allowance(30), Rate.DEVICE: Allowance(600)}
)
"""Per principal, and per address, a minute."""

FAILURES = Allowance(30)
"""Requests with credentials that were not accepted, per address and minute."""


@attrs.frozen
class Bucket:
    """What is left at a moment."""

    left: float
    at: float


def take(bucket: Bucket | None, allowance: Allowance, now: float) -> tuple[Bucket, float]:
    """Draw one request; how it stands afterwards, and the seconds to wait (0: go ahead).

    A request that has to wait draws nothing, so hammering does not lengthen the wait.
    """
    speed = allowance.requests / allowance.seconds
    left = float(allowance.requests)
    if bucket is not None:
        left = min(left, bucket.left + max(0.0, now - bucket.at) * speed)
    if left >= 1.0:
        return Bucket(left - 1.0, now), 0.0
    return Bucket(left, now), (1.0 - left) / speed
