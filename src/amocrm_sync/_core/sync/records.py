"""A record as the store keeps it, and a row of the API as the planner takes it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import orjson

from amocrm_sync._core.entities import Entity, Stream
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.fields import overlay

Row = dict[str, Any]
"""A JSON object as the API sent it, or as we would send it."""

LOCAL = "local"
"""``delete_reason`` of a record that was deleted on our side; a remote read does not revive it."""
TRASH = "trash"
"""``delete_reason``: the row lies in amoCRM's trash."""
ABSENT = "absent"
"""``delete_reason``: the API does not know the row any more."""
ABSORBED = "absorbed"
"""``delete_reason``: it was the same remote row as a record created here, and lives on in that one."""


@attrs.frozen(kw_only=True)
class Record:
    """What we know of one row: the last state read from amoCRM, and local edits that are not there yet.

    Attributes:
        entity: Plural name.
        uid: Our id, a uuid7.
        remote_id: amoCRM's id as text; ``None`` for a record that is not there (yet).
        local_ref: The host's own row that it belongs to, where the host has one.
        base: The row as last read or acknowledged, without links.
        base_hash: Digest of ``base``; equal hashes mean that nothing changed.
        local: Fields edited here and not yet acknowledged.
        remote_updated_at: ``updated_at`` of ``base``.
        read_fence: When the read that was last applied ended; an answer to an earlier question is stale.
        deleted_at: When we learnt that it is gone; the row stays (a tombstone).
        delete_reason: ``trash``, ``absent``, ``local`` or ``absorbed``.
        version: The tenant's counter at the last change; versions become visible in order.
        created_version: The counter at the first appearance.
        created_at: When we first stored it, unix seconds.
        updated_at: When we last changed it.
    """

    entity: str
    uid: str
    remote_id: str | None = None
    local_ref: str | None = None
    base: Row = attrs.field(factory=dict[str, Any], repr=False)
    base_hash: str = ""
    local: Row = attrs.field(factory=dict[str, Any], repr=False)
    remote_updated_at: int | None = None
    read_fence: float = 0.0
    deleted_at: float | None = None
    delete_reason: str | None = None
    version: int = 0
    created_version: int = 0
    created_at: float = 0.0
    updated_at: float = 0.0

    @property
    def view(self) -> Row:
        """The row as the host sees it: what amoCRM has, with the local edits over it."""
        return overlay(self.base, self.local) if self.local else self.base

    @property
    def amo_id(self) -> int | None:
        """The number that amoCRM knows it by; ``None`` while there is none, and once the row is deleted there."""
        return None if self.remote_id is None or self.deleted_at is not None else _number(self.remote_id)


@attrs.frozen(kw_only=True)
class Incoming:
    """A row as it was read."""

    remote_id: str
    base: Row
    updated_at: int | None
    deleted: bool = False


@attrs.frozen
class Read:
    """When a question was asked and its answer taken, unix seconds of our clock.

    Attributes:
        started: When it was asked.
        ended: When it was answered.
        by_id: Rows were asked for by their ids: such an answer is what is there, where a list may be a little behind.
    """

    started: float
    ended: float
    by_id: bool = False


def digest(base: Mapping[str, Any]) -> str:
    """A fingerprint of a row that does not depend on the order of its keys."""
    return hashlib.sha256(orjson.dumps(base, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def incoming(stream: Stream, row: Row) -> Incoming:
    """A row of a list as the planner takes it.

    Links are dropped: they repeat the id. What lives in a table of its own (stages) is dropped as well.
    """
    base = {key: value for key, value in row.items() if key != "_links"}
    if stream.entity.children is not None:
        base.pop("_embedded", None)
    if stream.parent is not None:
        base.setdefault("entity_type", stream.parent)
    return Incoming(
        remote_id=stream.remote_id(row["id"]),
        base=base,
        updated_at=row.get("updated_at"),
        deleted=bool(row.get("is_deleted")),
    )


def children_of(entity: Entity, row: Row) -> list[Incoming]:
    """The rows of another entity that arrive within one (the stages of a pipeline).

    Stages 142 and 143 stand in every pipeline, so a stage's id is the pair.
    """
    if entity.children is None:
        return []
    pipeline = row["id"]
    return [
        Incoming(
            remote_id=f"{pipeline}:{stage['id']}",
            base={**{key: value for key, value in stage.items() if key != "_links"}, "pipeline_id": pipeline},
            updated_at=None,
        )
        for stage in objects_in(as_object(row.get("_embedded")).get("statuses"))
    ]


class Uuid7:
    """Makes our ids: uuid7, in order of making, also within one millisecond and while the clock stands still."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._stamp = -1
        self._count = 0

    def make(self, now: float) -> str:
        """A new id.

        Args:
            now: Unix seconds.
        """
        stamp = int(now * 1000)
        if stamp > self._stamp:
            self._stamp, self._count = stamp, int(self._random() * 0x800)
        else:
            self._count += 1
            if self._count > 0xFFF:  # noqa: PLR2004 - the twelve bits that follow the time
                self._stamp, self._count = self._stamp + 1, 0
        tail = int(self._random() * 2**31) << 31 | int(self._random() * 2**31)
        bits = self._stamp << 80 | 0x7 << 76 | self._count << 64 | 0b10 << 62 | tail
        text = f"{bits:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _number(remote_id: str) -> int | None:
    """The number at the end of an id; some entities have none (uids of unsorted)."""
    last = remote_id.rpartition(":")[2]
    return int(last) if last.isdigit() else None
