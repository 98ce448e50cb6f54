"""Rows by id, with sorted indexes that stay true through every change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias, TypeGuard

import attrs

Row: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[int, int]


def is_row(value: object) -> TypeGuard[Row]:
    """Whether something out of a JSON body is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether something out of a JSON body is an array."""
    return isinstance(value, list)


def part(row: Row, name: str) -> Row:
    """An object within an object; anything else in its place counts as an empty one."""
    value = row.get(name)
    return value if is_row(value) else {}


@attrs.frozen
class Span:
    """Inclusive bounds on an indexed field; ``None`` is open."""

    low: int | None = None
    high: int | None = None

    def __contains__(self, value: object) -> bool:
        """Whether a value lies within; anything but a number does not."""
        if not isinstance(value, int):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


class _Index:
    """Sorted ``(value, id)`` pairs of one field."""

    def __init__(self) -> None:
        self.keys: list[Key] = []

    def add(self, value: int, row_id: int) -> None:
        insort(self.keys, (value, row_id))

    def drop(self, value: int, row_id: int) -> None:
        at = bisect_left(self.keys, (value, row_id))
        del self.keys[at]

    def walk(self, span: Span, *, descending: bool) -> Iterator[int]:
        start = 0 if span.low is None else bisect_left(self.keys, (span.low, -1))
        stop = len(self.keys) if span.high is None else bisect_right(self.keys, (span.high + 1, -1))
        if descending:
            return (self.keys[at][1] for at in range(stop - 1, start - 1, -1))
        return (row_id for _, row_id in islice(self.keys, start, stop))


class Table:
    """One kind of row. Rows are plain dicts with ``id``; change them only through :meth:`change`.

    Rows with ``is_deleted`` lie in the trash: kept and readable, but in indexes of their own.
    """

    def __init__(self, *indexed: str) -> None:
        """Name the integer fields that lists are ordered by or cut by (``id`` always is)."""
        self.rows: dict[int, Row] = {}
        self.indexed: Sequence[str] = ("id", *indexed)
        self._live = {name: _Index() for name in self.indexed}
        self._trash = {name: _Index() for name in self.indexed}

    def __len__(self) -> int:
        return len(self._live["id"].keys)

    def add(self, row: Row) -> Row:
        """Keep a new row."""
        self.rows[row["id"]] = row
        for name, index in self._indexes(row).items():
            index.add(row[name], row["id"])
        return row

    def change(self, row_id: int, changes: Mapping[str, Any]) -> Row:
        """Write fields of a row."""
        row = self.rows[row_id]
        if any(name in changes for name in (*self.indexed, "is_deleted")):
            self._forget(row)
            row.update(changes)
            return self.add(row)
        row.update(changes)
        return row

    def drop(self, row_id: int) -> Row:
        """Forget a row for good."""
        row = self.rows.pop(row_id)
        self._forget(row)
        return row

    def live(self, row_id: object) -> Row | None:
        """The row, unless it is missing or in the trash."""
        row = self.rows.get(row_id) if isinstance(row_id, int) else None
        return None if row is None or row.get("is_deleted") else row

    def walk(
        self, field: str = "id", span: Span = Span(), *, descending: bool = False, trash: bool = False
    ) -> Iterator[int]:
        """Ids in the order of an indexed field (then of the id), within inclusive bounds."""
        indexes = self._trash if trash else self._live
        return indexes[field].walk(span, descending=descending)

    def all(self, *, trash: bool = False) -> list[Row]:
        """Every live row (or every row of the trash) in the order of ids."""
        return [self.rows[row_id] for row_id in self.walk(trash=trash)]

    def _indexes(self, row: Row) -> dict[str, _Index]:
        return self._trash if row.get("is_deleted") else self._live

    def _forget(self, row: Row) -> None:
        for name, index in self._indexes(row).items():
            index.drop(row[name], row["id"])


class View(Mapping[int, Row]):
    """Read-only look at a table for assertions: copies of rows by id, the trash (or the live rows) left out."""

    def __init__(self, table: Table, *, trash: bool = False) -> None:
        """Show a table, or its trash."""
        self._table = table
        self._is_trash = trash

    def __getitem__(self, row_id: int) -> Row:
        row = self._table.rows[row_id]
        if bool(row.get("is_deleted")) is not self._is_trash:
            raise KeyError(row_id)
        return dict(row)

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._table.walk(trash=self._is_trash)))

    def __len__(self) -> int:
        return sum(1 for _ in self._table.walk(trash=self._is_trash))
