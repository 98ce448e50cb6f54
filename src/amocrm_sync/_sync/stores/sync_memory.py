# Generated from src/amocrm_sync/_async/stores/sync_memory.py by tools/unasync.py: edit that file instead.
"""A sync store in memory: for tests, for trying things out, and as the measure that other stores are held against."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from amocrm_sync._clock import Clock
from amocrm_sync._memorydata import Journal, MemoryData
from amocrm_sync._sync._primitives import Lock
from amocrm_sync._sync.stores.memory.ledgers import (
    MemoryActivity,
    MemoryClients,
    MemoryConflicts,
    MemoryEcho,
    MemoryLog,
    MemoryMutations,
)
from amocrm_sync._sync.stores.memory.queues import (
    MemoryInbox,
    MemoryOutbox,
    MemorySinks,
    MemoryWork,
)
from amocrm_sync._sync.stores.memory.records import (
    MemoryClock,
    MemoryCursors,
    MemoryLinks,
    MemoryRecords,
    MemoryStages,
    MemoryTenant,
)
from amocrm_sync._sync.sync.mappings import load_mapping, save_mapping
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.mapping import StatusMapping


class MemorySyncStore:
    """Keeps everything in dictionaries; it is gone with the process. One transaction at a time, undone on an error."""

    def __init__(self) -> None:
        self._tenants: dict[str, MemoryData] = {}
        self._lock = Lock()

    def prepare(self) -> None:
        """Nothing to make."""

    @contextmanager
    def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> Generator[SyncTx]:
        """A transaction; see :class:`SyncStore`."""
        with self._lock:
            data = self._tenants.setdefault(tenant, MemoryData())
            journal = Journal()
            try:
                yield MemoryTx(data, journal if write else None, locked=lock)
            except BaseException:
                journal.undo()
                raise

    def now(self, clock: Clock) -> float:
        """The clock given: nobody else shares this store."""
        return clock.now()

    def save_mapping(self, mapping: StatusMapping, tenant: str) -> None:
        """Keep a stage mapping for a tenant (an engine's ``tenant``)."""
        save_mapping(self, mapping, tenant)

    def load_mapping(self, tenant: str) -> StatusMapping | None:
        """The tenant's stage mapping, or ``None`` if none was ever kept."""
        return load_mapping(self, tenant)

    def close(self) -> None:
        """Nothing to close."""


class MemoryTx:
    """A transaction of :class:`MemorySyncStore`."""

    def __init__(self, data: MemoryData, journal: Journal | None, *, locked: bool) -> None:
        self.records = MemoryRecords(data, journal, locked=locked)
        self.links = MemoryLinks(data, journal, locked=locked)
        self.clock = MemoryClock(data, journal, locked=locked)
        self.cursors = MemoryCursors(data, journal, locked=locked)
        self.tenant = MemoryTenant(data, journal, locked=locked)
        self.stages = MemoryStages(data, journal, locked=locked)
        self.inbox = MemoryInbox(data, journal, locked=locked)
        self.work = MemoryWork(data, journal, locked=locked)
        self.outbox = MemoryOutbox(data, journal, locked=locked)
        self.sinks = MemorySinks(data, journal, locked=locked)
        self.conflicts = MemoryConflicts(data, journal, locked=locked)
        self.echo = MemoryEcho(data, journal, locked=locked)
        self.activity = MemoryActivity(data, journal, locked=locked)
        self.log = MemoryLog(data, journal, locked=locked)
        self.clients = MemoryClients(data, journal, locked=locked)
        self.mutations = MemoryMutations(data, journal, locked=locked)
