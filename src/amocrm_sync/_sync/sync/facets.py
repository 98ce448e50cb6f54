# Generated from src/amocrm_sync/_async/sync/facets.py by tools/unasync.py: edit that file instead.
"""The parts of a transaction that hold what is synced: records, their links, the clock, cursors, the tenant itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.stored import Link, StageRow, Stored


class RecordFacet(Protocol):
    """The records of every entity, each with the row of its typed table."""

    def by_remote(self, entity: str, remote_ids: Iterable[str]) -> dict[str, Record]:
        """The records with those remote ids, by remote id; deleted ones included."""
        ...

    def by_uid(self, entity: str, uids: Iterable[str]) -> dict[str, Record]:
        """The records with those ids of ours, by uid; deleted ones included."""
        ...

    def by_ref(self, entity: str, refs: Iterable[str]) -> dict[str, Record]:
        """The records that belong to those rows of the host, by ``local_ref``; deleted ones included."""
        ...

    def put(self, stored: Sequence[Stored]) -> None:
        """Insert or replace records and the rows of their typed tables. The key is the uid."""
        ...

    def touch(self, entity: str, remote_ids: Iterable[str], fence: float) -> None:
        """Move the read fence of records that a read found unchanged."""
        ...

    def unseen(self, entity: str, before: float, prefix: str = "") -> list[str]:
        """Remote ids of live records whose read fence lies before a moment."""
        ...

    def find(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
        deleted: bool = False,
    ) -> list[Stored]:
        """Records whose typed row has the given values (a list: any of them), in order of uid, after a uid."""
        ...

    def count(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        deleted: bool = False,
    ) -> int:
        """How many records :meth:`find` would give."""
        ...

    def changed_since(
        self,
        version: int,
        entities: Iterable[str],
        *,
        limit: int,
        after: tuple[str, str] | None = None,
    ) -> list[Stored]:
        """Records of a later version, deleted ones included, in order of version, uid and entity.

        Args:
            version: The last version that was seen.
            entities: Of these entities only.
            limit: At most so many.
            after: ``(uid, entity)`` of the last one seen *of that version*; without it, the version was seen whole.
        """
        ...

    def prune(self, before: float, limit: int) -> list[int]:
        """Drop tombstones of before a moment, with their typed rows and links, at most so many.

        A tombstone stays while it means something still: an edit of it is open, it belongs to a row of the host
        (``local_ref``), or it was deleted here and amoCRM has the row (``delete_reason`` is ``local``): without it a
        pull would bring the row back.

        Returns:
            The versions of those that were dropped.
        """
        ...


class LinkFacet(Protocol):
    """Links between records and rows of amoCRM."""

    def put(self, links: Sequence[Link]) -> None:
        """Insert or replace links. The key is both ends."""
        ...

    def of(
        self, entity: str, uids: Iterable[str], to_entity: str | None = None, *, deleted: bool = False
    ) -> list[Link]:
        """The links of some records, in order of their ends."""
        ...

    def to(self, to_entity: str, remote_ids: Iterable[str], *, deleted: bool = False) -> list[Link]:
        """The links that lead to some rows, in order of their ends."""
        ...

    def changed_since(
        self, version: int, *, limit: int, after: tuple[str, str, str, str] | None = None
    ) -> list[Link]:
        """Links of a later version, deleted ones included, in order of version and ends.

        ``after`` is the last one seen of that version: from entity, uid, to entity, remote id.
        """
        ...


class ClockFacet(Protocol):
    """The tenant's version counter."""

    def next(self) -> int:
        """Raise it. Transactions that take a version commit in its order."""
        ...

    def now(self) -> int:
        """Where it stands; 0 before the first change."""
        ...


class CursorFacet(Protocol):
    """Where each stream stands."""

    def load(self, stream: str) -> Cursor:
        """Where a stream stands; a fresh cursor if it was never read."""
        ...

    def save(self, cursor: Cursor) -> None:
        """Keep where a stream stands, together with the rows of this transaction."""
        ...

    def all(self) -> list[Cursor]:
        """Every cursor, by stream name."""
        ...


class TenantFacet(Protocol):
    """The tenant itself."""

    def bind(self, account: str) -> str:
        """Tie the tenant to an account's host if it is tied to none; the host that it is tied to."""
        ...

    def epoch(self) -> str:
        """The present epoch: copies made in another one are void. Empty before the first."""
        ...

    def new_epoch(self, epoch: str) -> None:
        """Begin another epoch: the data were restored or reset."""
        ...

    def settings(self) -> dict[str, Any]:
        """What was kept under :meth:`save_settings`; empty at first."""
        ...

    def save_settings(self, settings: Mapping[str, Any]) -> None:
        """Replace the tenant's settings."""
        ...


class StageFacet(Protocol):
    """The saved stage mapping."""

    def save(self, stages: Iterable[StageRow]) -> None:
        """Replace it."""
        ...

    def load(self) -> list[StageRow]:
        """All of it, in the order in which it was saved."""
        ...
