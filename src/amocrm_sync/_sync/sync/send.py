# Generated from src/amocrm_sync/_async/sync/send.py by tools/unasync.py: edit that file instead.
"""One write request: taken durably before it is sent, and what its answer, or the lack of one, means for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from amocrm_sync._core.entities import Stream, entity_named
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.fields import covers
from amocrm_sync._core.sync.outbox import (
    OPEN_STATES,
    Op,
    OpKind,
    OpState,
    Parcel,
    by_record,
    is_exhausted,
    next_parcel,
    put_back,
    taken,
)
from amocrm_sync._core.sync.records import LOCAL, Record, Row
from amocrm_sync._core.sync.references import Parent, referenced, resolved, why_never
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.waiting import wait_for_row
from amocrm_sync._core.sync.work import Claim
from amocrm_sync._sync.sync.acknowledge import Sent, acknowledge, bury, close, hold
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.edits import show_edits
from amocrm_sync._sync.sync.failures import LATER, REFUSED
from amocrm_sync._sync.sync.parents import parents_of
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.errors import AmoCRMError, ForbiddenError

_TO_ARRIVE = 0.2
"""Part of a lease that is kept for the way to amoCRM: a write that has not left by then is left to whoever comes next."""


class Sender:
    """Sends parcels of one entity and kind whose work is claimed."""

    def __init__(self, context: SyncContext, claims: Sequence[Claim], report: SyncReport) -> None:
        self._context = context
        self._claims = claims
        self._report = report
        self._stream: Stream = entity_named(claims[0].stream).streams[0]
        self._events: list[SyncEvent] = []
        self._leave_by = 0.0

    def send(self, batch: Sequence[Parcel]) -> None:
        """Send a batch, and store what became of every edit in it.

        Raises:
            AmoCRMError: Nothing was stored, and nothing else would be now; the edits are as they were.
        """
        sending = self._take(batch)
        try:
            if sending:
                self._request(sending)
        except AmoCRMError:
            self._context.listeners.tell(self._events)
            raise
        self._context.listeners.tell(self._events)

    def _request(self, sending: Sequence[Sent]) -> None:
        crm = self._context.crm
        is_patch = sending[0].parcel.kind is OpKind.PATCH
        items = [self._item(sent, place) for place, sent in enumerate(sending)]
        self._report.of(self._stream.entity.name).requests += 1
        try:
            write = crm.update if is_patch else crm.create
            answers = write(self._stream, items, self._time_left)
        except (*LATER, ForbiddenError) as error:
            self._put_back(sending, error)
            raise
        except REFUSED as error:
            self._refused(sending, error)
        except AmoCRMError as error:
            self._unknown(sending, str(error))
        else:
            self._done(sending, answers)

    def _take(self, batch: Sequence[Parcel]) -> list[Sent]:
        """Mark edits as being sent, durably, before they are; what needs no sending ends here."""
        context, entity = self._context, self._stream.entity.name
        sending: list[Sent] = []
        waits: dict[str, float] = {}
        self._leave_by = context.clock.monotonic() + context.config.lease * (1 - _TO_ARRIVE)
        now = context.now()
        with context.tx() as tx:
            held = tx.work.extend(self._claims, now + context.config.lease)
            by_key = {claim.key: claim for claim in held}
            uids = list(by_key)
            ops = by_record(tx.outbox.of(entity, uids, OPEN_STATES))
            records = tx.records.by_uid(entity, uids)
            ready = _ready(batch, ops, now)
            parents = parents_of(tx, {pair for item in ready for pair in referenced(item.fields)})
            ids = {uid: parent.amo_id for (_, uid), parent in parents.items() if parent.amo_id is not None}
            for parcel in ready:
                record = records.get(parcel.uid)
                if self._ends_here(tx, parcel, record, parents, now) or record is None:
                    continue
                if any(uid not in ids for _, uid in referenced(parcel.fields)):
                    waits[parcel.uid] = now + wait_for_row(by_key[parcel.uid], context.config)
                    continue
                sending.append(self._sent(parcel, record, ids, now))
            tx.outbox.save([op for sent in sending for op in sent.parcel.ops])
            going = {sent.parcel.uid for sent in sending}
            close(tx, [claim for claim in held if claim.key not in going], now=now, not_before=waits)
            self._claims = [claim for claim in held if claim.key in going]
        return sending

    def _time_left(self) -> float:
        """Seconds in which the write may leave: after its lease another process may be sending the same edits."""
        return self._leave_by - self._context.clock.monotonic()

    def _ends_here(
        self,
        tx: SyncTx,
        parcel: Parcel,
        record: Record | None,
        parents: Mapping[tuple[str, str], Parent],
        now: float,
    ) -> bool:
        """Whether edits come to their end without being sent: they cannot be, or amoCRM has the values already."""
        config = self._context.config
        reason = _hindrance(parcel, record)
        reason = reason or why_never(
            referenced(parcel.fields),
            parents,
            made_at=parcel.ops[0].made_at,
            now=now,
            horizon=config.retry_horizon,
        )
        worst = max(parcel.ops, key=lambda op: op.attempts)
        if reason is None and is_exhausted(
            worst, now=now, attempts=config.max_attempts, horizon=config.retry_horizon
        ):
            reason = f"given up after {worst.attempts} attempts: {worst.error or 'no answer'}"
        if reason is not None:
            self._events += bury(self._context, tx, parcel.ops, reason, self._report)
            return True
        if record is None or parcel.kind is OpKind.CREATE or not covers(record.base, parcel.fields):
            return False
        tx.outbox.save([attrs.evolve(op, state=OpState.DONE, error=None) for op in parcel.ops])
        show_edits(self._context, tx, {record.uid: record})
        return True

    def _sent(self, parcel: Parcel, record: Record, ids: Mapping[str, int], now: float) -> Sent:
        fields = resolved(parcel.fields, ids)
        marks = self._context.marks.get(parcel.entity, ())
        if parcel.kind is OpKind.CREATE:
            fields = marks[0].on(fields, parcel.uid) if marks else fields
        else:
            for mark in marks:
                fields = mark.off(fields, parcel.uid, record.base)
        ops = tuple(taken(op, now) for op in parcel.ops)
        return Sent(parcel=attrs.evolve(parcel, ops=ops), record=record, fields=fields)

    def _item(self, sent: Sent, place: int) -> Row:
        """A row of the request. ``request_id`` is echoed, so answers and refusals can be told apart."""
        if sent.parcel.kind is OpKind.CREATE or sent.record.remote_id is None:
            return {**sent.fields, "request_id": str(place)}
        return {"id": self._stream.wire_id(sent.record.remote_id), **sent.fields, "request_id": str(place)}

    def _done(self, sending: Sequence[Sent], answers: Sequence[Row]) -> None:
        """Store what was acknowledged; what the answer does not mention has an unknown outcome."""
        by_place = {str(answer.get("request_id")): answer for answer in answers}
        by_id = {self._stream.remote_id(answer["id"]): answer for answer in answers}
        answered: list[tuple[Sent, Row]] = []
        silent: list[Sent] = []
        for place, sent in enumerate(sending):
            is_patch = sent.parcel.kind is OpKind.PATCH
            answer = by_id.get(sent.record.remote_id or "") if is_patch else by_place.get(str(place))
            if answer is None:
                silent.append(sent)
            else:
                answered.append((sent, answer))
        now = self._context.now()
        with self._context.tx() as tx:
            acknowledge(self._context, tx, answered, self._claims, self._report, now=now)
            self._not_known(tx, silent, "the answer did not mention this row")
            close(tx, self._claims, now=now)

    def _unknown(self, sending: Sequence[Sent], error: str) -> None:
        now = self._context.now()
        with self._context.tx() as tx:
            self._not_known(tx, sending, error)
            close(tx, self._claims, now=now)

    def _not_known(self, tx: SyncTx, sending: Sequence[Sent], error: str) -> None:
        """To be settled by reading; a create without a mark is held at once."""
        if (
            sending
            and sending[0].parcel.kind is OpKind.CREATE
            and self._stream.entity.name not in self._context.marks
        ):
            for sent in sending:
                ops = [attrs.evolve(op, error=error) for op in sent.parcel.ops]
                hold(self._context, tx, ops, self._report, self._claims)
        else:
            tx.outbox.save([op for sent in sending for op in _unknown(sent, error)], self._claims)

    def _put_back(self, sending: Sequence[Sent], error: AmoCRMError) -> None:
        ops = [put_back(op, str(error)) for sent in sending for op in sent.parcel.ops]
        with self._context.tx() as tx:
            tx.outbox.save(ops, self._claims)

    def _refused(self, sending: Sequence[Sent], error: AmoCRMError) -> None:
        """The rows that the server names are dead letters; their neighbours are sent again without them.

        amoCRM refuses a batch as a whole. Where it does not say which row is wrong, each goes by itself.
        """
        named = {item.request_id for item in getattr(error, "items", ())}
        guilty = [place for place in range(len(sending)) if str(place) in named or len(sending) == 1]
        innocent = [sent for place, sent in enumerate(sending) if place not in guilty]
        now = self._context.now()
        with self._context.tx() as tx:
            for place in guilty:
                ops = sending[place].parcel.ops
                self._events += bury(
                    self._context, tx, ops, _reason(error, place), self._report, claims=self._claims
                )
            ops = tuple(put_back(op, None) for sent in innocent for op in sent.parcel.ops)
            tx.outbox.save(ops, self._claims)
            dead = {sending[place].parcel.uid for place in guilty}
            close(tx, [claim for claim in self._claims if claim.key in dead], now=now)
        claims = {claim.key: claim for claim in self._claims if claim.key not in dead}
        parcels = [sent.parcel for sent in innocent]
        for again in [parcels] if guilty else [[parcel] for parcel in parcels]:
            own = [claims[parcel.uid] for parcel in again]
            if own:
                Sender(self._context, own, self._report).send(again)


def _ready(batch: Sequence[Parcel], ops: Mapping[str, Sequence[Op]], now: float) -> list[Parcel]:
    """What a batch holds now; an edit of another kind that has come to stand first is for another batch."""
    found = [(parcel, next_parcel(ops.get(parcel.uid, ()), now=now)) for parcel in batch]
    return [present for parcel, present in found if present is not None and present.kind is parcel.kind]


def _unknown(sent: Sent, error: str) -> list[Op]:
    return [attrs.evolve(op, state=OpState.UNKNOWN, error=error) for op in sent.parcel.ops]


def _hindrance(parcel: Parcel, record: Record | None) -> str | None:
    """Why a parcel can never be sent."""
    if record is None:
        return "the record is gone"
    if record.deleted_at is not None and record.delete_reason != LOCAL:
        return "the record was deleted"
    if parcel.kind is OpKind.PATCH and record.remote_id is None:
        return "the record was never created in amoCRM"
    return None


def _reason(error: AmoCRMError, place: int) -> str:
    """The server's words about one row of a batch."""
    own = [item for item in getattr(error, "items", ()) if item.request_id == str(place)]
    return "; ".join(f"{item.path}: {item.detail or item.code}" for item in own) or str(error)
