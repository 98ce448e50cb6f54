"""Webhook bodies into SQLite by the shortest way: one connection, one statement for all that came together.

A commit answers people who wait, so nothing that may be done later is done here: the log is folded into the database by
a thread beside it. Each call into SQLite lets other threads run first, which costs more than what the call does; a group
is therefore written by four of them, however large it is.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._sqlite import BUSY_SECONDS, dumps, is_in_memory, set_up

_COLUMNS = ("tenant_id", "received_at", "dedupe", "body", "content_type", "headers", "state", "error")
_MOST_ROWS = 100
"""In one statement: each length is a statement of its own that SQLite prepares once."""

_STATEMENTS = 2 * _MOST_ROWS + 16
_FOLD_BYTES = 1_000_000
"""A larger portion makes the commits beside it wait for the disk."""

_OVERHEAD_BYTES = 1_500
"""What a row adds to the log beside its body, where its pages hold little else that is new."""

_LONG_LOG_PAGES = 16_000
"""Folding beside writers leaves the log growing while they are busy; from here on they wait a moment for it."""

_LOOK_AGAIN_SECONDS = 0.0005
"""Others who write leave no longer pauses than that between two transactions."""


def inbox_lane(url: sa.URL, table: sa.Table) -> InboxLane | None:
    """The lane into a database; ``None`` for one that is in memory or opened in a way of its own."""
    if url.get_backend_name() != "sqlite" or is_in_memory(url) or url.query or url.database is None:
        return None
    return InboxLane(url.database, table)


class InboxLane:
    """A connection for webhook bodies only; threads may share it.

    Args:
        path: Of a database whose tables are there.
        table: The inbox.
    """

    def __init__(self, path: str, table: sa.Table) -> None:
        self._path = path
        self._table = sqlite.dialect().identifier_preparer.format_table(table)
        self._turn = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        self._unfolded = 0
        self._folding: threading.Thread | None = None

    def add(self, tenant: str, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep some bodies in a transaction of their own; for each, whether it is new. They are durable afterwards."""
        first: dict[str, int] = {}
        for place, delivery in enumerate(deliveries):
            first.setdefault(delivery.dedupe, place)
        fresh = [deliveries[place] for place in first.values()]
        with self._turn:
            known: set[str] = set()
            with self._transaction() as run:
                for start in range(0, len(fresh), _MOST_ROWS):
                    known |= self._merge(run, tenant, fresh[start : start + _MOST_ROWS])
            self._fold_later(fresh)
        return [
            delivery.dedupe not in known and first[delivery.dedupe] == place
            for place, delivery in enumerate(deliveries)
        ]

    def close(self) -> None:
        """Close the connection; the next body opens it again."""
        with self._turn:
            if self._folding is not None:
                self._folding.join()
            if self._opened is not None:
                self._opened.close()
            self._opened = self._folding = None

    def _merge(self, run: Callable[..., sqlite3.Cursor], tenant: str, fresh: Sequence[Delivery]) -> set[str]:
        """Store bodies that differ; the digests of those that were there, which become new again."""
        digests = [delivery.dedupe for delivery in fresh]
        wanted = ", ".join("?" * len(fresh))
        known = run(
            f"SELECT dedupe FROM {self._table} WHERE tenant_id = ? AND dedupe IN ({wanted})",  # noqa: S608 - our names
            [tenant, *digests],
        ).fetchall()
        row = f"({', '.join('?' * len(_COLUMNS))})"
        run(
            f"INSERT INTO {self._table} ({', '.join(_COLUMNS)}) VALUES {', '.join([row] * len(fresh))} "  # noqa: S608 - our names
            "ON CONFLICT (tenant_id, dedupe) DO UPDATE SET state = excluded.state, error = excluded.error",
            [value for delivery in fresh for value in _row(tenant, delivery)],
        )
        return {digest for (digest,) in known}

    @contextmanager
    def _transaction(self) -> Generator[Callable[..., sqlite3.Cursor]]:
        if self._opened is None:
            self._opened = _opened(self._path)
        connection = self._opened
        _begin(connection)
        try:
            yield connection.execute
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _fold_later(self, stored: Sequence[Delivery]) -> None:
        """Have the log folded into the database beside the next commits, once it has grown."""
        self._unfolded += sum(len(delivery.body) + _OVERHEAD_BYTES for delivery in stored)
        if self._unfolded < _FOLD_BYTES or (self._folding is not None and self._folding.is_alive()):
            return
        self._unfolded = 0
        self._folding = threading.Thread(
            target=_fold, args=(self._path,), name="amocrm-sync-fold", daemon=True
        )
        self._folding.start()


def _row(tenant: str, delivery: Delivery) -> tuple[object, ...]:
    headers = dumps(dict(delivery.headers))
    return (
        tenant,
        delivery.received_at,
        delivery.dedupe,
        delivery.body,
        delivery.content_type,
        headers,
        "new",
        None,
    )


def _opened(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
    )
    set_up(connection)
    for pragma in ("wal_autocheckpoint=0", "busy_timeout=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _begin(connection: sqlite3.Connection) -> None:
    """Take the write lock. SQLite's own waiting looks every tenth of a second in the end; people wait here."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return


def _fold(path: str) -> None:
    """Copy the log into the database while others write."""
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if pages > _LONG_LOG_PAGES:
            connection.execute("PRAGMA wal_checkpoint(RESTART)")
