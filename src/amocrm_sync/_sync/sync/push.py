# Generated from src/amocrm_sync/_async/sync/push.py by tools/unasync.py: edit that file instead.
"""Pushing: local edits to amoCRM, changed fields only, in order per record, each with a known end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.fields import covers
from amocrm_sync._core.sync.outbox import (
    OPEN_STATES,
    Op,
    OpKind,
    OpState,
    Parcel,
    Verdict,
    backoff,
    batches,
    parcels,
    settle,
)
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._sync.sync.acknowledge import acknowledge, bury, keep_edits
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.pull import FATAL
from amocrm_sync._sync.sync.reread import read_again
from amocrm_sync.errors import (
    AmoCRMError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    RequestNotSent,
    UnprocessableError,
    ValidationError,
)

_REFUSED = (ConflictError, NotFoundError, UnprocessableError, ValidationError)
"""The server understood and said no: sending the same again would give the same."""

_LATER = (*FATAL, ForbiddenError, RateLimitedError, RequestNotSent)
"""Nothing was stored, and nothing else would be now: the run stops, the edits stay as they were."""


class Pusher:
    """Sends what the outbox holds."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    def push(self, report: SyncReport, *, dry_run: bool = False) -> None:
        """Settle what is unknown, then send what is ready.

        Raises:
            AmoCRMError: One that concerns the whole account; the edits stay in the outbox.
        """
        if dry_run:
            report.planned.extend(_shown(parcel) for parcel in self._ready())
            return
        told: set[int] = set()
        self._settle(report, told)
        while ready := self._ready():
            for batch in batches(ready, self._context.config.push_batch):
                if not self._send(batch, report):
                    return
        self._settle(report, told)

    def _ready(self) -> list[Parcel]:
        with self._context.tx(write=False) as tx:
            waiting = tx.outbox.in_states(OPEN_STATES)
        return parcels(waiting, now=self._context.clock.now())

    def _send(self, batch: list[Parcel], report: SyncReport) -> bool:
        """Send one batch. ``False``: nothing more can be sent in this run."""
        sending = self._take(batch, report)
        if not sending:
            return True
        crm, stream = self._context.crm, entity_named(batch[0].entity).streams[0]
        is_patch = batch[0].kind is OpKind.PATCH
        items = [_item(parcel, record, place) for place, (parcel, record) in enumerate(sending)]
        try:
            answers = (crm.update if is_patch else crm.create)(stream, items)
        except _LATER as error:
            self._put_back(sending, error, report)
            if isinstance(error, FATAL):
                raise
            return False
        except _REFUSED as error:
            self._refused(sending, error, report)
            return True
        except AmoCRMError as error:
            self._mark([parcel for parcel, _ in sending], OpState.UNKNOWN, str(error))
            return True
        self._done(sending, answers, report)
        return True

    def _take(self, batch: list[Parcel], report: SyncReport) -> list[tuple[Parcel, Record]]:
        """Mark a batch as being sent, durably, before it is; what needs no sending is finished here."""
        sending: list[tuple[Parcel, Record]] = []
        with self._context.tx() as tx:
            records = tx.records.by_uid(batch[0].entity, [parcel.uid for parcel in batch])
            for parcel in batch:
                record = records.get(parcel.uid)
                hindrance = _hindrance(parcel, record)
                if record is None or hindrance is not None:
                    bury(self._context, tx, parcel.ops, hindrance or "the record is gone", report)
                elif parcel.kind is OpKind.PATCH and covers(record.base, parcel.fields):
                    tx.outbox.save([attrs.evolve(op, state=OpState.DONE, error=None) for op in parcel.ops])
                    keep_edits(self._context, tx, record)
                else:
                    taken = tuple(
                        attrs.evolve(op, state=OpState.INFLIGHT, attempts=op.attempts + 1)
                        for op in parcel.ops
                    )
                    tx.outbox.save(taken)
                    sending.append((attrs.evolve(parcel, ops=taken), record))
        return sending

    def _done(self, sending: list[tuple[Parcel, Record]], answers: Sequence[Row], report: SyncReport) -> None:
        """Store what was acknowledged; what the answer does not mention has an unknown outcome."""
        by_place = {str(answer.get("request_id")): answer for answer in answers}
        by_id = {str(answer["id"]): answer for answer in answers}
        answered: list[tuple[Parcel, Row]] = []
        silent: list[Parcel] = []
        for place, (parcel, record) in enumerate(sending):
            key = record.remote_id if parcel.kind is OpKind.PATCH else None
            answer = by_place.get(str(place)) if key is None else by_id.get(key)
            if answer is None:
                silent.append(parcel)
            else:
                answered.append((parcel, answer))
        with self._context.tx() as tx:
            for parcel, answer in answered:
                acknowledge(self._context, tx, parcel, answer, report)
        self._mark(silent, OpState.UNKNOWN, "the answer did not mention this row")

    def _put_back(self, sending: list[tuple[Parcel, Record]], error: AmoCRMError, report: SyncReport) -> None:
        """Nothing was stored, and the edits are not to blame: no attempt is counted."""
        report.fail(sending[0][0].entity, "push", error)
        ops = [op for parcel, _ in sending for op in parcel.ops]
        with self._context.tx() as tx:
            tx.outbox.save(
                [
                    attrs.evolve(op, state=OpState.PENDING, attempts=op.attempts - 1, error=str(error))
                    for op in ops
                ]
            )

    def _refused(self, sending: list[tuple[Parcel, Record]], error: AmoCRMError, report: SyncReport) -> None:
        """The rows that the server names are dead letters; their neighbours are sent again without them.

        amoCRM refuses a batch as a whole. Where it does not say which row is wrong, each goes by itself next time.
        """
        named = {item.request_id for item in getattr(error, "items", ())}
        guilty = {place for place in range(len(sending)) if str(place) in named}
        if len(sending) == 1:
            guilty = {0}
        with self._context.tx() as tx:
            for place, (parcel, _) in enumerate(sending):
                if place in guilty:
                    bury(self._context, tx, parcel.ops, _reason(error, place), report)
                else:
                    tx.outbox.save(
                        [
                            attrs.evolve(op, state=OpState.PENDING, attempts=op.attempts - 1)
                            for op in parcel.ops
                        ]
                    )
        if not guilty:
            for parcel, _ in sending:
                self._send([parcel], report)

    def _mark(self, unsettled: Sequence[Parcel], state: OpState, error: str) -> None:
        ops = [op for parcel in unsettled for op in parcel.ops]
        if ops:
            with self._context.tx() as tx:
                tx.outbox.save([attrs.evolve(op, state=state, error=error) for op in ops])

    def _settle(self, report: SyncReport, told: set[int]) -> None:
        """Find out by reading what became of edits whose answer was lost; a crash while sending leaves such, too.

        ``told`` are the creates of unknown outcome that this run has reported already.
        """
        with self._context.tx(write=False) as tx:
            open_ops = tx.outbox.in_states((OpState.INFLIGHT, OpState.UNKNOWN))
        by_entity: dict[str, list[Op]] = {}
        for op in open_ops:
            if op.kind is OpKind.CREATE:
                self._hold(op, report, told)
            else:
                by_entity.setdefault(op.entity, []).append(op)
        size = self._context.config.hint_batch
        for entity, ops in by_entity.items():
            for start in range(0, len(ops), size):
                self._settle_patches(entity, ops[start : start + size], report)

    def _hold(self, op: Op, report: SyncReport, told: set[int]) -> None:
        """A create is not sent twice on a guess: amoCRM keeps no key to recognise it by. A person decides."""
        if op.state is OpState.INFLIGHT:
            held = attrs.evolve(
                op, state=OpState.UNKNOWN, error=op.error or "the process ended while sending"
            )
            with self._context.tx() as tx:
                tx.outbox.save([held])
        if op.seq not in told:
            told.add(op.seq)
            report.fail(
                op.entity,
                f"create_{entity_named(op.entity).singular}",
                f"whether record {op.uid} was created is unknown ({op.error or 'no answer'}): look for it in amoCRM, "
                f"then engine.requeue({op.seq}) or engine.discard({op.seq})",
            )

    def _settle_patches(self, entity: str, ops: Sequence[Op], report: SyncReport) -> None:
        context, stream = self._context, entity_named(entity).streams[0]
        with context.tx(write=False) as tx:
            records = tx.records.by_uid(entity, {op.uid for op in ops})
        ids = [record.remote_id for record in records.values() if record.remote_id is not None]
        try:
            answer = read_again(context, stream, ids, report)
        except AmoCRMError as error:
            report.fail(entity, "push", error)
            if isinstance(error, FATAL):
                raise
            return
        with context.tx() as tx:
            events = context.apply(tx, stream, answer.rows, answer.read, report, missing=answer.missing)
            records = tx.records.by_uid(entity, {op.uid for op in ops})
            for op in ops:
                self._settle_patch(tx, op, records.get(op.uid), report)
        context.listeners.tell(events)

    def _settle_patch(self, tx: Any, op: Op, record: Record | None, report: SyncReport) -> None:
        context = self._context
        if record is None or record.deleted_at is not None:
            bury(context, tx, (op,), "the record was deleted in amoCRM", report)
        elif settle(record, op) is Verdict.ARRIVED:
            tx.outbox.save([attrs.evolve(op, state=OpState.DONE, error=None)])
            keep_edits(context, tx, record)
            report.of(op.entity).pushed += 1
        elif op.attempts >= context.config.max_attempts:
            bury(context, tx, (op,), f"given up after {op.attempts} attempts: {op.error}", report)
        else:
            config = context.config
            wait = backoff(
                op.attempts, base=config.retry_base, cap=config.retry_cap, random=context.random.random()
            )
            again = attrs.evolve(op, state=OpState.PENDING, due_at=context.clock.now() + wait)
            tx.outbox.save([again])


