"""Strict mode: what arrived must be what the API promises, not merely readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amocrm_sync._core.fields_known import FIELDS
from amocrm_sync._core.shapes import as_object, is_array, is_object
from amocrm_sync.errors import InvalidResponseError
from amocrm_sync.models._base import Model
from amocrm_sync.models._fields import to_wire, wire_fields


def refuse_coercion(items: Sequence[Model], rows: Sequence[Any]) -> None:
    """Raise where a value had to be converted: where what would be sent back is not what came.

    ``[]`` for an empty object is the API's habit and is accepted; so are fields that this version does not know.

    Raises:
        InvalidResponseError: Names the item, the field and what was given.
    """
    for index, (item, row) in enumerate(zip(items, rows, strict=True)):
        for field in wire_fields(type(item)).values():
            if field.wire in row:
                _compare(
                    f"item {index}: {type(item).__name__}.{field.wire}", item, field.name, row[field.wire]
                )
        _check_lazy_parts(f"item {index}: {type(item).__name__}", row)


def _compare(where: str, item: Model, name: str, given: Any) -> None:
    value = to_wire(getattr(item, name))
    if not _same(value, given):
        raise InvalidResponseError(f"{where}: {given!r} had to be read as {value!r}")


def _same(value: Any, given: Any) -> bool:
    if is_object(value) and is_object(given):
        return value.keys() == given.keys() and all(_same(value[name], given[name]) for name in value)
    if is_array(value) and is_array(given):
        return len(value) == len(given) and all(map(_same, value, given))
    if value == {} and given == []:
        return True
    return bool(value == given) and isinstance(value, bool) == isinstance(given, bool)


def _check_lazy_parts(where: str, row: Mapping[str, Any]) -> None:
    """The parts that are typed on access only."""
    parts = row.get("_embedded")
    if parts is not None and parts != [] and not is_object(parts):
        raise InvalidResponseError(f"{where}._embedded: an object is needed, not {parts!r}")
    values = row.get(FIELDS)
    if values is None:
        return
    if not is_array(values):
        raise InvalidResponseError(f"{where}.{FIELDS}: a list is needed, not {values!r}")
    for place, value in enumerate(values):
        row = as_object(value)  # what was just written may name a field by its code
        if not isinstance(row.get("field_id"), int) and not isinstance(row.get("field_code"), str):
            raise InvalidResponseError(f"{where}.{FIELDS}.{place}.field_id: a number is needed in {value!r}")
        if not is_array(row.get("values")):
            raise InvalidResponseError(f"{where}.{FIELDS}.{place}.values: a list is needed in {value!r}")
