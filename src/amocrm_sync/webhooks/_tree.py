"""A body as a tree of dicts and text, whether it came as a form or as JSON."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, TypeAlias, cast

import orjson

from amocrm_sync._core.form import FormTooLarge, parse_brackets
from amocrm_sync.errors import AmoCRMError

_DEEPEST: Final = 128
"""No caller can ask for more levels than this: what follows must be able to write such a tree as JSON."""

_JSON_NESTING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{}\]]', re.DOTALL)  # linear whatever comes

_Limit: TypeAlias = Literal["bytes", "pairs", "depth"]


class WebhookTooLarge(AmoCRMError):  # noqa: N818 - says what is the matter, like its siblings
    """The body has more bytes, values or levels than allowed; answer 413.

    Attributes:
        limit: Which limit: ``bytes``, ``pairs`` or ``depth``.
        allowed: The limit's figure.
    """

    limit: _Limit
    allowed: int


class Unreadable(Exception):  # noqa: N818 - never leaves the package
    """The body as a whole is no webhook; the message says why."""


def read_tree(body: bytes | str, content_type: str, *, max_bytes: int, max_depth: int) -> dict[str, Any]:
    """The body as nested dicts with text at the ends.

    The first character decides between JSON and form: hosts and proxies get the header wrong.

    Raises:
        WebhookTooLarge: It is over a limit.
        Unreadable: It is neither.
    """
    if content_type.strip().lower().startswith("multipart/"):
        raise Unreadable("a multipart body is no webhook")
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    if len(raw) > max_bytes:
        raise _too_large("bytes", max_bytes)
    depth = min(max_depth, _DEEPEST)
    start = raw.lstrip()[:1]
    if not start:
        raise Unreadable("the body is empty")
    if start in (b"{", b"["):
        return _read_json(raw, depth)
    try:
        return parse_brackets(raw, max_bytes=max_bytes, max_depth=depth)
    except FormTooLarge as error:
        raise _too_large(error.limit, error.allowed) from None


def _read_json(raw: bytes, max_depth: int) -> dict[str, Any]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        if _is_deeper(raw, max_depth):  # the parser has a limit of its own
            raise _too_large("depth", max_depth) from None
        raise Unreadable("it begins like JSON, but is none") from None
    if not isinstance(value, dict):
        raise Unreadable("the JSON is no object")
    return _as_form(cast("dict[str, Any]", value), max_depth, max_depth) or {}


def _is_deeper(raw: bytes, max_depth: int) -> bool:
    depth = 0
    for token in _JSON_NESTING.finditer(raw):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > max_depth:
            return True
    return False


def _as_form(value: Any, left: int, max_depth: int) -> Any:
    """JSON in the shape that the same form would have; ``left`` counts the levels still allowed."""
    if isinstance(value, dict):
        pairs = list(cast("dict[str, object]", value).items())
    elif isinstance(value, list):
        pairs = [(str(index), item) for index, item in enumerate(cast("list[object]", value))]
    elif isinstance(value, bool):
        return "1" if value else "0"
    else:
        return value if value is None or isinstance(value, str) else str(value)
    if not left:
        raise _too_large("depth", max_depth)
    tree = {key: _as_form(item, left - 1, max_depth) for key, item in pairs}
    return {key: item for key, item in tree.items() if item is not None} or None


def _too_large(limit: _Limit, allowed: int) -> WebhookTooLarge:
    return WebhookTooLarge(f"the webhook has more than {allowed} {limit}", limit=limit, allowed=allowed)
