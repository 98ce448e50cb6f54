# Generated from src/amocrm_sync/_async/stores/doorbell.py by tools/unasync.py: edit that file instead.
"""A doorbell on PostgreSQL: LISTEN and NOTIFY, in the transaction that marks the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import sqlalchemy as sa
from psycopg import Connection

from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sqldatabase import Dialect, database_url, dialect_of
from amocrm_sync._sync.sync.doorbells import Wake
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.errors import ConfigurationError

_LOOK = 0.5
"""Seconds between two looks whether it is over."""


@runtime_checkable
class Notifies(Protocol):
    """A transaction of a SQL store."""

    def notify(self, channel: str, payload: str) -> None:
        """Tell listeners when it commits."""
        ...


class PostgresDoorbell:
    """Wakes workers within milliseconds of the commit, over the database that they share anyway.

    ::

        bell = PostgresDoorbell("postgresql://amo:secret@db/amo")
        engine = SyncEngine(amo, store, doorbell=bell)

    A ring is part of the transaction: without its commit nobody hears it. A listener takes a connection of its own; a
    pooler that shares connections between transactions must not stand before it.

    Args:
        url: Of the sync store's database.
        channel: Listeners and ringers of one name hear each other.

    Raises:
        ConfigurationError: The URL is not one of PostgreSQL.
    """

    is_transactional = True

    def __init__(self, url: str, *, channel: str = "amocrm_sync") -> None:
        parsed = database_url(url, "sqlite")
        if dialect_of(parsed) is not Dialect.POSTGRESQL:
            raise ConfigurationError("url: only PostgreSQL has LISTEN and NOTIFY")
        self._channel = channel
        self._url: sa.URL = parsed.set(drivername="postgresql")

    def ring(self, tenant: str, kind: WorkKind, *, tx: SyncTx | None = None) -> None:
        """See :class:`Doorbell`.

        Raises:
            ConfigurationError: The transaction is not one of a SQL store.
        """
        payload = f"{kind.value} {tenant}"
        if tx is None:
            with self._connect() as connection:
                connection.execute("SELECT pg_notify(%s, %s)", (self._channel, payload))
        elif isinstance(tx, Notifies):
            tx.notify(self._channel, payload)
        else:
            raise ConfigurationError("doorbell: PostgreSQL's rings in transactions of SQLSyncStore only")

    def listen(self, wake: Wake, is_over: Callable[[], bool]) -> None:
        """See :class:`HeardDoorbell`. What was rung while nobody listened is looked for first."""
        with self._connect() as connection:
            connection.execute(f'LISTEN "{self._channel}"'.encode())
            wake(None, None)
            while not is_over():
                for heard in connection.notifies(timeout=_LOOK):
                    kind, _, tenant = heard.payload.partition(" ")
                    wake(tenant, WorkKind(kind))

    def _connect(self) -> Connection:
        return Connection.connect(self._url.render_as_string(hide_password=False), autocommit=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url.render_as_string(hide_password=True)}>"
