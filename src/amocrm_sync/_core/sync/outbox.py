"""Local edits on their way to amoCRM: their states, how they are batched, and how an unknown outcome is settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import attrs

from amocrm_sync._core.sync.fields import combined, flatten
from amocrm_sync._core.sync.records import Row


class OpKind(Enum):
    """What an edit does in amoCRM."""

    CREATE = "create"
    PATCH = "patch"
    LINK = "link"
    UNLINK = "unlink"


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
            merged = combined(merged, op.fields)
        return merged

    @property
    def base_fields(self) -> Row:
        """What amoCRM had before the first of the edits."""
        merged: Row = {}
        for op in reversed(self.ops):
            merged = combined(merged, op.base_fields)
        return merged

    @property
    def attempts(self) -> int:
        """Sends so far, of the edit that was tried most."""
        return max(op.attempts for op in self.ops)


def next_parcel(ops: Iterable[Op], *, now: float) -> Parcel | None:
    """What can be sent of one record now; ``None`` if its edits have to wait.

    Order within a record is kept: nothing is sent past an edit under way, or past one that waits for its time. An edit
    that is held for a person holds up only its own fields, and a held creation everything.
    """
    blocked: set[str] = set()
    ready: list[Op] = []
    for op in sorted(ops, key=lambda op: op.seq):
        if op.state is OpState.HELD and op.kind is OpKind.PATCH:
            blocked.update(flatten(op.fields))
        elif op.state is not OpState.PENDING or op.due_at > now:
            break
        elif blocked.intersection(flatten(op.fields)):
            blocked.update(flatten(op.fields))
        else:
            ready.append(op)
    if not ready:
        return None
    return Parcel(entity=ready[0].entity, uid=ready[0].uid, kind=ready[0].kind, ops=tuple(ready))


def by_record(ops: Iterable[Op]) -> dict[str, list[Op]]:
    """Edits of one entity by record, in order of ``seq``."""
    found: dict[str, list[Op]] = {}
    for op in sorted(ops, key=lambda op: op.seq):
        found.setdefault(op.uid, []).append(op)
    return found


def batches(items: Sequence[Parcel], size: int) -> list[list[Parcel]]:
    """Parcels of one entity and kind together, at most ``size`` a request."""
    groups: dict[tuple[str, OpKind], list[Parcel]] = {}
    for item in items:
        groups.setdefault((item.entity, item.kind), []).append(item)
    return [group[start : start + size] for group in groups.values() for start in range(0, len(group), size)]


def under_way(ops: Iterable[Op]) -> list[Op]:
    """Those whose outcome is not known; whoever finds an edit that another process was sending knows no more."""
    return [op for op in ops if op.state in (OpState.INFLIGHT, OpState.UNKNOWN)]


def reopens(op: Op, stored: Op) -> bool:
    """Whether storing an edit would open one again that has ended meanwhile."""
    return op.state in OPEN_STATES and stored.state not in OPEN_STATES


def next_due(ops: Sequence[Op], *, now: float) -> float | None:
    """When something can be done about a record's open edits; ``None`` while only a person can."""
    unsettled = under_way(ops)
    if any(op.kind is OpKind.CREATE for op in unsettled):
        return max(now, min(probe_due(op) for op in unsettled if op.kind is OpKind.CREATE))
    if unsettled:
        return now
    first = next_parcel(ops, now=float("inf"))
    if first is None:
        return None
    ahead = [op.due_at for op in ops if op.state is OpState.PENDING and op.seq <= first.ops[0].seq]
    return max(now, *ahead)  # a later edit that is ready waits for the earlier ones


PROBES = (1.0, 3.0, 10.0, 30.0)
"""Seconds after a create of unknown outcome at which it is looked for: amoCRM's search shows a new row late."""


def probe_due(op: Op) -> float:
    """When a create of unknown outcome is to be looked for next."""
    return (op.sent_at or op.made_at) + PROBES[min(op.probes, len(PROBES) - 1)]


def is_last_probe(op: Op) -> bool:
    """Whether a create that is not found now is sent again."""
    return op.probes + 1 >= len(PROBES)


def probed(op: Op) -> Op:
    """The create after a look-up that did not find it: looked for again later, or at last sent again."""
    if not is_last_probe(op):
        return attrs.evolve(op, state=OpState.UNKNOWN, probes=op.probes + 1)
    return attrs.evolve(op, state=OpState.PENDING, probes=0)


def taken(op: Op, now: float) -> Op:
    """The edit as it is about to be sent."""
    first = now if op.first_sent_at is None else op.first_sent_at
    return attrs.evolve(
        op, state=OpState.INFLIGHT, attempts=op.attempts + 1, sent_at=now, first_sent_at=first, probes=0
    )


def put_back(op: Op, error: str | None) -> Op:
    """The edit after a send that stored nothing and was not its fault: that counts no attempt."""
    first = op.first_sent_at if op.attempts > 1 else None
    return attrs.evolve(op, state=OpState.PENDING, attempts=op.attempts - 1, first_sent_at=first, error=error)


def is_exhausted(op: Op, *, now: float, attempts: int, horizon: float) -> bool:
    """Whether an edit has been tried often or long enough."""
    return op.attempts >= attempts or (op.first_sent_at is not None and now - op.first_sent_at >= horizon)


def backoff(attempts: int, *, base: float, cap: float, random: float) -> float:
    """Seconds until the next send: doubling, capped, with full jitter (``random`` is a draw from [0, 1))."""
    return random * min(cap, base * 2.0 ** min(attempts, 30))
