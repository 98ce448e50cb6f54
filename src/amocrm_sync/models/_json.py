"""Bytes to JSON, with errors that say what came instead."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from amocrm_sync._core.redact import scrub
from amocrm_sync._core.shapes import is_array, is_object
from amocrm_sync.errors import InvalidResponseError

_SNIPPET = 200
"""Characters of a body that an error shows."""
_READ = 4 * _SNIPPET
_BOM = b"\xef\xbb\xbf"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(body: bytes) -> Any:
    """The JSON of a body.

    PHP cuts strings in the middle of a character; such text is read with a replacement character instead of losing
    the page.

    Raises:
        InvalidResponseError: The body is empty, HTML or broken; carries a scrubbed snippet.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _read_damaged(body)


def not_what_was_promised(message: str, body: bytes) -> InvalidResponseError:
    """An error with the beginning of the body, without secrets."""
    text = " ".join(scrub(body[:_READ].decode("utf-8", "replace")).split())
    snippet = text if len(text) <= _SNIPPET else text[: _SNIPPET - 1] + "…"
    return InvalidResponseError(f"{message}, the answer is: {snippet or 'empty'}", snippet=snippet)


def _read_damaged(body: bytes) -> Any:
    try:
        data = json.loads(body.removeprefix(_BOM).decode("utf-8", "replace"), parse_constant=_refuse)
        return _mended(data)
    except (ValueError, RecursionError):
        kind = "HTML" if body.lstrip().startswith(b"<") else "empty" if not body.strip() else "not JSON"
        raise not_what_was_promised(f"JSON was expected ({kind})", body) from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _mended(value: Any) -> Any:
    """The value without halves of characters, which can be neither encoded nor stored."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if is_array(value):
        return [_mended(item) for item in value]
    if is_object(value):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value
