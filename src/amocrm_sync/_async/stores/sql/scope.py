"""A connection that speaks for one tenant: every statement is made here, and every one names the tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from amocrm_sync._sqldatabase import Dialect, merge_arrays, stands_still_for, upsert
from amocrm_sync._sqlrows import chunks
from amocrm_sync._sqltables import Tables

Rows = Sequence[Mapping[Any, Any]]
STANDS_STILL = 10.0
"""Seconds for which a transaction of ours may do nothing before PostgreSQL ends it; the default lease is as long."""
Changed = Callable[[Any], dict[str, Any]]
"""From the columns of a new row to what becomes of the row that is there."""


def unchanged(_: Any) -> dict[str, Any]:
    """The row that is there stays."""
    return {}


class AsyncSQLScope:
    """A transaction's connection, with the tenant in all that it says.

    Args:
        connection: In a transaction.
        tables: The store's tables.
        tenant: Whose rows.
        dialect: The database.
        locked: The tenant is locked, so records may be changed.
    """

    def __init__(
        self, connection: AsyncConnection, tables: Tables, tenant: str, dialect: Dialect, *, locked: bool
    ) -> None:
        self._connection = connection
        self.tables = tables
        self.tenant = tenant
        self._dialect = dialect
        self._locked = locked
        self._turns: set[str] = set()

    # statements

    def select(self, table: sa.Table, *what: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """The tenant's rows of a table, or some expressions over them."""
        query = sa.select(*what).select_from(table) if what else sa.select(table)
        return query.where(table.c.tenant_id == self.tenant)

    def update(self, table: sa.Table) -> sa.Update:
        """A change of the tenant's rows."""
        return sa.update(table).where(table.c.tenant_id == self.tenant)

    def delete(self, table: sa.Table) -> sa.Delete:
        """A deletion among the tenant's rows."""
        return sa.delete(table).where(table.c.tenant_id == self.tenant)

    async def run(self, statement: Any, rows: Rows | None = None) -> sa.CursorResult[Any]:
        """Execute a statement, once or for each of some rows."""
        several = None if rows is None else [dict(row) for row in rows]
        result: sa.CursorResult[Any] = await self._connection.execute(statement, several)
        return result

    async def rows(self, query: sa.Select[Any]) -> Rows:
        """The rows of a query."""
        return (await self.run(query)).mappings().all()

    async def one(self, query: sa.Select[Any]) -> Mapping[Any, Any] | None:
        """The only row of a query, if there is one."""
        return (await self.run(query)).mappings().one_or_none()

    async def scalar(self, query: sa.Select[Any]) -> Any:
        """The only value of a query, or ``None``."""
        return (await self.run(query)).scalar_one_or_none()

    # rows

    async def insert(self, table: sa.Table, rows: Rows) -> None:
        """Append rows."""
        if rows:
            await self.run(sa.insert(table), [{"tenant_id": self.tenant, **row} for row in rows])

    async def append(self, table: sa.Table, column: sa.Column[Any], rows: Rows) -> list[int]:
        """Append rows; the numbers that the database gave them, in order."""
        if not rows:
            return []
        statement = sa.insert(table).returning(column, sort_by_parameter_order=True)
        result = await self.run(statement, [{"tenant_id": self.tenant, **row} for row in rows])
        return [int(number) for number in result.scalars()]

    async def upsert(
        self, table: sa.Table, rows: Rows, keys: Iterable[str] = (), changed: Changed | None = None
    ) -> None:
        """Insert rows, or change those with the same key.

        Args:
            table: The table.
            rows: All with the same columns.
            keys: The unique columns, the tenant apart; by default the primary key's.
            changed: From the new row to what changes in one that is there; by default everything. Nothing: it stays.
        """
        if not rows:
            return
        names = ["tenant_id", *keys] if keys else [column.name for column in table.primary_key.columns]
        statement: Any = upsert(self._dialect, table)
        if changed is None:
            values = {name: statement.excluded[name] for name in rows[0] if name not in names}
        else:
            values = changed(statement.excluded)
        if values:
            statement = statement.on_conflict_do_update(index_elements=names, set_=values)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=names)
        given = [{"tenant_id": self.tenant, **row} for row in rows]
        different = {tuple(row[name] for name in names) for row in given}
        if self._dialect is Dialect.POSTGRESQL and len(different) == len(given):
            # RETURNING makes SQLAlchemy put hundreds of rows into one statement, which may not name a key twice.
            statement = statement.returning(sa.literal(1))
        await self.run(statement, given)

    async def merge(
        self, table: sa.Table, rows: Rows, key: str, changed: Mapping[str, Any]
    ) -> AbstractSet[str]:
        """Insert rows, or change those with the same unique text; the texts of those that are new.

        For queues that grow by thousands a second: on PostgreSQL one statement with an array for each column.
        """
        if not rows:
            return frozenset()
        if self._dialect is Dialect.POSTGRESQL:
            merged = merge_arrays(table, [{"tenant_id": self.tenant, **row} for row in rows], key, changed)
            answers: Sequence[Any] = (await self.run(merged)).all()
            return frozenset(key for key, is_new in answers if is_new)
        known: set[str] = set()
        for chunk in chunks(row[key] for row in rows):
            query = self.select(table, table.c[key]).where(table.c[key].in_(chunk))
            known |= set((await self.run(query)).scalars())
        await self.upsert(table, rows, (key,), lambda _: dict(changed))
        return frozenset(row[key] for row in rows) - known

    async def drop(self, table: sa.Table, column: sa.Column[Any], keys: Iterable[Any]) -> None:
        """Delete the rows with some keys."""
        for chunk in chunks(keys):
            await self.run(self.delete(table).where(column.in_(chunk)))

    async def prune(
        self, table: sa.Table, *conditions: sa.ColumnElement[bool], limit: int | None = None
    ) -> int:
        """Delete the rows that fulfil conditions, at most so many; how many."""
        if limit is not None:
            keys = sa.tuple_(*table.primary_key.columns)
            some = self.select(table, *table.primary_key.columns).where(*conditions).limit(limit)
            # Their keys are enough: told the tenant as well, SQLite looks at every row that the tenant has.
            return (await self.run(sa.delete(table).where(keys.in_(some)))).rowcount
        return (await self.run(self.delete(table).where(*conditions))).rowcount

    async def counts(self, table: sa.Table, group: sa.Column[Any]) -> dict[Any, int]:
        """How many rows there are, by the value of a column."""
        query = self.select(table, group.label("value"), sa.func.count().label("number")).group_by(group)
        return {row["value"]: row["number"] for row in await self.rows(query)}

    # turns

    def require_lock(self) -> None:
        """Refuse to change what only the holder of the tenant's lock may change.

        Raises:
            RuntimeError: This transaction does not lock it.
        """
        if not self._locked:
            raise RuntimeError(
                "this transaction does not lock the tenant: records are changed under tx(tenant, lock=True)"
            )

    async def lock(self, *, is_ours: bool = False) -> None:
        """Wait until no other locking transaction of the tenant runs. SQLite has one writer anyway.

        In a transaction that is ours, and not the host's, PostgreSQL ends it where its machine stands still: whoever waits
        for the tenant would wait as long, and a machine without power never says goodbye.
        """
        if self._dialect is Dialect.SQLITE:
            return
        clock = self.tables.clock
        patience = [stands_still_for(STANDS_STILL)] if is_ours else []
        query = self.select(clock, clock.c.version, *patience).with_for_update()
        if await self.scalar(query) is None:
            await self.upsert(clock, [{"version": 0, "number": 0}], changed=unchanged)
            await self.scalar(query)

    async def turn(self, name: str) -> None:
        """Wait until no other transaction of the tenant has this turn; two that change the same rows would deadlock."""
        if self._dialect is Dialect.SQLITE or name in self._turns:
            return
        about = f"{self.tables.prefix}{name}:{self.tenant}"
        await self.run(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(about, 0))))
        self._turns.add(name)

    async def numbers(self, count: int) -> list[int]:
        """Numbers that were never given before, rising."""
        if self._dialect is Dialect.SQLITE:
            last = await self.raised("number", count)
            return list(range(last - count + 1, last + 1))
        series = sa.func.generate_series(1, count).table_valued("value")
        given = await self.run(sa.select(self.tables.numbers.next_value()).select_from(series))
        return sorted(int(number) for number in given.scalars())

    async def raised(self, counter: str, by: int = 1) -> int:
        """Raise one of the tenant's counters, and its value."""
        clock = self.tables.clock
        new = {"tenant_id": self.tenant, "version": 0, "number": 0, counter: by}
        statement = upsert(self._dialect, clock).values(new)
        statement = statement.on_conflict_do_update(
            index_elements=["tenant_id"], set_={counter: clock.c[counter] + by}
        )
        value: int = (await self.run(statement.returning(clock.c[counter]))).scalar_one()
        return value
