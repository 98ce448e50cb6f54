"""Running the migrations. Apart from the store, which does not need Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from amocrm_sync._sqldatabase import (
    Dialect,
    before_create,
    database_url,
    dialect_of,
    prepare_engine,
    store_options,
)
from amocrm_sync._sqlite import WRITES
from amocrm_sync._sqlschema import HEAD, has_version, select_version, table_names, too_new
from amocrm_sync._sqltables import PREFIX

PREFIX_KEY: Final = "amocrm_sync_prefix"


def upgrade(url: str, *, prefix: str = PREFIX) -> tuple[str | None, str]:
    """Bring the tables of a database to the present version, in one transaction.

    Args:
        url: As for :class:`SQLSyncStore`.
        prefix: As for :class:`SQLSyncStore`.

    Returns:
        The version before (``None``: there was no table) and the version now.

    Raises:
        ConfigurationError: The URL is none, or the tables are of a newer package, or were made before there were migrations.
    """
    address = database_url(url, "sqlite")
    engine = sa.create_engine(address, **store_options(address))
    prepare_engine(engine, address)
    try:
        with engine.execution_options(**{WRITES: True}).begin() as connection:
            first = before_create(dialect_of(address))
            if first is not None:
                connection.execute(first)
            before = version_of(connection, prefix)
            command.upgrade(alembic_config(connection, prefix), HEAD)
    finally:
        engine.dispose()
    return before, HEAD


def version_of(connection: sa.Connection, prefix: str) -> str | None:
    """The version of the tables; ``None`` if there is none of them.

    Raises:
        ConfigurationError: They are newer than this package, or no migration has made them.
    """
    dialect = Dialect(connection.dialect.name)
    if not has_version(set(connection.execute(table_names(dialect)).scalars()), prefix):
        return None
    version: str | None = connection.execute(select_version(prefix)).scalar_one_or_none()
    if version is not None and version > HEAD:
        raise too_new(version, prefix)
    return version


def alembic_config(connection: sa.Connection, prefix: str) -> Config:
    """What Alembic's commands take: our migrations, on an open connection whose transaction the caller commits."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes |= {"connection": connection, PREFIX_KEY: prefix}
    return config
