"""Token stores that machines share keep the contract on real servers, and say no secret anywhere."""

from __future__ import annotations

import io
import logging

import attrs
import pytest

from amocrm_sync._async._primitives import bounded_map
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.stores import AsyncEncryptedTokenStore
from amocrm_sync.stores.redis import AsyncRedisTokenStore
from amocrm_sync.stores.sql import AsyncSQLTokenStore
from amocrm_sync.testing.token_store_kit import check_async_token_store

pytestmark = pytest.mark.anyio

KEY = TokenKey("integration", "demo.amocrm.ru", "user-1")
RECORD = TokenRecord(access_token="plain-access", refresh_token="plain-refresh", scopes=("crm",))
NEW_KEY = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="


@pytest.fixture(params=["sqlite", "sqlite in memory", "postgresql", "redis"])
def make_store(request, tmp_path):
    """Stores of the same data, as processes have them; a database in memory has only one."""
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        return lambda: AsyncRedisTokenStore(url)
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        return lambda: AsyncSQLTokenStore(url)
    if request.param == "sqlite":
        return lambda: AsyncSQLTokenStore(f"sqlite:///{tmp_path / 'tokens.db'}")
    only = AsyncSQLTokenStore("sqlite://")
    return lambda: only


async def test_a_shared_store_keeps_the_contract(make_store):
    await check_async_token_store(make_store)
    await close(make_store())


@pytest.mark.parametrize("make_store", ["sqlite in memory", "redis"], indirect=True)
async def test_it_keeps_the_contract_encrypted(make_store):
    await check_async_token_store(lambda: AsyncEncryptedTokenStore(make_store(), keys=[NEW_KEY]))
    await close(make_store())


async def test_many_begin_at_once_with_no_tables(make_store):
    stored = await bounded_map(lambda _: make_store().swap(KEY, None, RECORD), range(12), limit=12)
    assert sorted(stored) == [False] * 11 + [True]
    await close(make_store())


async def test_no_secret_is_logged_or_shown(make_store):
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    names = ("sqlalchemy.engine", "sqlalchemy.pool", "aiosqlite", "psycopg", "redis")
    levels = {name: logging.getLogger(name).level for name in names}
    root.addHandler(handler)
    try:
        for name in ("", *names):
            logging.getLogger(name).setLevel(logging.DEBUG)
        store = make_store()
        await store.swap(KEY, None, RECORD)
        await store.swap(KEY, 1, attrs.evolve(RECORD, version=2, refresh_token="plain-next"))
        record = await store.load(KEY)
        assert record is not None
        assert record.refresh_token == "plain-next"
        assert type(record.access_token) is str
        await close(store)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
    assert "plain-" not in log.getvalue()
    assert "plain-" not in repr(store)


async def test_a_failing_database_quotes_no_secret(postgres_url):
    store = AsyncSQLTokenStore(postgres_url)
    await store.swap(KEY, None, RECORD)
    with pytest.raises(Exception, match=r"(?i)out of range|too large") as caught:
        await store.swap(KEY, 1, attrs.evolve(RECORD, version=2**70))
    error: BaseException | None = caught.value
    while error is not None:
        assert "plain-" not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__


async def test_a_lease_is_timed_by_the_database(postgres_url, tmp_path):
    for url in (postgres_url, f"sqlite:///{tmp_path / 'tokens.db'}"):
        store = AsyncSQLTokenStore(url)
        short, long = await store.lease(KEY, 5.0), await store.lease(attrs.evolve(KEY, owner="other"), 65.0)
        assert short is not None
        assert long is not None
        assert 59.0 < long.expires_at - short.expires_at < 65.0
        await store.aclose()


async def test_tables_carry_the_prefix(tmp_path):
    url = f"sqlite:///{tmp_path / 'tokens.db'}"
    mine, yours = AsyncSQLTokenStore(url, prefix="mine_"), AsyncSQLTokenStore(url, prefix="yours_")
    await mine.swap(KEY, None, RECORD)
    assert await yours.load(KEY) is None
    assert await AsyncSQLTokenStore(url, prefix="mine_").load(KEY) == RECORD


async def test_keys_of_redis_carry_the_prefix(redis_url):
    await AsyncRedisTokenStore(redis_url, prefix="mine:").swap(KEY, None, RECORD)
    assert await AsyncRedisTokenStore(redis_url, prefix="yours:").load(KEY) is None
    assert await AsyncRedisTokenStore(redis_url, prefix="mine:").load(KEY) == RECORD


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://user:plain-password@host/db", "SQLite and PostgreSQL are spoken here, not mysql"),
        ("plain-password", "it is not the URL of a database"),
    ],
)
async def test_another_database_is_refused_without_quoting_the_url(url, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        AsyncSQLTokenStore(url)
    assert "plain-password" not in str(caught.value)


@pytest.mark.parametrize("redis", ["localhost:6379", 6379])
async def test_what_is_no_redis_is_refused(redis):
    with pytest.raises(ConfigurationError, match=r"^redis: "):
        AsyncRedisTokenStore(redis)


async def test_the_password_of_a_database_is_not_shown():
    assert "plain-" not in repr(AsyncSQLTokenStore("postgresql://user:plain-password@host/db"))


async def close(store) -> None:
    """Stores without connections of their own have nothing to close."""
    if hasattr(store, "aclose"):
        await store.aclose()
