# Generated from src/amocrm_sync/_async/sync/protocols.py by tools/unasync.py: edit that file instead.
"""What the sync needs of a store and of amoCRM: the two seams where another implementation fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import attrs

from amocrm_sync._core.entities import Stream
from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.inbox import Delivery, Hint
from amocrm_sync._core.sync.outbox import Op, OpState
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.reports import SyncLogEntry

StageRow = Mapping[str, Any]
"""One stage of a saved mapping: ``pipeline_id``, ``stage_id``, ``status``, and what else the mapping knows of it."""


@attrs.frozen(kw_only=True)
class Stored:
    """A record with the row of its typed table."""

    record: Record
    row: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class PageQuery:
    """One page of a list, as the sync asks for it.

    Attributes:
        filter: As under ``filter`` of the query string.
        order: Field to order by, ascending.
        trash: The deleted rows instead of the live ones.
    """

    filter: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    order: str | None = None
    page: int = 1
    limit: int | None = 250
    trash: bool = False


@attrs.frozen
class RemotePage:
    """The rows of a page, as they came, and whether the server has further ones."""

    rows: list[Row]
    has_next: bool


class Remote(Protocol):
    """amoCRM, as narrow as the sync needs it. ``amocrm_sync.sync.ClientRemote`` is it over a client."""

    @property
    def account(self) -> str:
        """The account's host."""
        ...

    def page(self, stream: Stream, query: PageQuery) -> RemotePage:
        """One page of a list; an empty one where the server answers 204."""
        ...

    def one(self, stream: Stream, wire_id: int) -> Row | None:
        """One row by its id; ``None`` where the server knows none."""
        ...

    def create(self, stream: Stream, items: Sequence[Row]) -> list[Row]:
        """Create rows; the answers, in order. Sent once, whatever happens."""
        ...

    def update(self, stream: Stream, items: Sequence[Row]) -> list[Row]:
        """Change rows; the answers, in any order. Sent once, whatever happens."""
        ...


class SyncTx(Protocol):
    """A transaction on one tenant's data: what it writes is visible and durable together, or not at all."""

    def by_remote(self, entity: str, remote_ids: Iterable[str]) -> dict[str, Record]:
        """The records with those remote ids, by remote id; deleted ones included."""
        ...

    def by_uid(self, entity: str, uids: Iterable[str]) -> dict[str, Record]:
        """The records with those ids of ours, by uid; deleted ones included."""
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
        deleted: bool = False,
    ) -> list[Stored]:
        """Records whose typed row has the given values (a list: any of them), in order of uid."""
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

    def next_version(self) -> int:
        """Raise the tenant's version counter. Transactions that take a version commit in its order."""
        ...

    def version(self) -> int:
        """The tenant's version counter."""
        ...

    def load_cursor(self, stream: str) -> Cursor:
        """Where a stream stands; a fresh cursor if it was never read."""
        ...

    def save_cursor(self, cursor: Cursor) -> None:
        """Keep where a stream stands, together with the rows of this transaction."""
        ...

    def cursors(self) -> list[Cursor]:
        """Every cursor, by stream name."""
        ...

    def add_delivery(self, delivery: Delivery) -> bool:
        """Keep a webhook body. ``False``: the same body is there already, and is marked new again.

        A repetition is not dropped: two changes within a second may have one and the same body.
        """
        ...

    def new_deliveries(self, limit: int) -> list[Delivery]:
        """Bodies that are not parsed yet, oldest first."""
        ...

    def mark_delivery(self, delivery_id: int, state: str, error: str | None = None) -> None:
        """Set the state of a body."""
        ...

    def add_hints(self, hints: Iterable[tuple[str, str]], due_at: float) -> None:
        """Mark ``(stream, remote_id)`` to be read again, each with a generation that was never used before."""
        ...

    def due_hints(self, now: float, limit: int) -> list[Hint]:
        """Hints that are due, all of one stream, oldest generation first."""
        ...

    def finish_hints(self, hints: Iterable[Hint]) -> None:
        """Drop hints, except those that were raised anew meanwhile."""
        ...

    def retry_hints(self, hints: Iterable[Hint], due_at: float, error: str) -> None:
        """Count a failed read and wait, except for those that were raised anew."""
        ...

    def add_op(self, op: Op) -> Op:
        """Append an edit to the outbox; the op with its ``seq``."""
        ...

    def save_ops(self, ops: Iterable[Op]) -> None:
        """Replace edits by ``seq``."""
        ...

    def ops(self, states: Iterable[OpState], limit: int | None = None) -> list[Op]:
        """Edits in those states, in order of ``seq``."""
        ...

    def ops_of(self, entity: str, uid: str, states: Iterable[OpState]) -> list[Op]:
        """The same, of one record."""
        ...

    def add_log(self, entry: SyncLogEntry) -> None:
        """Append a row to the sync log."""
        ...

    def log(self, limit: int) -> list[SyncLogEntry]:
        """The newest rows of the sync log, newest first."""
        ...

    def tallies(self) -> dict[str, dict[str, int]]:
        """``{"outbox": {state: n}, "inbox": {state: n}, "hints": {"due": n}, "log": {operation: n}}``."""
        ...

    def save_stages(self, stages: Iterable[StageRow]) -> None:
        """Replace the saved stage mapping."""
        ...

    def load_stages(self) -> list[StageRow]:
        """The saved stage mapping."""
        ...

    def bind(self, account: str) -> str:
        """Tie the tenant to an account's host if it is tied to none; the host that it is tied to."""
        ...


class SyncStore(Protocol):
    """Keeps what is synced. ``amocrm_sync.testing.check_sync_store`` holds an implementation against this.

    Tenants never see each other's data. A write transaction excludes other writers of the same store, in this process
    and in others; one that raises leaves nothing behind.
    """

    def prepare(self) -> None:
        """Make the tables, where they are missing. Called by the engine; calling it again does nothing."""
        ...

    def tx(self, tenant: str, *, write: bool = True) -> AbstractContextManager[SyncTx]:
        """A transaction; commits on leaving, rolls back on an exception. Not to be nested."""
        ...

    def close(self) -> None:
        """Close connections; the data stay."""
        ...
