# Generated from src/amocrm_sync/_async/stores/sync_memory.py by tools/unasync.py: edit that file instead.
"""A sync store in memory: for tests, for trying things out, and as the measure that other stores are held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import attrs

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.inbox import Delivery, Hint
from amocrm_sync._core.sync.outbox import Op, OpState
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._sync._primitives import Lock
from amocrm_sync._sync.sync.mappings import load_mapping, save_mapping
from amocrm_sync._sync.sync.protocols import StageRow, Stored, SyncTx
from amocrm_sync.mapping import StatusMapping

K = TypeVar("K")
V = TypeVar("V")


class MemorySyncStore:
    """Keeps everything in dictionaries; it is gone with the process. One transaction at a time, undone on an error."""

    def __init__(self) -> None:
        self._tenants: dict[str, _Tenant] = {}
        self._lock = Lock()

    def prepare(self) -> None:
        """Nothing to make."""

    def save_mapping(self, mapping: StatusMapping, tenant: str) -> None:
        """Keep a stage mapping for a tenant (an engine's ``tenant``)."""
        save_mapping(self, mapping, tenant)

    def load_mapping(self, tenant: str) -> StatusMapping | None:
        """The tenant's stage mapping, or ``None`` if none was ever kept."""
        return load_mapping(self, tenant)

    def close(self) -> None:
        """Nothing to close."""

    @contextmanager
    def tx(self, tenant: str, *, write: bool = True) -> Generator[SyncTx]:
        """A transaction; see :class:`SyncStore`."""
        with self._lock:
            data = self._tenants.setdefault(tenant, _Tenant())
            undo: list[tuple[dict[Any, Any], Any, Any]] = []
            transaction = MemoryTx(data, _Journal(undo) if write else None)
            try:
                yield transaction
            except BaseException:
                for table, key, old in reversed(undo):
                    if old is _MISSING:
                        table.pop(key, None)
                    else:
                        table[key] = old
                raise


_MISSING = object()


@attrs.define
class _Tenant:
    """One account's data."""

    records: dict[tuple[str, str], Stored] = attrs.field(factory=dict[tuple[str, str], Stored])
    remote: dict[tuple[str, str], str] = attrs.field(factory=dict[tuple[str, str], str])
    cursors: dict[str, Cursor] = attrs.field(factory=dict[str, Cursor])
    inbox: dict[int, Delivery] = attrs.field(factory=dict[int, Delivery])
    bodies: dict[str, int] = attrs.field(factory=dict[str, int])
    hints: dict[tuple[str, str], Hint] = attrs.field(factory=dict[tuple[str, str], Hint])
    outbox: dict[int, Op] = attrs.field(factory=dict[int, Op])
    log: dict[int, SyncLogEntry] = attrs.field(factory=dict[int, SyncLogEntry])
    stages: dict[int, StageRow] = attrs.field(factory=dict[int, StageRow])
    counters: dict[str, int] = attrs.field(factory=dict[str, int])
    account: dict[str, str] = attrs.field(factory=dict[str, str])


@attrs.frozen
class _Journal(Generic[K, V]):
    """Writes to tables, remembering how to undo them."""

    undo: list[tuple[dict[Any, Any], Any, Any]]

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a key."""
        self.undo.append((table, key, table.get(key, _MISSING)))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Remove a key, if it is there."""
        if key in table:
            self.undo.append((table, key, table.pop(key)))


class MemoryTx:
    """A transaction of :class:`MemorySyncStore`."""

    def __init__(self, data: _Tenant, journal: _Journal[Any, Any] | None) -> None:
        self._data = data
        self._journal = journal

    @property
    def _write(self) -> _Journal[Any, Any]:
        if self._journal is None:
            raise RuntimeError("this transaction was opened for reading: use tx(tenant, write=True)")
        return self._journal

    def _count(self, counter: str) -> int:
        value = self._data.counters.get(counter, 0) + 1
        self._write.put(self._data.counters, counter, value)
        return value

    # records

    def by_remote(self, entity: str, remote_ids: Iterable[str]) -> dict[str, Record]:
        """See :class:`SyncTx`."""
        found: dict[str, Record] = {}
        for remote_id in remote_ids:
            uid = self._data.remote.get((entity, remote_id))
            if uid is not None:
                found[remote_id] = self._data.records[entity, uid].record
        return found

    def by_uid(self, entity: str, uids: Iterable[str]) -> dict[str, Record]:
        """See :class:`SyncTx`."""
        stored = {uid: self._data.records.get((entity, uid)) for uid in uids}
        return {uid: item.record for uid, item in stored.items() if item is not None}

    def put(self, stored: Sequence[Stored]) -> None:
        """See :class:`SyncTx`."""
        write = self._write
        for item in stored:
            record = item.record
            key = (record.entity, record.uid)
            old = self._data.records.get(key)
            if old is not None and old.record.remote_id not in (None, record.remote_id):
                write.drop(self._data.remote, (record.entity, old.record.remote_id))
            if record.remote_id is not None:
                owner = self._data.remote.get((record.entity, record.remote_id), record.uid)
                if owner != record.uid:
                    raise ValueError(f"{record.entity} {record.remote_id} belongs to record {owner} already")
                write.put(self._data.remote, (record.entity, record.remote_id), record.uid)
            write.put(self._data.records, key, item)

    def touch(self, entity: str, remote_ids: Iterable[str], fence: float) -> None:
        """See :class:`SyncTx`."""
        for remote_id in remote_ids:
            uid = self._data.remote.get((entity, remote_id))
            if uid is not None:
                old = self._data.records[entity, uid]
                record = attrs.evolve(old.record, read_fence=fence)
                self._write.put(self._data.records, (entity, uid), attrs.evolve(old, record=record))

    def unseen(self, entity: str, before: float, prefix: str = "") -> list[str]:
        """See :class:`SyncTx`."""
        records = [item.record for (name, _), item in self._data.records.items() if name == entity]
        return sorted(
            record.remote_id
            for record in records
            if record.remote_id is not None
            and record.remote_id.startswith(prefix)
            and record.deleted_at is None
            and record.read_fence < before
        )

    def find(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        limit: int | None = None,
        offset: int = 0,
        deleted: bool = False,
    ) -> list[Stored]:
        """See :class:`SyncTx`."""
        found = sorted(
            (
                item
                for (name, _), item in self._data.records.items()
                if name == entity and _fits(item, filter, deleted)
            ),
            key=lambda item: item.record.uid,
        )
        return found[offset:] if limit is None else found[offset : offset + limit]

    def count(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        deleted: bool = False,
    ) -> int:
        """See :class:`SyncTx`."""
        return sum(
            name == entity and _fits(item, filter, deleted) for (name, _), item in self._data.records.items()
        )

    def next_version(self) -> int:
        """See :class:`SyncTx`."""
        return self._count("version")

    def version(self) -> int:
        """See :class:`SyncTx`."""
        return self._data.counters.get("version", 0)

    # cursors

    def load_cursor(self, stream: str) -> Cursor:
        """See :class:`SyncTx`."""
        return self._data.cursors.get(stream, Cursor(stream=stream))

    def save_cursor(self, cursor: Cursor) -> None:
        """See :class:`SyncTx`."""
        self._write.put(self._data.cursors, cursor.stream, cursor)

    def cursors(self) -> list[Cursor]:
        """See :class:`SyncTx`."""
        return [self._data.cursors[stream] for stream in sorted(self._data.cursors)]

    # inbox and hints

    def add_delivery(self, delivery: Delivery) -> bool:
        """See :class:`SyncTx`."""
        write = self._write
        known = self._data.bodies.get(delivery.dedupe)
        if known is not None:
            again = attrs.evolve(self._data.inbox[known], state="new", error=None)
            write.put(self._data.inbox, known, again)
            return False
        number = self._count("inbox")
        write.put(self._data.inbox, number, attrs.evolve(delivery, id=number))
        write.put(self._data.bodies, delivery.dedupe, number)
        return True

    def new_deliveries(self, limit: int) -> list[Delivery]:
        """See :class:`SyncTx`."""
        waiting = [item for _, item in sorted(self._data.inbox.items()) if item.state == "new"]
        return waiting[:limit]

    def mark_delivery(self, delivery_id: int, state: str, error: str | None = None) -> None:
        """See :class:`SyncTx`."""
        marked = attrs.evolve(self._data.inbox[delivery_id], state=state, error=error)
        self._write.put(self._data.inbox, delivery_id, marked)

    def add_hints(self, hints: Iterable[tuple[str, str]], due_at: float) -> None:
        """See :class:`SyncTx`."""
        for stream, remote_id in hints:
            generation = self._count("generation")
            hint = Hint(stream=stream, remote_id=remote_id, generation=generation, due_at=due_at)
            self._write.put(self._data.hints, (stream, remote_id), hint)

    def due_hints(self, now: float, limit: int) -> list[Hint]:
        """See :class:`SyncTx`."""
        due = sorted(
            (hint for hint in self._data.hints.values() if hint.due_at <= now),
            key=lambda hint: hint.generation,
        )
        return [hint for hint in due if hint.stream == due[0].stream][:limit]

    def finish_hints(self, hints: Iterable[Hint]) -> None:
        """See :class:`SyncTx`."""
        for hint in hints:
            if self._is_same(hint):
                self._write.drop(self._data.hints, (hint.stream, hint.remote_id))

    def retry_hints(self, hints: Iterable[Hint], due_at: float, error: str) -> None:
        """See :class:`SyncTx`."""
        for hint in hints:
            if self._is_same(hint):
                later = attrs.evolve(hint, attempts=hint.attempts + 1, due_at=due_at, error=error)
                self._write.put(self._data.hints, (hint.stream, hint.remote_id), later)

    def _is_same(self, hint: Hint) -> bool:
        """Whether no newer hint came meanwhile."""
        present = self._data.hints.get((hint.stream, hint.remote_id))
        return present is not None and present.generation == hint.generation

    # outbox

    def add_op(self, op: Op) -> Op:
        """See :class:`SyncTx`."""
        stored = attrs.evolve(op, seq=self._count("outbox"))
        self._write.put(self._data.outbox, stored.seq, stored)
        return stored

    def save_ops(self, ops: Iterable[Op]) -> None:
        """See :class:`SyncTx`."""
        for op in ops:
            self._write.put(self._data.outbox, op.seq, op)

    def ops(self, states: Iterable[OpState], limit: int | None = None) -> list[Op]:
        """See :class:`SyncTx`."""
        wanted = set(states)
        return [op for _, op in sorted(self._data.outbox.items()) if op.state in wanted][:limit]

    def ops_of(self, entity: str, uid: str, states: Iterable[OpState]) -> list[Op]:
        """See :class:`SyncTx`."""
        return [op for op in self.ops(states) if op.entity == entity and op.uid == uid]

    # log, mapping, tenant

    def add_log(self, entry: SyncLogEntry) -> None:
        """See :class:`SyncTx`."""
        self._write.put(self._data.log, self._count("log"), entry)

    def log(self, limit: int) -> list[SyncLogEntry]:
        """See :class:`SyncTx`."""
        return [entry for _, entry in sorted(self._data.log.items(), reverse=True)][:limit]

    def tallies(self) -> dict[str, dict[str, int]]:
        """See :class:`SyncTx`."""
        data = self._data
        return {
            "outbox": dict(Counter(op.state.value for op in data.outbox.values())),
            "inbox": dict(Counter(item.state for item in data.inbox.values())),
            "hints": {"due": len(data.hints)} if data.hints else {},
            "log": dict(Counter(entry.operation for entry in data.log.values())),
        }

    def save_stages(self, stages: Iterable[StageRow]) -> None:
        """See :class:`SyncTx`."""
        for number in list(self._data.stages):
            self._write.drop(self._data.stages, number)
        for number, stage in enumerate(stages):
            self._write.put(self._data.stages, number, dict(stage))

    def load_stages(self) -> list[StageRow]:
        """See :class:`SyncTx`."""
        return [stage for _, stage in sorted(self._data.stages.items())]

    def bind(self, account: str) -> str:
        """See :class:`SyncTx`."""
        if "account" not in self._data.account:
            self._write.put(self._data.account, "account", account)
        return self._data.account["account"]


def _fits(stored: Stored, wanted: Mapping[str, Any], deleted: bool) -> bool:
    """Whether a record is one of those asked for."""
    if stored.record.deleted_at is not None and not deleted:
        return False
    return all(
        stored.row.get(name) in value
        if isinstance(value, list | tuple | set)
        else stored.row.get(name) == value
        for name, value in wanted.items()
    )
