"""Checks of the sync store kit: webhook bodies, edits, outgoing events, the mapping and the tenant."""

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync._async.sync.protocols import AsyncKeepingStore, AsyncSyncStore
from amocrm_sync._async.testing_kits.sync_store_parts import require
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.stored import OutgoingEvent
from amocrm_sync._core.sync.work import WorkKind


async def a_repeated_body_is_new_again(store: AsyncSyncStore, tenant: str) -> None:
    """A body is kept byte for byte and once; sent again, it is to be looked at again."""
    body = Delivery(received_at=1.0, dedupe="d1", body=b"\x00raw\xff", content_type="a/b", headers={"X": "y"})
    async with store.tx(tenant, lock=False) as tx:
        other = attrs.evolve(body, dedupe="d0", received_at=2.0)
        require(await tx.inbox.add([body, other, body]) == [True, True, False], "a new body is new, once")
        require(await tx.inbox.add([]) == [], "nothing is added")
        first, second = await tx.inbox.claim_new(9)
        require(attrs.evolve(first, id=0) == body, "a body comes back byte for byte, the oldest first")
        await tx.inbox.mark([first.id], "parsed")
        await tx.inbox.mark([second.id], "bad", "broken")
        require(await tx.inbox.claim_new(9) == [], "what is marked is not new")
        require(await tx.inbox.add([body]) == [False], "the same body is not stored twice")
        require(
            [item.id for item in await tx.inbox.claim_new(9)] == [first.id],
            "the same body is to be looked at again",
        )
        require(await tx.inbox.counts() == {"new": 1, "bad": 1}, "bodies are counted by state")
        await tx.inbox.mark([first.id, second.id], "parsed")
        require(await tx.inbox.prune(2.0) == 1, "parsed bodies are pruned by age")
        require(await tx.inbox.add([body]) == [True], "a pruned body is forgotten")


async def the_short_way_in_is_the_long_one(store: AsyncSyncStore, tenant: str) -> None:
    """A store that keeps bodies in a transaction of their own does what ``tx.inbox.add`` does."""
    if not isinstance(store, AsyncKeepingStore):
        return
    body = Delivery(received_at=1.0, dedupe="d1", body=b"\x00raw\xff", content_type="a/b", headers={"X": "y"})
    many = [attrs.evolve(body, dedupe=f"{number:03}", received_at=2.0 + number) for number in range(210)]
    require(
        await store.keep(tenant, [body, *many, body]) == [True] * 211 + [False], "a new body is new, once"
    )
    require(await store.keep(tenant, []) == [], "nothing is kept")
    async with store.tx(tenant, lock=False) as tx:
        kept = await tx.inbox.claim_new(300)
        require([attrs.evolve(item, id=0) for item in kept] == [body, *many], "bodies come back as they were")
        await tx.inbox.mark([kept[0].id], "bad", "broken")
    require(await store.keep(tenant, [body]) == [False], "the same body is not stored twice")
    async with store.tx(tenant, lock=False) as tx:
        [first] = await tx.inbox.claim_new(1)
        require(first == kept[0], "the same body is to be looked at again")


async def edits_keep_their_order(store: AsyncSyncStore, tenant: str) -> None:
    """The outbox gives edits in the order in which they were made."""
    edit = Op(
        entity="leads",
        uid="u1",
        kind=OpKind.PATCH,
        fields={"price": 1},
        base_fields={"price": None},
        made_at=1.5,
    )
    async with store.tx(tenant) as tx:
        other = attrs.evolve(edit, uid="u2", kind=OpKind.CREATE, due_at=3.5, actor="Ann", source="phone")
        first, second = await tx.outbox.add([edit, other])
        [third] = await tx.outbox.add([attrs.evolve(edit, fields={"name": "x"}, mutation_id=7, sent_at=1.0)])
        require(0 < first.seq < second.seq < third.seq, "edits are numbered in order")
        require(
            await tx.outbox.in_states([OpState.PENDING]) == [first, second, third],
            "edits come back as they were added",
        )
        require(
            await tx.outbox.of("leads", ["u1"], [OpState.PENDING]) == [first, third], "edits of one record"
        )
        done = attrs.evolve(first, state=OpState.DEAD, attempts=3, error="no")
        await tx.outbox.save([done])
        require(
            await tx.outbox.in_states([OpState.PENDING], limit=1) == [second],
            "states and limit are respected",
        )
        require(await tx.outbox.in_states([OpState.DEAD]) == [done], "an edit is replaced by its number")
        require(await tx.outbox.counts() == {"pending": 2, "dead": 1}, "edits are counted by state")
        await tx.outbox.save([attrs.evolve(second, state=OpState.DONE)])
        require(await tx.outbox.prune(1.5) == 0 and await tx.outbox.prune(2.0) == 1, "what is done is pruned")
        require(await tx.outbox.get([first.seq, second.seq, third.seq]) == [done, third], "the rest stays")


