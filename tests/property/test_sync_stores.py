"""The stores in memory, on SQLite and on PostgreSQL are one and the same, whatever is done to them."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples
from real_services import new_database

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.keyset import Keyset, Scan
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sync.stores.sync_memory import MemorySyncStore
from amocrm_sync.stores.sql import SQLSyncStore

TENANTS = st.sampled_from(["a", "b"])
UIDS = st.sampled_from(["u1", "u2", "u3", "u4"])
REMOTE_IDS = st.sampled_from(["1", "2", "3", None])
ENTITIES = st.sampled_from(["leads", "contacts"])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
NUMBERS = st.integers(-(2**40), 2**40)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
BASES = st.fixed_dictionaries({}, optional={"name": TEXT | st.none(), "price": NUMBERS, "more": JSON})
TIMES = st.floats(0, 100, allow_nan=False)

PUT = st.tuples(
    st.just("put"),
    st.builds(
        Record,
        entity=ENTITIES,
        uid=UIDS,
        remote_id=REMOTE_IDS,
        base=BASES,
        local=BASES,
        base_hash=TEXT,
        read_fence=TIMES,
        deleted_at=st.none() | TIMES,
        version=st.integers(0, 50),
    ),
)
TOUCH = st.tuples(st.just("touch"), ENTITIES, st.lists(st.sampled_from(["1", "2", "3"])), TIMES)
WORK = st.tuples(
    st.just("mark work"),
    st.sampled_from(WorkKind),
    st.sampled_from(["leads", "notes:leads"]),
    st.lists(st.sampled_from("123")),
    TIMES,
    st.integers(-1, 1),
)
HOW = st.sampled_from(["finish", "retry", "release", "extend", "keep"])
CLAIM = st.tuples(
    st.just("claim"), st.sampled_from(WorkKind), TIMES, st.integers(1, 3), st.none() | WORK, HOW
)
WALKS = st.one_of(
    st.none(),
    st.builds(
        Keyset,
        low=st.integers(0, 9),
        high=st.integers(9, 99),
        tie=st.none() | st.builds(Descent, low=st.just(5), high=st.just(5), page=st.integers(1, 9)),
    ),
    st.builds(Scan, low=st.none(), high=st.none()),
)
CURSOR = st.tuples(
    st.just("cursor"),
    st.builds(
        Cursor,
        stream=st.sampled_from("st"),
        reached=st.none() | st.integers(0, 99),
        walk=WALKS,
        full=st.booleans(),
    ),
)
BODY = st.tuples(st.just("body"), st.sampled_from("xyz"), st.binary(max_size=5))
MARK = st.tuples(st.just("mark"), st.sampled_from(["parsed", "bad"]))
EDIT = st.tuples(st.just("edit"), UIDS, st.sampled_from(OpKind), BASES)
SETTLE = st.tuples(st.just("settle"), st.integers(0, 5), st.sampled_from(OpState))
COUNT = st.tuples(st.just("version"))
STEPS = st.lists(
    st.one_of(PUT, PUT, TOUCH, WORK, WORK, CLAIM, CURSOR, BODY, MARK, EDIT, SETTLE, COUNT),
    min_size=1,
    max_size=6,
)
HISTORIES = st.lists(st.tuples(TENANTS, STEPS, st.booleans()), max_size=8)

_examples = itertools.count()


class Undo(Exception):  # noqa: N818 - not an error
    """Makes a transaction roll back."""


def perform(tx: Any, step: tuple[Any, ...]) -> None:  # noqa: C901 - one case for each call of the protocol
    match step:
        case ("put", record):
            owner = tx.records.by_remote(record.entity, [record.remote_id] if record.remote_id else [])
            if all(other.uid == record.uid for other in owner.values()):
                tx.records.put([Stored(record=record, row=project(record))])
        case ("touch", entity, remote_ids, fence):
            tx.records.touch(entity, remote_ids, fence)
        case ("mark work", *mark):
            tx.work.mark(*mark)
        case ("claim", kind, now, limit, mark, how):
            claims = tx.work.claim(kind, now, "me", now + 20, limit)
            if mark is not None:
                perform(tx, mark)
            follow(tx, claims, now, how)
        case ("cursor", cursor):
            tx.cursors.save(cursor)
        case ("body", dedupe, body):
            delivery = Delivery(
                received_at=1.0, dedupe=dedupe, body=body, content_type="", headers={"a": "b"}
            )
            tx.inbox.add([delivery, attrs.evolve(delivery, dedupe="x")])
        case ("mark", state):
            tx.inbox.mark([delivery.id for delivery in tx.inbox.claim_new(1)], state, "e")
        case ("edit", uid, kind, fields):
            tx.outbox.add([Op(entity="leads", uid=uid, kind=kind, fields=fields, made_at=1.0)])
            entry = SyncLogEntry(
                run_id="r", at=1.0, operation=f"op {kind.value}", entity="leads", status="ok"
            )
            tx.log.add([entry])
        case ("settle", place, state):
            ops = tx.outbox.in_states(tuple(OpState))
            tx.outbox.save([attrs.evolve(ops[place], state=state, attempts=2)] if place < len(ops) else [])
        case ("version",):
            tx.clock.next()


def follow(tx: Any, claims: list[Any], now: float, how: str) -> None:
    """What becomes of claimed work."""
    match how:
        case "retry":
            tx.work.retry(claims, now + 1, "error")
        case "extend":
            assert tx.work.extend(claims, now + 30) == [attrs.evolve(c, lease_until=now + 30) for c in claims]
        case "finish" | "release":
            getattr(tx.work, how)(claims)


def everything(tx: Any) -> dict[str, Any]:
    """All that can be asked of a tenant, ids of rows apart from their order."""
    found: dict[str, Any] = {
        "version": tx.clock.now(),
        "cursors": tx.cursors.all(),
        "counts": [facet.counts() for facet in (tx.outbox, tx.inbox, tx.work, tx.log)],
        "log": tx.log.list(99),
        "due": [tx.work.next_due(kind) for kind in WorkKind],
        "changed": tx.records.changed_since(3, ("leads", "contacts"), limit=5),
        "after": tx.records.changed_since(3, ("leads",), limit=5, after=("u2", "contacts")),
    }
    for entity in ("leads", "contacts"):
        rows = tx.records.find(entity, {}, deleted=True)
        found[entity] = [(item.record, dict(item.row)) for item in rows]
        found[entity, "live"] = [
            item.record.uid for item in tx.records.find(entity, {"name": [None, ""]}, limit=2, offset=1)
        ]
        found[entity, "later"] = [item.record.uid for item in tx.records.find(entity, {}, after="u2")]
        found[entity, "count"] = (
            tx.records.count(entity, {"name": "", "version": [0, 1]}),
            tx.records.count(entity, {}, deleted=True),
        )
        found[entity, "remote"] = tx.records.by_remote(entity, ["1", "2", "3"])
        found[entity, "unseen"] = (
            tx.records.unseen(entity, 50.0),
            tx.records.unseen(entity, float("inf"), "2"),
        )
    found["bodies"] = [attrs.evolve(item, id=0) for item in tx.inbox.claim_new(99)]
    found["ops"] = [attrs.evolve(op, seq=0) for op in tx.outbox.in_states(tuple(OpState))]
    found["mine"] = [attrs.evolve(op, seq=0) for op in tx.outbox.of("leads", ["u1"], (OpState.PENDING,))]
    found["work"] = [tx.work.claim(kind, 1000.0, "me", 1001.0, 99) for kind in WorkKind for _ in "12"]
    found["work"] = [[attrs.evolve(c, generation=0, lease_token=0) for c in group] for group in found["work"]]
    return found


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory):
    """A store for all examples: each has tenants of its own."""
    store = SQLSyncStore(f"sqlite:///{tmp_path_factory.mktemp('stores')}/amo.db")
    yield store
    store.close()


@pytest.fixture(scope="module")
def postgresql(postgres_server):
    """The same."""
    store = SQLSyncStore(new_database(postgres_server))
    yield store
    store.close()


@given(history=HISTORIES)
@examples(25)
def test_sqlite_answers_as_the_memory_does(sqlite, history):
    compare(sqlite, history)


@given(history=HISTORIES)
@examples(10)
def test_postgresql_answers_as_the_memory_does(postgresql, history):
    compare(postgresql, history)


def compare(sql: SQLSyncStore, history: Any) -> None:
    """Do the same to both, and look at everything after each transaction."""
    number = next(_examples)
    stores = MemorySyncStore(), sql
    for tenant, steps, is_kept in history:
        for store in stores:
            with suppress(Undo), store.tx(f"{number}{tenant}") as tx:
                for step in steps:
                    perform(tx, step)
                if not is_kept:
                    raise Undo
        for looked_at in ("a", "b"):
            answers = []
            for store in stores:
                with suppress(Undo), store.tx(f"{number}{looked_at}") as tx:
                    answers.append(everything(tx))
                    raise Undo
            assert answers[0] == answers[1]
