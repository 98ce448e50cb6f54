# Generated from tests/unit/handlers/_async/test_quotas.py by tools/unasync.py: edit that file instead.
"""Counting requests: all at once if they were saved up, then steadily, the same in memory and in Redis."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples
from redis import Redis

from amocrm_sync._core.handlers.quota import Allowance, take
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.handlers import MemoryQuotas
from amocrm_sync.stores.redis import RedisQuotas
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio


def test_in_memory_each_key_has_its_own():
    clock = ManualClock()
    quotas = MemoryQuotas(clock=clock)
    allowance = Allowance(2, 10)
    assert [quotas.take("a", allowance) for _ in range(3)] == [0, 0, 5]
    assert quotas.take("b", allowance) == 0
    clock.advance(5)
    assert quotas.take("a", allowance) == 0


def test_in_redis_processes_count_together(redis_url):
    one, other = Redis.from_url(redis_url), Redis.from_url(redis_url)
    try:
        counts = [RedisQuotas(one), RedisQuotas(other)]
        allowance = Allowance(5, 600)

        def ask(number: int) -> float:
            return counts[number % 2].take("user", allowance)

        waits = bounded_map(ask, range(12), limit=4)
        assert sum(wait == 0 for wait in waits) == 5
        assert all(0 < wait <= 120 for wait in waits if wait)
        assert 0 < one.pttl("amo:quota:user") <= 600_000
    finally:
        one.close()
        other.close()


def test_redis_needs_a_client():
    with pytest.raises(ConfigurationError, match="redis"):
        RedisQuotas("redis://cache.example")


@examples(60)
@given(
    requests=st.integers(1, 50),
    seconds=st.floats(0.5, 3600),
    gaps=st.lists(st.floats(0, 100), min_size=1, max_size=200),
)
def test_never_more_than_was_allowed_and_whoever_waits_gets_in(requests, seconds, gaps):
    allowance, now, bucket, passed = Allowance(requests, seconds), 0.0, None, 0
    for gap in gaps:
        now += gap
        bucket, wait = take(bucket, allowance, now)
        passed += wait == 0
        assert passed <= requests + now * requests / seconds + 1e-6
    bucket, wait = take(bucket, allowance, now)
    if wait:
        assert take(bucket, allowance, now + wait + 1e-6)[1] == 0


@pytest.mark.parametrize(("requests", "seconds"), [(0, 60), (-1, 60), (1, 0)])
def test_an_allowance_of_nothing_is_refused(requests, seconds):
    with pytest.raises(ConfigurationError, match="rates"):
        Allowance(requests, seconds)
