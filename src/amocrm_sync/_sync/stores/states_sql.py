# Generated from src/amocrm_sync/_async/stores/states_sql.py by tools/unasync.py: edit that file instead.
"""States of consents in a SQL database that processes and machines share."""

from __future__ import annotations

from amocrm_sync._core.callback import PendingConsent
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._sqldatabase import database_url, private_options
from amocrm_sync._sqlstates import StateStatements, state_table
from amocrm_sync._sqltokens import PREFIX
from amocrm_sync._sync.stores._sql import Database


class SQLStateStore(Unpicklable):
    """States in SQLite or PostgreSQL, so that a callback may reach any process.

    ::

        url = "postgresql://user:password@db.example/host"
        flow = OAuthFlow(…, store=SQLTokenStore(url), states=SQLStateStore(url))

    The table ``amo_state`` is made on first use. A state is taken by one DELETE, so it works once; its digest is what is
    stored, so nobody who reads the database can use one.

    Args:
        url: ``sqlite:///amo.db`` or ``postgresql://…``.
        prefix: Put before the table's name.

    Raises:
        ConfigurationError: The URL is of another database.
    """

    def __init__(self, url: str, *, prefix: str = PREFIX) -> None:
        address = database_url(url, "sqlite")
        table = state_table(prefix)
        self._database = Database(address, table.metadata, private_options(address, pooled=False))
        self._ask = StateStatements(table, self._database.dialect)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._database.url.render_as_string(hide_password=True)}>"

    def put(self, state: str, pending: PendingConsent, *, now: float) -> None:
        """Remember a state and drop those that have expired."""
        self._database.write(self._ask.drop_expired(now))
        self._database.write(self._ask.put(state, pending))

    def take(self, state: str) -> PendingConsent | None:
        """Give what belongs to a state and forget it: of two takers only one gets it."""
        row = self._database.write(self._ask.take(state))
        return None if row is None else PendingConsent(owner=row["owner"], expires_at=row["expires_at"])

    def close(self) -> None:
        """Close what is open; the data stay."""
        self._database.close()
