"""The store in memory and the store on SQLite are one and the same, whatever is done to them."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.keyset import Keyset, Passes, Scan
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._sync.stores.sync_memory import MemorySyncStore
from amocrm_sync._sync.sync.protocols import Stored
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
HINTS = st.tuples(
    st.just("hints"),
    st.lists(st.tuples(st.sampled_from(["leads", "notes:leads"]), st.sampled_from("123"))),
    TIMES,
)
FOLLOW = st.tuples(st.just("follow"), st.sampled_from(["finish", "retry"]), TIMES, st.integers(1, 3))
WALKS = st.one_of(
    st.none(),
    st.builds(
        Keyset, low=st.integers(0, 9), high=st.integers(9, 99), tie=st.none() | st.builds(Passes, digest=TEXT)
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
    st.one_of(PUT, PUT, TOUCH, HINTS, FOLLOW, CURSOR, BODY, MARK, EDIT, SETTLE, COUNT), min_size=1, max_size=6
)
HISTORIES = st.lists(st.tuples(TENANTS, STEPS, st.booleans()), max_size=8)

_examples = itertools.count()


class Undo(Exception):  # noqa: N818 - not an error
    """Makes a transaction roll back."""


def perform(tx: Any, step: tuple[Any, ...]) -> None:  # noqa: C901 - one case for each call of the protocol
    match step:
        case ("put", record):
            owner = tx.by_remote(record.entity, [record.remote_id] if record.remote_id else [])
            if all(other.uid == record.uid for other in owner.values()):
                tx.put([Stored(record=record, row=project(record))])
        case ("touch", entity, remote_ids, fence):
            tx.touch(entity, remote_ids, fence)
        case ("hints", hints, due_at):
            tx.add_hints(hints, due_at)
        case ("follow", how, now, limit):
            due = tx.due_hints(now, limit)
            tx.finish_hints(due) if how == "finish" else tx.retry_hints(due, now + 1, "error")
        case ("cursor", cursor):
            tx.save_cursor(cursor)
        case ("body", dedupe, body):
            tx.add_delivery(
                Delivery(received_at=1.0, dedupe=dedupe, body=body, content_type="", headers={"a": "b"})
            )
        case ("mark", state):
            for delivery in tx.new_deliveries(1):
                tx.mark_delivery(delivery.id, state, "e")
        case ("edit", uid, kind, fields):
            tx.add_op(Op(entity="leads", uid=uid, kind=kind, fields=fields, made_at=1.0))
            tx.add_log(
                SyncLogEntry(run_id="r", at=1.0, operation=f"op {kind.value}", entity="leads", status="ok")
            )
        case ("settle", place, state):
            ops = tx.ops(tuple(OpState))
            tx.save_ops([attrs.evolve(ops[place], state=state, attempts=2)] if place < len(ops) else [])
        case ("version",):
            tx.next_version()


def everything(tx: Any) -> dict[str, Any]:
    """All that can be asked of a tenant, ids of rows apart from their order."""
    found: dict[str, Any] = {
        "version": tx.version(),
        "cursors": tx.cursors(),
        "tallies": tx.tallies(),
        "log": tx.log(99),
    }
    for entity in ("leads", "contacts"):
        rows = tx.find(entity, {}, deleted=True)
        found[entity] = [(item.record, dict(item.row)) for item in rows]
        found[entity, "live"] = [
            item.record.uid for item in tx.find(entity, {"name": [None, ""]}, limit=2, offset=1)
        ]
        found[entity, "count"] = (
            tx.count(entity, {"name": "", "version": [0, 1]}),
            tx.count(entity, {}, deleted=True),
        )
        found[entity, "remote"] = tx.by_remote(entity, ["1", "2", "3"])
        found[entity, "unseen"] = tx.unseen(entity, 50.0), tx.unseen(entity, float("inf"), "2")
    found["hints"] = [attrs.evolve(hint, generation=0) for hint in tx.due_hints(1000.0, 99)]
    found["bodies"] = [attrs.evolve(item, id=0) for item in tx.new_deliveries(99)]
    found["ops"] = [attrs.evolve(op, seq=0) for op in tx.ops(tuple(OpState))]
    found["mine"] = [attrs.evolve(op, seq=0) for op in tx.ops_of("leads", "u1", (OpState.PENDING,))]
    return found


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Both stores, for all examples: each has tenants of its own."""
    sql = SQLSyncStore(f"sqlite:///{tmp_path_factory.mktemp('stores')}/amo.db")
    yield MemorySyncStore(), sql
    sql.close()


@given(history=HISTORIES)
@settings(max_examples=80)
def test_both_stores_answer_alike(stores, history):
    number = next(_examples)
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
                with store.tx(f"{number}{looked_at}", write=False) as tx:
                    answers.append(everything(tx))
            assert answers[0] == answers[1]
