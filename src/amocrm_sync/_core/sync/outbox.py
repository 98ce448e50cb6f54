"""Local edits on their way to amoCRM: their states, how they are batched, and how an unknown outcome is settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import attrs

from amocrm_sync._core.sync.fields import covers, overlay
from amocrm_sync._core.sync.records import Record, Row


class OpKind(Enum):
    """What an edit does in amoCRM."""

    CREATE = "create"
    PATCH = "patch"


class OpState(Enum):
    """Where an edit stands. Every edit ends as done, superseded or dead; none disappears."""

    PENDING = "pending"
    """To be sent."""
    INFLIGHT = "inflight"
    """Being sent; after a crash its outcome is unknown."""
    UNKNOWN = "unknown"
    """Sent, and no answer came: it is settled by reading before it may be sent again."""
    HELD = "held"
    """A person has to decide: both sides changed the field, or a create may have arrived and cannot be looked for."""
    DONE = "done"
    SUPERSEDED = "superseded"
    """amoCRM's value was taken instead; a conflict says what each side had."""
    DEAD = "dead"
    """Given up, with the reason; it can be requeued."""


OPEN_STATES = (OpState.PENDING, OpState.INFLIGHT, OpState.UNKNOWN, OpState.HELD)


@attrs.frozen(kw_only=True)
class Op:
    """One local edit.

    Attributes:
        seq: Place in the outbox; edits of one record are sent in this order. 0 until it is stored.
        fields: Only what the edit changes.
        base_fields: What the record showed in those fields before: the base of a three-way comparison.
        made_at: When it was made, unix seconds.
        actor: Who made it, in the host's words.
        source: Where it was made: ``host``, or the id of an offline client.
        mutation_id: The offline client's number of it, unique within the source.
        state: Where it stands.
        attempts: Sends that may have arrived, and failures that were the edit's own.
        due_at: Not to be sent before.
        sent_at: When it was sent last; ``None`` before the first time.
        first_sent_at: When it was sent first.
        probes: How often a create of unknown outcome was looked for since it was sent last.
        error: Why the last send failed.
        actor: Who made it, as the host calls people; empty where nobody is named.
        source: Where it was made: ``host``, or a client's id.
        mutation_id: The client's own number of it.
        probes: How often its outcome was looked for.
        sent_at: When it was sent last, unix seconds.
    """

    seq: int = 0
    entity: str
    uid: str
    kind: OpKind
    fields: Row = attrs.field(repr=False)
    base_fields: Row = attrs.field(factory=dict[str, Any], repr=False)
    made_at: float
    actor: str | None = None
    source: str = "host"
    mutation_id: int | None = None
    state: OpState = OpState.PENDING
    attempts: int = 0
    due_at: float = 0.0
    sent_at: float | None = None
    first_sent_at: float | None = None
    probes: int = 0
    error: str | None = None


@attrs.frozen(kw_only=True)
class Parcel:
    """Consecutive edits of one record, sent as one row of a request."""

    entity: str
    uid: str
    kind: OpKind
    ops: tuple[Op, ...]

    @property
    def fields(self) -> Row:
        """What is sent: the later edit of a field wins."""
        merged: Row = {}
        for op in self.ops:
            merged = overlay(merged, op.fields) if merged else dict(op.fields)
        return merged

    @property
    def base_fields(self) -> Row:
        """What amoCRM had before the first of the edits."""
        merged: Row = {}
        for op in reversed(self.ops):
            merged.update(op.base_fields)
        return merged

    @property
    def attempts(self) -> int:
        """Sends so far, of the edit that was tried most."""
        return max(op.attempts for op in self.ops)


def parcels(ops: Iterable[Op], *, now: float) -> list[Parcel]:
    """The sendable edits by record, oldest record first.

    A record whose oldest open edit cannot be sent now (unknown, or waiting) sends nothing: order within a record is
    kept. It never holds up another record.
    """
    by_record: dict[tuple[str, str], list[Op]] = {}
    for op in sorted(ops, key=lambda op: op.seq):
        by_record.setdefault((op.entity, op.uid), []).append(op)
    found: list[Parcel] = []
    for (entity, uid), queue in by_record.items():
        ready: list[Op] = []
        for op in queue:
            if op.state is not OpState.PENDING or op.due_at > now:
                break
            ready.append(op)
        if ready:
            found.append(Parcel(entity=entity, uid=uid, kind=ready[0].kind, ops=tuple(ready)))
    return found


def batches(items: Sequence[Parcel], size: int) -> list[list[Parcel]]:
    """Parcels of one entity and kind together, at most ``size`` a request."""
    groups: dict[tuple[str, OpKind], list[Parcel]] = {}
    for item in items:
        groups.setdefault((item.entity, item.kind), []).append(item)
    return [group[start : start + size] for group in groups.values() for start in range(0, len(group), size)]


class Verdict(Enum):
    """What reading says of a patch whose outcome is unknown."""

    ARRIVED = "arrived"
    SEND_AGAIN = "send again"


def settle(record: Record, op: Op) -> Verdict:
    """Whether a patch arrived, judged by what a read *after* it found.

    If amoCRM has the values, it arrived (or somebody set the same: no difference). Otherwise it is sent again; a
    patch says what the fields shall be, so twice is as good as once.
    """
    return Verdict.ARRIVED if covers(record.base, op.fields) else Verdict.SEND_AGAIN


def backoff(attempts: int, *, base: float, cap: float, random: float) -> float:
    """Seconds until the next send: doubling, capped, with full jitter (``random`` is a draw from [0, 1))."""
    return random * min(cap, base * 2.0 ** min(attempts, 30))