async def edits_are_saved_under_their_claims_only(store: AsyncSyncStore, tenant: str) -> None:
    """Who has lost the lease of a record writes no result of its edits."""
    edit = Op(entity="leads", uid="u1", kind=OpKind.PATCH, fields={}, made_at=1.0)
    async with store.tx(tenant) as tx:
        first, second = await tx.outbox.add([edit, attrs.evolve(edit, uid="u2")])
        await tx.work.mark(WorkKind.PUSH, "leads", ["u1", "u2"], 0.0)
        slow = await tx.work.claim(WorkKind.PUSH, 0.0, "slow", 10.0, 9)
        await tx.work.extend(slow[1:], 30.0)
        await tx.work.claim(WorkKind.PUSH, 10.0, "quick", 20.0, 9)
        done = [attrs.evolve(op, state=OpState.DONE) for op in (first, second)]
        saved = await tx.outbox.save(done, slow)
        require([op.uid for op in saved] == ["u2"], "save says what it has saved")
        require(await tx.outbox.get([second.seq, first.seq, 10**6]) == [first, done[1]], "and saves no more")
        require(await tx.outbox.save(done, []) == [], "without a claim nothing is saved under claims")
        late = [attrs.evolve(done[1], state=OpState.UNKNOWN)]
        require(await tx.outbox.save(late, slow) == [], "what has ended is not opened again under a claim")
        require(await tx.outbox.get([second.seq]) == [done[1]], "and stays as it ended")
        require(await tx.outbox.save(late) == late, "without claims it is: somebody wants it so")


async def events_wait_for_their_sinks(store: AsyncSyncStore, tenant: str) -> None:
    """Outgoing events are kept once, until they are delivered."""
    event = OutgoingEvent(id="e1", name="lead.created", payload={"uid": "u1"}, at=5.0)
    async with store.tx(tenant, lock=False) as tx:
        await tx.sinks.add([event, attrs.evolve(event, id="e2", at=6.0)])
        await tx.sinks.add([attrs.evolve(event, payload={})])
        require(await tx.sinks.get(["e1", "e9"]) == {"e1": event}, "an event is kept once, as it was first")
        await tx.sinks.drop(["e1"])
        require(set(await tx.sinks.get(["e1", "e2"])) == {"e2"}, "a delivered event is dropped")
        require(await tx.sinks.prune(6.0) == 0 and await tx.sinks.prune(6.5) == 1, "old events are pruned")


async def mappings_are_replaced_as_a_whole(store: AsyncSyncStore, tenant: str) -> None:
    """A saved mapping replaces the one before."""
    rows: list[dict[str, Any]] = [
        {"pipeline_id": None, "stage_id": 142, "status": "CLOSED"},
        {"pipeline_id": 5, "stage_id": 1, "status": "NEW", "stage_name": "Новая", "confidence": 0.5},
    ]
    async with store.tx(tenant) as tx:
        require(await tx.stages.load() == [], "there is no mapping at first")
        await tx.stages.save(rows)
        require([dict(row) for row in await tx.stages.load()] == rows, "a mapping comes back as it was saved")
        await tx.stages.save(rows[1:])
        require([dict(row) for row in await tx.stages.load()] == rows[1:], "a mapping is replaced as a whole")


async def a_tenant_is_bound_once(store: AsyncSyncStore, tenant: str) -> None:
    """A tenant belongs to the account that came first."""
    async with store.tx(tenant) as tx:
        require(
            await tx.tenant.bind("a.amocrm.ru") == "a.amocrm.ru", "a tenant is bound to the first account"
        )
        require(await tx.tenant.bind("b.amocrm.ru") == "a.amocrm.ru", "a tenant stays bound to its account")
        require(
            await tx.tenant.epoch() == "" and await tx.tenant.settings() == {}, "there is no epoch at first"
        )
        await tx.tenant.new_epoch("e1")
        await tx.tenant.save_settings({"retention": 30})
        await tx.tenant.new_epoch("e2")
    async with store.tx(tenant, write=False) as tx:
        require(await tx.tenant.epoch() == "e2", "an epoch follows another")
        require(await tx.tenant.settings() == {"retention": 30}, "settings are kept")
    async with store.tx(f"{tenant}-unbound") as tx:
        await tx.tenant.new_epoch("e1")
        require(await tx.tenant.bind("c.amocrm.ru") == "c.amocrm.ru", "an epoch binds no account")
