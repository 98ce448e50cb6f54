"""How SQLite is opened: one writer at a time, readers beside it, and what is committed survives kill -9."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event

WRITES = "amocrm_sync_writes"
"""Execution option of connections that will write."""

BUSY_SECONDS = 30
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


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
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(target, "connect", on_connect)
    event.listen(target, "begin", on_begin)


def dumps(value: Any) -> str:
    """JSON as text."""
    return orjson.dumps(value).decode()
