"""Where a stream stands: what is stored for certain, and the walk that is under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from amocrm_sync._core.entities import Entity, Strategy
from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.keyset import Keyset, NeverSettled, Scan, walk_from_dict
from amocrm_sync._core.sync.sweep import Sweep
from amocrm_sync._core.sync.windows import LeftRow

Walk = Keyset | Scan | Descent
"""A walk along one list, page by page."""


@attrs.frozen(kw_only=True)
class Cursor:
    """The state of one stream; saved in the transaction that stores the rows it speaks of, never in another.

    Attributes:
        stream: ``leads``, ``leads:trash``, ``notes:contacts``.
        reached: Every change up to this second is stored; ``None`` before the first complete walk.
        walk: The walk under way, or ``None``.
        doubt: For a stream of deleted rows: a sweep of the live ones that is done, but ended so shortly before its proof
            that the server may show a loss late.
        full: Whether the walk under way began at second 0.
        started: When that walk began, unix seconds of our clock.
        unfiltered: The account ignored our filter, so the walk reads everything.
        updated_at: When the row was saved.
    """

    stream: str
    reached: int | None = None
    walk: Walk | Sweep | None = None
    doubt: Sweep | None = None
    full: bool = False
    started: float = 0.0
    unfiltered: bool = False
    updated_at: float = 0.0

    def state(self) -> dict[str, Any]:
        """Everything but the stream's name, as plain JSON values."""
        data = attrs.asdict(self, recurse=False, filter=attrs.filters.exclude("stream", "updated_at"))
        data["walk"] = None if self.walk is None else self.walk.to_dict()
        data["doubt"] = None if self.doubt is None else self.doubt.to_dict()
        return data

    @classmethod
    def from_state(cls, stream: str, state: dict[str, Any], updated_at: float) -> Cursor:
        """What :meth:`state` gave; keys of a newer version are ignored."""
        known = {field.name for field in attrs.fields(cls)} - {"stream", "walk", "doubt", "updated_at"}
        walk = None if state.get("walk") is None else _walk(state["walk"])
        doubt = None if state.get("doubt") is None else Sweep.from_dict(state["doubt"])
        values = {name: value for name, value in state.items() if name in known}
        return cls(stream=stream, walk=walk, doubt=doubt, updated_at=updated_at, **values)

    def without(self, rows: Sequence[LeftRow]) -> Cursor:
        """The cursor when rows are known to have left the list: a sweep may have missed others because of them."""
        if isinstance(self.walk, Sweep):
            return attrs.evolve(self, walk=self.walk.without(rows))
        return self if self.doubt is None else attrs.evolve(self, doubt=self.doubt.without(rows))


def begin(
    cursor: Cursor, entity: Entity, *, full: bool, now: float, overlap: int, is_told: bool = True
) -> Cursor:
    """The cursor with a walk to go on with: the one that was cut off, or a new one.

    A whole list is swept, with pages in flight, only where the log of events tells which rows have left it
    (``is_told``): one that was merged into another lies in no trash. Elsewhere it is read page by page in order of
    change, from which nobody drops out unseen.

    The upper bound is the present second, so that what was changed just now is read. That second is still open, so a
    finished walk claims only what lies before it (:func:`finish`).
    """
    high = int(now)
    if cursor.walk is not None and (cursor.full or not full):
        if isinstance(cursor.walk, Sweep):
            return cursor
        return attrs.evolve(cursor, walk=cursor.walk.resumed(high=high, overlap=overlap))
    low = 0 if full or cursor.reached is None else max(0, cursor.reached - overlap)
    walk: Walk | Sweep
    if low == 0 and entity.can_be_swept and is_told:
        walk = Sweep(high=high, began=now, lag=overlap)
    elif entity.strategy is Strategy.KEYSET:
        walk = Keyset(low=low, high=max(low, high))
    else:
        walk = Descent(low=low, high=max(low, high))
    return attrs.evolve(cursor, walk=walk, full=low == 0, started=now, unfiltered=False)


def whole(stream: str, now: float) -> Cursor:
    """The cursor of a list that cannot be asked what has changed: all of it is read each time, last page first.

    That needs an order of id, which :class:`Descent` looks at; in any other, two equal passes are the proof.
    """
    return Cursor(stream=stream, walk=Descent(low=None, high=None), full=True, started=now)


def unproven(cursor: Cursor, now: float) -> Cursor:
    """The cursor after a sweep that nothing can prove: the list is read anew, in order of change."""
    return attrs.evolve(cursor, walk=Keyset(low=0, high=int(now)))


def without_filter(cursor: Cursor) -> Cursor:
    """The cursor after the account ignored a filter: read everything in id order.

    Where that is ignored too, two equal passes are the proof.
    The bound of the abandoned walk is kept by :attr:`Cursor.reached` only when the scan is complete. What a full walk
    did not meet is asked for by its address afterwards: there an absence is a proof, filters or not.
    """
    was_plain = isinstance(cursor.walk, Descent) and cursor.walk.low is None
    plain = Scan(low=None, high=None) if was_plain else Descent(low=None, high=None)
    return attrs.evolve(cursor, walk=plain, unfiltered=True)


def finish(cursor: Cursor) -> Cursor:
    """The cursor when its walk is done: everything before the walk's last second is stored."""
    walk = cursor.walk
    high = walk.high if walk is not None and walk.high is not None else int(cursor.started)
    reached = high - 1 if cursor.reached is None else max(cursor.reached, high - 1)
    return attrs.evolve(cursor, walk=None, reached=reached, full=False, unfiltered=False)


def judged(cursor: Cursor, losses: Cursor, sweep: Sweep, known_at: float) -> tuple[Cursor, Cursor]:
    """The cursors of a list and of its deleted rows, when it is known which rows had left the list by a moment.

    The list's has the sweep again if windows must be read once more, else no walk. What cannot be proven yet stays in
    doubt, with the losses: the next pull looks at it again. Where rows leave faster than the windows can be read, the list
    is read anew in order of change, from which nobody drops out unseen.
    """
    try:
        proven = sweep.proven(known_at)
    except NeverSettled:
        return unproven(cursor, known_at), attrs.evolve(losses, doubt=None)
    if not proven.is_read:
        return attrs.evolve(cursor, walk=proven), attrs.evolve(losses, doubt=None)
    doubt = proven if proven.closed else None
    return attrs.evolve(cursor, walk=None), attrs.evolve(losses, doubt=doubt)


def settled(cursor: Cursor, reached: int) -> Cursor:
    """The cursor when a sweep is proven, and what was changed meanwhile is stored up to a second."""
    closed = finish(cursor)
    return attrs.evolve(closed, reached=max(closed.reached or 0, reached))


def abandoned(cursor: Cursor) -> Cursor:
    """The cursor after a walk that did not come to an end: the next pull begins anew where the last complete one ended."""
    return attrs.evolve(cursor, walk=None, full=False, unfiltered=False)


def _walk(state: dict[str, Any]) -> Walk | Sweep:
    if state["kind"] == "sweep":
        return Sweep.from_dict(state)
    return Descent.from_dict(state) if state["kind"] == "descent" else walk_from_dict(state)
