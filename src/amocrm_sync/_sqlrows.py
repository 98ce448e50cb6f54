"""Between rows of SQL and our values; both colours of the SQL store use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeGuard, TypeVar

import attrs
import sqlalchemy as sa

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.work import Claim, WorkKind

T = TypeVar("T")

_MOST_IDS = 500
"""Ids in one statement: well below every database's limit of parameters."""


def chunks(ids: Iterable[T]) -> Iterator[list[T]]:
    """Ids, few enough for one statement each time."""
    wanted = list(ids)
    for start in range(0, len(wanted), _MOST_IDS):
        yield wanted[start : start + _MOST_IDS]


def condition(column: sa.ColumnElement[Any], value: Any) -> sa.ColumnElement[bool]:
    """The column has the value, or one of several; SQL keeps null apart from the others."""
    if not _is_several(value):
        return column.is_(None) if value is None else column == value
    wanted = list(value)
    given = [item for item in wanted if item is not None]
    return column.in_(given) if len(given) == len(wanted) else sa.or_(column.in_(given), column.is_(None))


def _is_several(value: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, list | tuple | set)


def value_of(kind: Any, row: Mapping[Any, Any]) -> Any:
    """A plain value from its row: its fields have the names of the columns."""
    return kind(**{name: row[name] for name in _names(kind, ())})


def row_of(value: Any, *without: str) -> dict[str, Any]:
    """The row of a plain value, some columns apart."""
    return {name: getattr(value, name) for name in _names(value.__class__, without)}


@lru_cache(maxsize=64)
def _names(kind: Any, without: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(kind) if field.name not in without)


def record_row(record: Record) -> dict[str, Any]:
    """A record as a row; the typed table has its own, and the base."""
    row = row_of(record, "base")
    row["local"] = record.local or None
    return row


def record_of(row: Mapping[Any, Any]) -> Record:
    """The record of a row that was joined with its typed one."""
    values = {name: row[name] for name in _RECORD_FIELDS}
    values["local"] = values["local"] or {}
    return Record(base=row["raw"], **values)


_RECORD_FIELDS = attrs.fields_dict(Record).keys() - {"base"}


def cursor_of(row: Mapping[Any, Any]) -> Cursor:
    """The cursor of a row."""
    return Cursor.from_state(row["stream"], row["state"], row["updated_at"])


def op_row(op: Op) -> dict[str, Any]:
    """An edit as a row, its number apart."""
    return {**row_of(op, "seq"), "kind": op.kind.value, "state": op.state.value}


def op_of(row: Mapping[Any, Any]) -> Op:
    """The edit of a row."""
    values: dict[str, Any] = {name: row[name] for name in _names(Op, ())}
    values |= {"kind": OpKind(row["kind"]), "state": OpState(row["state"])}
    return Op(**values)


def claim_of(row: Mapping[Any, Any]) -> Claim:
    """The piece of work of a row."""
    values: dict[str, Any] = {name: row[name] for name in _names(Claim, ())}
    values["kind"] = WorkKind(row["kind"])
    return Claim(**values)
