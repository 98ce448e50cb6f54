"""Where a stream stands: what is stored for certain, and the walk that is under way."""

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync._core.entities import Entity, Strategy
from amocrm_sync._core.sync.keyset import Keyset, Scan, Walk, walk_from_dict


@attrs.frozen(kw_only=True)
class Cursor:
    """The state of one stream; saved in the transaction that stores the rows it speaks of, never in another.

    Attributes:
        stream: ``leads``, ``leads:trash``, ``notes:contacts``.
        reached: Every change up to this second is stored; ``None`` before the first complete walk.
        walk: The walk under way, or ``None``.
        full: Whether the walk under way began at second 0.
        started: When that walk began, unix seconds of our clock.
        unfiltered: The account ignored our filter, so the walk reads everything.
        updated_at: When the row was saved.
    """

    stream: str
    reached: int | None = None
    walk: Walk | None = None
    full: bool = False
    started: float = 0.0
    unfiltered: bool = False
    updated_at: float = 0.0

    def state(self) -> dict[str, Any]:
        """Everything but the stream's name, as plain JSON values."""
        data = attrs.asdict(self, recurse=False, filter=attrs.filters.exclude("stream", "updated_at"))
        data["walk"] = None if self.walk is None else self.walk.to_dict()
        return data

    @classmethod
    def from_state(cls, stream: str, state: dict[str, Any], updated_at: float) -> Cursor:
        """What :meth:`state` gave; keys of a newer version are ignored."""
        known = {field.name for field in attrs.fields(cls)} - {"stream", "walk", "updated_at"}
        walk = None if state.get("walk") is None else walk_from_dict(state["walk"])
        values = {name: value for name, value in state.items() if name in known}
        return cls(stream=stream, walk=walk, updated_at=updated_at, **values)


def begin(cursor: Cursor, entity: Entity, *, full: bool, now: float, overlap: int) -> Cursor:
    """The cursor with a walk to go on with: the one that was cut off, or a new one.

    The upper bound is the present second, so that what was changed just now is read. That second is still open, so a
    finished walk claims only what lies before it (:func:`finish`).
    """
    high = int(now)
    if cursor.walk is not None and (cursor.full or not full):
        return attrs.evolve(cursor, walk=cursor.walk.resumed(high=high, overlap=overlap))
    low = 0 if full or cursor.reached is None else max(0, cursor.reached - overlap)
    walk: Walk
    if entity.strategy is Strategy.KEYSET:
        walk = Keyset(low=low, high=max(low, high))
    else:
        walk = Scan(low=low, high=max(low, high))
    return attrs.evolve(cursor, walk=walk, full=low == 0, started=now, unfiltered=False)


def without_filter(cursor: Cursor) -> Cursor:
    """The cursor after the account ignored a filter: read everything in id order.

    The bound of the abandoned walk is kept by :attr:`Cursor.reached` only when the scan is complete.
    """
    return attrs.evolve(cursor, walk=Scan(low=None, high=None), full=False, unfiltered=True)


def finish(cursor: Cursor) -> Cursor:
    """The cursor when its walk is done: everything before the walk's last second is stored."""
    walk = cursor.walk
    high = walk.high if walk is not None and walk.high is not None else int(cursor.started)
    reached = high - 1 if cursor.reached is None else max(cursor.reached, high - 1)
    return attrs.evolve(cursor, walk=None, reached=reached, full=False, unfiltered=False)


def abandoned(cursor: Cursor) -> Cursor:
    """The cursor after a walk that did not come to an end: the next pull begins anew where the last complete one ended."""
    return attrs.evolve(cursor, walk=None, full=False, unfiltered=False)