def _item(parcel: Parcel, record: Record, place: int) -> Row:
    """A row of the request. ``request_id`` is echoed, so answers and refusals can be told apart."""
    if parcel.kind is OpKind.CREATE or record.remote_id is None:
        return {**parcel.fields, "request_id": str(place)}
    stream = entity_named(parcel.entity).streams[0]
    return {"id": stream.wire_id(record.remote_id), **parcel.fields, "request_id": str(place)}


def _hindrance(parcel: Parcel, record: Record | None) -> str | None:
    """Why a parcel can never be sent."""
    if record is None:
        return "the record is gone"
    if record.deleted_at is not None:
        return "the record was deleted"
    if parcel.kind is OpKind.PATCH and record.remote_id is None:
        return "the record was never created in amoCRM"
    return None


def _reason(error: AmoCRMError, place: int) -> str:
    """The server's words about one row of a batch."""
    own = [item for item in getattr(error, "items", ()) if item.request_id == str(place)]
    return "; ".join(f"{item.path}: {item.detail or item.code}" for item in own) or str(error)


def _shown(parcel: Parcel) -> dict[str, Any]:
    """What a dry run says of a parcel."""
    return {
        "entity": parcel.entity,
        "uid": parcel.uid,
        "operation": parcel.kind.value,
        "fields": parcel.fields,
        "before": parcel.base_fields,
    }
