"""The sync stores keep the contract; the kit notices one that does not; what is special to SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager

import pytest

from amocrm_sync._async.stores.sync_memory import AsyncMemorySyncStore, AsyncMemoryTx
from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping import Status, StatusMapping
from amocrm_sync.stores.sql import AsyncSQLSyncStore, metadata
from amocrm_sync.testing.sync_store_kit import check_async_sync_store

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite", "sqlite in memory", "postgresql"])
async def store(request, tmp_path):
    urls = {"sqlite": f"sqlite:///{tmp_path}/amo.db", "sqlite in memory": "sqlite://"}
    if request.param == "postgresql":
        urls["postgresql"] = request.getfixturevalue("postgres_url")
    made = AsyncSQLSyncStore(urls[request.param]) if request.param in urls else AsyncMemorySyncStore()
    yield made
    await made.aclose()


async def test_the_stores_keep_the_contract(store):
    await check_async_sync_store(store)


class ForgetsTheTenant(AsyncMemorySyncStore):
    def tx(self, tenant, *, write=True, lock=True):
        return super().tx("the only one", write=write, lock=lock)


class ForgetsToUndo(AsyncMemorySyncStore):
    @asynccontextmanager
    async def tx(self, tenant, *, write=True, lock=True):
        error = None
        async with super().tx(tenant, write=write, lock=lock) as transaction:
            try:
                yield transaction
            except Exception as raised:  # noqa: BLE001 - raised again below, too late to undo anything
                error = raised
        if error is not None:
            raise error


class DropsNewerMarks(AsyncMemorySyncStore):
    @asynccontextmanager
    async def tx(self, tenant, *, write=True, lock=True):
        async with super().tx(tenant, write=write, lock=lock) as transaction:
            if isinstance(transaction, AsyncMemoryTx):
                transaction.work._is_same = lambda row, claim: True
            yield transaction


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (ForgetsTheTenant, "promise"),
        (ForgetsToUndo, "an error undoes"),
        (DropsNewerMarks, "is not lost"),
    ],
)
async def test_the_kit_notices_a_broken_store(broken, promise):
    with pytest.raises(AssertionError, match=promise):
        await check_async_sync_store(broken())


def lead(uid: str, **base) -> Stored:
    record = Record(entity="leads", uid=uid, remote_id=uid, base=base)
    return Stored(record=record, row=project(record))


async def test_what_was_committed_is_there_after_opening_again(tmp_path):
    url = f"sqlite:///{tmp_path}/amo.db"
    first = AsyncSQLSyncStore(url)
    async with first.tx("t") as tx:
        await tx.records.put([lead("1", name="Kitchen")])
    await first.aclose()
    second = AsyncSQLSyncStore(url)
    async with second.tx("t", write=False) as tx:
        assert (await tx.records.by_uid("leads", ["1"]))["1"].base == {"name": "Kitchen"}
    await second.aclose()


async def test_a_host_can_query_the_typed_tables(tmp_path):
    store = AsyncSQLSyncStore(f"sqlite:///{tmp_path}/amo.db")
    async with store.tx("t") as tx:
        await tx.records.put(
            [lead("1", id=1, name="Kitchen", price=100), lead("2", id=2, name="Bath", price=7)]
        )
    await store.aclose()
    with sqlite3.connect(tmp_path / "amo.db") as connection:
        rows = connection.execute("SELECT name, price, amo_lead_id FROM amo_leads ORDER BY price").fetchall()
        mode = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    assert rows == [("Bath", 7, 2), ("Kitchen", 100, 1)]
    assert mode == ("wal",)


async def test_the_prefix_of_the_tables_can_be_chosen(tmp_path):
    store = AsyncSQLSyncStore(f"sqlite:///{tmp_path}/amo.db", prefix="crm_")
    await store.prepare()
    await store.aclose()
    with sqlite3.connect(tmp_path / "amo.db") as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert {"crm_leads", "crm_record"} <= names
    assert not any(name.startswith("amo_") for name in names)


async def test_every_table_begins_its_key_with_the_tenant_or_indexes_it_first():
    for table in metadata().tables.values():
        keys = [column.name for column in table.primary_key.columns]
        starts = {next(iter(index.columns)).name for index in table.indexes}
        assert keys[0] == "tenant_id" or starts == {"tenant_id"}, table.name


async def test_two_stores_on_one_file_take_turns(tmp_path):
    url = f"sqlite:///{tmp_path}/amo.db"
    stores = AsyncSQLSyncStore(url), AsyncSQLSyncStore(url)
    for turn in range(20):
        async with stores[turn % 2].tx("t") as tx:
            cursor = await tx.cursors.load("s")
            await tx.cursors.save(Cursor(stream="s", reached=(cursor.reached or 0) + 1))
    async with stores[0].tx("t", write=False) as tx:
        assert (await tx.cursors.load("s")).reached == 20
    for store in stores:
        await store.aclose()


async def test_a_reader_sees_the_last_commit_while_a_writer_works(tmp_path):
    store = AsyncSQLSyncStore(f"sqlite:///{tmp_path}/amo.db")
    async with store.tx("t") as tx:
        await tx.records.put([lead("1", name="before")])
    async with store.tx("t") as writer:
        await writer.records.put([lead("1", name="after")])
        async with store.tx("t", write=False) as reader:
            assert (await reader.records.by_uid("leads", ["1"]))["1"].base == {"name": "before"}
    await store.aclose()


@pytest.mark.parametrize("url", ["mysql://localhost/amo", "not a url"])
async def test_another_database_is_refused_with_what_works(url):
    with pytest.raises(ConfigurationError, match=r"sqlite:///|SQLite and PostgreSQL"):
        AsyncSQLSyncStore(url)


async def test_a_mapping_is_kept_per_tenant(store):
    mapping = StatusMapping()
    mapping.set(5, Status.IN_PROGRESS, pipeline_id=7)
    mapping.set(142, "ARCHIVED")
    await store.save_mapping(mapping, "t")
    assert (await store.load_mapping("t")).to_dict() == mapping.to_dict()
    assert await store.load_mapping("another") is None
