"""Rate limiters that processes share: spacing, order, penalty, both limits, and what happens without the store."""

from __future__ import annotations

import logging

import pytest

from amocrm_sync._async._primitives import bounded_map
from amocrm_sync._clock import SYSTEM_CLOCK
from amocrm_sync._core.call import Priority
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.stores.redis import AsyncRedisRateLimiter
from amocrm_sync.stores.sql import AsyncSQLRateLimiter

pytestmark = pytest.mark.anyio

KEY = "demo.amocrm.ru|integration"
RATE = 20.0
INTERVAL = 1 / RATE


@pytest.fixture(params=["sqlite", "sqlite in memory", "postgresql", "redis"])
def make_limiter(request, tmp_path):
    """Limiters of one store, as processes have them."""
    kept = []

    def make(**options):
        options = {"rate": RATE, **options}
        if request.param == "redis":
            limiter = AsyncRedisRateLimiter(request.getfixturevalue("redis_url"), **options)
        else:
            limiter = AsyncSQLRateLimiter(url, **options)
        kept.append(limiter)
        return kept[0] if "memory" in request.param else limiter

    url = {
        "sqlite": f"sqlite:///{tmp_path / 'pace.db'}",
        "sqlite in memory": "sqlite://",
        "redis": "",
        "postgresql": "",
    }[request.param]
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    return make


async def moments(limiter, count: int, *, key: str = KEY) -> list[float]:
    """When each of ``count`` callers that queue at once may leave."""

    async def leave(_: int) -> float:
        await limiter.acquire(key)
        return SYSTEM_CLOCK.monotonic()

    return sorted(await bounded_map(leave, range(count), limit=count))


async def test_two_limiters_of_one_store_keep_one_rate(make_limiter):
    first, second = make_limiter(), make_limiter()

    async def leave(number: int) -> float:
        await (first, second)[number % 2].acquire(KEY)
        return SYSTEM_CLOCK.monotonic()

    found = sorted(await bounded_map(leave, range(11), limit=11))
    assert found[-1] - found[0] >= 10 * INTERVAL * 0.95
    await first.aclose()
    await second.aclose()


async def test_keys_have_paces_of_their_own(make_limiter):
    limiter = make_limiter(rate=0.5, fallback_rate=0.5)
    began = SYSTEM_CLOCK.monotonic()
    for key in ("a.amocrm.ru|1", "b.amocrm.ru|1", "a.amocrm.ru|2"):
        await limiter.acquire(key)
    assert SYSTEM_CLOCK.monotonic() - began < 1.9
    await limiter.aclose()


async def test_integrations_share_the_limit_of_their_account(make_limiter):
    limiter = make_limiter(rate=1000.0, account_rate=RATE)

    async def leave(number: int) -> float:
        await limiter.acquire(f"demo.amocrm.ru|{number}")
        return SYSTEM_CLOCK.monotonic()

    found = sorted(await bounded_map(leave, range(9), limit=9))
    assert found[-1] - found[0] >= 8 * INTERVAL * 0.95
    await limiter.aclose()


async def test_a_penalty_stops_the_other_process_too(make_limiter):
    one, other = make_limiter(), make_limiter()
    await other.acquire(KEY)
    await one.penalize(KEY, retry_after=1.5)
    began = SYSTEM_CLOCK.monotonic()
    await other.acquire(KEY)
    assert 1.3 < SYSTEM_CLOCK.monotonic() - began < 4.0
    found = await moments(other, 9)
    assert found[-1] - found[0] >= 8 * INTERVAL / 0.81, "and it is slower from then on"
    await one.aclose()
    await other.aclose()


async def test_the_urgent_go_before_the_patient(make_limiter):
    limiter = make_limiter(rate=10.0)
    order: list[str] = []

    async def leave(name: str) -> None:
        priority = Priority.INTERACTIVE if name == "urgent" else Priority.BACKGROUND
        await limiter.acquire(KEY, priority=priority)
        order.append(name)

    await bounded_map(leave, ["first", *["patient"] * 4, *["urgent"] * 6], limit=11)
    assert order.count("urgent") == 6
    assert set(order[-3:]) == {"patient"}, order
    await limiter.aclose()


async def test_without_the_store_it_is_slower_and_goes_on(caplog):
    limiters = [
        AsyncRedisRateLimiter("redis://127.0.0.1:1/0", rate=100.0, fallback_rate=5.0),
        AsyncSQLRateLimiter("postgresql://nobody@127.0.0.1:1/none", rate=100.0, fallback_rate=5.0),
    ]
    for limiter in limiters:
        with caplog.at_level(logging.WARNING):
            caplog.clear()
            found = await moments(limiter, 4)
        assert found[-1] - found[0] >= 3 * 0.2 * 0.95
        assert "goes on alone at 5.00 requests a second" in caplog.text
        await limiter.penalize(KEY, retry_after=1.0)
        await limiter.aclose()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rate": 0}, "integration"),
        ({"account_rate": -1}, "account"),
        ({"rate": 1.0, "fallback_rate": 2.0}, "fallback_rate: it must not exceed rate"),
    ],
)
async def test_rates_that_make_no_sense_are_refused(options, words):
    with pytest.raises(ConfigurationError, match=words):
        AsyncSQLRateLimiter("sqlite://", **options)
