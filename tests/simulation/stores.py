"""The real stores, driven inline: no threads, no sockets, so that a seed replays."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa

from amocrm_sync._async.stores.sync_memory import AsyncMemorySyncStore, AsyncMemoryTx
from amocrm_sync._memorydata import Journal, MemoryData
from amocrm_sync._sqldatabase import prepare_engine, store_options
from amocrm_sync._sqlite import WRITES
from amocrm_sync.stores.sql import AsyncSQLSyncStore


class WatchedStore(AsyncMemorySyncStore):
    """The store in memory, with somebody who looks at every commit before anybody else does."""

    def __init__(self, watch: Any) -> None:
        super().__init__()
        self._watch = watch

    @asynccontextmanager
    async def tx(self, tenant: str, *, write: bool = True, lock: bool = True):
        async with self._lock:
            data = self._tenants.setdefault(tenant, MemoryData())
            journal = Journal()
            try:
                yield AsyncMemoryTx(data, journal if write else None, locked=lock)
            except BaseException:
                journal.undo()
                raise
            self._watch(tenant, data, journal)


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
