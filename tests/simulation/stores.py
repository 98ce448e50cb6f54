"""The real stores, driven inline: no threads, no sockets, so that a seed replays."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any, Self

import sqlalchemy as sa

from amocrm_sync._async.stores.memory import ledgers, queues, records
from amocrm_sync._async.stores.sync_memory import AsyncMemorySyncStore
from amocrm_sync._memorydata import Journal, MemoryData
from amocrm_sync._sqldatabase import prepare_engine, store_options
from amocrm_sync._sqlite import WRITES
from amocrm_sync.stores.sql import AsyncSQLSyncStore

_FACETS = {
    "records": records.AsyncMemoryRecords,
    "links": records.AsyncMemoryLinks,
    "clock": records.AsyncMemoryClock,
    "cursors": records.AsyncMemoryCursors,
    "tenant": records.AsyncMemoryTenant,
    "stages": records.AsyncMemoryStages,
    "inbox": queues.AsyncMemoryInbox,
    "work": queues.AsyncMemoryWork,
    "outbox": queues.AsyncMemoryOutbox,
    "sinks": queues.AsyncMemorySinks,
    "conflicts": ledgers.AsyncMemoryConflicts,
    "echo": ledgers.AsyncMemoryEcho,
    "activity": ledgers.AsyncMemoryActivity,
    "log": ledgers.AsyncMemoryLog,
    "clients": ledgers.AsyncMemoryClients,
    "mutations": ledgers.AsyncMemoryMutations,
}


class WatchedStore(AsyncMemorySyncStore):
    """The store in memory, with somebody who looks at every commit before anybody else does."""

    def __init__(self, watch: Any) -> None:
        super().__init__()
        self.watch = watch
        self.turn = asyncio.Lock()

    def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> _WatchedTx:
        return _WatchedTx(self, tenant, write=write, lock=lock)

    def data_of(self, tenant: str) -> MemoryData:
        """The tables of a tenant."""
        data = self._tenants.get(tenant)
        return self._tenants.setdefault(tenant, MemoryData()) if data is None else data


class _WatchedTx:
    """The store's transaction; its facets are made as they are asked for, for there are a thousand in a history."""

    def __init__(self, store: WatchedStore, tenant: str, *, write: bool, lock: bool) -> None:
        self._store = store
        self._tenant = tenant
        self._data = store.data_of(tenant)
        self._journal = Journal()
        self._write = self._journal if write else None
        self._locked = lock

    def __getattr__(self, name: str) -> Any:
        if name not in _FACETS:
            raise AttributeError(name)
        facet = _FACETS[name](self._data, self._write, locked=self._locked)
        setattr(self, name, facet)
        return facet

    async def __aenter__(self) -> Self:
        await self._store.turn.acquire()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        try:
            if kind is None:
                self._store.watch(self._tenant, self._data, self._journal)
            else:
                self._journal.undo()
        finally:
            self._store.turn.release()


_COMPILED: dict[Any, Any] = {}
"""Statements of earlier histories; making them anew for each would take longer than the history."""


class InlineSQLStore(AsyncSQLSyncStore):
    """The store on SQLite over a synchronous connection: its coroutines never wait for anything."""

    def __init__(self) -> None:
        super().__init__("sqlite://")
        url = sa.make_url("sqlite://")
        engine = sa.create_engine(url, **store_options(url)).execution_options(compiled_cache=_COMPILED)
        prepare_engine(engine, url)
        self._inline = engine
        self._engine = _Inline(engine)
        self._writer = _Inline(engine.execution_options(**{WRITES: True}))

    async def aclose(self) -> None:
        self._inline.dispose()


class _Inline:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self):
        with self._engine.begin() as connection:
            yield _Connection(connection)


class _Connection:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        return self._connection.execute(statement, parameters)
