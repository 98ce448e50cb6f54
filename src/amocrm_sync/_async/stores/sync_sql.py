"""The sync store on SQL: one file of SQLite, with tables that the host can query."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from amocrm_sync._async._primitives import Lock
from amocrm_sync._async.stores.sync_sql_tx import AsyncSQLTx
from amocrm_sync._async.sync.mappings import load_mapping, save_mapping
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._sqlite import WRITES, configure, engine_options, is_in_memory, understood
from amocrm_sync._sqltables import PREFIX, tables
from amocrm_sync.mapping import StatusMapping


class AsyncSQLSyncStore:
    """Keeps what is synced in a SQL database.

    ::

        store = AsyncSQLSyncStore("sqlite:///amo.db")

    The tables are made on first use. The typed ones (``amo_leads``, ``amo_contacts`` …) are yours to read; times in
    them are unix seconds. SQLite runs in WAL mode: readers never wait, writers take turns, also between processes, and
    what is committed survives kill -9.

    Args:
        url: ``sqlite:///amo.db``; ``sqlite://`` for a database in memory.
        prefix: Put before every table name.
        echo: Log every statement.

    Raises:
        ConfigurationError: The URL is not SQLite.
    """

    def __init__(self, url: str = "sqlite:///amo.db", *, prefix: str = PREFIX, echo: bool = False) -> None:
        self._url = understood(url, "sqlite+aiosqlite")
        self._tables = tables(prefix)
        self._engine: AsyncEngine = create_async_engine(self._url, echo=echo, **engine_options(self._url))
        configure(self._engine)
        self._writer = self._engine.execution_options(**{WRITES: True})
        self._lock = Lock()
        self._is_shared = is_in_memory(self._url)
        self._is_prepared = False

    async def prepare(self) -> None:
        """Make the tables, where they are missing."""
        if self._is_prepared:
            return
        async with self._lock:
            async with self._writer.begin() as connection:
                for table in self._tables.metadata.sorted_tables:
                    await connection.execute(CreateTable(table, if_not_exists=True))
                    for index in table.indexes:
                        await connection.execute(CreateIndex(index, if_not_exists=True))
            self._is_prepared = True

    @asynccontextmanager
    async def tx(self, tenant: str, *, write: bool = True) -> AsyncGenerator[AsyncSyncTx]:
        """A transaction; see :class:`AsyncSyncStore`."""
        await self.prepare()
        if write or self._is_shared:
            async with self._lock, (self._writer if write else self._engine).begin() as connection:
                yield AsyncSQLTx(connection, self._tables, tenant)
        else:
            async with self._engine.begin() as connection:
                yield AsyncSQLTx(connection, self._tables, tenant)

    async def save_mapping(self, mapping: StatusMapping, tenant: str) -> None:
        """Keep a stage mapping for a tenant (an engine's ``tenant``)."""
        await save_mapping(self, mapping, tenant)

    async def load_mapping(self, tenant: str) -> StatusMapping | None:
        """The tenant's stage mapping, or ``None`` if none was ever kept."""
        return await load_mapping(self, tenant)

    async def aclose(self) -> None:
        """Close the connections; the data stay."""
        await self._engine.dispose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url.render_as_string(hide_password=True)}>"
