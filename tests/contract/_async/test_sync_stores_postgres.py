"""What PostgreSQL adds: queues that several machines work on at once, one clock for all, the host's own transaction."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.stores.sql import AsyncSQLSyncStore
from amocrm_sync.testing.clock import ManualClock

pytestmark = pytest.mark.anyio
PULL = WorkKind.PULL


@pytest.fixture
async def stores(postgres_url):
    """Two, as on two machines."""
    made = AsyncSQLSyncStore(postgres_url), AsyncSQLSyncStore(postgres_url)
    yield made
    for store in made:
        await store.aclose()


def body(name: str, received_at: float = 1.0) -> Delivery:
    return Delivery(received_at=received_at, dedupe=name, body=name.encode(), content_type="")


async def test_a_claim_passes_over_what_another_open_claim_has_taken(stores):
    here, there = stores
    async with here.tx("t", lock=False) as tx:
        await tx.work.mark(PULL, "leads", ["1", "2", "3"], 0.0)
    async with here.tx("t", lock=False) as first, there.tx("t", lock=False) as second:
        mine = await first.work.claim(PULL, 1.0, "here", 11.0, 2)
        theirs = await second.work.claim(PULL, 1.0, "there", 11.0, 2)
        assert [claim.key for claim in mine] == ["1", "2"]
        assert [claim.key for claim in theirs] == ["3"]
        assert await second.work.claim(PULL, 1.0, "there", 11.0, 2) == []


async def test_bodies_are_parsed_by_one_and_come_in_meanwhile(stores):
    here, there = stores
    async with here.tx("t", lock=False) as tx:
        await tx.inbox.add([body("a"), body("b", 2.0)])
    async with here.tx("t", lock=False) as parser:
        [taken] = await parser.inbox.claim_new(1)
        async with there.tx("t", lock=False) as receiver:
            assert await receiver.inbox.add([body("c", 3.0)]) == [True]
        async with there.tx("t", lock=False) as other:
            assert [item.dedupe for item in await other.inbox.claim_new(9)] == ["b", "c"]
        await parser.inbox.mark([taken.id], "parsed")
    async with there.tx("t", lock=False) as tx:
        assert await tx.inbox.counts() == {"parsed": 1, "new": 2}


async def test_a_body_that_its_parser_left_unmarked_is_new_again(stores):
    here, there = stores
    async with here.tx("t", lock=False) as tx:
        await tx.inbox.add([body("a")])
    async with here.tx("t", lock=False) as dying:
        assert len(await dying.inbox.claim_new(9)) == 1
    async with there.tx("t", lock=False) as tx:
        assert [item.dedupe for item in await tx.inbox.claim_new(9)] == ["a"]


async def test_queues_of_a_tenant_are_worked_on_while_its_records_are_written(stores):
    here, there = stores
    async with here.tx("t") as writer:
        await writer.clock.next()
        async with there.tx("t", lock=False) as tx:
            await tx.inbox.add([body("a")])
            await tx.work.mark(PULL, "leads", ["1"], 0.0)
            assert len(await tx.work.claim(PULL, 0.0, "there", 10.0, 9)) == 1
        async with there.tx("another") as other:
            assert await other.clock.next() == 1


async def test_the_time_is_the_databases(stores):
    moment = await stores[0].now(ManualClock(5.0))
    later = await stores[1].now(ManualClock(7.0))
    assert 1_700_000_000 < moment < later


async def test_edits_are_written_in_the_hosts_own_transaction(stores, postgres_url):
    [store, _] = stores
    host = create_async_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg"))
    edit = Op(entity="leads", uid="u1", kind=OpKind.CREATE, fields={"name": "Kitchen"}, made_at=1.0)
    record = Record(entity="leads", uid="u1", local={"name": "Kitchen"})
    for is_kept in (False, True):
        async with host.connect() as connection, connection.begin() as transaction:
            await connection.execute(sa.text("CREATE TABLE orders (id int)"))
            tx = await store.within(connection, "t")
            await tx.records.put([Stored(record=record, row=project(record))])
            await tx.outbox.add([edit])
            if not is_kept:
                await transaction.rollback()
        async with store.tx("t", write=False) as tx:
            assert len(await tx.outbox.in_states([OpState.PENDING])) == is_kept
            assert set(await tx.records.by_uid("leads", ["u1"])) == ({"u1"} if is_kept else set())
    await host.dispose()


async def test_text_that_postgresql_cannot_hold_is_kept_in_the_json(stores):
    [store, _] = stores
    record = Record(entity="leads", uid="u1", remote_id="1", base={"id": 1, "name": "a\x00b"})
    async with store.tx("t") as tx:
        await tx.records.put([Stored(record=record, row=project(record))])
    async with store.tx("t", write=False) as tx:
        [found] = await tx.records.find("leads", {})
    assert found.record.base == {"id": 1, "name": "a\x00b"}
    assert found.row["name"] == "ab"
