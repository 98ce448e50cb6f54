"""From what a caller gives to what a request sends, and from what comes back to a record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import orjson

from amocrm_sync._core.call import Reply
from amocrm_sync._core.problem import snippet
from amocrm_sync._core.shapes import as_array, as_object, is_mapping, is_object
from amocrm_sync.errors import ConfigurationError, InvalidResponseError
from amocrm_sync.models import Model
from amocrm_sync.models.page import parse_one

M = TypeVar("M", bound=Model)


def number(value: Any) -> int:
    """An id as a number, or an error that says what was given instead."""
    key = getattr(value, "id", value)
    if isinstance(key, str) and key.isdigit():
        return int(key)
    if not isinstance(key, int) or isinstance(key, bool):
        raise ConfigurationError(f"id: a number is needed, not {value!r}")
    return key


def text_key(value: Any) -> str:
    """An id that is text (uid, code, group), safe to stand in a path; or an error that says what was given."""
    key = getattr(value, "id", value)
    if not isinstance(key, str) or not key:
        raise ConfigurationError(f"id: a text is needed here, not {value!r}")
    return quote(key, safe="")


def creation(model: type[Model], item: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a POST sends for an item and further fields."""
    if isinstance(item, Model):
        payload = item.create_payload()
    elif item is None or is_mapping(item):
        payload = dict(item or {})
    else:
        raise ConfigurationError(f"item: a {model.__name__} or a dict is needed, not {type(item).__name__}")
    return {**payload, **(model(**fields).create_payload() if fields else {})}


def change(
    model: type[Model], item: Any, fields: Mapping[str, Any], key: Callable[[Any], int | str] = number
) -> dict[str, Any]:
    """What a PATCH sends for an item or an id, with its ``id``; ``key`` reads the id (a number where not given)."""
    if isinstance(item, Model):
        payload = {"id": key(getattr(item, "id", None)), **item.changes()}
    elif is_mapping(item):
        payload = {**item, "id": key(item.get("id"))}
    else:
        payload = {"id": key(item)}
    return {**payload, **(model(**fields).changes() if fields else {})}


def stored(
    model: type[M], item: Any, payload: Mapping[str, Any], row: Mapping[str, Any], *, strict: bool
) -> M:
    """The record after a write: what was sent with the server's answer over it, clean."""
    if isinstance(item, model) and item.is_loaded:
        item.absorb(row)
        return item
    merged = {name: value for name, value in payload.items() if name != "request_id"}
    merged.update({name: value for name, value in row.items() if name not in ("_links", "request_id")})
    return parse_one(orjson.dumps(merged), model, strict=strict)


def embedded(data: Any, *keys: str) -> Sequence[Mapping[str, Any]]:
    """The rows of an answer: under the first of the keys that ``_embedded`` has, or a bare array."""
    if not is_object(data):
        return [row for row in as_array(data) if is_object(row)]
    parts = as_object(data.get("_embedded"))
    rows = next((parts[key] for key in keys if key in parts), None)
    return [row for row in as_array(rows) if is_object(row)]


def json_or_none(reply: Reply) -> Any:
    """The JSON of an answer; ``None`` for an empty one."""
    if not reply.body:
        return None
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        raise InvalidResponseError(
            f"the answer is not JSON: {snippet(reply)}", status=reply.status, snippet=snippet(reply)
        ) from None
