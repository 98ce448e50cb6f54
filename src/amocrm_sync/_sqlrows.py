"""Between rows of SQL and our values; both colours of the SQL store use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeGuard

import attrs
import sqlalchemy as sa

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.records import Record

_MOST_IDS = 500
"""Ids in one statement: well below every database's limit of parameters."""


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
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


def first_key(result: sa.CursorResult[Any]) -> int:
    """The number that the database gave a new row."""
    key = result.inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no key for a new row")
    return int(key[0])


def value_of(kind: Any, row: Mapping[Any, Any]) -> Any:
    """A plain value from its row: its fields have the names of the columns."""
    return kind(**{field.name: row[field.name] for field in attrs.fields(kind)})


def record_row(record: Record) -> dict[str, Any]:
    """A record as a row; the typed table has its own."""
    row = attrs.asdict(record, recurse=False)
    row["local"] = record.local or None
    return row


def record_of(row: Mapping[Any, Any]) -> Record:
    """The record of a row."""
    values = {field.name: row[field.name] for field in attrs.fields(Record)}
    values["local"] = values["local"] or {}
    return Record(**values)


def cursor_of(row: Mapping[Any, Any]) -> Cursor:
    """The cursor of a row."""
    return Cursor.from_state(row["stream"], row["state"], row["updated_at"])


def op_row(op: Op) -> dict[str, Any]:
    """An edit as a row, its number apart."""
    row = attrs.asdict(op, recurse=False, filter=attrs.filters.exclude("seq"))
    return {**row, "kind": op.kind.value, "state": op.state.value}


def op_of(row: Mapping[Any, Any]) -> Op:
    """The edit of a row."""
    values: dict[str, Any] = {field.name: row[field.name] for field in attrs.fields(Op)}
    values |= {"kind": OpKind(row["kind"]), "state": OpState(row["state"])}
    return Op(**values)
