# Generated from src/amocrm_sync/_async/stores/sync_sql.py by tools/unasync.py: edit that file instead.
"""The sync store on SQL: SQLite or PostgreSQL, with tables that the host can query."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, create_engine

from amocrm_sync._clock import Clock
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._sqldatabase import (
    Dialect,
    before_create,
    database_url,
    dialect_of,
    now,
    prepare_engine,
    store_options,
)
from amocrm_sync._sqlinbox import inbox_lane
from amocrm_sync._sqlite import WRITES, is_in_memory
from amocrm_sync._sqlschema import checked, creation, has_version, select_version, table_names
from amocrm_sync._sqltables import PREFIX, tables
from amocrm_sync._sync._primitives import Lock, run_apart
from amocrm_sync._sync.stores.sql.ledgers import (
    SQLActivity,
    SQLClients,
    SQLConflicts,
    SQLEcho,
    SQLLog,
    SQLMutations,
)
from amocrm_sync._sync.stores.sql.places import (
    SQLClock,
    SQLCursors,
    SQLLinks,
    SQLStages,
    SQLTenant,
)
from amocrm_sync._sync.stores.sql.queues import SQLInbox, SQLOutbox, SQLSinks
from amocrm_sync._sync.stores.sql.records import SQLRecords
from amocrm_sync._sync.stores.sql.scope import SQLScope
from amocrm_sync._sync.stores.sql.work import SQLWork
from amocrm_sync._sync.sync.mappings import load_mapping, save_mapping
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.mapping import StatusMapping


class SQLSyncStore:
    """Keeps what is synced in a SQL database.

    ::

        store = SQLSyncStore("sqlite:///amo.db")
        store = SQLSyncStore("postgresql://amo:secret@db/amo")

    The tables are made on first use. The typed ones (``amo_leads``, ``amo_contacts`` …) are yours to read; times in
    them are unix seconds. What is committed survives kill -9. SQLite runs in WAL mode: readers never wait, writers take
    turns, also between processes. On PostgreSQL only those who change records of the same tenant take turns.

    Args:
        url: ``sqlite:///amo.db``; ``sqlite://`` for a database in memory; ``postgresql://user:password@host/name``.
        prefix: Put before every table name.
        create: Make the tables on first use, and hold their version against this package's; ``False`` where the host's
            own migrations make them.
        echo: Log every statement.

    Raises:
        ConfigurationError: The URL is of another database, or of none.
    """

    def __init__(
        self,
        url: str = "sqlite:///amo.db",
        *,
        prefix: str = PREFIX,
        create: bool = True,
        echo: bool = False,
    ) -> None:
        self._url = database_url(url, "sqlite")
        self._dialect = dialect_of(self._url)
        self._tables = tables(prefix)
        self._engine: Engine = create_engine(self._url, echo=echo, **store_options(self._url))
        prepare_engine(self._engine, self._url)
        self._writer = self._engine.execution_options(**{WRITES: True})
        self._lock = Lock()
        self._is_sqlite = self._dialect is Dialect.SQLITE
        self._is_shared = self._is_sqlite and is_in_memory(self._url)
        self._lane = inbox_lane(self._url, self._tables.inbox)
        self._creates = create
        self._is_prepared = False

    def prepare(self) -> None:
        """Make the tables where there are none, else see that they are of the version that this package works with.

        Raises:
            ConfigurationError: They are older (``amocrm-sync db upgrade`` helps) or newer.
        """
        if self._is_prepared:
            return
        with self._lock:
            if self._creates:
                with self._writer.begin() as connection:
                    self._create_or_check(connection)
            self._is_prepared = True

    def _create_or_check(self, connection: Connection) -> None:
        first = before_create(self._dialect)
        if first is not None:
            connection.execute(first)
        names = set((connection.execute(table_names(self._dialect))).scalars())
        version: str | None = None
        if has_version(names, self._tables.prefix):
            kept = connection.execute(select_version(self._tables.prefix))
            version = checked(kept.scalar_one_or_none(), self._tables.prefix)
        if version is None:
            for statement in creation(self._tables, self._dialect):
                connection.execute(statement)

    @contextmanager
    def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> Generator[SyncTx]:
        """A transaction; see :class:`SyncStore`."""
        self.prepare()
        if self._is_sqlite and (write or self._is_shared):
            with self._lock, self._begin(tenant, write=write, lock=lock) as transaction:
                yield transaction
        else:
            with self._begin(tenant, write=write, lock=lock) as transaction:
                yield transaction

    @contextmanager
    def _begin(self, tenant: str, *, write: bool, lock: bool) -> Generator[SyncTx]:
        with (self._writer if write else self._engine).begin() as connection:
            scope = SQLScope(connection, self._tables, tenant, self._dialect, locked=lock)
            if write and lock:
                scope.lock(is_ours=True)
            yield SQLTx(scope)

    def keep(self, tenant: str, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep webhook bodies in a transaction of their own; for each, whether it is new."""
        self.prepare()
        if self._lane is not None:
            return run_apart(self._lane.add, tenant, deliveries)
        with self.tx(tenant, lock=False) as tx:
            return tx.inbox.add(deliveries)

    def within(self, session: HostSession | Connection, tenant: str) -> SyncTx:
        """The facets over the host's own transaction on the same database; the host commits or rolls back.

        On PostgreSQL the tenant is locked until then, so call it late and keep the transaction short. On SQLite the
        transaction must have begun by writing (``BEGIN IMMEDIATE``), or a writer beside it makes it fail.
        """
        self.prepare()
        connection = session if isinstance(session, Connection) else session.connection()
        scope = SQLScope(connection, self._tables, tenant, self._dialect, locked=True)
        scope.lock()
        return SQLTx(scope)

    def now(self, clock: Clock) -> float:
        """PostgreSQL's clock, on which all machines agree; for SQLite, which is on one machine, the clock given."""
        if self._is_sqlite:
            return clock.now()
        with self._engine.connect() as connection:
            moment: float = (connection.execute(sa.select(now(self._dialect)))).scalar_one()
        return moment

    def save_mapping(self, mapping: StatusMapping, tenant: str) -> None:
        """Keep a stage mapping for a tenant (an engine's ``tenant``)."""
        save_mapping(self, mapping, tenant)

    def load_mapping(self, tenant: str) -> StatusMapping | None:
        """The tenant's stage mapping, or ``None`` if none was ever kept."""
        return load_mapping(self, tenant)

    def close(self) -> None:
        """Close the connections; the data stay."""
        if self._lane is not None:
            run_apart(self._lane.close)
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url.render_as_string(hide_password=True)}>"


class HostSession(Protocol):
    """The part of a host's SQLAlchemy session that is used here."""

    def connection(self) -> Connection:
        """The connection that its transaction runs on."""
        ...


class SQLTx:
    """A transaction of :class:`SQLSyncStore`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self.records = SQLRecords(scope)
        self.links = SQLLinks(scope)
        self.clock = SQLClock(scope)
        self.cursors = SQLCursors(scope)
        self.tenant = SQLTenant(scope)
        self.stages = SQLStages(scope)
        self.inbox = SQLInbox(scope)
        self.work = SQLWork(scope)
        self.outbox = SQLOutbox(scope, self.work)
        self.sinks = SQLSinks(scope)
        self.conflicts = SQLConflicts(scope)
        self.echo = SQLEcho(scope)
        self.activity = SQLActivity(scope)
        self.log = SQLLog(scope)
        self.clients = SQLClients(scope)
        self.mutations = SQLMutations(scope)

    def notify(self, channel: str, payload: str) -> None:
        """Tell PostgreSQL's listeners when this transaction commits."""
        self._scope.run(sa.select(sa.func.pg_notify(channel, payload)))
