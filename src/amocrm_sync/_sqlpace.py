"""The arithmetic of :mod:`amocrm_sync._core.limiter` as single statements over one row. Nothing here does I/O."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from amocrm_sync._core.limiter import (
    BACKLOG_FOR_LOW_PRIORITY,
    RECOVERY_PER_SECOND,
    SLOW_DOWN,
    SLOWEST,
)
from amocrm_sync._core.shared_pace import SharedBlock
from amocrm_sync._sqldatabase import Dialect, statement_now


@lru_cache(maxsize=8)
def pace_table(prefix: str) -> sa.Table:
    """One row for each integration in an account, and one for each account."""
    names = (
        "next_slot",
        "paused_until",
        "urgent_until",
        "factor",
        "factor_at",
        "blocked_since",
        "blocked_until",
    )
    return sa.Table(
        f"{prefix}pace",
        sa.MetaData(),
        sa.Column("key", sa.Text, primary_key=True),
        *[sa.Column(name, sa.Double, nullable=False) for name in names],
        sa.Column("penalties", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
    )


@attrs.frozen
class PaceStatements:
    """What a limiter asks its database."""

    table: sa.Table
    dialect: Dialect

    def first(self, key: str) -> Any:
        """Makes the row, if there is none."""
        insert: Any = postgresql.insert if self.dialect is Dialect.POSTGRESQL else sqlite.insert
        row: dict[str, Any] = {
            column.name: 0.0 for column in self.table.columns if isinstance(column.type, sa.Double)
        }
        row |= {"key": key, "factor": 1.0, "penalties": 0}
        return insert(self.table).values(row).on_conflict_do_nothing(index_elements=["key"])

    def reserve(self, key: str, rate: float, *, patient: bool, hurry: bool) -> Any:
        """Takes a slot and gives the wait; no row if there is none, or if others queue before a patient caller."""
        columns, moment = self.table.c, self._now
        spacing = self._spacing(rate)
        values = {"next_slot": self._slot + spacing}
        if hurry:
            values["urgent_until"] = self._slot + BACKLOG_FOR_LOW_PRIORITY
        change: Any = sa.update(self.table).where(columns.key == key).values(values)
        if patient:
            is_quiet = self._slot - moment <= BACKLOG_FOR_LOW_PRIORITY
            change = change.where(is_quiet, columns.urgent_until <= moment)
        return change.returning((columns.next_slot - spacing - moment).label("wait"), columns.penalties)

    def backlog(self, key: str) -> sa.Select[Any]:
        """Seconds until a patient caller may hope for a slot."""
        columns = self.table.c
        first = self._most(self._slot, columns.urgent_until)
        return sa.select((first - self._now).label("wait")).where(columns.key == key)

    def leave(self, key: str, account: str, rate: float) -> Any:
        """Takes the account's slot and gives the wait; also the penalties of the key, and the account's ban."""
        columns, spacing = self.table.c, self._spacing(rate)
        other = self.table.alias()
        penalties = sa.select(other.c.penalties).where(other.c.key == key).scalar_subquery()
        change: Any = sa.update(self.table).where(columns.key == account)
        change = change.values(next_slot=self._slot + spacing)
        return change.returning(
            (columns.next_slot - spacing - self._now).label("wait"),
            penalties.label("key_penalties"),
            *self._ban(),
        )

    def write_block(self, account: str, block: SharedBlock) -> sa.Update:
        """Remembers a ban; of one that is in force already, the beginning stays."""
        columns, moment = self.table.c, self._now
        since = sa.case((columns.blocked_until > moment, columns.blocked_since), else_=moment - block.age)
        until = self._most(columns.blocked_until, moment + block.left)
        change = sa.update(self.table).where(columns.key == account)
        return change.values(blocked_since=since, blocked_until=until, reason=block.reason)

    def read_block(self, account: str) -> Any:
        """Gives the ban in force."""
        return sa.select(*self._ban()).where(
            self.table.c.key == account, self.table.c.blocked_until > self._now
        )

    def erase_block(self, account: str) -> sa.Update:
        """Forgets a ban."""
        return sa.update(self.table).where(self.table.c.key == account).values(blocked_until=0.0, reason=None)

    def slow_down(self, key: str, rate: float, pause: float) -> Any:
        """Pauses, and lowers the rate once for a burst of refusals."""
        columns, moment = self.table.c, self._now
        until = moment + pause
        lowered = self._most(sa.literal(min(1.0, SLOWEST / rate)), self._factor() * SLOW_DOWN)
        is_first = moment >= columns.paused_until
        return (
            sa.update(self.table)
            .where(columns.key == key)
            .values(
                factor=sa.case((is_first, lowered), else_=columns.factor),
                factor_at=sa.case((is_first, until), else_=columns.factor_at),
                paused_until=self._most(columns.paused_until, until),
                next_slot=self._most(columns.paused_until, until),
                penalties=columns.penalties + 1,
            )
        )

    @property
    def _slot(self) -> Any:
        """The first free slot."""
        columns = self.table.c
        return self._most(self._now, columns.next_slot, columns.paused_until)

    def _spacing(self, rate: float) -> Any:
        return 1.0 / (self._factor() * rate)

    def _ban(self) -> list[Any]:
        columns, moment = self.table.c, self._now
        return [
            (moment - columns.blocked_since).label("age"),
            (columns.blocked_until - moment).label("left"),
            columns.reason,
        ]

    @property
    def _now(self) -> sa.ColumnElement[float]:
        return statement_now(self.dialect)

    def _factor(self) -> Any:
        columns = self.table.c
        age = self._most(sa.literal(0.0), self._now - columns.factor_at)
        return self._least(sa.literal(1.0), columns.factor + age * RECOVERY_PER_SECOND)

    def _most(self, *values: Any) -> Any:
        return sa.func.greatest(*values) if self.dialect is Dialect.POSTGRESQL else sa.func.max(*values)

    def _least(self, *values: Any) -> Any:
        return sa.func.least(*values) if self.dialect is Dialect.POSTGRESQL else sa.func.min(*values)
