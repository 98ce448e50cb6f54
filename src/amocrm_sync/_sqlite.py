"""How SQLite is opened: one writer at a time, readers beside it, and what is committed survives kill -9."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event

WRITES = "amocrm_sync_writes"
"""Execution option of connections that will write."""

BUSY_SECONDS = 30
_PRAGMAS = ("synchronous=FULL", "foreign_keys=ON")
_TRIES = 100


def is_in_memory(url: sa.URL) -> bool:
    """Whether the database lives in this process only."""
    return url.database in (None, "", ":memory:") or "mode=memory" in str(url.database)


def engine_options(url: sa.URL) -> dict[str, Any]:
    """What the engine is created with: fast JSON, and one shared connection for a database in memory."""
    options: dict[str, Any] = {
        "json_serializer": dumps,
        "json_deserializer": orjson.loads,
        "connect_args": {"timeout": BUSY_SECONDS},
    }
    if is_in_memory(url):
        options["poolclass"] = sa.StaticPool
        options["connect_args"]["check_same_thread"] = False
    return options


def configure(engine: Any) -> None:
    """Make every connection of an engine (either colour) what this module promises.

    The driver's own idea of when a transaction begins is switched off; ``BEGIN IMMEDIATE`` takes the write lock at once,
    so that two writers wait for each other instead of failing when the second wants to write what it has read.
    """
    target: sa.Engine = getattr(engine, "sync_engine", engine)

    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        set_up(cursor)
        cursor.close()

    def on_begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(target, "connect", on_connect)
    event.listen(target, "begin", on_begin)


def set_up(cursor: Any) -> None:
    """Make a connection without a transaction what this module promises.

    SQLite waits for no lock when a file goes over to a write-ahead log, so of several that open a new file at once all
    but one would fail: they wait for the write lock instead, which SQLite does wait for, and look again.
    """
    for again in reversed(range(_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not again:
                raise
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")


def dumps(value: Any) -> str:
    """JSON as text."""
    return orjson.dumps(value).decode()
