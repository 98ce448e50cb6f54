# Generated from src/amocrm_sync/_async/sync/push.py by tools/unasync.py: edit that file instead.
"""Pushing: local edits to amoCRM, changed fields only, in order per record, each with a known end.

The work table says which records have something to send; whoever claims a record has it for the length of a lease, and
writes results only while the lease is still theirs. So any number of processes may push beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
from amocrm_sync._sync.sync.acknowledge import close
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.failures import FATAL, LATER, PAUSING
from amocrm_sync._sync.sync.link_push import Linker
from amocrm_sync._sync.sync.reread import read_again
from amocrm_sync._sync.sync.send import Sender
from amocrm_sync._sync.sync.settle import Settler
from amocrm_sync._sync.sync.twins import hand_over
from amocrm_sync.errors import AmoCRMError

RECORDS_AT_ONCE = 250
"""Records claimed together: as many as one request can read by id before they are written."""


class Pusher:
    """Sends what the outbox holds."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    def push(self, report: SyncReport, *, dry_run: bool = False) -> None:
        """Settle what is unknown, and send what is ready, record by record as they are claimed.

        Raises:
            AmoCRMError: One that concerns the whole account; the edits stay in the outbox.
        """
        if dry_run:
            self._plan(report)
            return
        if self._is_paused(report):
            return
        started = self._context.clock.monotonic()
        try:
            self._push(report)
        except AmoCRMError:
            self._note_down(report, self._context.clock.monotonic() - started)
            raise
        self._note_down(report, self._context.clock.monotonic() - started)

    def _push(self, report: SyncReport) -> None:
        """Work until nothing is due, or until nothing would succeed."""
        owner = self._context.new_uid()
        while not self._context.is_draining and (claims := self._claim(owner)):
            try:
                self._work_on(claims, report)
            except LATER as error:
                self._put_off(claims, error, report)
                if isinstance(error, PAUSING):
                    self._pause(error)
                if isinstance(error, FATAL):
                    raise
                return
            except AmoCRMError as error:
                self._put_off(claims, error, report)

    def _note_down(self, report: SyncReport, wall: float) -> None:
        """A row in the log for a run that did something."""
        context = self._context
        pushed = sum(part.pushed for part in report.entities.values())
        requests = sum(part.requests for part in report.entities.values())
        if requests or not report.ok:
            with context.tx(lock=False) as tx:
                details: dict[str, Any] = {
                    "pushed": pushed,
                    "errors": report.as_counts()["errors"],
                    "requests": requests,
                    "limit_time": round(requests / LIMIT, 3),
                    "wall": round(wall, 3),
                    "efficiency": round(min(1.0, requests / LIMIT / wall), 3) if wall > 0 else None,
                }
                context.log(tx, report, "push", "", details, is_error=not report.ok, seconds=wall)

    def _plan(self, report: SyncReport) -> None:
        """Say what a push would send now."""
        now = self._context.now()
        with self._context.tx(write=False) as tx:
            waiting = tx.outbox.in_states(OPEN_STATES)
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

    def _claim(self, owner: str) -> list[Claim]:
        now = self._context.now()
        until = now + self._context.config.lease
        with self._context.tx(lock=False) as tx:
            return tx.work.claim(WorkKind.PUSH, now, owner, until, RECORDS_AT_ONCE)

    def _work_on(self, claims: Sequence[Claim], report: SyncReport) -> None:
        """Do what can be done now about some records of one entity."""
        context, entity = self._context, claims[0].stream
        linked = entity_of(entity)
        if linked is not None:
            Linker(context, linked, claims, report).work()
            return
        ops, records = self._load(entity, [claim.key for claim in claims])
        if any(record.delete_reason == ABSORBED for record in records.values()):
            with context.tx() as tx:
                claims = hand_over(context, tx, claims)
        unsettled = {claim.key for claim in claims if under_way(ops.get(claim.key, ()))}
        if unsettled:
            held = [claim for claim in claims if claim.key in unsettled]
            settler = Settler(context, held, report)
            events = settler.settle({uid: ops[uid] for uid in unsettled}, records)
            self._close(held)
            context.listeners.tell(events)
        ready = [claim for claim in claims if claim.key not in unsettled]
        if ready:
            self._send(ready, records, report)

    def _send(self, claims: Sequence[Claim], records: Mapping[str, Record], report: SyncReport) -> None:
        """Look at the rows once more where what we know of them is old, then write."""
        context, entity = self._context, claims[0].stream
        ops, _ = self._load(entity, [claim.key for claim in claims])
        now = context.now()
        parcels = [parcel for own in ops.values() if (parcel := next_parcel(own, now=now)) is not None]
        if self._read_before([records[item.uid] for item in parcels if item.uid in records], report):
            ops, _ = self._load(entity, [claim.key for claim in claims])
            parcels = [parcel for own in ops.values() if (parcel := next_parcel(own, now=now)) is not None]
        by_key = {claim.key: claim for claim in claims}
        sendable = {parcel.uid for parcel in parcels}
        self._close([claim for claim in claims if claim.key not in sendable])
        for batch in batches(parcels, context.config.push_batch):
            sender = Sender(context, [by_key[parcel.uid] for parcel in batch], report)
            sender.send(batch)

    def _read_before(self, records: Sequence[Record], report: SyncReport) -> bool:
        """Read rows again that we know too old a state of; what changed in them meanwhile becomes a conflict."""
        context, after = self._context, self._context.config.preread_after
        if after is None:
            return False
        now = context.now()
        old = [
            record.remote_id
            for record in records
            if record.remote_id is not None and (after == 0 or now - record.read_fence > after)
        ]
        if not old:
            return False
        stream = entity_named(records[0].entity).streams[0]
        answer = read_again(context, stream, old, report)
        with context.tx() as tx:
            events = answer.apply(context, tx, stream, report)
        context.listeners.tell(events)
        return True

    def _load(self, entity: str, uids: Sequence[str]) -> tuple[dict[str, list[Op]], dict[str, Record]]:
        with self._context.tx(write=False) as tx:
            ops = tx.outbox.of(entity, uids, OPEN_STATES)
            return by_record(ops), tx.records.by_uid(entity, uids)

    def _close(self, claims: Sequence[Claim]) -> None:
        if claims:
            now = self._context.now()
            with self._context.tx(lock=False) as tx:
                close(tx, claims, now=now)

    def _put_off(self, claims: Sequence[Claim], error: AmoCRMError, report: SyncReport) -> None:
        """Nothing was stored: the work waits, the edits are not to blame."""
        report.fail(claims[0].stream, "push", error)
        asked = getattr(error, "retry_after", None)
        wait = asked or wait_after(claims, self._context.config, self._context.random.random())
        due = self._context.now() + wait
        with self._context.tx(lock=False) as tx:
            tx.work.retry(claims, due, str(error))

    def _is_paused(self, report: SyncReport) -> bool:
        pause = as_object((self._context.load_settings()).get("pause"))
        if pause.get("until", 0.0) <= self._context.now():
            return False
        report.fail(
            "account",
            "push",
            f"paused since amoCRM answered: {pause['reason']}; engine.resume() tries at once",
        )
        return True

    def _pause(self, error: AmoCRMError) -> None:
        """An account that is blocked or unpaid is left alone for a while, by every process."""
        until = self._context.now() + self._context.config.pause
        self._context.change_settings({"pause": {"until": until, "reason": str(error)}})

    def resume(self) -> None:
        """End a pause."""
        self._context.change_settings({"pause": None})


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
