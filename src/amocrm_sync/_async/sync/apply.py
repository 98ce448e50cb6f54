"""The one way in which a read enters the store: planned, held against open edits, stored, and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._async.sync.sinks import keep_events
from amocrm_sync._core.entities import Stream
from amocrm_sync._core.sync.communications import (
    COMMUNICATIONS,
    communication_of_note,
    note_communication_id,
)
from amocrm_sync._core.sync.conflicts import IGNORED, OPEN
from amocrm_sync._core.sync.events import SyncEvent, conflict_event, events_of, is_only
from amocrm_sync._core.sync.fields import value_at
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind, OpState, by_record
from amocrm_sync._core.sync.planner import Plan, Step, plan, stamped
from amocrm_sync._core.sync.records import Incoming, Read, Record, Row, children_of, incoming
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.stored import Echo
from amocrm_sync._core.sync.work import WorkKind

_BEHIND = 2.0
"""Seconds after which a row that a list showed as it was before is asked for by its id."""


async def apply_rows(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    stream: Stream,
    rows: Sequence[Row],
    read: Read,
    *,
    report: SyncReport,
    missing: Mapping[str, str] | None = None,
    own: frozenset[str] = frozenset(),
) -> list[SyncEvent]:
    """Store what was read, in the caller's transaction; the events to tell once it is committed.

    ``missing`` are remote ids that are proven gone, with the reason; ``own`` are fields whose change is our own
    doing, and no news.
    """
    entity = stream.entity
    seen = [incoming(stream, row) for row in rows]
    events = await apply_seen(
        context, tx, entity.name, seen, read, report=report, missing=missing, stream=stream.key, own=own
    )
    if entity.children is not None:
        children = [child for row in rows for child in children_of(entity, row)]
        events += await apply_seen(context, tx, entity.children, children, read, report=report)
    if entity.name == "notes" and COMMUNICATIONS in context.config.entities:
        told = [communication_of_note(stream.parent or "", row) for row in rows]
        gone = {note_communication_id(remote_id): reason for remote_id, reason in (missing or {}).items()}
        events += await apply_seen(context, tx, COMMUNICATIONS, told, read, report=report, missing=gone)
    return events


async def apply_seen(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    entity: str,
    seen: Sequence[Incoming],
    read: Read,
    *,
    report: SyncReport,
    missing: Mapping[str, str] | None = None,
    stream: str | None = None,
    own: frozenset[str] = frozenset(),
) -> list[SyncEvent]:
    """The same for one entity; rows that came too late are marked to be read again from ``stream``."""
    events = await _Applier(context, tx, entity, read, report).apply(seen, missing or {}, stream)
    events = [event for event in events if not (own and is_only(event, own))]
    await keep_events(context, tx, events)
    return events


class _Applier:
    """Stores what was read of one entity, in the caller's transaction."""

    def __init__(
        self, context: AsyncSyncContext, tx: AsyncSyncTx, entity: str, read: Read, report: SyncReport
    ) -> None:
        self._context = context
        self._tx = tx
        self._entity = entity
        self._read = read
        self._report = report

    async def apply(
        self, seen: Sequence[Incoming], missing: Mapping[str, str], stream: str | None
    ) -> list[SyncEvent]:
        """Store rows and proven absences; the events to tell once it is committed.

        Rows that came too late are marked to be read again from ``stream``.
        """
        known = await self._known(seen, missing)
        decided = plan(
            known,
            seen,
            self._read,
            entity=self._entity,
            new_uid=self._context.new_uid,
            missing=missing,
            edits=await self._edits(known),
            rules=self._context.config.conflicts,
            ledger=await self._ledger(known, seen, missing),
        )
        steps = [step for step in decided.steps if step.changes]
        if steps:
            version = await self._tx.clock.next()
            steps = [stamped(step, version) for step in steps]
            await self._context.put(self._tx, [step.after for step in steps if step.after is not None])
        await self._tx.records.touch(self._entity, decided.touched, self._read.ended)
        if stream is not None:
            await self._again(stream, decided.stale, 0.0)
            await self._again(stream, decided.behind, _BEHIND)
        self._count(decided)
        events = [event for step in steps for event in events_of(step, self._context.stages.status_of)]
        return [*events, *await self._conflicts(steps)]

    async def _known(self, seen: Sequence[Incoming], missing: Mapping[str, str]) -> dict[str, Record]:
        """The records that the rows are about: by remote id, else by the mark that a row of ours carries."""
        known = await self._tx.records.by_remote(self._entity, [*(item.remote_id for item in seen), *missing])
        carried = {
            item.remote_id: uids
            for item in seen
            if item.remote_id not in known and (uids := self._context.uids_of(self._entity, item.base))
        }
        if carried:
            known |= await self._recognised(carried)
        return known

    async def _recognised(self, carried: Mapping[str, Sequence[str]]) -> dict[str, Record]:
        """Rows that we created, met before their creation was acknowledged: it is acknowledged by this.

        A mark on a second row is a copy that somebody made of the first; that one is a row of its own.
        """
        records = await self._tx.records.by_uid(
            self._entity, {uid for uids in carried.values() for uid in uids}
        )
        found: dict[str, Record] = {}
        for remote_id, uids in carried.items():
            ours = [record for uid in uids if (record := records.pop(uid, None)) is not None]
            new = next((record for record in ours if record.remote_id is None), None)
            if new is not None:
                found[remote_id] = attrs.evolve(new, remote_id=remote_id)
        creates = await self._tx.outbox.of(
            self._entity, [record.uid for record in found.values()], OPEN_STATES
        )
        await self._tx.outbox.save(
            [attrs.evolve(op, state=OpState.DONE, error=None) for op in creates if op.kind is OpKind.CREATE]
        )
        return found

    async def _edits(self, known: Mapping[str, Record]) -> dict[str, list[Op]]:
        edited = [record.uid for record in known.values() if record.local]
        return by_record(await self._tx.outbox.of(self._entity, edited, OPEN_STATES)) if edited else {}

    async def _ledger(
        self, known: Mapping[str, Record], seen: Sequence[Incoming], missing: Mapping[str, str]
    ) -> dict[str, list[Echo]]:
        """What we wrote into rows that look older than what we know, or gone."""
        suspects = [
            item.remote_id
            for item in seen
            if (record := known.get(item.remote_id)) is not None
            and (item.updated_at or 0) <= (record.remote_updated_at or 0)
            and item.base != record.base
        ]
        suspects += [remote_id for remote_id in missing if remote_id in known]
        found: dict[str, list[Echo]] = {}
        for row in await self._tx.echo.match(self._entity, suspects) if suspects else ():
            found.setdefault(row.remote_id, []).append(row)
        return found

    async def _again(self, stream: str, remote_ids: Sequence[str], later: float) -> None:
        if remote_ids:
            await self._tx.work.mark(WorkKind.PULL, stream, remote_ids, due_at=self._read.ended + later)

    def _count(self, decided: Plan) -> None:
        counts, part = decided.counts(), self._report.of(self._entity)
        part.created += counts["created"]
        part.updated += counts["updated"] + counts["restored"]
        part.deleted += counts["deleted"]
        part.unchanged += counts["unchanged"] + counts["stale"] + counts["behind"]
        part.conflicts += len(decided.conflicts)

    async def _conflicts(self, steps: Sequence[Step]) -> list[SyncEvent]:
        """Keep the edits and conflicts of the steps; a row in the log for each, for nobody else would know of them."""
        context, tx = self._context, self._tx
        ops = [op for step in steps for op in step.ops]
        if ops:
            await tx.outbox.save(ops)
            await tx.work.mark(
                WorkKind.PUSH, self._entity, {op.uid: None for op in ops}, due_at=context.clock.now()
            )
        events: list[SyncEvent] = []
        for step in steps:
            if step.after is None:
                continue
            for conflict in await tx.conflicts.add(step.conflicts) if step.conflicts else ():
                events.append(conflict_event(conflict, step.after))
                details = {
                    name: getattr(conflict, name)
                    for name in ("uid", "field", "base", "local", "remote", "policy", "resolution")
                }
                await context.log(tx, self._report, "conflict", self._entity, details)
            if step.settled:
                await self._ignore(step.after, step.settled)
        return events

    async def _ignore(self, record: Record, fields: Sequence[str]) -> None:
        """Both sides have the same value by now: nobody need decide."""
        for conflict in await self._tx.conflicts.list((OPEN,), entity=self._entity, uid=record.uid):
            if conflict.field in fields:
                value = value_at(record.base, conflict.field)
                await self._tx.conflicts.save(
                    attrs.evolve(conflict, state=IGNORED, value=value, closed_at=self._read.ended)
                )
