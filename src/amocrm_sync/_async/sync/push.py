"""Pushing: local edits to amoCRM, changed fields only, in order per record, each with a known end.

The work table says which records have something to send; whoever claims a record has it for the length of a lease, and
writes results only while the lease is still theirs. So any number of processes may push beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amocrm_sync._async.sync.acknowledge import close
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.failures import FATAL, LATER, PAUSING
from amocrm_sync._async.sync.link_push import AsyncLinker
from amocrm_sync._async.sync.reread import read_again
from amocrm_sync._async.sync.send import AsyncSender
from amocrm_sync._async.sync.settle import AsyncSettler
from amocrm_sync._async.sync.twins import hand_over
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.shapes import as_object
from amocrm_sync._core.sync.link_edits import entity_of, wishes
from amocrm_sync._core.sync.outbox import (
    OPEN_STATES,
    Op,
    Parcel,
    batches,
    by_record,
    next_parcel,
    under_way,
)
from amocrm_sync._core.sync.records import ABSORBED, Record
from amocrm_sync._core.sync.reports import LIMIT, SyncReport
from amocrm_sync._core.sync.waiting import wait_after
from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync.errors import AmoCRMError

RECORDS_AT_ONCE = 250
"""Records claimed together: as many as one request can read by id before they are written."""


class AsyncPusher:
    """Sends what the outbox holds."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def push(self, report: SyncReport, *, dry_run: bool = False) -> None:
        """Settle what is unknown, and send what is ready, record by record as they are claimed.

        Raises:
            AmoCRMError: One that concerns the whole account; the edits stay in the outbox.
        """
        if dry_run:
            await self._plan(report)
            return
        if await self._is_paused(report):
            return
        started = self._context.clock.monotonic()
        try:
            await self._push(report)
        except AmoCRMError:
            await self._note_down(report, self._context.clock.monotonic() - started)
            raise
        await self._note_down(report, self._context.clock.monotonic() - started)

    async def _push(self, report: SyncReport) -> None:
        """Work until nothing is due, or until nothing would succeed."""
        owner = self._context.new_uid()
        while not self._context.is_draining and (claims := await self._claim(owner)):
            try:
                await self._work_on(claims, report)
            except LATER as error:
                await self._put_off(claims, error, report)
                if isinstance(error, PAUSING):
                    await self._pause(error)
                if isinstance(error, FATAL):
                    raise
                return
            except AmoCRMError as error:
                await self._put_off(claims, error, report)

    async def _note_down(self, report: SyncReport, wall: float) -> None:
        """A row in the log for a run that did something."""
        context = self._context
        pushed = sum(part.pushed for part in report.entities.values())
        requests = sum(part.requests for part in report.entities.values())
        if requests or not report.ok:
            async with context.tx(lock=False) as tx:
                details: dict[str, Any] = {
                    "pushed": pushed,
                    "errors": report.as_counts()["errors"],
                    "requests": requests,
                    "limit_time": round(requests / LIMIT, 3),
                    "wall": round(wall, 3),
                    "efficiency": round(min(1.0, requests / LIMIT / wall), 3) if wall > 0 else None,
                }
                await context.log(tx, report, "push", "", details, is_error=not report.ok, seconds=wall)

    async def _plan(self, report: SyncReport) -> None:
        """Say what a push would send now."""
        now = await self._context.now()
        async with self._context.tx(write=False) as tx:
            waiting = await tx.outbox.in_states(OPEN_STATES)
        by_entity: dict[str, list[Op]] = {}
        for op in waiting:
            by_entity.setdefault(op.entity, []).append(op)
        for stream, ops in by_entity.items():
            entity = entity_of(stream)
            for queue in by_record(ops).values():
                parcel = next_parcel(queue, now=now)
                if entity is not None:
                    report.planned.extend(_shown_link(entity, pair[-1]) for pair in wishes(queue).values())
                elif parcel is not None:
                    report.planned.append(_shown(parcel))

    async def _claim(self, owner: str) -> list[Claim]:
        now = await self._context.now()
        until = now + self._context.config.lease
        async with self._context.tx(lock=False) as tx:
            return await tx.work.claim(WorkKind.PUSH, now, owner, until, RECORDS_AT_ONCE)

    async def _work_on(self, claims: Sequence[Claim], report: SyncReport) -> None:
        """Do what can be done now about some records of one entity."""
        context, entity = self._context, claims[0].stream
        linked = entity_of(entity)
        if linked is not None:
            await AsyncLinker(context, linked, claims, report).work()
            return
        ops, records = await self._load(entity, [claim.key for claim in claims])
        if any(record.delete_reason == ABSORBED for record in records.values()):
            async with context.tx() as tx:
                claims = await hand_over(context, tx, claims)
        unsettled = {claim.key for claim in claims if under_way(ops.get(claim.key, ()))}
        if unsettled:
            held = [claim for claim in claims if claim.key in unsettled]
            settler = AsyncSettler(context, held, report)
            events = await settler.settle({uid: ops[uid] for uid in unsettled}, records)
            await self._close(held)
            await context.listeners.tell(events)
        ready = [claim for claim in claims if claim.key not in unsettled]
        if ready:
            await self._send(ready, records, report)

    async def _send(self, claims: Sequence[Claim], records: Mapping[str, Record], report: SyncReport) -> None:
        """Look at the rows once more where what we know of them is old, then write."""
        context, entity = self._context, claims[0].stream
        ops, _ = await self._load(entity, [claim.key for claim in claims])
        now = await context.now()
        parcels = [parcel for own in ops.values() if (parcel := next_parcel(own, now=now)) is not None]
        if await self._read_before([records[item.uid] for item in parcels if item.uid in records], report):
            ops, _ = await self._load(entity, [claim.key for claim in claims])
            parcels = [parcel for own in ops.values() if (parcel := next_parcel(own, now=now)) is not None]
        by_key = {claim.key: claim for claim in claims}
        sendable = {parcel.uid for parcel in parcels}
        await self._close([claim for claim in claims if claim.key not in sendable])
        for batch in batches(parcels, context.config.push_batch):
            sender = AsyncSender(context, [by_key[parcel.uid] for parcel in batch], report)
            await sender.send(batch)

    async def _read_before(self, records: Sequence[Record], report: SyncReport) -> bool:
        """Read rows again that we know too old a state of; what changed in them meanwhile becomes a conflict."""
        context, after = self._context, self._context.config.preread_after
        if after is None:
            return False
        now = await context.now()
        old = [
            record.remote_id
            for record in records
            if record.remote_id is not None and (after == 0 or now - record.read_fence > after)
        ]
        if not old:
            return False
        stream = entity_named(records[0].entity).streams[0]
        answer = await read_again(context, stream, old, report)
        async with context.tx() as tx:
            events = await answer.apply(context, tx, stream, report)
        await context.listeners.tell(events)
        return True

    async def _load(self, entity: str, uids: Sequence[str]) -> tuple[dict[str, list[Op]], dict[str, Record]]:
        async with self._context.tx(write=False) as tx:
            ops = await tx.outbox.of(entity, uids, OPEN_STATES)
            return by_record(ops), await tx.records.by_uid(entity, uids)

    async def _close(self, claims: Sequence[Claim]) -> None:
        if claims:
            now = await self._context.now()
            async with self._context.tx(lock=False) as tx:
                await close(tx, claims, now=now)

    async def _put_off(self, claims: Sequence[Claim], error: AmoCRMError, report: SyncReport) -> None:
        """Nothing was stored: the work waits, the edits are not to blame."""
        report.fail(claims[0].stream, "push", error)
        asked = getattr(error, "retry_after", None)
        wait = asked or wait_after(claims, self._context.config, self._context.random.random())
        due = await self._context.now() + wait
        async with self._context.tx(lock=False) as tx:
            await tx.work.retry(claims, due, str(error))

    async def _is_paused(self, report: SyncReport) -> bool:
        pause = as_object((await self._context.load_settings()).get("pause"))
        if pause.get("until", 0.0) <= await self._context.now():
            return False
        report.fail(
            "account",
            "push",
            f"paused since amoCRM answered: {pause['reason']}; engine.resume() tries at once",
        )
        return True

    async def _pause(self, error: AmoCRMError) -> None:
        """An account that is blocked or unpaid is left alone for a while, by every process."""
        until = await self._context.now() + self._context.config.pause
        await self._context.change_settings({"pause": {"until": until, "reason": str(error)}})

    async def resume(self) -> None:
        """End a pause."""
        await self._context.change_settings({"pause": None})


def _shown_link(entity: str, op: Op) -> dict[str, Any]:
    """What a dry run says of a link."""
    to = {op.fields["to_entity"]: op.fields["to_uid"]}
    return {"entity": entity, "uid": op.uid, "operation": op.kind.value, "fields": to, "before": {}}


def _shown(parcel: Parcel) -> dict[str, Any]:
    """What a dry run says of a parcel."""
    return {
        "entity": parcel.entity,
        "uid": parcel.uid,
        "operation": parcel.kind.value,
        "fields": parcel.fields,
        "before": parcel.base_fields,
    }
