"""JSON values of unknown shape, narrowed for the type checker: the server decides what comes, so it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value that a caller gave is a mapping."""
    return isinstance(value, Mapping)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def as_object(value: Any) -> dict[str, Any]:
    """The object, or an empty one where something else came."""
    return value if is_object(value) else {}


def as_array(value: Any) -> list[Any]:
    """The array, or an empty one where something else came."""
    return value if is_array(value) else []
