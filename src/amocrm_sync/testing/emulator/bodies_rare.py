"""Bodies of the rarer webhooks: list elements, incoming leads, talks, messages, reviews of templates."""

from __future__ import annotations

from typing import Any

from amocrm_sync.testing.emulator.tables import Row


def element(action: str, row: Row) -> Row:
    """An element of a list that was added, changed or deleted."""
    if action == "delete":
        item = {"id": row["id"], "catalog_id": row["catalog_id"], "type": "catalog"}
        return {"catalogs": {action: [item]}}
    item = {
        **{
            name: row[name] for name in ("id", "catalog_id", "name", "created_by", "created_at", "updated_at")
        },
        "date_create": row["created_at"],
        "date_modify": row["updated_at"],
        "modified_by": row["updated_by"],
        "deleted": 0,
        "custom_fields": [_values(value) for value in row["custom_fields_values"] or ()],
        "type": "catalog",
    }
    return {"catalogs": {action: [item]}}


def _values(item: Row) -> Row:
    rows: list[Row] = item["values"]
    values: list[Any] = [{"value": row.get("value"), "enum": row.get("enum_id")} for row in rows]
    return {"id": item["field_id"], "name": item["field_name"], "code": item["field_code"], "values": values}
