"""Rate limiters that processes share: spacing, order, penalty, both limits, and what happens without the store."""

from __future__ import annotations

import logging

import pytest

from amocrm_sync._async._primitives import bounded_map
from amocrm_sync._clock import SYSTEM_CLOCK, SystemClock
from amocrm_sync._core.blocks import BLOCK_SECONDS
from amocrm_sync._core.call import Priority
from amocrm_sync._core.shared_pace import SharedBlock
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.stores.redis import AsyncRedisRateLimiter
from amocrm_sync.stores.sql import AsyncSQLRateLimiter

pytestmark = pytest.mark.anyio

KEY = "demo.amocrm.ru|integration"
RATE = 20.0
INTERVAL = 1 / RATE


class Apart(SystemClock):
    """A clock of its own makes a limiter one of another process: what a process knows of bans, it knows by clock."""


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
    for limiter in (first, second):
        await limiter.acquire("opened.amocrm.ru|1")

    async def leave(number: int) -> float:
        await (first, second)[number % 2].acquire(KEY)
        return SYSTEM_CLOCK.monotonic()

    began = SYSTEM_CLOCK.monotonic()
    assert max(await bounded_map(leave, range(11), limit=11)) - began >= 10 * INTERVAL * 0.95
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
    assert found[-1] - found[0] >= 8 * INTERVAL / 0.81 * 0.95, "and it is slower from then on"
    await one.aclose()
    await other.aclose()


async def test_a_slot_reserved_before_the_penalty_of_another_process_is_void(make_limiter):
    one, other = make_limiter(rate=2.0), make_limiter(rate=2.0)
    await other.acquire(KEY)  # the next slot is half a second away
    began = SYSTEM_CLOCK.monotonic()

    async def act(number: int) -> float:
        if number:
            await SYSTEM_CLOCK.asleep(0.2)
            await one.penalize(KEY, retry_after=1.0)
            return 0.0
        await other.acquire(KEY)
        return SYSTEM_CLOCK.monotonic() - began

    waited, _ = await bounded_map(act, range(2), limit=2)
    assert 1.15 < waited < 4.0
    await one.aclose()
    await other.aclose()


async def test_a_ban_that_one_process_meets_stops_the_others_and_is_lifted_for_all(make_limiter):
    here, there = make_limiter(clock=Apart()), make_limiter(clock=Apart())
    assert await there.blocked("demo.amocrm.ru") is None
    began = SYSTEM_CLOCK.now()
    await here.block("demo.amocrm.ru", "HTTP 403: <html>")
    await there.acquire(KEY)  # what every send does: it looks, and does not wait
    block = await there.blocked("demo.amocrm.ru")
    assert block is not None
    assert block.reason == "HTTP 403: <html>"
    assert abs(block.since - began) < 2.0
    assert abs(block.until - block.since - BLOCK_SECONDS) < 0.1
    assert await there.blocked("other.amocrm.ru") is None
    await here.block("demo.amocrm.ru", "again")
    stranger = make_limiter(clock=Apart())
    again = await stranger.blocked("demo.amocrm.ru")
    assert again is not None
    assert (again.reason, round(again.since - block.since)) == ("again", 0)
    await there.unblock("demo.amocrm.ru")
    await here.acquire(KEY)
    assert await here.blocked("demo.amocrm.ru") is None
    for limiter in (here, there, stranger):
        await limiter.aclose()


async def test_a_ban_ends_by_itself(make_limiter):
    here, there = make_limiter(clock=Apart()), make_limiter(clock=Apart())
    await here.write_block("demo.amocrm.ru", SharedBlock(age=10.0, left=0.3, reason="over soon"))
    assert await there.blocked("demo.amocrm.ru") is not None
    await SYSTEM_CLOCK.asleep(0.4)
    assert await there.blocked("demo.amocrm.ru") is None
    assert await here.read_block("demo.amocrm.ru") is None
    await here.aclose()
    await there.aclose()


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
