"""Fields of a row: local edits laid over it, and whether it already has them.

Custom field values are a list, but an edit names only the fields that it changes, as a PATCH does. So they are
compared and laid over one by one; every other field is a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amocrm_sync._core.shapes import objects_in

CUSTOM = "custom_fields_values"


def overlay(base: Mapping[str, Any], edits: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the edits over it."""
    merged = {**base, **edits}
    if CUSTOM in edits:
        merged[CUSTOM] = _overlay_custom(base.get(CUSTOM), edits[CUSTOM])
    return merged


def covers(row: Mapping[str, Any], edits: Mapping[str, Any]) -> bool:
    """Whether the row already has every edited value."""
    return all(has(row, name, value) for name, value in edits.items())


def has(row: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether the row's field has that value; of custom fields only those named are compared."""
    if name == CUSTOM:
        present = {field_key(field): _values(field) for field in objects_in(row.get(CUSTOM))}
        by_code = {field.get("field_code"): _values(field) for field in objects_in(row.get(CUSTOM))}
        return all(
            (present.get(field_key(field)) or by_code.get(field.get("field_code")) or []) == _values(field)
            for field in objects_in(value)
        )
    return bool(row.get(name) == value)


def without(edits: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The edits that the row does not have yet."""
    return {name: value for name, value in edits.items() if not has(row, name, value)}


def _overlay_custom(base: Any, edits: Any) -> list[dict[str, Any]]:
    """The fields of the row, those edited replaced; a field set to nothing is gone."""
    merged = {field_key(field): field for field in objects_in(base)}
    for field in objects_in(edits):
        key = field_key(field)
        known = merged.get(key, {})
        merged[key] = {**known, **field}
    return [field for field in merged.values() if field.get("values")]


def field_key(field: Mapping[str, Any]) -> str:
    """A custom field is known by its id, else by its code."""
    return str(field.get("field_id") or field.get("field_code"))


def _values(field: Mapping[str, Any]) -> list[Any]:
    """What is compared of a field's values: the enum where there is one, else the value."""
    return [
        value.get("enum_id") or value.get("enum_code") or value.get("value")
        for value in objects_in(field.get("values"))
    ]
