"""Reading JSON whose shape the server decides: what is not there, or is something else, counts as empty."""

from __future__ import annotations

from typing import Any, TypeGuard


def as_object(value: object) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if is_object(value) else {}


def as_objects(value: object) -> list[dict[str, Any]]:
    """The objects of a list, or none."""
    return [item for item in value if is_object(item)] if is_list(value) else []


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether it is a JSON array."""
    return isinstance(value, list)
