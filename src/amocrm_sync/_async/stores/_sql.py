"""A database of a few small tables that are made on first use: what token stores, states and rate limits stand on."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateTable

from amocrm_sync._async._primitives import shared_lock
from amocrm_sync._sqldatabase import before_create, dialect_of, is_in_memory_url, prepare_engine
from amocrm_sync._sqlite import WRITES


class AsyncDatabase:
    """Runs single statements, each in a transaction of its own; no connection and no lock is held between them.

    Args:
        url: With the driver of this colour.
        tables: What is made on first use.
        options: What the engine is created with.
    """

    def __init__(self, url: sa.URL, tables: sa.MetaData, options: dict[str, Any]) -> None:
        engine: AsyncEngine = create_async_engine(url, **options)
        prepare_engine(engine, url)
        self.url = url
        self.dialect = dialect_of(url)
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self._tables = tables
        self._is_shared = is_in_memory_url(url)
        self._is_prepared = False

    async def read(self, statement: Any) -> Any:
        """The one row of a query, or ``None``."""
        return await self._run(self._engine, statement)

    async def write(self, statement: Any) -> Any:
        """Change something; the one row that the statement gives, or ``None``."""
        return await self._run(self._writer, statement)

    async def aclose(self) -> None:
        """Close what is open; the data stay."""
        await self._engine.dispose()

    async def _run(self, engine: AsyncEngine, statement: Any) -> Any:
        if not self._is_prepared:
            await self._prepare()
        async with self._turn(), engine.begin() as connection:
            result: Any = await connection.execute(statement)
            return result.mappings().one_or_none() if result.returns_rows else None

    async def _prepare(self) -> None:
        async with self._turn(), self._writer.begin() as connection:
            first = before_create(self.dialect)
            if first is not None:
                await connection.execute(first)
            for table in self._tables.sorted_tables:
                await connection.execute(CreateTable(table, if_not_exists=True))
        self._is_prepared = True

    def _turn(self) -> Any:
        """A database in memory has one connection, so its users take turns; others need none."""
        return shared_lock(id(self._engine)) if self._is_shared else nullcontext()
