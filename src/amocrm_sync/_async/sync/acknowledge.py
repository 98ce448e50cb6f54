"""What becomes of a record when one of its edits ends: acknowledged by amoCRM, or given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.fields import overlay
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind, OpState, Parcel
from amocrm_sync._core.sync.records import ABSORBED, Record, Row, digest
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.work import WorkKind


async def acknowledge(
    context: AsyncSyncContext, tx: AsyncSyncTx, parcel: Parcel, answer: Row, report: SyncReport
) -> None:
    """Store that amoCRM has a parcel's fields. The row is marked to be read again, for what the server filled in."""
    record = (await tx.records.by_uid(parcel.entity, [parcel.uid])).get(parcel.uid)
    if record is None:
        return
    stream = entity_named(parcel.entity).streams[0]
    remote_id = stream.remote_id(answer["id"])
    if parcel.kind is OpKind.CREATE:
        record = await _absorb(context, tx, record, remote_id)
    now = context.clock.now()
    base = {**overlay(record.base, parcel.fields), "id": answer["id"]}
    acknowledged = attrs.evolve(
        record,
        remote_id=remote_id,
        base=base,
        base_hash=digest(base),
        remote_updated_at=answer.get("updated_at", record.remote_updated_at),
        read_fence=max(record.read_fence, now),
    )
    await tx.outbox.save([attrs.evolve(op, state=OpState.DONE, error=None) for op in parcel.ops])
    await keep_edits(context, tx, acknowledged)
    await tx.work.mark(WorkKind.PULL, stream.key, [remote_id], now)
    report.of(parcel.entity).pushed += len(parcel.ops)
    await _log(context, tx, parcel.ops, report, {"fields": sorted(parcel.fields), "remote_id": remote_id})


async def bury(
    context: AsyncSyncContext, tx: AsyncSyncTx, ops: Sequence[Op], reason: str, report: SyncReport
) -> None:
    """Give edits up, with the reason: they are dead letters, and the record shows what amoCRM has."""
    await tx.outbox.save([attrs.evolve(op, state=OpState.DEAD, error=reason) for op in ops])
    entity, uid = ops[0].entity, ops[0].uid
    record = (await tx.records.by_uid(entity, [uid])).get(uid)
    if record is not None:
        await keep_edits(context, tx, record)
    report.fail(entity, _operation(ops[0]), f"record {uid}: {reason}")
    await _log(context, tx, ops, report, {"error": reason}, is_error=True)


async def keep_edits(context: AsyncSyncContext, tx: AsyncSyncTx, record: Record) -> None:
    """Store a record with exactly those local edits over it that are still open.

    A record that amoCRM does not have keeps its fields whatever became of its creation: they are all there is.
    """
    states = OPEN_STATES if record.remote_id is not None else (*OPEN_STATES, OpState.DEAD)
    local: dict[str, Any] = {}
    for op in await tx.outbox.of(record.entity, [record.uid], states):
        local = overlay(local, op.fields)
    changed = attrs.evolve(record, local=local, version=await tx.clock.next(), updated_at=context.clock.now())
    await tx.records.put([context.stored(changed)])


async def _absorb(context: AsyncSyncContext, tx: AsyncSyncTx, record: Record, remote_id: str) -> Record:
    """A pull may have met our new row before its creation was acknowledged: then two records become one again."""
    twin = (await tx.records.by_remote(record.entity, [remote_id])).get(remote_id)
    if twin is None or twin.uid == record.uid:
        return record
    now = context.clock.now()
    gone = attrs.evolve(
        twin,
        remote_id=None,
        deleted_at=now,
        delete_reason=ABSORBED,
        version=await tx.clock.next(),
        updated_at=now,
    )
    await tx.records.put([context.stored(gone)])
    return attrs.evolve(record, base=twin.base, read_fence=max(record.read_fence, twin.read_fence))


async def _log(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    ops: Sequence[Op],
    report: SyncReport,
    details: dict[str, Any],
    *,
    is_error: bool = False,
) -> None:
    about = {"uid": ops[0].uid, "edits": [op.seq for op in ops], **details}
    await context.log(tx, report, _operation(ops[0]), ops[0].entity, about, is_error=is_error)


def _operation(op: Op) -> str:
    """The name of the row in the sync log: ``create_lead``, ``update_contact``."""
    verb = "create" if op.kind is OpKind.CREATE else "update"
    return f"{verb}_{entity_named(op.entity).singular}"
