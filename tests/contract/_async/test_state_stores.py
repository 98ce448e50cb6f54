"""State stores keep the contract; the kit notices a store that does not; a flow whose callback reaches another process."""

from __future__ import annotations

import pytest
from oauth_server import CLIENT_ID, REDIRECT, SECRET, OAuthServer
from wire import Wire

from amocrm_sync import AsyncOAuthFlow
from amocrm_sync._core.callback import PendingConsent, state_digest
from amocrm_sync.errors import ConfigurationError, StateMismatch
from amocrm_sync.stores import AsyncFileStateStore, AsyncMemoryStateStore, AsyncMemoryTokenStore
from amocrm_sync.stores.redis import AsyncRedisStateStore
from amocrm_sync.stores.sql import AsyncSQLStateStore
from amocrm_sync.testing import ManualClock
from amocrm_sync.testing.state_store_kit import check_async_state_store

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "file", "sqlite", "sqlite in memory", "postgresql", "redis"])
async def make_store(request, tmp_path):
    """Stores of the same data, as processes have them."""
    name = request.param
    if name == "memory":
        states = AsyncMemoryStateStore()
        yield lambda: states
    elif name == "file":
        yield lambda: AsyncFileStateStore(tmp_path / "states.json")
    elif name == "redis":
        url = request.getfixturevalue("redis_url")
        yield lambda: AsyncRedisStateStore(url)
    elif name == "sqlite in memory":
        only = AsyncSQLStateStore("sqlite://")
        yield lambda: only
        await only.aclose()
    else:
        on_disk = f"sqlite:///{tmp_path}/states.db"
        url = request.getfixturevalue("postgres_url") if name == "postgresql" else on_disk
        yield lambda: AsyncSQLStateStore(url)


async def test_it_keeps_the_contract(make_store):
    await check_async_state_store(make_store)


async def test_a_callback_may_reach_another_process_once(make_store):
    clock = ManualClock()
    server = OAuthServer(clock)
    tokens = AsyncMemoryTokenStore(clock=clock)

    def process() -> AsyncOAuthFlow:
        client = Wire(otherwise=server.answer).client()
        return AsyncOAuthFlow(
            CLIENT_ID, SECRET, REDIRECT, store=tokens, states=make_store(), http_client=client, clock=clock
        )

    request = await process().authorization_url("user-42")
    params = {"code": "good-code", "referer": "demo.amocrm.ru", "state": request.state}
    with pytest.raises(StateMismatch, match="another owner"):
        await process().handle_callback(params, owner="user-43")
    with pytest.raises(StateMismatch, match="already used"):
        await process().handle_callback(params, owner="user-42")
    request = await process().authorization_url("user-42")
    connection = await process().handle_callback({**params, "state": request.state}, owner="user-42")
    assert connection.owner == "user-42"
    request = await process().authorization_url("user-42")
    clock.advance(20 * 60 + 1)
    with pytest.raises(StateMismatch, match="expired"):
        await process().handle_callback({**params, "state": request.state})


async def test_what_is_stored_is_of_no_use_to_who_reads_it(redis_url, postgres_url):
    import psycopg
    from redis.asyncio import Redis

    pending = PendingConsent(owner="user-42", expires_at=4e9)
    await AsyncRedisStateStore(redis_url).put("the-state", pending, now=4e9 - 60)
    async with Redis.from_url(redis_url) as client:
        [key] = await client.keys("*")
        assert key == f"amocrm:state:{state_digest('the-state')}".encode()
        assert 0 < await client.pttl(key) <= 60_000
    await AsyncSQLStateStore(postgres_url).put("the-state", pending, now=0.0)
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute("SELECT * FROM amo_state").fetchall()
    assert rows == [(state_digest("the-state"), "user-42", 4e9)]


async def test_a_damaged_file_costs_only_the_consents_under_way(tmp_path):
    path = tmp_path / "states.json"
    for text in (b"\x00", b"[]", b'{"a": 5, "b": {"owner": "x"}}'):
        path.write_bytes(text)
        store = AsyncFileStateStore(path)
        assert await store.take("a") is None
        await store.put("new", PendingConsent(owner="me", expires_at=100.0), now=0.0)
        assert await store.take("new") == PendingConsent(owner="me", expires_at=100.0)
    await store.put("the-state", PendingConsent(owner="me", expires_at=100.0), now=0.0)
    assert b"the-state" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigurationError, match="does not exist"):
        AsyncFileStateStore(tmp_path / "nowhere" / "states.json")


async def test_expired_states_leave_the_database(tmp_path):
    store = AsyncSQLStateStore(f"sqlite:///{tmp_path}/states.db")
    await store.put("old", PendingConsent(owner="a", expires_at=100.0), now=0.0)
    await store.put("new", PendingConsent(owner="b", expires_at=300.0), now=100.0)
    assert await store.take("old") is None
    assert await store.take("new") is not None


async def test_reprs_hide_passwords_and_what_is_no_address_is_refused():
    assert "secret" not in repr(AsyncSQLStateStore("postgresql://user:secret@db.example/host"))
    assert "secret" not in repr(AsyncRedisStateStore("redis://:secret@cache.example"))
    with pytest.raises(ConfigurationError, match="redis: a URL or a client"):
        AsyncRedisStateStore(5)  # pyright: ignore[reportArgumentType]  # what is tested


# The kit


class _Keeps(AsyncMemoryStateStore):
    async def take(self, state):
        return self._pending.get(state)


class _CaseBlind(AsyncMemoryStateStore):
    async def put(self, state, pending, *, now):
        await super().put(state.lower(), pending, now=now)

    async def take(self, state):
        return await super().take(state.lower())


class _RoundsTheEnd(AsyncMemoryStateStore):
    async def take(self, state):
        found = await super().take(state)
        return found and PendingConsent(owner=found.owner, expires_at=float(int(found.expires_at)))


class _KeepsTheFirst(AsyncMemoryStateStore):
    async def put(self, state, pending, *, now):
        if state not in self._pending:
            await super().put(state, pending, now=now)


class _KeepsOneOnly(AsyncMemoryStateStore):
    async def put(self, state, pending, *, now):
        self._pending.clear()
        await super().put(state, pending, now=now)


class _ProlongsTheExpired(AsyncMemoryStateStore):
    async def put(self, state, pending, *, now):
        pending = PendingConsent(owner=pending.owner, expires_at=max(pending.expires_at, now + 5))
        await super().put(state, pending, now=now)


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (_Keeps, "works once"),
        (_CaseBlind, "an owner of its own"),
        (_RoundsTheEnd, "exactly as they were put"),
        (_KeepsTheFirst, "the last owner"),
        (_KeepsOneOnly, "an owner of its own"),
        (_ProlongsTheExpired, "expired"),
    ],
)
async def test_the_kit_notices(kind, promise):
    store = kind()
    with pytest.raises(AssertionError, match=promise):
        await check_async_state_store(lambda: store)


async def test_the_kit_notices_processes_that_do_not_see_each_other():
    with pytest.raises(AssertionError, match="another store of the same data"):
        await check_async_state_store(AsyncMemoryStateStore)
