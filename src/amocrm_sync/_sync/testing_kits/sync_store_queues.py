# Generated from src/amocrm_sync/_async/testing_kits/sync_store_queues.py by tools/unasync.py: edit that file instead.
"""Checks of the sync store kit: webhook bodies, edits, outgoing events, the mapping and the tenant."""

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.stored import OutgoingEvent
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sync.sync.protocols import KeepingStore, SyncStore
from amocrm_sync._sync.testing_kits.sync_store_parts import require


def a_repeated_body_is_new_again(store: SyncStore, tenant: str) -> None:
    """A body is kept byte for byte and once; sent again, it is to be looked at again."""
    body = Delivery(received_at=1.0, dedupe="d1", body=b"\x00raw\xff", content_type="a/b", headers={"X": "y"})
    with store.tx(tenant, lock=False) as tx:
        other = attrs.evolve(body, dedupe="d0", received_at=2.0)
        require(tx.inbox.add([body, other, body]) == [True, True, False], "a new body is new, once")
        require(tx.inbox.add([]) == [], "nothing is added")
        first, second = tx.inbox.claim_new(9)
        require(attrs.evolve(first, id=0) == body, "a body comes back byte for byte, the oldest first")
        tx.inbox.mark([first.id], "parsed")
        tx.inbox.mark([second.id], "bad", "broken")
        require(tx.inbox.claim_new(9) == [], "what is marked is not new")
        require(tx.inbox.add([body]) == [False], "the same body is not stored twice")
        require(
            [item.id for item in tx.inbox.claim_new(9)] == [first.id],
            "the same body is to be looked at again",
        )
        require(tx.inbox.counts() == {"new": 1, "bad": 1}, "bodies are counted by state")
        tx.inbox.mark([first.id, second.id], "parsed")
        require(tx.inbox.prune(2.0) == 1, "parsed bodies are pruned by age")
        require(tx.inbox.add([body]) == [True], "a pruned body is forgotten")


def the_short_way_in_is_the_long_one(store: SyncStore, tenant: str) -> None:
    """A store that keeps bodies in a transaction of their own does what ``tx.inbox.add`` does."""
    if not isinstance(store, KeepingStore):
        return
    body = Delivery(received_at=1.0, dedupe="d1", body=b"\x00raw\xff", content_type="a/b", headers={"X": "y"})
    many = [attrs.evolve(body, dedupe=f"{number:03}", received_at=2.0 + number) for number in range(210)]
    require(store.keep(tenant, [body, *many, body]) == [True] * 211 + [False], "a new body is new, once")
    require(store.keep(tenant, []) == [], "nothing is kept")
    with store.tx(tenant, lock=False) as tx:
        kept = tx.inbox.claim_new(300)
        require([attrs.evolve(item, id=0) for item in kept] == [body, *many], "bodies come back as they were")
        tx.inbox.mark([kept[0].id], "bad", "broken")
    require(store.keep(tenant, [body]) == [False], "the same body is not stored twice")
    with store.tx(tenant, lock=False) as tx:
        [first] = tx.inbox.claim_new(1)
        require(first == kept[0], "the same body is to be looked at again")


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
        other = attrs.evolve(edit, uid="u2", kind=OpKind.CREATE, due_at=3.5, actor="Ann", source="phone")
        first, second = tx.outbox.add([edit, other])
        [third] = tx.outbox.add([attrs.evolve(edit, fields={"name": "x"}, mutation_id=7, sent_at=1.0)])
        require(0 < first.seq < second.seq < third.seq, "edits are numbered in order")
        require(
            tx.outbox.in_states([OpState.PENDING]) == [first, second, third],
            "edits come back as they were added",
        )
        require(tx.outbox.of("leads", ["u1"], [OpState.PENDING]) == [first, third], "edits of one record")
        done = attrs.evolve(first, state=OpState.DEAD, attempts=3, error="no")
        tx.outbox.save([done])
        require(
            tx.outbox.in_states([OpState.PENDING], limit=1) == [second],
            "states and limit are respected",
        )
        require(tx.outbox.in_states([OpState.DEAD]) == [done], "an edit is replaced by its number")
        require(tx.outbox.counts() == {"pending": 2, "dead": 1}, "edits are counted by state")
        tx.outbox.save([attrs.evolve(second, state=OpState.DONE)])
        require(tx.outbox.prune(1.5) == 0 and tx.outbox.prune(2.0) == 1, "what is done is pruned")
        require(tx.outbox.get([first.seq, second.seq, third.seq]) == [done, third], "the rest stays")


