"""Edits whose outcome is not known: what became of them is read, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from amocrm_sync._async.sync.acknowledge import Sent, acknowledge, hold, tell_of
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.edits import show_edits
from amocrm_sync._async.sync.marking import search
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._async.sync.reread import read_again
from amocrm_sync._async.sync.twins import absorb
from amocrm_sync._core.entities import Stream, entity_named
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.outbox import (
    Op,
    OpKind,
    OpState,
    Parcel,
    probe_due,
    probed,
    under_way,
)
from amocrm_sync._core.sync.records import Read, Record, Row, incoming
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.waiting import wait_to_resend
from amocrm_sync._core.sync.work import Claim, WorkKind

_TRACE = "its tag is in amoCRM, and no row carries it: somebody has deleted the row, or taken the tag off"


class AsyncSettler:
    """Finds out by reading what became of edits of one entity; a crash while sending leaves such, too."""

    def __init__(self, context: AsyncSyncContext, claims: Sequence[Claim], report: SyncReport) -> None:
        self._context = context
        self._claims = claims
        self._report = report
        self._stream: Stream = entity_named(claims[0].stream).streams[0]

    async def settle(self, ops: Mapping[str, Sequence[Op]], records: Mapping[str, Record]) -> list[SyncEvent]:
        """Decide about every edit under way among the open ones of some records; the events to tell."""
        unknown = {uid: found for uid, own in ops.items() if (found := under_way(own))}
        creates = {uid: own for uid, own in unknown.items() if own[0].kind is OpKind.CREATE}
        patches = {uid: own for uid, own in unknown.items() if uid not in creates}
        events: list[SyncEvent] = []
        if patches:
            events = await self._patches(patches, records)
        if creates:
            await self._creates(creates, records)
        return events

    async def _patches(
        self, unknown: Mapping[str, Sequence[Op]], records: Mapping[str, Record]
    ) -> list[SyncEvent]:
        """All fields as sent: done. As before: sent again after a while. Otherwise somebody else wrote: a conflict."""
        context, entity = self._context, self._stream.entity.name
        ids = [record.remote_id for uid in unknown if (record := records.get(uid)) and record.remote_id]
        answer = await read_again(context, self._stream, ids, self._report)
        reads = answer.reads(self._stream)
        async with context.tx() as tx:
            before = await tx.records.by_uid(entity, list(unknown))
            ready = [
                self._to_send_again(op)
                for uid, ops in unknown.items()
                if uid not in before or _is_news(before[uid], reads)  # else asked again
                for op in ops
            ]
            ready = await tx.outbox.save(ready, self._claims)
            events = await answer.apply(context, tx, self._stream, self._report)
            await self._count_arrived(tx, ready, before)
        return events

    async def _count_arrived(self, tx: AsyncSyncTx, ops: Sequence[Op], records: Mapping[str, Record]) -> None:
        arrived: dict[str, list[Op]] = {}
        for op in await tx.outbox.get([op.seq for op in ops]):
            if op.state is OpState.DONE:
                arrived.setdefault(op.uid, []).append(op)
        told = [(own, records[uid], records[uid].remote_id or "") for uid, own in arrived.items()]
        await tell_of(self._context, tx, told, self._report)

    def _to_send_again(self, op: Op) -> Op:
        wait = wait_to_resend(op, self._context.config, self._context.random.random())
        return attrs.evolve(op, state=OpState.PENDING, due_at=self._context.clock.now() + wait)

    async def _creates(self, unknown: Mapping[str, Sequence[Op]], records: Mapping[str, Record]) -> None:
        """A create is never sent again on a guess: it is looked for by the mark that it carries."""
        context = self._context
        unmarked = {uid for uid, ops in unknown.items() if not self._is_marked(ops[0])}
        now = await context.now()
        linked = {uid for uid in unknown if (record := records.get(uid)) and record.remote_id is not None}
        wanted = [
            uid for uid, ops in unknown.items() if uid not in linked | unmarked and probe_due(ops[0]) <= now
        ]
        looked = await search(context, self._stream, {uid: unknown[uid][0] for uid in wanted}, self._report)
        now = await context.now()
        async with context.tx() as tx:
            merged = await self._merged_away(tx, unknown, looked.rows)
            met = [
                (self._sent(records[uid], unknown[uid], row), row)
                for uid, row in looked.rows.items()
                if uid in records and uid not in merged
            ]
            await acknowledge(context, tx, met, self._claims, self._report, now=now)
            for uid, ops in unknown.items():
                if uid in merged:
                    await self._join(tx, ops, merged[uid])
                elif uid in linked:
                    await self._save(tx, [attrs.evolve(ops[0], state=OpState.DONE, error=None)])
                elif uid in unmarked:
                    await hold(context, tx, ops, self._report, self._claims)
                elif uid in looked.traces:
                    create = attrs.evolve(ops[0], error=_TRACE)
                    await hold(context, tx, [create, *ops[1:]], self._report, self._claims)
                elif uid in wanted and uid not in looked.rows:
                    await self._not_found(tx, ops)

    def _is_marked(self, create: Op) -> bool:
        """Whether a create can be looked for; one that was sent before the account was set up cannot."""
        context, entity = self._context, self._stream.entity.name
        since = context.marked_since.get(entity, 0.0)
        return entity in context.marks and (create.first_sent_at or create.made_at) >= since

    async def _merged_away(
        self, tx: AsyncSyncTx, unknown: Mapping[str, Sequence[Op]], found: Mapping[str, Row]
    ) -> dict[str, Record]:
        """Whose mark stands on a row that we had before the create was sent; that row's record.

        So the new row was made, and a person has merged it into that one: custom fields go along.
        """
        ids = {uid: self._stream.remote_id(row["id"]) for uid, row in found.items()}
        known = await tx.records.by_remote(self._stream.entity.name, list(ids.values()))
        return {
            uid: record
            for uid, remote_id in ids.items()
            if (record := known.get(remote_id)) is not None
            and record.uid != uid
            and record.created_at < (unknown[uid][0].first_sent_at or 0.0)
        }

    async def _join(self, tx: AsyncSyncTx, ops: Sequence[Op], kept: Record) -> None:
        """A create that arrived and lives on in another row: it is done, and its record ends in that row's."""
        context, entity, uid = self._context, self._stream.entity.name, ops[0].uid
        done = [attrs.evolve(op, state=OpState.DONE, error=None) for op in ops]
        lost = (await tx.records.by_uid(entity, [uid])).get(uid)
        if not await tx.outbox.save(done, self._claims) or lost is None:
            return
        await absorb(context, tx, lost, kept)
        await show_edits(context, tx, {kept.uid: kept})
        await tx.work.mark(
            WorkKind.PULL, self._stream.key, [kept.remote_id or ""], due_at=context.clock.now()
        )
        await tell_of(context, tx, [(done, lost, kept.remote_id or "")], self._report)

    async def _not_found(self, tx: AsyncSyncTx, ops: Sequence[Op]) -> None:
        """Looked for again later; after the last time it is sure enough, and everything is sent again."""
        create = probed(ops[0])
        rest = [attrs.evolve(op, state=create.state) for op in ops[1:]]
        await self._save(tx, [create, *rest])

    async def _save(self, tx: AsyncSyncTx, ops: Sequence[Op]) -> None:
        await tx.outbox.save(ops, self._claims)

    def _sent(self, record: Record, ops: Sequence[Op], row: Row) -> Sent:
        """The create by itself: what was sent with it is held against the row when that is read."""
        parcel = Parcel(entity=record.entity, uid=record.uid, kind=OpKind.CREATE, ops=(ops[0],))
        return Sent(parcel=parcel, record=record, fields=incoming(self._stream, row).base)


def _is_news(record: Record, reads: Mapping[str, Read]) -> bool:
    """Whether the row was looked at after what we know of it."""
    read = reads.get(record.remote_id or "")
    return read is not None and record.read_fence <= read.started
