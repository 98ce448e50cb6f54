"""JSON as it may come: asking for a part gives that part or nothing, never an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, Mapping)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array."""
    return isinstance(value, list)


def as_object(value: Any) -> Mapping[str, Any]:
    """The object, or an empty one where something else came (PHP writes an empty object as ``[]``)."""
    return value if is_object(value) else {}


def as_array(value: Any) -> list[Any]:
    """The array, or an empty one where something else came."""
    return value if is_array(value) else []


def objects_in(value: Any) -> list[Mapping[str, Any]]:
    """The objects of an array; one object counts as an array of it."""
    if is_object(value):
        return [value]
    return [item for item in as_array(value) if is_object(item)]
