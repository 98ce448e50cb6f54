"""A list of records that a notebook shows as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any, TypeVar

from amocrm_sync._core.tabular import Layout
from amocrm_sync.models._base import Model

T = TypeVar("T")

SHOWN_ROWS = 50
SHOWN_COLUMNS = 20
LONGEST_CELL = 80


class Rows(list[T]):
    """An ordinary list; Jupyter shows records in it as an HTML table instead of their reprs."""

    def _repr_html_(self) -> str | None:
        """The first records as a table, without columns that are empty in all of them."""
        records = [item for item in self[:SHOWN_ROWS] if isinstance(item, Model)]
        if len(records) != min(len(self), SHOWN_ROWS) or not records:
            return None
        layout = Layout.of(records)
        return _table([layout.row(record) for record in records], len(self))


def _table(rows: list[dict[str, Any]], total: int) -> str:
    filled = [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)]
    columns = filled[:SHOWN_COLUMNS]
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{_cells(row, columns)}</tr>" for row in rows)
    notes = [f"{len(rows)} of {total} rows"] if total > len(rows) else [f"{total} rows"]
    if len(filled) > len(columns):
        notes.append(f"{len(columns)} of {len(filled)} columns")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{', '.join(notes)}</p>"


def _cells(row: Mapping[str, Any], columns: Iterable[str]) -> str:
    return "".join(f"<td>{escape(_shown(row[name]))}</td>" for name in columns)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    text = value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
