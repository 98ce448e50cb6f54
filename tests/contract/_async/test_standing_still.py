"""A machine that stands still in the middle of a transaction does not hold up the others for ever (PostgreSQL)."""

from __future__ import annotations

import time
from types import ModuleType

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from amocrm_sync._async.stores.sql import scope
from amocrm_sync.stores.sql import AsyncSQLSyncStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def patience(monkeypatch) -> ModuleType:
    """A third of a second instead of ten."""
    monkeypatch.setattr(scope, "STANDS_STILL", 0.3)
    return scope


@pytest.fixture
async def stores(postgres_url):
    pair = [AsyncSQLSyncStore(postgres_url), AsyncSQLSyncStore(postgres_url)]
    for store in pair:
        await store.prepare()
    yield pair
    for store in pair:
        await store.aclose()


async def version_of(store) -> int:
    async with store.tx("one") as tx:
        return await tx.clock.next()


async def test_the_others_go_on_and_the_late_one_stores_nothing(stores, patience):
    here, there = stores
    before = await version_of(here)
    began = time.monotonic()

    async def stand_still() -> None:
        async with here.tx("one") as tx:
            await tx.clock.next()
            assert await version_of(there) == before + 1, "what was not committed was never there"

    with pytest.raises(DBAPIError):
        await stand_still()
    assert time.monotonic() - began < 5
    assert await version_of(here) == before + 2, "and it goes on with a new connection"


async def test_a_transaction_of_the_hosts_is_left_alone(stores, patience, postgres_url):
    here, _ = stores
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    host = create_async_engine(url)
    async with host.begin() as connection:
        tx = await here.within(connection, "one")
        given = await tx.clock.next()
        limit = (await connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout")).scalar_one()
        assert limit == "0"
    await host.dispose()
    assert await version_of(here) == given + 1


async def test_the_limit_ends_with_the_transaction(stores, patience):
    here, _ = stores
    await version_of(here)
    async with here._engine.connect() as connection:
        limit = (await connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert limit == "0"
