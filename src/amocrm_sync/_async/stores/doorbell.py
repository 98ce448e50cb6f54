"""A doorbell on PostgreSQL: LISTEN and NOTIFY, in the transaction that marks the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import sqlalchemy as sa
from psycopg import AsyncConnection

from amocrm_sync._async.sync.doorbells import Wake
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sqldatabase import Dialect, database_url, dialect_of
from amocrm_sync.errors import ConfigurationError

_LOOK = 0.5
"""Seconds between two looks whether it is over."""


@runtime_checkable
class AsyncNotifies(Protocol):
    """A transaction of a SQL store."""

    async def notify(self, channel: str, payload: str) -> None:
        """Tell listeners when it commits."""
        ...


class AsyncPostgresDoorbell:
    """Wakes workers within milliseconds of the commit, over the database that they share anyway.

    ::

        bell = AsyncPostgresDoorbell("postgresql://amo:secret@db/amo")
        engine = AsyncSyncEngine(amo, store, doorbell=bell)

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

    async def ring(self, tenant: str, kind: WorkKind, *, tx: AsyncSyncTx | None = None) -> None:
        """See :class:`AsyncDoorbell`.

        Raises:
            ConfigurationError: The transaction is not one of a SQL store.
        """
        payload = f"{kind.value} {tenant}"
        if tx is None:
            async with await self._connect() as connection:
                await connection.execute("SELECT pg_notify(%s, %s)", (self._channel, payload))
        elif isinstance(tx, AsyncNotifies):
            await tx.notify(self._channel, payload)
        else:
            raise ConfigurationError("doorbell: PostgreSQL's rings in transactions of SQLSyncStore only")

    async def listen(self, wake: Wake, is_over: Callable[[], bool]) -> None:
        """See :class:`AsyncHeardDoorbell`. What was rung while nobody listened is looked for first."""
        async with await self._connect() as connection:
            await connection.execute(f'LISTEN "{self._channel}"'.encode())
            wake(None, None)
            while not is_over():
                async for heard in connection.notifies(timeout=_LOOK):
                    kind, _, tenant = heard.payload.partition(" ")
                    wake(tenant, WorkKind(kind))

    async def _connect(self) -> AsyncConnection:
        return await AsyncConnection.connect(self._url.render_as_string(hide_password=False), autocommit=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._url.render_as_string(hide_password=True)}>"
