"""The short way into the inbox on SQLite: it says and stores what the long one does, and waits for other writers."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from random import Random

import anyio
import anyio.to_thread
import pytest
import sqlalchemy as sa

from amocrm_sync import _sqlinbox
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._sqlinbox import InboxLane
from amocrm_sync._sqltables import tables
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.stores.sql import AsyncSQLSyncStore, SQLSyncStore

INBOX = tables("amo_").inbox


def delivery(number: int, body: bytes = b"leads[add][0][id]=1", at: float = 1.0) -> Delivery:
    return Delivery(
        received_at=at,
        dedupe=f"{number:04}",
        body=body,
        content_type="application/x-www-form-urlencoded",
        headers={"x-number": str(number)},
    )


@pytest.fixture
def path(tmp_path):
    with closing(SQLSyncStore(f"sqlite:///{tmp_path}/amo.db")) as store:
        store.prepare()
    return str(tmp_path / "amo.db")


@pytest.fixture
def lane(path):
    with closing(InboxLane(path, INBOX)) as lane:
        yield lane


def kept(store, tenant: str) -> list[Delivery]:
    with store.tx(tenant) as tx:
        return tx.inbox.claim_new(10_000)


@pytest.mark.parametrize("seed", range(4))
def test_it_says_and_stores_what_a_transaction_does(path, lane, seed):
    random, model = Random(seed), MemorySyncStore()
    with closing(SQLSyncStore(f"sqlite:///{path}")) as store:
        for step in range(30):
            tenant = random.choice(["one", "two"])
            size = random.randrange(1, 260)
            group = [delivery(random.randrange(400), at=step + place / size) for place in range(size)]
            with model.tx(tenant) as tx:
                expected = tx.inbox.add(group)
            assert lane.add(tenant, group) == expected
            if random.random() < 0.3:
                for each in (store, model):
                    with each.tx(tenant) as tx:
                        tx.inbox.mark([item.id for item in tx.inbox.claim_new(100)], "parsed")
        for tenant in ("one", "two"):
            stored, wanted = kept(store, tenant), kept(model, tenant)
            assert {item.dedupe for item in stored} == {item.dedupe for item in wanted}
            for item in stored:
                assert item.headers == {"x-number": str(int(item.dedupe))}
                assert item.body == b"leads[add][0][id]=1"


def test_a_body_that_comes_again_after_it_was_read_is_read_again(path, lane):
    assert lane.add("one", [delivery(1)]) == [True]
    with closing(SQLSyncStore(f"sqlite:///{path}")) as store:
        with store.tx("one") as tx:
            tx.inbox.mark([item.id for item in tx.inbox.claim_new(10)], "bad", "cannot be read")
        assert lane.add("one", [delivery(1), delivery(1)]) == [False, False]
        assert [(item.state, item.error) for item in kept(store, "one")] == [("new", None)]


def test_a_group_of_which_one_cannot_be_stored_leaves_nothing_behind(path, lane):
    group = [delivery(number) for number in range(250)]
    with pytest.raises(sqlite3.IntegrityError):
        lane.add("one", [*group, delivery(250, body=None)])
    with closing(SQLSyncStore(f"sqlite:///{path}")) as store:
        assert kept(store, "one") == []
        assert lane.add("one", group) == [True] * 250


def test_it_waits_for_another_writer_and_not_for_ever(path, lane, monkeypatch):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(lane.add("one", [delivery(1)])))
        waiting.start()
        waiting.join(0.05)
        assert not answers, "it must not write while another does"
        other.execute("COMMIT")
        waiting.join(10)
        assert answers == [[True]]
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(_sqlinbox, "BUSY_SECONDS", 0.02)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            lane.add("one", [delivery(2)])
        other.execute("COMMIT")
    assert lane.add("one", [delivery(2)]) == [True]


def test_it_can_be_closed_and_used_again(lane):
    assert lane.add("one", [delivery(1)]) == [True]
    lane.close()
    lane.close()
    assert lane.add("one", [delivery(1)]) == [False]


@pytest.mark.parametrize("pages", [16_000, 100], ids=["beside writers", "writers wait once the log is long"])
def test_the_log_is_folded_into_the_database_beside_the_commits(path, lane, tmp_path, monkeypatch, pages):
    monkeypatch.setattr(_sqlinbox, "_FOLD_BYTES", 200_000)
    monkeypatch.setattr(_sqlinbox, "_LONG_LOG_PAGES", pages)
    begun = (tmp_path / "amo.db").stat().st_size
    with closing(sqlite3.connect(path)) as reader:  # whoever closes a database last folds its log anyway
        reader.execute("SELECT count(*) FROM amo_inbox").fetchall()
        for group in range(20):
            lane.add("one", [delivery(group * 50 + place, body=b"x" * 3_000) for place in range(50)])
        lane.close()
        assert (tmp_path / "amo.db").stat().st_size > begun + 500_000
        assert reader.execute("SELECT count(*) FROM amo_inbox").fetchall() == [(1000,)]


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///file:amo?mode=memory&uri=true", "postgresql://amo@db/amo"]
)
def test_databases_that_others_cannot_open_have_no_lane(url):
    assert _sqlinbox.inbox_lane(sa.make_url(url), INBOX) is None


@pytest.mark.anyio
async def test_a_host_that_has_used_up_its_threads_still_takes_webhooks(path):
    threads = anyio.to_thread.current_default_thread_limiter()
    many, threads.total_tokens = threads.total_tokens, 1
    store = AsyncSQLSyncStore(f"sqlite:///{path}", create=False)
    try:
        async with threads:
            with anyio.fail_after(10):
                assert await store.keep("one", [delivery(1)]) == [True]
                await store.aclose()
    finally:
        threads.total_tokens = many
