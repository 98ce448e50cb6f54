"""The sync store on SQL: SQLite or PostgreSQL, with tables that the host can query."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from amocrm_sync._async._primitives import Lock, run_apart
from amocrm_sync._async.stores.sql.ledgers import (
    AsyncSQLActivity,
    AsyncSQLClients,
    AsyncSQLConflicts,
    AsyncSQLEcho,
    AsyncSQLLog,
    AsyncSQLMutations,
)
from amocrm_sync._async.stores.sql.places import (
    AsyncSQLClock,
    AsyncSQLCursors,
    AsyncSQLLinks,
    AsyncSQLStages,
    AsyncSQLTenant,
)
from amocrm_sync._async.stores.sql.queues import AsyncSQLInbox, AsyncSQLOutbox, AsyncSQLSinks
from amocrm_sync._async.stores.sql.records import AsyncSQLRecords
from amocrm_sync._async.stores.sql.scope import AsyncSQLScope
from amocrm_sync._async.stores.sql.work import AsyncSQLWork
from amocrm_sync._async.sync.mappings import load_mapping, save_mapping
from amocrm_sync._async.sync.protocols import AsyncSyncTx
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
from amocrm_sync.mapping import StatusMapping


class AsyncSQLSyncStore:
    """Keeps what is synced in a SQL database.

    ::

        store = AsyncSQLSyncStore("sqlite:///amo.db")
        store = AsyncSQLSyncStore("postgresql://amo:secret@db/amo")

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
        self._url = database_url(url, "sqlite+aiosqlite")
        self._dialect = dialect_of(self._url)
        self._tables = tables(prefix)
        self._engine: AsyncEngine = create_async_engine(self._url, echo=echo, **store_options(self._url))
        prepare_engine(self._engine, self._url)
        self._writer = self._engine.execution_options(**{WRITES: True})
        self._lock = Lock()
        self._is_sqlite = self._dialect is Dialect.SQLITE
        self._is_shared = self._is_sqlite and is_in_memory(self._url)
        self._lane = inbox_lane(self._url, self._tables.inbox)
        self._creates = create
        self._is_prepared = False

    async def prepare(self) -> None:
        """Make the tables where there are none, else see that they are of the version that this package works with.

        Raises:
            ConfigurationError: They are older (``amocrm-sync db upgrade`` helps) or newer.
        """
        if self._is_prepared:
            return
        async with self._lock:
            if self._creates:
                async with self._writer.begin() as connection:
                    await self._create_or_check(connection)
            self._is_prepared = True

    async def _create_or_check(self, connection: AsyncConnection) -> None:
        first = before_create(self._dialect)
        if first is not None:
            await connection.execute(first)
        names = set((await connection.execute(table_names(self._dialect))).scalars())
        version: str | None = None
        if has_version(names, self._tables.prefix):
            kept = await connection.execute(select_version(self._tables.prefix))
            version = checked(kept.scalar_one_or_none(), self._tables.prefix)
        if version is None:
            for statement in creation(self._tables, self._dialect):
                await connection.execute(statement)

    @asynccontextmanager
    async def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> AsyncGenerator[AsyncSyncTx]:
        """A transaction; see :class:`AsyncSyncStore`."""
        await self.prepare()
        if self._is_sqlite and (write or self._is_shared):
            async with self._lock, self._begin(tenant, write=write, lock=lock) as transaction:
                yield transaction
        else:
            async with self._begin(tenant, write=write, lock=lock) as transaction:
                yield transaction

    @asynccontextmanager
    async def _begin(self, tenant: str, *, write: bool, lock: bool) -> AsyncGenerator[AsyncSyncTx]:
        async with (self._writer if write else self._engine).begin() as connection:
            scope = AsyncSQLScope(connection, self._tables, tenant, self._dialect, locked=lock)
            if write and lock:
                await scope.lock(is_ours=True)
            yield AsyncSQLTx(scope)

    async def keep(self, tenant: str, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep webhook bodies in a transaction of their own; for each, whether it is new."""
        await self.prepare()
        if self._lane is not None:
            return await run_apart(self._lane.add, tenant, deliveries)
        async with self.tx(tenant, lock=False) as tx:
            return await tx.inbox.add(deliveries)

    async def within(self, session: AsyncHostSession | AsyncConnection, tenant: str) -> AsyncSyncTx:
        """The facets over the host's own transaction on the same database; the host commits or rolls back.

        On PostgreSQL the tenant is locked until then, so call it late and keep the transaction short. On SQLite the
        transaction must have begun by writing (``BEGIN IMMEDIATE``), or a writer beside it makes it fail.
        """
        await self.prepare()
        connection = session if isinstance(session, AsyncConnection) else await session.connection()
        scope = AsyncSQLScope(connection, self._tables, tenant, self._dialect, locked=True)
        await scope.lock()
        return AsyncSQLTx(scope)

    async def now(self, clock: Clock) -> float:
        """PostgreSQL's clock, on which all machines agree; for SQLite, which is on one machine, the clock given."""
        if self._is_sqlite:
            return clock.now()
        async with self._engine.connect() as connection:
            moment: float = (await connection.execute(sa.select(now(self._dialect)))).scalar_one()
        return moment

    async def save_mapping(self, mapping: StatusMapping, tenant: str) -> None:
        """Keep a stage mapping for a tenant (an engine's ``tenant``)."""
        await save_mapping(self, mapping, tenant)

    async def load_mapping(self, tenant: str) -> StatusMapping | None:
        """The tenant's stage mapping, or ``None`` if none was ever kept."""
        return await load_mapping(self, tenant)

    async def aclose(self) -> None:
        """Close the connections; the data stay."""
        if self._lane is not None:
            await run_apart(self._lane.close)
        await self._engine.dispose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url.render_as_string(hide_password=True)}>"


class AsyncHostSession(Protocol):
    """The part of a host's SQLAlchemy session that is used here."""

    async def connection(self) -> AsyncConnection:
        """The connection that its transaction runs on."""
        ...


class AsyncSQLTx:
    """A transaction of :class:`AsyncSQLSyncStore`."""

    def __init__(self, scope: AsyncSQLScope) -> None:
        self._scope = scope
        self.records = AsyncSQLRecords(scope)
        self.links = AsyncSQLLinks(scope)
        self.clock = AsyncSQLClock(scope)
        self.cursors = AsyncSQLCursors(scope)
        self.tenant = AsyncSQLTenant(scope)
        self.stages = AsyncSQLStages(scope)
        self.inbox = AsyncSQLInbox(scope)
        self.work = AsyncSQLWork(scope)
        self.outbox = AsyncSQLOutbox(scope, self.work)
        self.sinks = AsyncSQLSinks(scope)
        self.conflicts = AsyncSQLConflicts(scope)
        self.echo = AsyncSQLEcho(scope)
        self.activity = AsyncSQLActivity(scope)
        self.log = AsyncSQLLog(scope)
        self.clients = AsyncSQLClients(scope)
        self.mutations = AsyncSQLMutations(scope)

    async def notify(self, channel: str, payload: str) -> None:
        """Tell PostgreSQL's listeners when this transaction commits."""
        await self._scope.run(sa.select(sa.func.pg_notify(channel, payload)))
