"""The rate limit shared through a SQL database."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from amocrm_sync._async.shared_limiter import AsyncSharedRateLimiter
from amocrm_sync._async.stores._sql import AsyncDatabase
from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.limiter import DEFAULT_RATE
from amocrm_sync._core.shared_pace import ACCOUNT_RATE, FALLBACK_RATE, Departure, Grant, Rates, SharedBlock
from amocrm_sync._sqldatabase import database_url, pace_options
from amocrm_sync._sqlpace import PaceStatements, pace_table
from amocrm_sync._sqltokens import PREFIX


class AsyncSQLRateLimiter(AsyncSharedRateLimiter):
    """A rate limit that processes and machines share through SQLite (one machine) or PostgreSQL.

    ::

        limiter = AsyncSQLRateLimiter("postgresql://user:password@db.example/host")
        client = AsyncAmoCRM("mycompany", auth=…, limiter=limiter)

    The table ``amo_pace`` is made on first use; a slot is one UPDATE of one row. Make one limiter for a process (and one
    for each event loop).

    Args:
        url: ``sqlite:///amo.db`` or ``postgresql://…``.
        rate: Requests a second of one integration in one account. The API allows 7.
        account_rate: Requests a second of all integrations in one account. The API allows 50.
        fallback_rate: Requests a second of this process while the database is away; the rate divided by your processes.
        prefix: Put before the table's name.
        clock: What waits for slots.

    Raises:
        ConfigurationError: A value is wrong; the message names it.
    """

    away = (SQLAlchemyError, OSError)

    def __init__(
        self,
        url: str,
        *,
        rate: float = DEFAULT_RATE,
        account_rate: float = ACCOUNT_RATE,
        fallback_rate: float = FALLBACK_RATE,
        prefix: str = PREFIX,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(Rates(rate, account_rate, fallback_rate), clock=clock)
        address = database_url(url, "sqlite+aiosqlite")
        table = pace_table(prefix)
        self._database = AsyncDatabase(address, table.metadata, pace_options(address))
        self._ask = PaceStatements(table, self._database.dialect)
        self._known: set[str] = set()

    async def reserve(self, key: str, rate: float, *, patient: bool, hurry: bool) -> Grant:
        """See :class:`AsyncSharedRateLimiter`."""
        row = await self._of(key, self._ask.reserve(key, rate, patient=patient, hurry=hurry))
        if row is not None:
            return Grant(max(0.0, row["wait"]), row["penalties"])
        row = await self._of(key, self._ask.backlog(key))
        return Grant.refused(0.0 if row is None else row["wait"])

    async def leave(self, key: str, account: str, rate: float) -> Departure:
        """See :class:`AsyncSharedRateLimiter`."""
        row = await self._of(account, self._ask.leave(key, account, rate))
        if row is None:
            return Departure(0.0, -1)  # the row has gone: take a slot anew
        return Departure(max(0.0, row["wait"]), row["key_penalties"] or 0, _block(row))

    async def slow_down(self, key: str, rate: float, pause: float) -> None:
        """See :class:`AsyncSharedRateLimiter`."""
        await self._of(key, self._ask.slow_down(key, rate, pause))

    async def write_block(self, account: str, block: SharedBlock) -> None:
        """See :class:`AsyncSharedRateLimiter`."""
        await self._of(account, self._ask.write_block(account, block))

    async def read_block(self, account: str) -> SharedBlock | None:
        """See :class:`AsyncSharedRateLimiter`."""
        row = await self._database.read(self._ask.read_block(account))
        return None if row is None else _block(row)

    async def erase_block(self, account: str) -> None:
        """See :class:`AsyncSharedRateLimiter`."""
        await self._database.write(self._ask.erase_block(account))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._database.aclose()

    async def _of(self, key: str, statement: Any) -> Any:
        """Run a statement over the row of a key, which is made where it is missing."""
        if key not in self._known:
            await self._database.write(self._ask.first(key))
            self._known.add(key)
        row = await self._database.write(statement)
        if row is None:
            self._known.discard(key)  # if somebody has emptied the table, the next use makes the row again
        return row


def _block(row: Any) -> SharedBlock | None:
    return SharedBlock(row["age"], row["left"], row["reason"] or "") if row["left"] > 0 else None