def edits_are_saved_under_their_claims_only(store: SyncStore, tenant: str) -> None:
    """Who has lost the lease of a record writes no result of its edits."""
    edit = Op(entity="leads", uid="u1", kind=OpKind.PATCH, fields={}, made_at=1.0)
    with store.tx(tenant) as tx:
        first, second = tx.outbox.add([edit, attrs.evolve(edit, uid="u2")])
        tx.work.mark(WorkKind.PUSH, "leads", ["u1", "u2"], 0.0)
        slow = tx.work.claim(WorkKind.PUSH, 0.0, "slow", 10.0, 9)
        tx.work.extend(slow[1:], 30.0)
        tx.work.claim(WorkKind.PUSH, 10.0, "quick", 20.0, 9)
        done = [attrs.evolve(op, state=OpState.DONE) for op in (first, second)]
        saved = tx.outbox.save(done, slow)
        require([op.uid for op in saved] == ["u2"], "save says what it has saved")
        require(tx.outbox.get([second.seq, first.seq, 10**6]) == [first, done[1]], "and saves no more")
        require(tx.outbox.save(done, []) == [], "without a claim nothing is saved under claims")
        late = [attrs.evolve(done[1], state=OpState.UNKNOWN)]
        require(tx.outbox.save(late, slow) == [], "what has ended is not opened again under a claim")
        require(tx.outbox.get([second.seq]) == [done[1]], "and stays as it ended")
        require(tx.outbox.save(late) == late, "without claims it is: somebody wants it so")


def events_wait_for_their_sinks(store: SyncStore, tenant: str) -> None:
    """Outgoing events are kept once, until they are delivered."""
    event = OutgoingEvent(id="e1", name="lead.created", payload={"uid": "u1"}, at=5.0)
    with store.tx(tenant, lock=False) as tx:
        tx.sinks.add([event, attrs.evolve(event, id="e2", at=6.0)])
        tx.sinks.add([attrs.evolve(event, payload={})])
        require(tx.sinks.get(["e1", "e9"]) == {"e1": event}, "an event is kept once, as it was first")
        tx.sinks.drop(["e1"])
        require(set(tx.sinks.get(["e1", "e2"])) == {"e2"}, "a delivered event is dropped")
        require(tx.sinks.prune(6.0) == 0 and tx.sinks.prune(6.5) == 1, "old events are pruned")


def mappings_are_replaced_as_a_whole(store: SyncStore, tenant: str) -> None:
    """A saved mapping replaces the one before."""
    rows: list[dict[str, Any]] = [
        {"pipeline_id": None, "stage_id": 142, "status": "CLOSED"},
        {"pipeline_id": 5, "stage_id": 1, "status": "NEW", "stage_name": "Новая", "confidence": 0.5},
    ]
    with store.tx(tenant) as tx:
        require(tx.stages.load() == [], "there is no mapping at first")
        tx.stages.save(rows)
        require([dict(row) for row in tx.stages.load()] == rows, "a mapping comes back as it was saved")
        tx.stages.save(rows[1:])
        require([dict(row) for row in tx.stages.load()] == rows[1:], "a mapping is replaced as a whole")


def a_tenant_is_bound_once(store: SyncStore, tenant: str) -> None:
    """A tenant belongs to the account that came first."""
    with store.tx(tenant) as tx:
        require(tx.tenant.bind("a.amocrm.ru") == "a.amocrm.ru", "a tenant is bound to the first account")
        require(tx.tenant.bind("b.amocrm.ru") == "a.amocrm.ru", "a tenant stays bound to its account")
        require(tx.tenant.epoch() == "" and tx.tenant.settings() == {}, "there is no epoch at first")
        tx.tenant.new_epoch("e1")
        tx.tenant.save_settings({"retention": 30})
        tx.tenant.new_epoch("e2")
    with store.tx(tenant, write=False) as tx:
        require(tx.tenant.epoch() == "e2", "an epoch follows another")
        require(tx.tenant.settings() == {"retention": 30}, "settings are kept")
    with store.tx(f"{tenant}-unbound") as tx:
        tx.tenant.new_epoch("e1")
        require(tx.tenant.bind("c.amocrm.ru") == "c.amocrm.ru", "an epoch binds no account")
