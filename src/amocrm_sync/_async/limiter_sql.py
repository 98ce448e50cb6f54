"""The rate limit shared through a SQL database."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateTable

from amocrm_sync._async._primitives import shared_lock
from amocrm_sync._async.shared_limiter import Answer, AsyncSharedRateLimiter, patience
from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.limiter import DEFAULT_RATE
from amocrm_sync._core.shared_pace import ACCOUNT_RATE, FALLBACK_RATE, Rates
from amocrm_sync._sqldatabase import (
    before_create,
    database_url,
    dialect_of,
    is_in_memory_url,
    pace_options,
    prepare_engine,
)
from amocrm_sync._sqlite import WRITES
from amocrm_sync._sqlpace import PaceStatements, pace_table
from amocrm_sync._sqltokens import PREFIX


class AsyncSQLRateLimiter(AsyncSharedRateLimiter):
    """A rate limit that processes and machines share through SQLite (one machine) or PostgreSQL.

    ::

        limiter = AsyncSQLRateLimiter("postgresql://user:password@db.example/host")
        client = AsyncAmoCRM("mycompany", auth=…, limiter=limiter)

    The table ``amo_pace`` is made on first use; a slot is one UPDATE of one row. Make one limiter for a process (and one
    for each event loop).

    Args:
        url: ``sqlite:///amo.db`` or ``postgresql://…``.
        rate: Requests a second of one integration in one account. The API allows 7.
        account_rate: Requests a second of all integrations in one account. The API allows 50.
        fallback_rate: Requests a second of this process while the database is away; the rate divided by your processes.
        prefix: Put before the table's name.
        clock: What waits for slots.

    Raises:
        ConfigurationError: A value is wrong; the message names it.
    """

    away = (SQLAlchemyError, OSError)

    def __init__(
        self,
        url: str,
        *,
        rate: float = DEFAULT_RATE,
        account_rate: float = ACCOUNT_RATE,
        fallback_rate: float = FALLBACK_RATE,
        prefix: str = PREFIX,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(Rates(rate, account_rate, fallback_rate), clock=clock)
        address = database_url(url, "sqlite+aiosqlite")
        self._ask = PaceStatements(pace_table(prefix), dialect_of(address))
        engine: AsyncEngine = create_async_engine(address, **pace_options(address))
        prepare_engine(engine, address)
        self._engine = engine.execution_options(**{WRITES: True})
        self._is_shared = is_in_memory_url(address)
        self._known: set[str] = set()
        self._is_prepared = False

    async def reserve(self, key: str, rate: float, *, patient: bool) -> Answer:
        """See :class:`AsyncSharedRateLimiter`."""
        await self._prepare(key)
        wait = await self._run(self._ask.reserve(key, rate, patient=patient))
        if wait is not None:
            return Answer(max(0.0, wait))
        backlog = await self._run(self._ask.backlog(key))
        if backlog is None:
            self._known.discard(key)  # somebody has emptied the table
        return Answer(patience(backlog or 0.0), is_granted=False)

    async def slow_down(self, key: str, rate: float, pause: float) -> None:
        """See :class:`AsyncSharedRateLimiter`."""
        await self._prepare(key)
        await self._run(self._ask.slow_down(key, rate, pause))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._engine.dispose()

    async def _run(self, statement: Any) -> Any:
        """Run one statement in a transaction of its own; its one value, if it gives one."""
        async with self._turn(), self._engine.begin() as connection:
            result: Any = await connection.execute(statement)
            return result.scalar_one_or_none() if result.returns_rows else None

    async def _prepare(self, key: str) -> None:
        """Make the table and the row, where they are missing."""
        if not self._is_prepared:
            async with self._turn(), self._engine.begin() as connection:
                first = before_create(self._ask.dialect)
                if first is not None:
                    await connection.execute(first)
                await connection.execute(CreateTable(self._ask.table, if_not_exists=True))
            self._is_prepared = True
        if key not in self._known:
            await self._run(self._ask.first(key))
            self._known.add(key)

    def _turn(self) -> Any:
        """A database in memory has one connection, so its users take turns; others need none."""
        return shared_lock(id(self._engine)) if self._is_shared else nullcontext()
