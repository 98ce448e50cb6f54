"""The tables of tokens in SQL and the statements over them, for SQLite and PostgreSQL. Nothing here does I/O.

Each promise of a token store is one statement: the swap is an UPDATE with the version in its WHERE, the lease an upsert
that takes a row only where it has run out by the database's own clock.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._sqldatabase import Dialect, now

PREFIX = "amo_"
KEY = ("client_id", "account", "owner")


class HiddenText(sa.types.TypeDecorator[str]):
    """Text that no log of SQLAlchemy or of a driver shows: those print the repr of what is bound and fetched."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """What goes to the driver."""
        return None if value is None else _Hidden(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """What SQLAlchemy keeps in a row, and prints at DEBUG."""
        return None if value is None else _Hidden(value)


class _Hidden(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"


def _real(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _key_columns() -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in KEY]


class TokenTables:
    """Where pairs and leases are. A lease has a table of its own: it may be taken before there is a record."""

    def __init__(self, prefix: str) -> None:
        self.metadata = sa.MetaData()
        self.token = sa.Table(
            f"{prefix}token",
            self.metadata,
            *_key_columns(),
            sa.Column("access_token", HiddenText, nullable=False),
            sa.Column("refresh_token", HiddenText),
            _real("expires_at", nullable=True),
            sa.Column("version", sa.BigInteger, nullable=False),
            _real("created_at"),
            _real("updated_at"),
            sa.Column("domain", sa.Text),
            sa.Column("api_domain", sa.Text),
            sa.Column("account_id", sa.BigInteger),
            sa.Column("user_id", sa.BigInteger),
            sa.Column("scopes", sa.JSON, nullable=False),
            sa.Column("last_error", sa.Text),
            _real("last_error_at", nullable=True),
        )
        self.lease = sa.Table(
            f"{prefix}token_lease",
            self.metadata,
            *_key_columns(),
            sa.Column("holder", sa.Text, nullable=False),
            _real("until"),
        )


@lru_cache(maxsize=8)
def token_tables(prefix: str = PREFIX) -> TokenTables:
    """The tables with that prefix; the same objects every time."""
    return TokenTables(prefix)


@attrs.frozen
class TokenStatements:
    """What a token store asks its database."""

    tables: TokenTables
    dialect: Dialect

    def load(self, key: TokenKey) -> sa.Select[Any]:
        """The record of a key."""
        table = self.tables.token
        return sa.select(table).where(*_is(table, key))

    def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> Any:
        """Gives a row if the stored version was the old one; changes and gives nothing otherwise."""
        table = self.tables.token
        values = {**new.to_dict(), "scopes": list(new.scopes)}
        if old_version is None:
            insert = self._insert(table).values(**attrs.asdict(key), **values)
            return insert.on_conflict_do_nothing(index_elements=KEY).returning(table.c.version)
        update = sa.update(table).where(*_is(table, key), table.c.version == old_version)
        return update.values(**values).returning(table.c.version)

    def delete(self, key: TokenKey) -> sa.Delete:
        """Forgets a record."""
        return sa.delete(self.tables.token).where(*_is(self.tables.token, key))

    def lease(self, key: TokenKey, holder: str, ttl: float) -> Any:
        """Gives the end of the lease, or no row if somebody else has it."""
        table = self.tables.lease
        row = {"holder": holder, "until": now(self.dialect) + ttl}
        insert = self._insert(table).values(**attrs.asdict(key), **row)
        taken = insert.on_conflict_do_update(
            index_elements=KEY, set_=row, where=table.c.until <= now(self.dialect)
        )
        return taken.returning(table.c.until)

    def held(self, key: TokenKey, holder: str) -> sa.Select[Any]:
        """Gives a row while the lease is this holder's."""
        table = self.tables.lease
        return sa.select(table.c.until).where(
            *_is(table, key), table.c.holder == holder, table.c.until > now(self.dialect)
        )

    def release(self, key: TokenKey, holder: str) -> sa.Delete:
        """Ends the lease if it is this holder's."""
        table = self.tables.lease
        return sa.delete(table).where(*_is(table, key), table.c.holder == holder)

    def _insert(self, table: sa.Table) -> Any:
        """The databases spell ON CONFLICT alike, SQLAlchemy keeps it in two places."""
        return postgresql.insert(table) if self.dialect is Dialect.POSTGRESQL else sqlite.insert(table)


def record_of_row(row: Any) -> TokenRecord:
    """The record that a row holds; what is hidden in a row is plain text in a record."""
    values = dict(row)
    for name in ("access_token", "refresh_token"):
        values[name] = None if values[name] is None else str.__str__(values[name])
    return TokenRecord.from_dict(values)


def _is(table: sa.Table, key: TokenKey) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in attrs.asdict(key).items()]
