"""Which version of the tables a database has, and how it comes to the present one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateSequence, CreateTable

from amocrm_sync._sqldatabase import Dialect
from amocrm_sync._sqltables import PREFIX, Tables
from amocrm_sync.errors import ConfigurationError

HEAD: Final = "0004"
"""The version that this package works with: its newest migration."""


def version_table(prefix: str) -> str:
    """The name of the table that says which version the others have."""
    return f"{prefix}schema_version"


def has_version(names: set[str], prefix: str) -> bool:
    """Whether there is a version among a database's tables.

    Raises:
        ConfigurationError: There are tables of ours that no migration has made.
    """
    if version_table(prefix) not in names and f"{prefix}record" in names:
        raise ConfigurationError(
            f"the tables {prefix}… in this database were not made by this package's migrations. If your own "
            f"migrations make them, open the store with create=False. If an amocrm-sync without migrations made them: "
            f"push what its outbox holds with that version, then pull into an empty database or under another prefix"
        )
    return version_table(prefix) in names


def checked(version: str | None, prefix: str) -> str | None:
    """The version, if this package works with it, or ``None`` if there is none.

    Raises:
        ConfigurationError: It is another one; the message says what to do.
    """
    if version is None or version == HEAD:
        return version
    if version > HEAD:
        raise too_new(version, prefix)
    also = "" if prefix == PREFIX else f" --prefix {prefix}"
    raise ConfigurationError(
        f"the tables {prefix}… have version {version}, this package works with {HEAD}: "
        f"run amocrm-sync db upgrade --url …{also}"
    )


def too_new(version: str, prefix: str) -> ConfigurationError:
    """What is said of tables that a newer package has made."""
    return ConfigurationError(
        f"the tables {prefix}… have version {version}, which is newer than this package knows ({HEAD}): "
        f"install the newer amocrm-sync"
    )


def table_names(dialect: Dialect) -> sa.TextClause:
    """A query for the names of a database's tables."""
    if dialect is Dialect.SQLITE:
        return sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")
    return sa.text("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()")


def select_version(prefix: str) -> sa.Select[Any]:
    """A query for the version."""
    return sa.select(_version(prefix).c.version_num)


def creation(made: Tables, dialect: Dialect) -> Iterator[sa.Executable]:
    """What all migrations together make, without loading Alembic; a test holds the two against each other."""
    if dialect is Dialect.POSTGRESQL:
        yield CreateSequence(made.numbers)
    for table in made.metadata.sorted_tables:
        yield CreateTable(table)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield CreateIndex(index)
    version = _version(made.prefix)
    yield CreateTable(version, if_not_exists=True)
    yield sa.insert(version).values(version_num=HEAD)


def _version(prefix: str) -> sa.Table:
    name = version_table(prefix)
    column = sa.Column("version_num", sa.String(32), nullable=False)
    return sa.Table(name, sa.MetaData(), column, sa.PrimaryKeyConstraint(column, name=f"{name}_pkc"))
