"""The tables of the sync store in memory, and how a change to them is undone. Both colours of the store use them."""

from __future__ import annotations

from typing import Any, TypeVar

import attrs

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import Op
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._core.sync.stored import (
    Activity,
    Client,
    Conflict,
    Echo,
    Link,
    Mutation,
    OutgoingEvent,
    StageRow,
    Stored,
)
from amocrm_sync._core.sync.work import Claim, WorkKind

K = TypeVar("K")
V = TypeVar("V")

_MISSING = object()


@attrs.define
class MemoryData:
    """One tenant's tables."""

    records: dict[tuple[str, str], Stored] = attrs.field(factory=dict[tuple[str, str], Stored])
    remote: dict[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])
    refs: dict[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])
    links: dict[tuple[str, str, str, str], Link] = attrs.field(factory=dict[tuple[str, str, str, str], Link])
    cursors: dict[str, Cursor] = attrs.field(factory=dict[str, Cursor])
    inbox: dict[int, Delivery] = attrs.field(factory=dict[int, Delivery])
    bodies: dict[str, int] = attrs.field(factory=dict[str, int])
    work: dict[tuple[WorkKind, str, str], Claim] = attrs.field(factory=dict[tuple[WorkKind, str, str], Claim])
    outbox: dict[int, Op] = attrs.field(factory=dict[int, Op])
    sinks: dict[str, OutgoingEvent] = attrs.field(factory=dict[str, OutgoingEvent])
    conflicts: dict[int, Conflict] = attrs.field(factory=dict[int, Conflict])
    echo: dict[tuple[str, str, str, str], Echo] = attrs.field(factory=dict[tuple[str, str, str, str], Echo])
    activity: dict[int, Activity] = attrs.field(factory=dict[int, Activity])
    activity_keys: dict[str, int] = attrs.field(factory=dict[str, int])
    log: dict[int, SyncLogEntry] = attrs.field(factory=dict[int, SyncLogEntry])
    clients: dict[str, Client] = attrs.field(factory=dict[str, Client])
    mutations: dict[tuple[str, int], Mutation] = attrs.field(factory=dict[tuple[str, int], Mutation])
    stages: dict[int, StageRow] = attrs.field(factory=dict[int, StageRow])
    counters: dict[str, int] = attrs.field(factory=dict[str, int])
    tenant: dict[str, Any] = attrs.field(factory=dict[str, Any])


class Journal:
    """Writes to tables, remembering how to undo them."""

    def __init__(self) -> None:
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a key."""
        self._undo.append((table, key, table.get(key, _MISSING)))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Remove a key, if it is there."""
        if key in table:
            self._undo.append((table, key, table.pop(key)))

    def undo(self) -> None:
        """Take everything back."""
        for table, key, old in reversed(self._undo):
            if old is _MISSING:
                table.pop(key, None)
            else:
                table[key] = old


class MemoryFacet:
    """One part of a transaction in memory."""

    def __init__(self, data: MemoryData, journal: Journal | None, *, locked: bool) -> None:
        self._data = data
        self._journal = journal
        self._locked = locked

    @property
    def _write(self) -> Journal:
        """Where changes go.

        Raises:
            RuntimeError: The transaction is for reading.
        """
        if self._journal is None:
            raise RuntimeError("this transaction was opened for reading: use tx(tenant, write=True)")
        return self._journal

    @property
    def _locked_write(self) -> Journal:
        """The same, where the tenant must be locked.

        Raises:
            RuntimeError: The transaction does not lock it.
        """
        if not self._locked:
            raise RuntimeError(
                "this transaction does not lock the tenant: records are changed under tx(tenant, lock=True)"
            )
        return self._write

    def _raise(self, counter: str) -> int:
        """Raise one of the tenant's counters, and its value."""
        value = self._data.counters.get(counter, 0) + 1
        self._write.put(self._data.counters, counter, value)
        return value

    def _prune(self, table: dict[K, V], keys: list[K], limit: int | None = None) -> int:
        """Drop rows, at most so many; how many."""
        for key in keys[:limit]:
            self._write.drop(table, key)
        return len(keys[:limit])
