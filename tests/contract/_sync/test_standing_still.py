# Generated from tests/contract/_async/test_standing_still.py by tools/unasync.py: edit that file instead.
"""A machine that stands still in the middle of a transaction does not hold up the others for ever (PostgreSQL)."""

from __future__ import annotations

import time
from types import ModuleType

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from amocrm_sync._sync.stores.sql import scope
from amocrm_sync.stores.sql import SQLSyncStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def patience(monkeypatch) -> ModuleType:
    """A third of a second instead of ten."""
    monkeypatch.setattr(scope, "STANDS_STILL", 0.3)
    return scope


@pytest.fixture
def stores(postgres_url):
    pair = [SQLSyncStore(postgres_url), SQLSyncStore(postgres_url)]
    for store in pair:
        store.prepare()
    yield pair
    for store in pair:
        store.close()


def version_of(store) -> int:
    with store.tx("one") as tx:
        return tx.clock.next()


def test_the_others_go_on_and_the_late_one_stores_nothing(stores, patience):
    here, there = stores
    before = version_of(here)
    began = time.monotonic()

    def stand_still() -> None:
        with here.tx("one") as tx:
            tx.clock.next()
            assert version_of(there) == before + 1, "what was not committed was never there"

    with pytest.raises(DBAPIError):
        stand_still()
    assert time.monotonic() - began < 5
    assert version_of(here) == before + 2, "and it goes on with a new connection"


def test_a_transaction_of_the_hosts_is_left_alone(stores, patience, postgres_url):
    here, _ = stores
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    host = create_engine(url)
    with host.begin() as connection:
        tx = here.within(connection, "one")
        given = tx.clock.next()
        limit = (connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout")).scalar_one()
        assert limit == "0"
    host.dispose()
    assert version_of(here) == given + 1


def test_the_limit_ends_with_the_transaction(stores, patience):
    here, _ = stores
    version_of(here)
    with here._engine.connect() as connection:
        limit = (connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout")).scalar_one()
    assert limit == "0"
