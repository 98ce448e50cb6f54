# Generated from src/amocrm_sync/_async/stores/sync_sql.py by tools/unasync.py: edit that file instead.
"""The sync store on SQL: one file of SQLite, with tables that the host can query."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlalchemy.schema import CreateIndex, CreateTable

from amocrm_sync._sqlite import WRITES, configure, engine_options, is_in_memory, understood
from amocrm_sync._sqltables import PREFIX, tables
from amocrm_sync._sync._primitives import Lock
from amocrm_sync._sync.stores.sync_sql_tx import SQLTx
from amocrm_sync._sync.sync.mappings import load_mapping, save_mapping
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.mapping import StatusMapping


class SQLSyncStore:
    """Keeps what is synced in a SQL database.

    ::

        store = SQLSyncStore("sqlite:///amo.db")

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
        self._url = understood(url, "sqlite")
        self._tables = tables(prefix)
        self._engine: Engine = create_engine(self._url, echo=echo, **engine_options(self._url))
        configure(self._engine)
        self._writer = self._engine.execution_options(**{WRITES: True})
        self._lock = Lock()
        self._is_shared = is_in_memory(self._url)
        self._is_prepared = False

    def prepare(self) -> None:
        """Make the tables, where they are missing."""
        if self._is_prepared:
            return
        with self._lock:
            with self._writer.begin() as connection:
                for table in self._tables.metadata.sorted_tables:
                    connection.execute(CreateTable(table, if_not_exists=True))
                    for index in table.indexes:
                        connection.execute(CreateIndex(index, if_not_exists=True))
            self._is_prepared = True

    @contextmanager
    def tx(self, tenant: str, *, write: bool = True) -> Generator[SyncTx]:
        """A transaction; see :class:`SyncStore`."""
        self.prepare()
        if write or self._is_shared:
            with self._lock, (self._writer if write else self._engine).begin() as connection:
                yield SQLTx(connection, self._tables, tenant)
        else:
            with self._engine.begin() as connection:
                yield SQLTx(connection, self._tables, tenant)

    def save_mapping(self, mapping: StatusMapping, tenant: str) -> None:
        """Keep a stage mapping for a tenant (an engine's ``tenant``)."""
        save_mapping(self, mapping, tenant)

    def load_mapping(self, tenant: str) -> StatusMapping | None:
        """The tenant's stage mapping, or ``None`` if none was ever kept."""
        return load_mapping(self, tenant)

    def close(self) -> None:
        """Close the connections; the data stay."""
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url.render_as_string(hide_password=True)}>"
