# Generated from src/amocrm_sync/_async/testing_kits/sync_store_queues.py by tools/unasync.py: edit that file instead.
"""Checks of the sync store kit: what waits to be done, what was done, and the mapping."""

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._sync.sync.protocols import SyncStore
from amocrm_sync._sync.testing_kits.sync_store_parts import all_hints, hint_of, require


def a_repeated_body_is_new_again(store: SyncStore, tenant: str) -> None:
    """A body is kept byte for byte and once; sent again, it is to be looked at again."""
    body = Delivery(received_at=1.0, dedupe="d1", body=b"\x00raw\xff", content_type="a/b", headers={"X": "y"})
    with store.tx(tenant) as tx:
        require(tx.add_delivery(body), "a new body is new")
        require(tx.add_delivery(attrs.evolve(body, dedupe="d2")), "another body is new")
        first, second = tx.new_deliveries(9)
        require(attrs.evolve(first, id=0) == body, "a body comes back byte for byte, with its headers")
        tx.mark_delivery(first.id, "parsed")
        tx.mark_delivery(second.id, "bad", "broken")
        require(tx.new_deliveries(9) == [], "what is marked is not new")
        require(not tx.add_delivery(body), "the same body is not stored twice")
        require(
            [item.id for item in tx.new_deliveries(9)] == [first.id],
            "the same body is to be looked at again",
        )
        require((tx.tallies())["inbox"] == {"new": 1, "bad": 1}, "bodies are counted by state")


def hints_are_dropped_only_by_their_own_generation(store: SyncStore, tenant: str) -> None:
    """Work that began before a hint was raised anew does not end it."""
    with store.tx(tenant) as tx:
        tx.add_hints([("leads", "1"), ("leads", "2"), ("contacts", "1")], due_at=0.0)
        taken = tx.due_hints(0.0, 10)
        require(
            [hint.remote_id for hint in taken] == ["1", "2"], "due_hints gives one stream, the oldest first"
        )
        require(len(tx.due_hints(0.0, 1)) == 1, "due_hints respects the limit")
        tx.add_hints([("leads", "1")], due_at=0.0)
        tx.finish_hints(taken)
        left = all_hints(tx)
        require(
            left == {("leads", "1"), ("contacts", "1")},
            "work on a hint does not end a newer hint of the same row",
        )
        again = hint_of(tx, "leads")
        require(again.generation > taken[1].generation, "generations never repeat")
        tx.finish_hints([again])
        require(all_hints(tx) == {("contacts", "1")}, "work on a hint ends it")
        tx.add_hints([], due_at=0.0)


def hints_wait_until_they_are_due(store: SyncStore, tenant: str) -> None:
    """A hint is given out when it is due, and put off after a failure."""
    with store.tx(tenant) as tx:
        tx.add_hints([("leads", "1")], due_at=10.0)
        require(tx.due_hints(9.9, 5) == [], "a hint waits until it is due")
        [hint] = tx.due_hints(10.0, 5)
        tx.retry_hints([hint], due_at=20.0, error="down")
        require(tx.due_hints(19.0, 5) == [], "a failed read is put off")
        [later] = tx.due_hints(20.0, 5)
        require((later.attempts, later.error) == (1, "down"), "a failed read is counted, with its error")
        tx.retry_hints([attrs.evolve(hint, generation=hint.generation - 1)], due_at=99.0, error="old")
        require(tx.due_hints(20.0, 5) == [later], "an old hint's failure does not touch a newer one")


def edits_keep_their_order(store: SyncStore, tenant: str) -> None:
    """The outbox gives edits in the order in which they were made."""
    edit = Op(
        entity="leads",
        uid="u1",
        kind=OpKind.PATCH,
        fields={"price": 1},
        base_fields={"price": None},
        made_at=1.5,
    )
    with store.tx(tenant) as tx:
        first = tx.add_op(edit)
        second = tx.add_op(attrs.evolve(edit, uid="u2", kind=OpKind.CREATE, due_at=3.5))
        third = tx.add_op(attrs.evolve(edit, fields={"name": "x"}))
        require(0 < first.seq < second.seq < third.seq, "edits are numbered in order")
        require(tx.ops([OpState.PENDING]) == [first, second, third], "edits come back as they were added")
        require(tx.ops_of("leads", "u1", [OpState.PENDING]) == [first, third], "edits of one record")
        done = attrs.evolve(first, state=OpState.DEAD, attempts=3, error="no")
        tx.save_ops([done])
        require(tx.ops([OpState.PENDING], limit=1) == [second], "states and limit are respected")
        require(tx.ops([OpState.DEAD]) == [done], "an edit is replaced by its number")
        require((tx.tallies())["outbox"] == {"pending": 2, "dead": 1}, "edits are counted by state")


def the_log_is_newest_first(store: SyncStore, tenant: str) -> None:
    """The log is read from its end."""
    entries = [
        SyncLogEntry(
            run_id="r",
            at=n,
            operation="sync_leads",
            entity="leads",
            status="ok",
            details={"n": n},
            seconds=0.5,
        )
        for n in range(3)
    ]
    with store.tx(tenant) as tx:
        for entry in entries:
            tx.add_log(entry)
        require(tx.log(2) == [entries[2], entries[1]], "the log is given newest first, up to the limit")
        require((tx.tallies())["log"] == {"sync_leads": 3}, "the log is counted by operation")


def mappings_are_replaced_as_a_whole(store: SyncStore, tenant: str) -> None:
    """A saved mapping replaces the one before."""
    rows: list[dict[str, Any]] = [
        {"pipeline_id": None, "stage_id": 142, "status": "CLOSED"},
        {"pipeline_id": 5, "stage_id": 1, "status": "NEW", "stage_name": "Новая", "confidence": 0.5},
    ]
    with store.tx(tenant) as tx:
        require(tx.load_stages() == [], "there is no mapping at first")
        tx.save_stages(rows)
        require([dict(row) for row in tx.load_stages()] == rows, "a mapping comes back as it was saved")
        tx.save_stages(rows[1:])
        require([dict(row) for row in tx.load_stages()] == rows[1:], "a mapping is replaced as a whole")


def a_tenant_is_bound_once(store: SyncStore, tenant: str) -> None:
    """A tenant belongs to the account that came first."""
    with store.tx(tenant) as tx:
        require(tx.bind("a.amocrm.ru") == "a.amocrm.ru", "a tenant is bound to the first account")
        require(tx.bind("b.amocrm.ru") == "a.amocrm.ru", "a tenant stays bound to its account")
