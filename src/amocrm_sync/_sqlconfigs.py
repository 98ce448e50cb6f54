"""The table of owners' settings and the statements over it, for SQLite and PostgreSQL. Nothing here does I/O."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from amocrm_sync._sqldatabase import Dialect
from amocrm_sync._sqltokens import PREFIX, HiddenText


@lru_cache(maxsize=8)
def config_table(prefix: str = PREFIX) -> sa.Table:
    """The table with that prefix; the same object every time."""
    return sa.Table(
        f"{prefix}config",
        sa.MetaData(),
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("content", HiddenText, nullable=False),
        sa.Column("webhook", sa.Text, unique=True),
    )


@attrs.frozen
class ConfigStatements:
    """What a store of settings asks its database."""

    table: sa.Table
    dialect: Dialect

    def load(self, owner: str) -> sa.Select[Any]:
        """The row of an owner."""
        return sa.select(self.table).where(self.table.c.owner == owner)

    def save(self, owner: str, old_version: int | None, values: dict[str, Any]) -> Any:
        """Gives a row if the stored version was the old one; changes and gives nothing otherwise."""
        table = self.table
        if old_version is None:
            postgres = self.dialect is Dialect.POSTGRESQL
            insert = postgresql.insert(table) if postgres else sqlite.insert(table)
            made = insert.values(owner=owner, **values).on_conflict_do_nothing(index_elements=["owner"])
            return made.returning(table.c.version)
        update = sa.update(table).where(table.c.owner == owner, table.c.version == old_version)
        return update.values(**values).returning(table.c.version)

    def delete(self, owner: str) -> sa.Delete:
        """Forgets a row."""
        return sa.delete(self.table).where(self.table.c.owner == owner)

    def owners(self) -> sa.Select[Any]:
        """One row with all owners as a JSON array, or null."""
        gather = sa.func.json_agg if self.dialect is Dialect.POSTGRESQL else sa.func.json_group_array
        return sa.select(sa.cast(gather(self.table.c.owner), sa.Text).label("owners"))

    def by_webhook(self, fingerprint: str) -> sa.Select[Any]:
        """Whose fingerprint it is."""
        return sa.select(self.table.c.owner).where(self.table.c.webhook == fingerprint)
