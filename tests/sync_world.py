"""A tiny amoCRM for the tests of the sync: lists with filters and orders, people who change things between two pages.

The emulator plays the whole API; this one shows only what the sync sees of it, so that a test can say exactly what
happens between two requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from amocrm_sync._core.entities import ENTITIES, Stream, entity_named

Row = dict[str, Any]
START = 1_800_000_000.0


@attrs.define
class World:
    """What the account holds, and what time it is. It is its own clock: a request takes ``latency`` seconds."""

    now_: float = START
    latency: float = 0.1
    filters_on: bool = True
    exclusive: bool = False
    tie_order: Callable[[int], Any] = lambda row_id: row_id
    live: dict[str, dict[int, Row]] = attrs.field(factory=dict)
    trash: dict[str, dict[int, Row]] = attrs.field(factory=dict)
    between: Callable[[World], None] | None = None
    requests: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)
    next_id: int = 1

    def now(self) -> float:
        return self.now_

    def monotonic(self) -> float:
        return self.now_

    def sleep(self, seconds: float) -> None:
        self.now_ += seconds

    async def asleep(self, seconds: float) -> None:
        self.now_ += seconds

    def rows(self, stream: str) -> dict[int, Row]:
        return self.live.setdefault(stream, {})

    def add(self, stream: str, row_id: int | None = None, **fields: Any) -> Row:
        """Somebody creates a row."""
        row_id = self.next_id if row_id is None else row_id
        self.next_id = max(self.next_id, row_id) + 1
        row = {"id": row_id, "name": f"row {row_id}", "updated_at": int(self.now_), **fields}
        self.rows(stream)[row_id] = row
        return row

    def change(self, stream: str, row_id: int, **fields: Any) -> None:
        """Somebody changes a row."""
        row = self.rows(stream)[row_id]
        self.rows(stream)[row_id] = {**row, "updated_at": int(self.now_), **fields}

    def delete(self, stream: str, row_id: int) -> None:
        """Somebody deletes a row; it lies in the trash where the entity has one."""
        row = self.rows(stream).pop(row_id)
        self.trash.setdefault(stream, {})[row_id] = {**row, "updated_at": int(self.now_)}

    def restore(self, stream: str, row_id: int) -> None:
        """Somebody takes a row out of the trash."""
        row = self.trash[stream].pop(row_id)
        self.rows(stream)[row_id] = {**row, "updated_at": int(self.now_)}

    def page(self, stream: str, query: Mapping[str, Any]) -> tuple[list[Row], bool]:
        """One page of a list, and whether there is another. Other people work before and after."""
        self.requests.append((stream, dict(query)))
        self._others()
        is_trash = bool(query.get("trash"))
        rows = list((self.trash if is_trash else self.live).get(stream, {}).values())
        if is_trash:
            rows = [{"id": row["id"], "updated_at": row["updated_at"], "is_deleted": True} for row in rows]
        rows = [row for row in rows if self._passes(row, query.get("filter") or {})]
        if query.get("query") is not None:
            rows = [row for row in rows if query["query"] in str(row)]
        rows.sort(key=lambda row: self._key(row, query.get("order")))
        limit = query.get("limit")
        if limit is None:
            return [dict(row) for row in rows], False
        start = (query.get("page", 1) - 1) * limit
        found = [dict(row) for row in rows[start : start + limit]]
        self.now_ += self.latency
        return found, len(rows) > start + limit

    def _others(self) -> None:
        if self.between is not None:
            self.between(self)

    def _key(self, row: Row, order: str | None) -> Any:
        if order == "updated_at":
            return (row["updated_at"], self.tie_order(row["id"]))
        return row["id"]

    def _passes(self, row: Row, wanted: Mapping[str, Any]) -> bool:
        if not self.filters_on:
            return True
        if "id" in wanted and row["id"] not in wanted["id"]:
            return False
        for field_id, values in (wanted.get("custom_fields_values") or {}).items():
            if not set(values) & set(values_of(row, field_id)):
                return False
        span = wanted.get("updated_at")
        if span is None:
            return True
        if self.exclusive:
            return span["from"] < row["updated_at"] < span["to"]
        return span["from"] <= row["updated_at"] <= span["to"]


def values_of(row: Row, field_id: int) -> list[Any]:
    """The values of a custom field."""
    fields = row.get("custom_fields_values") or ()
    return [
        item["value"] for field in fields if field.get("field_id") == field_id for item in field["values"]
    ]


def streams() -> list[Stream]:
    """Every stream that the sync reads."""
    return [stream for name in ENTITIES for stream in entity_named(name).streams]
