"""JSON values of unknown shape, narrowed for the type checker: the server decides what comes, so it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeGuard

import orjson

YEAR_10000 = 253_402_300_800
"""The first unix second that no datetime can hold: a number may be one, so it is asked before it counts as a time."""


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_mapping(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value that a caller gave is a mapping."""
    return isinstance(value, Mapping)


def is_set(value: Any) -> TypeGuard[AbstractSet[Any]]:
    """Whether this is a set, frozen or not."""
    return isinstance(value, set | frozenset)


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def as_object(value: Any) -> dict[str, Any]:
    """The object, or an empty one where something else came (PHP writes an empty object as ``[]``)."""
    return value if is_object(value) else {}


def as_array(value: Any) -> list[Any]:
    """The array, or an empty one where something else came."""
    return value if is_array(value) else []


def objects_in(value: Any) -> list[dict[str, Any]]:
    """The objects of an array; one object counts as an array of it."""
    if value is None:  # the usual case of what is looked at most
        return []
    if is_array(value):
        return [item for item in value if isinstance(item, dict)]
    return [value] if is_object(value) else []


def json_object(text: bytes | str) -> dict[str, Any]:
    """The JSON object that the text is; an empty one for any other text."""
    try:
        return as_object(orjson.loads(text))
    except orjson.JSONDecodeError:
        return {}
