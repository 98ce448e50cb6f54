"""JSON of unknown shape, narrowed: what is asked for, or nothing."""

from __future__ import annotations

from typing import Any, cast

import orjson


def json_object(text: bytes | str) -> dict[str, Any]:
    """The JSON object that the text is; ``{}`` for any other text."""
    try:
        return as_object(orjson.loads(text))
    except orjson.JSONDecodeError:
        return {}


def as_object(value: Any) -> dict[str, Any]:
    """The value if it is an object, else ``{}``."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[object]:
    """The value if it is a list, else ``[]``."""
    return cast("list[object]", value) if isinstance(value, list) else []
