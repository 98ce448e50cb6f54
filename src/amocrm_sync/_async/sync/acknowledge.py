"""What becomes of records when their edits end: acknowledged by amoCRM, or given up. And of the work that sent them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.edits import show_edits
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._async.sync.sinks import keep_events
from amocrm_sync._async.sync.twins import absorb_twins
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.echo import echoes_of
from amocrm_sync._core.sync.events import SyncEvent, dead_event
from amocrm_sync._core.sync.fields import overlay
from amocrm_sync._core.sync.marks import kept
from amocrm_sync._core.sync.outbox import (
    OPEN_STATES,
    Op,
    OpKind,
    OpState,
    Parcel,
    by_record,
    next_due,
)
from amocrm_sync._core.sync.records import ABSORBED, Record, Row, digest
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.stored import Activity
from amocrm_sync._core.sync.work import Claim, WorkKind


@attrs.frozen(kw_only=True)
class Sent:
    """A parcel as it went out.

    Attributes:
        parcel: The edits.
        record: The record when they were sent.
        fields: What was sent: amoCRM's ids in place of ours, and our mark in a new row.
    """

    parcel: Parcel
    record: Record
    fields: Row


async def acknowledge(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    answered: Sequence[tuple[Sent, Row]],
    claims: Sequence[Claim],
    report: SyncReport,
    *,
    now: float,
) -> None:
    """Store that amoCRM has some parcels of one entity; only those whose lease is still ours. ``now`` is the store's.

    The rows are marked to be read again, for what the server filled in.
    """
    ends = [
        attrs.evolve(op, state=OpState.DONE, error=None) for sent, _ in answered for op in sent.parcel.ops
    ]
    ours = {op.uid for op in await tx.outbox.save(ends, claims)}
    if not ours:
        return
    entity = answered[0][0].parcel.entity
    records = {
        uid: record
        for uid, record in (await tx.records.by_uid(entity, ours)).items()
        if record.delete_reason != ABSORBED  # since it was sent: the row is another record's by now
    }
    answered = [(sent, answer) for sent, answer in answered if sent.parcel.uid in records]
    stream = entity_named(entity).streams[0]
    ids = {sent.parcel.uid: stream.remote_id(answer["id"]) for sent, answer in answered}
    records = await absorb_twins(context, tx, records, ids)
    for sent, answer in answered:
        record = records[sent.parcel.uid]
        was_read = (
            sent.parcel.kind is OpKind.CREATE and "id" in record.base
        )  # since it was made: that is newer
        base = record.base if was_read else {**kept(overlay(record.base, sent.fields)), "id": answer["id"]}
        records[record.uid] = attrs.evolve(
            record,
            remote_id=ids[record.uid],
            base=base,
            base_hash=digest(base),
            remote_updated_at=answer.get("updated_at", record.remote_updated_at),
            read_fence=max(record.read_fence, now),
        )
        await tx.echo.put(echoes_of(entity, ids[record.uid], sent.parcel.fields, now))
    await show_edits(context, tx, records)
    await tx.work.mark(WorkKind.PULL, stream.key, list(ids.values()), due_at=now)
    await tell_of(
        context, tx, [(sent.parcel.ops, sent.record, ids[sent.parcel.uid]) for sent, _ in answered], report
    )


async def tell_of(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    arrived: Sequence[tuple[Sequence[Op], Record, str]],
    report: SyncReport,
) -> None:
    """Count edits that amoCRM has, and put them into the log and into the activity of their records."""
    activities: list[Activity] = []
    for ops, record, remote_id in arrived:
        parcel = Parcel(entity=record.entity, uid=record.uid, kind=ops[0].kind, ops=tuple(ops))
        report.of(record.entity).pushed += len(ops)
        await _log(context, tx, ops, report, {"fields": sorted(parcel.fields), "remote_id": remote_id})
        action = "created" if parcel.kind is OpKind.CREATE else "updated"
        activities.append(
            Activity(
                at=context.clock.now(),
                created_at=context.clock.now(),
                actor=ops[-1].actor or "",
                source="push",
                entity=record.entity,
                remote_id=remote_id,
                uid=record.uid,
                event=f"{entity_named(record.entity).singular}.{action}",
                before=parcel.base_fields,
                after=parcel.fields,
            )
        )
    await tx.activity.add(activities)


async def bury(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    ops: Sequence[Op],
    reason: str,
    report: SyncReport,
    *,
    claims: Sequence[Claim] | None = None,
) -> list[SyncEvent]:
    """Give edits of one record up, with the reason: they are dead letters, and the record shows what amoCRM has."""
    dead = await tx.outbox.save([attrs.evolve(op, state=OpState.DEAD, error=reason) for op in ops], claims)
    if not dead:
        return []
    entity, uid = ops[0].entity, ops[0].uid
    records = await show_edits(context, tx, await tx.records.by_uid(entity, [uid]))
    report.fail(entity, _operation(ops[0]), f"record {uid}: {reason}")
    await _log(context, tx, ops, report, {"error": reason}, is_error=True)
    events = [dead_event(op, records.get(uid)) for op in dead]
    await keep_events(context, tx, events)
    return events


async def hold(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    ops: Sequence[Op],
    report: SyncReport,
    claims: Sequence[Claim],
) -> None:
    """A create that may have arrived, and no mark says whether: nothing tells its row from another, so a person decides."""
    op = ops[0]
    error = op.error or "the process ended while sending"
    rest = [attrs.evolve(later, state=OpState.PENDING) for later in ops[1:]]
    if not await tx.outbox.save([attrs.evolve(op, state=OpState.HELD, error=error), *rest], claims):
        return
    message = (
        f"suspected duplicate: whether record {op.uid} was created is unknown ({error}); look for it in amoCRM, "
        f"then engine.requeue({op.seq}) or engine.discard({op.seq})"
    )
    report.fail(op.entity, _operation(op), message)
    await _log(context, tx, ops, report, {"error": message}, is_error=True)


async def close(
    tx: AsyncSyncTx,
    claims: Sequence[Claim],
    *,
    now: float,
    not_before: Mapping[str, float] | None = None,
) -> None:
    """End the work on some records of one entity, or say when it goes on.

    Args:
        tx: The transaction.
        claims: The work.
        now: The store's time.
        not_before: Per record, the earliest moment at which anything can be done about it.
    """
    if not claims:
        return
    not_before = not_before or {}
    open_ops = by_record(await tx.outbox.of(claims[0].stream, [claim.key for claim in claims], OPEN_STATES))
    ended: list[Claim] = []
    by_due: dict[float, list[Claim]] = {}
    for claim in claims:
        due = next_due(open_ops.get(claim.key, ()), now=now)
        if due is None:
            ended.append(claim)
        else:
            by_due.setdefault(max(due, not_before.get(claim.key, 0.0)), []).append(claim)
    await tx.work.finish(ended)
    for due, waiting in by_due.items():
        if due <= now:
            await tx.work.release(waiting)
        else:
            errors = [op.error for claim in waiting for op in open_ops[claim.key] if op.error]
            await tx.work.retry(waiting, due, next(iter(errors), "waits"))


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
