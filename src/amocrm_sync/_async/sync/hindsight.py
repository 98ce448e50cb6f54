"""Seeing afterwards that a write of ours has replaced a value which we had never seen."""

from __future__ import annotations

from collections.abc import Sequence

from amocrm_sync._async.sync.conflicts import DETECTED_AFTER, detected_after
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.sync.echo import is_own
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.fields import fits, flatten, value_at
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState, Parcel
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.replaced import Replaced, replaced_by

_BY_SINGULAR = {entity.singular: name for name, entity in ENTITIES.items() if entity.writable}


async def look_back(context: AsyncSyncContext, tx: AsyncSyncTx, rows: Sequence[Row]) -> list[SyncEvent]:
    """Hold amoCRM's log of events against what we wrote; the events to tell after the commit.

    Between the last look at a row and our write somebody may write too. Their value is gone, but the log has it as the
    value before ours: it becomes a conflict with the policy ``detected_after``, for a person to take it back.
    """
    told: list[SyncEvent] = []
    by_entity: dict[str, list[Row]] = {}
    for row in rows:
        entity = _BY_SINGULAR.get(str(row.get("entity_type")))
        if entity in context.config.entities and any(replaced_by(row)):
            by_entity.setdefault(entity, []).append(row)
    for entity, events in sorted(by_entity.items()):
        ids = {str(row["entity_id"]) for row in events}
        ledger = await tx.echo.match(entity, ids)
        if not ledger:
            continue
        records = await tx.records.by_remote(entity, ids)
        for row in events:
            record = records.get(str(row["entity_id"]))
            own = [echo for echo in ledger if echo.remote_id == str(row["entity_id"])]
            at = float(row.get("created_at") or 0)
            for change in replaced_by(row):
                if record is not None and is_own(own, change.field, change.after, at):
                    told += await _judge(context, tx, record, change, at)
    return told


async def _judge(
    context: AsyncSyncContext, tx: AsyncSyncTx, record: Record, change: Replaced, at: float
) -> list[SyncEvent]:
    """Compare what was there before our write with what we held it against; once, however often the log is read."""
    ops = await tx.outbox.of(record.entity, [record.uid], (OpState.DONE,))
    parcel = _sent(ops, change, at)
    if parcel is None:
        return []
    known = await tx.conflicts.list(entity=record.entity, uid=record.uid)
    if any(
        (item.policy, item.field, item.remote_updated_at) == (DETECTED_AFTER, change.field, int(at))
        for item in known
    ):
        return []
    base = value_at(parcel.base_fields, change.field)
    return await detected_after(
        context, tx, record, change.field, base=base, local=change.after, remote=change.before, at=at
    )


def _sent(ops: Sequence[Op], change: Replaced, at: float) -> Parcel | None:
    """The edits that went together and set that value; of several, those sent nearest to the moment."""
    moments = {op.sent_at for op in ops if op.kind is OpKind.PATCH and op.sent_at is not None}
    for moment in sorted(moments, key=lambda moment: abs(moment - at)):
        own = tuple(op for op in ops if op.sent_at == moment)
        parcel = Parcel(entity=own[0].entity, uid=own[0].uid, kind=OpKind.PATCH, ops=own)
        sent = flatten(parcel.fields)
        if change.field in sent and fits(sent[change.field], change.after):
            return parcel
    return None
