"""Payloads that nothing has to be settled in: the usual case of a bulk write, told apart in one look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amocrm_sync._core.fields_known import FIELDS

_ROW = 2
"""Keys of a row: one address, and the values."""
_PLAIN = frozenset({str, int, float, bool, type(None)})


def is_settled(payload: Mapping[str, Any]) -> bool:
    """Whether a payload is in the API's own form already: every field by id or code, every value plain JSON.

    ``False`` means only that it takes a closer look; exact types are asked for because that is what makes it cheap.
    Whether its fields take these values, their definitions know.
    """
    rows = payload.get(FIELDS)
    if rows is not None and not _are_settled(rows):
        return False
    parts = payload.get("_embedded")
    return not parts or (parts.__class__ is dict and all(map(_is_settled_part, parts.values())))


def _are_settled(rows: Any) -> bool:
    """One loop in another, without a call for each row: there are ten thousand of them in a bulk write."""
    if rows.__class__ is not list:
        return False
    for row in rows:
        if row.__class__ is not dict or len(row) != _ROW or "values" not in row:
            return False
        if row.get("field_id") is None and row.get("field_code") is None:
            return False
        values = row["values"]
        if values is None:
            continue
        if values.__class__ is not list:
            return False
        for value in values:
            if value.__class__ is not dict or value.get("value").__class__ not in _PLAIN:
                return False
    return True


def _is_settled_part(part: Any) -> bool:
    """Whether embedded records have no fields and no embedded records of their own."""
    if part.__class__ is not list:
        return False
    for item in part:  # noqa: SIM110 - for one or two tags a generator costs more than the work
        if item.__class__ is not dict or FIELDS in item or "_embedded" in item:
            return False
    return True
