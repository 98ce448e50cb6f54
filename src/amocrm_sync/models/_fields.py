"""What is known of a model's wire fields, worked out once a class; and values in wire form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import attrs
from pydantic import BaseModel

from amocrm_sync._core.shapes import is_object
from amocrm_sync.models._types import Access


@attrs.frozen
class WireField:
    """One field of a model.

    Attributes:
        name: Its attribute.
        wire: Its name in the API.
        access: What a client may do with it.
        place: Its place in a payload.
        is_raw: Whether it takes whatever comes, so that there is nothing to validate.
    """

    name: str
    wire: str
    access: Access
    place: int = 0
    is_raw: bool = False

    @property
    def is_writable(self) -> bool:
        """Whether a client may send it at all."""
        return self.access is not Access.READ


_LAST = frozenset({"tags_to_add", "tags_to_delete", "custom_fields_values", "embedded"})
"""Shared parts stand at the end of a payload."""

_KNOWN: dict[type[BaseModel], dict[str, WireField]] = {}
_BY_EITHER_NAME: dict[type[BaseModel], dict[str, WireField]] = {}


def wire_fields(model: type[BaseModel]) -> Mapping[str, WireField]:
    """The fields of a model by attribute name; a field without a mark can be written."""
    found = _KNOWN.get(model)
    if found is None:
        fields = sorted(model.model_fields.items(), key=lambda item: item[0] in _LAST)
        found = _KNOWN[model] = {
            name: WireField(
                name=name,
                wire=info.alias or name,
                access=next((mark for mark in info.metadata if isinstance(mark, Access)), Access.WRITE),
                place=place,
                is_raw=_takes_anything(info.annotation),
            )
            for place, (name, info) in enumerate(fields)
        }
    return found


def _takes_anything(annotation: Any) -> bool:
    return annotation in (Any, Any | None)


def fields_by_either_name(model: type[BaseModel]) -> Mapping[str, WireField]:
    """The fields of a model by attribute name, and by their name in the API."""
    found = _BY_EITHER_NAME.get(model)
    if found is None:
        fields = wire_fields(model)
        found = _BY_EITHER_NAME[model] = {**{field.wire: field for field in fields.values()}, **fields}
    return found


def to_wire(value: Any) -> Any:
    """A value as JSON: datetimes as unix seconds, Decimals as numbers, models as their own wire form."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if is_object(value):
        return {str(key): to_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_wire(item) for item in cast("Iterable[Any]", value)]
    return value.as_wire() if hasattr(value, "as_wire") else value
