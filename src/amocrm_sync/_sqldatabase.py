"""SQLite or PostgreSQL: the URL that a person writes, the options of an engine, the database's clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError

from amocrm_sync._sqlcolumns import JSONText
from amocrm_sync._sqlite import configure, dumps, engine_options, is_in_memory
from amocrm_sync.errors import ConfigurationError

CREATE_LOCK = 0x616D6F63
"""Number of the advisory lock under which tables are made: IF NOT EXISTS alone fails when two processes begin at once."""


class Dialect(Enum):
    """The databases that are spoken."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


def database_url(url: str, sqlite_driver: str) -> sa.URL:
    """The URL with the driver of this colour; psycopg serves both.

    Args:
        url: ``sqlite:///amo.db`` or ``postgresql://user:password@host/name``; with or without a driver.
        sqlite_driver: The driver of SQLite that this colour needs.

    Raises:
        ConfigurationError: It is no such URL; the message never quotes it, for it may hold a password.
    """
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise ConfigurationError(
            "url: it is not the URL of a database; write sqlite:///amo.db or postgresql://user:password@host/name"
        ) from None
    name = parsed.get_backend_name()
    if name == "sqlite":
        return parsed.set(drivername=sqlite_driver)
    if name in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError(f"url: SQLite and PostgreSQL are spoken here, not {name}")


def dialect_of(url: sa.URL) -> Dialect:
    """Which database a URL is of."""
    return Dialect.SQLITE if url.get_backend_name() == "sqlite" else Dialect.POSTGRESQL


def upsert(dialect: Dialect, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what becomes of a row that is there already."""
    return sqlite.insert(table) if dialect is Dialect.SQLITE else postgresql.insert(table)


def merge_arrays(
    table: sa.Table, rows: Sequence[Mapping[str, Any]], key: str, changed: Mapping[str, Any]
) -> sa.Executable:
    """One statement of PostgreSQL for many rows, with an array for each column: what it costs to plan does not grow.

    Args:
        table: The table.
        rows: All with the same columns, and no two with the same key.
        key: The column that is unique within a tenant.
        changed: What becomes of a row that is there already.

    Returns:
        A statement that gives each key, and whether its row is new.
    """
    columns: list[sa.ColumnElement[Any]] = []
    for name in rows[0]:
        is_json = isinstance(table.c[name].type, JSONText)
        values = [row[name] for row in rows]
        kind = postgresql.ARRAY(sa.Text() if is_json else table.c[name].type)
        given = [orjson.dumps(value).decode() for value in values] if is_json else values
        unnested: sa.ColumnElement[Any] = sa.func.unnest(sa.cast(sa.literal(given, kind), kind))
        columns.append((sa.cast(unnested, sa.JSON) if is_json else unnested).label(name))
    insert: Any = postgresql.insert(table).from_select(list(rows[0]), sa.select(*columns))
    insert = insert.on_conflict_do_update(index_elements=["tenant_id", key], set_=dict(changed))
    merged: sa.Executable = insert.returning(table.c[key], sa.literal_column("(xmax = 0)"))
    return merged


def private_options(url: sa.URL, *, pooled: bool) -> dict[str, Any]:
    """What an engine that carries secrets is created with.

    Values never reach its log or its errors. Without a pool each use opens a connection: a few milliseconds for a
    store that is asked once a day, and nothing that a fork, a second event loop or a restarted server could break.
    """
    options: dict[str, Any] = {"hide_parameters": True}
    if dialect_of(url) is Dialect.SQLITE:
        options |= engine_options(url)
    if not pooled and not is_in_memory_url(url):
        options["poolclass"] = sa.NullPool
    elif dialect_of(url) is Dialect.POSTGRESQL:
        options |= {"pool_pre_ping": True, "pool_recycle": 300}
    return options


def store_options(url: sa.URL) -> dict[str, Any]:
    """What the engine of a sync store is created with: a pool, and fast JSON on both databases."""
    if dialect_of(url) is Dialect.SQLITE:
        return engine_options(url)
    return {
        "json_serializer": dumps,
        "json_deserializer": orjson.loads,
        "pool_pre_ping": True,
        # A prepared statement keeps the plan of an empty table while the table grows; poolers break it as well.
        "connect_args": {"prepare_threshold": None},
    }


def is_in_memory_url(url: sa.URL) -> bool:
    """Whether the database lives in this process only."""
    return dialect_of(url) is Dialect.SQLITE and is_in_memory(url)


def prepare_engine(engine: Any, url: sa.URL) -> None:
    """Make the connections of an engine (either colour) behave."""
    if dialect_of(url) is Dialect.SQLITE:
        configure(engine)
    else:
        event.listen(getattr(engine, "sync_engine", engine), "connect", _send_arrays_in_binary)


def _send_arrays_in_binary(connection: Any, _: Any) -> None:
    """As text, each byte of a body would be two that the server reads one by one: three times the time of a merge."""
    from psycopg.types.array import ListBinaryDumper

    connection.adapters.register_dumper(list, ListBinaryDumper)


def before_create(dialect: Dialect) -> sa.TextClause | None:
    """What to run first in the transaction that makes tables."""
    if dialect is Dialect.SQLITE:
        return None  # its write lock does the same
    return sa.text(f"SELECT pg_advisory_xact_lock({CREATE_LOCK})")


def now(dialect: Dialect) -> sa.ColumnElement[float]:
    """Unix seconds by the database's clock: processes on several machines agree on it."""
    if dialect is Dialect.SQLITE:
        return sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Double)
    return sa.literal_column("(extract(epoch from clock_timestamp())::double precision)", sa.Double)


def statement_now(dialect: Dialect) -> sa.ColumnElement[float]:
    """The same, but one moment for a whole statement, so that a difference within it is exact."""
    if dialect is Dialect.SQLITE:
        return now(dialect)
    return sa.literal_column("(extract(epoch from statement_timestamp())::double precision)", sa.Double)


def stands_still_for(seconds: float) -> sa.ColumnElement[str]:
    """Lets PostgreSQL end the present transaction where it does nothing for so long; part of a query that is made anyway."""
    limit = str(int(seconds * 1000))
    return sa.func.set_config("idle_in_transaction_session_timeout", limit, sa.true())


def pace_options(url: sa.URL) -> dict[str, Any]:
    """What the engine of a rate limit is created with: it is asked seven times a second and need not survive a crash."""
    options = private_options(url, pooled=True)
    if dialect_of(url) is Dialect.POSTGRESQL:
        options["connect_args"] = {
            "connect_timeout": 2,
            "options": "-c synchronous_commit=off -c statement_timeout=2000",
        }
    return options
