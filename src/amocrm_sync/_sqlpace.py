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
from amocrm_sync._sqldatabase import Dialect, statement_now


@lru_cache(maxsize=8)
def pace_table(prefix: str) -> sa.Table:
    """One row for each integration in an account, and one for each account."""
    names = ("next_slot", "paused_until", "factor", "factor_at")
    columns = [sa.Column(name, sa.Double, nullable=False) for name in names]
    return sa.Table(f"{prefix}pace", sa.MetaData(), sa.Column("key", sa.Text, primary_key=True), *columns)


@attrs.frozen
class PaceStatements:
    """What a limiter asks its database."""

    table: sa.Table
    dialect: Dialect

    def first(self, key: str) -> Any:
        """Makes the row, if there is none."""
        insert: Any = postgresql.insert if self.dialect is Dialect.POSTGRESQL else sqlite.insert
        row = {"key": key, "next_slot": 0.0, "paused_until": 0.0, "factor": 1.0, "factor_at": 0.0}
        return insert(self.table).values(row).on_conflict_do_nothing(index_elements=["key"])

    def reserve(self, key: str, rate: float, *, patient: bool) -> Any:
        """Takes a slot and gives the wait; no row if there is none, or if others queue before a patient caller."""
        columns, moment = self.table.c, self._now
        slot = self._most(moment, columns.next_slot, columns.paused_until)
        spacing = 1.0 / (self._factor() * rate)
        change = sa.update(self.table).where(columns.key == key).values(next_slot=slot + spacing)
        if patient:
            change = change.where(slot - moment <= BACKLOG_FOR_LOW_PRIORITY)
        return change.returning((columns.next_slot - spacing - moment).label("wait"))

    def backlog(self, key: str) -> sa.Select[Any]:
        """Seconds that a reservation made now would wait."""
        columns, moment = self.table.c, self._now
        slot = self._most(moment, columns.next_slot, columns.paused_until)
        return sa.select((slot - moment).label("wait")).where(columns.key == key)

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
                next_slot=self._most(columns.next_slot, columns.paused_until, until),
            )
        )

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
