# Generated from tests/contract/_async/test_sync_stores_postgres.py by tools/unasync.py: edit that file instead.
"""What PostgreSQL adds: queues that several machines work on at once, one clock for all, the host's own transaction."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import create_engine

from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.testing.clock import ManualClock

pytestmark = pytest.mark.anyio
PULL = WorkKind.PULL


@pytest.fixture
def stores(postgres_url):
    """Two, as on two machines."""
    made = SQLSyncStore(postgres_url), SQLSyncStore(postgres_url)
    yield made
    for store in made:
        store.close()


def body(name: str, received_at: float = 1.0) -> Delivery:
    return Delivery(received_at=received_at, dedupe=name, body=name.encode(), content_type="")


def test_a_claim_passes_over_what_another_open_claim_has_taken(stores):
    here, there = stores
    with here.tx("t", lock=False) as tx:
        tx.work.mark(PULL, "leads", ["1", "2", "3"], 0.0)
    with here.tx("t", lock=False) as first, there.tx("t", lock=False) as second:
        mine = first.work.claim(PULL, 1.0, "here", 11.0, 2)
        theirs = second.work.claim(PULL, 1.0, "there", 11.0, 2)
        assert [claim.key for claim in mine] == ["1", "2"]
        assert [claim.key for claim in theirs] == ["3"]
        assert second.work.claim(PULL, 1.0, "there", 11.0, 2) == []


def test_bodies_are_parsed_by_one_and_come_in_meanwhile(stores):
    here, there = stores
    with here.tx("t", lock=False) as tx:
        tx.inbox.add([body("a"), body("b", 2.0)])
    with here.tx("t", lock=False) as parser:
        [taken] = parser.inbox.claim_new(1)
        with there.tx("t", lock=False) as receiver:
            assert receiver.inbox.add([body("c", 3.0)]) == [True]
        with there.tx("t", lock=False) as other:
            assert [item.dedupe for item in other.inbox.claim_new(9)] == ["b", "c"]
        parser.inbox.mark([taken.id], "parsed")
    with there.tx("t", lock=False) as tx:
        assert tx.inbox.counts() == {"parsed": 1, "new": 2}


def test_a_body_that_its_parser_left_unmarked_is_new_again(stores):
    here, there = stores
    with here.tx("t", lock=False) as tx:
        tx.inbox.add([body("a")])
    with here.tx("t", lock=False) as dying:
        assert len(dying.inbox.claim_new(9)) == 1
    with there.tx("t", lock=False) as tx:
        assert [item.dedupe for item in tx.inbox.claim_new(9)] == ["a"]


def test_queues_of_a_tenant_are_worked_on_while_its_records_are_written(stores):
    here, there = stores
    with here.tx("t") as writer:
        writer.clock.next()
        with there.tx("t", lock=False) as tx:
            tx.inbox.add([body("a")])
            tx.work.mark(PULL, "leads", ["1"], 0.0)
            assert len(tx.work.claim(PULL, 0.0, "there", 10.0, 9)) == 1
        with there.tx("another") as other:
            assert other.clock.next() == 1


def test_the_time_is_the_databases(stores):
    moment = stores[0].now(ManualClock(5.0))
    later = stores[1].now(ManualClock(7.0))
    assert 1_700_000_000 < moment < later


def test_edits_are_written_in_the_hosts_own_transaction(stores, postgres_url):
    [store, _] = stores
    host = create_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg"))
    edit = Op(entity="leads", uid="u1", kind=OpKind.CREATE, fields={"name": "Kitchen"}, made_at=1.0)
    record = Record(entity="leads", uid="u1", local={"name": "Kitchen"})
    for is_kept in (False, True):
        with host.connect() as connection, connection.begin() as transaction:
            connection.execute(sa.text("CREATE TABLE orders (id int)"))
            tx = store.within(connection, "t")
            tx.records.put([Stored(record=record, row=project(record))])
            tx.outbox.add([edit])
            if not is_kept:
                transaction.rollback()
        with store.tx("t", write=False) as tx:
            assert len(tx.outbox.in_states([OpState.PENDING])) == is_kept
            assert set(tx.records.by_uid("leads", ["u1"])) == ({"u1"} if is_kept else set())
    host.dispose()


def test_text_that_postgresql_cannot_hold_is_kept_in_the_json(stores):
    [store, _] = stores
    record = Record(entity="leads", uid="u1", remote_id="1", base={"id": 1, "name": "a\x00b"})
    with store.tx("t") as tx:
        tx.records.put([Stored(record=record, row=project(record))])
    with store.tx("t", write=False) as tx:
        [found] = tx.records.find("leads", {})
    assert found.record.base == {"id": 1, "name": "a\x00b"}
    assert found.row["name"] == "ab"
