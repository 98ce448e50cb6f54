"""A sync store in memory: for tests, for trying things out, and as the measure that other stores are held against."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from amocrm_sync._async._primitives import Lock
from amocrm_sync._async.stores.memory.ledgers import (
    AsyncMemoryActivity,
    AsyncMemoryClients,
    AsyncMemoryConflicts,
    AsyncMemoryEcho,
    AsyncMemoryLog,
    AsyncMemoryMutations,
)
from amocrm_sync._async.stores.memory.queues import (
    AsyncMemoryInbox,
    AsyncMemoryOutbox,
    AsyncMemorySinks,
    AsyncMemoryWork,
)
from amocrm_sync._async.stores.memory.records import (
    AsyncMemoryClock,
    AsyncMemoryCursors,
    AsyncMemoryLinks,
    AsyncMemoryRecords,
    AsyncMemoryStages,
    AsyncMemoryTenant,
)
from amocrm_sync._async.sync.mappings import load_mapping, save_mapping
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._clock import Clock
from amocrm_sync._memorydata import Journal, MemoryData
from amocrm_sync.mapping import StatusMapping


class AsyncMemorySyncStore:
    """Keeps everything in dictionaries; it is gone with the process. One transaction at a time, undone on an error."""

    def __init__(self) -> None:
        self._tenants: dict[str, MemoryData] = {}
        self._lock = Lock()

    async def prepare(self) -> None:
        """Nothing to make."""

    @asynccontextmanager
    async def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> AsyncGenerator[AsyncSyncTx]:
        """A transaction; see :class:`AsyncSyncStore`."""
        async with self._lock:
            data = self._tenants.setdefault(tenant, MemoryData())
            journal = Journal()
            try:
                yield AsyncMemoryTx(data, journal if write else None, locked=lock)
            except BaseException:
                journal.undo()
                raise

    async def now(self, clock: Clock) -> float:
        """The clock given: nobody else shares this store."""
        return clock.now()

    async def save_mapping(self, mapping: StatusMapping, tenant: str) -> None:
        """Keep a stage mapping for a tenant (an engine's ``tenant``)."""
        await save_mapping(self, mapping, tenant)

    async def load_mapping(self, tenant: str) -> StatusMapping | None:
        """The tenant's stage mapping, or ``None`` if none was ever kept."""
        return await load_mapping(self, tenant)

    async def aclose(self) -> None:
        """Nothing to close."""


class AsyncMemoryTx:
    """A transaction of :class:`AsyncMemorySyncStore`."""

    def __init__(self, data: MemoryData, journal: Journal | None, *, locked: bool) -> None:
        self.records = AsyncMemoryRecords(data, journal, locked=locked)
        self.links = AsyncMemoryLinks(data, journal, locked=locked)
        self.clock = AsyncMemoryClock(data, journal, locked=locked)
        self.cursors = AsyncMemoryCursors(data, journal, locked=locked)
        self.tenant = AsyncMemoryTenant(data, journal, locked=locked)
        self.stages = AsyncMemoryStages(data, journal, locked=locked)
        self.inbox = AsyncMemoryInbox(data, journal, locked=locked)
        self.work = AsyncMemoryWork(data, journal, locked=locked)
        self.outbox = AsyncMemoryOutbox(data, journal, locked=locked)
        self.sinks = AsyncMemorySinks(data, journal, locked=locked)
        self.conflicts = AsyncMemoryConflicts(data, journal, locked=locked)
        self.echo = AsyncMemoryEcho(data, journal, locked=locked)
        self.activity = AsyncMemoryActivity(data, journal, locked=locked)
        self.log = AsyncMemoryLog(data, journal, locked=locked)
        self.clients = AsyncMemoryClients(data, journal, locked=locked)
        self.mutations = AsyncMemoryMutations(data, journal, locked=locked)
