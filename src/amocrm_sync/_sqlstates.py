"""The table of pending consents and the statements over it. Nothing here does I/O."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from amocrm_sync._core.callback import PendingConsent, state_digest
from amocrm_sync._sqldatabase import Dialect


@lru_cache(maxsize=8)
def state_table(prefix: str) -> sa.Table:
    """One row for each consent that is under way."""
    return sa.Table(
        f"{prefix}state",
        sa.MetaData(),
        sa.Column("state", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
    )


@attrs.frozen
class StateStatements:
    """What a state store asks its database."""

    table: sa.Table
    dialect: Dialect

    def put(self, state: str, pending: PendingConsent) -> Any:
        """Remembers a state, in place of an equal one."""
        insert: Any = postgresql.insert if self.dialect is Dialect.POSTGRESQL else sqlite.insert
        row = attrs.asdict(pending)
        statement = insert(self.table).values(state=state_digest(state), **row)
        return statement.on_conflict_do_update(index_elements=["state"], set_=row)

    def take(self, state: str) -> Any:
        """Forgets a state and gives its row; no row if there is none."""
        columns = self.table.c
        gone = sa.delete(self.table).where(columns.state == state_digest(state))
        return gone.returning(columns.owner, columns.expires_at)

    def drop_expired(self, now: float) -> sa.Delete:
        """Forgets what nobody can use any more."""
        return sa.delete(self.table).where(self.table.c.expires_at <= now)
