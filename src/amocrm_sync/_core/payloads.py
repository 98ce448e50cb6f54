"""From what a caller gives to what a request sends, and from what comes back to a record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

import orjson

from amocrm_sync._core.call import Reply
from amocrm_sync._core.problem import snippet
from amocrm_sync._core.shapes import as_array, as_object, is_mapping, is_object
from amocrm_sync.errors import ConfigurationError, InvalidResponseError
from amocrm_sync.models import Model
from amocrm_sync.models._gc import paused_gc
from amocrm_sync.models.page import parse_page

M = TypeVar("M", bound=Model)


def number(value: Any) -> int:
    """An id as a number, or an error that says what was given instead."""
    if value.__class__ is int:
        return int(value)
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
    if item.__class__ is dict:  # before isinstance, which is slow on what is no model
        payload = dict(item)
    elif isinstance(item, Model):
        payload = item.create_payload()
    elif item is None or is_mapping(item):
        payload = dict(item or {})
    else:
        raise ConfigurationError(f"item: a {model.__name__} or a dict is needed, not {type(item).__name__}")
    return {**payload, **model(**fields).create_payload()} if fields else payload


def change(
    model: type[Model], item: Any, fields: Mapping[str, Any], key: Callable[[Any], int | str] = number
) -> dict[str, Any]:
    """What a PATCH sends for an item or an id, with its ``id``; ``key`` reads the id (a number where not given)."""
    if item.__class__ is dict:
        payload = {**item, "id": key(item.get("id"))}
    elif isinstance(item, Model) and item.is_loaded:  # it goes on as the record, so it has the fields as well
        for name, value in fields.items():
            setattr(item, name, value)
        return {"id": key(getattr(item, "id", None)), **item.changes()}
    elif isinstance(item, Model):
        payload = {"id": key(getattr(item, "id", None)), **item.changes()}
    elif is_mapping(item):
        payload = {**item, "id": key(item.get("id"))}
    else:
        payload = {"id": key(item)}
    return {**payload, **model(**fields).changes()} if fields else payload


Written: TypeAlias = tuple[Any, Mapping[str, Any], Mapping[str, Any]]
"""An item of a write: as it was given, as it was sent, and what the server answered."""


def stored(model: type[M], written: Sequence[Written], *, strict: bool) -> list[M]:
    """The records after a write, clean: what was sent with the server's answer over it. Loaded ones stay themselves."""
    with paused_gc():
        return _stored(model, written, strict=strict)


def _stored(model: type[M], written: Sequence[Written], *, strict: bool) -> list[M]:
    kept = {
        place: item
        for place, (item, _, _) in enumerate(written)
        if item.__class__ is not dict and isinstance(item, model) and item.is_loaded
    }
    for place, item in kept.items():
        item.absorb(written[place][2])
    rows = [_merged(sent, row) for place, (_, sent, row) in enumerate(written) if place not in kept]
    made = iter(_parse(rows, model, strict=strict))
    return [kept[place] if place in kept else next(made) for place in range(len(written))]


def _merged(sent: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**sent, **row}
    merged.pop("request_id", None)
    merged.pop("_links", None)
    return merged


def _parse(rows: Sequence[Mapping[str, Any]], model: type[M], *, strict: bool) -> list[M]:
    """Records that share nothing with the rows: those may be the caller's own dicts."""
    if not rows:
        return []
    page = parse_page(orjson.dumps(rows), "", model, strict=strict)
    for item in page.quarantined:
        raise InvalidResponseError(f"item {item.index}: {item.reason}")
    return page.items


def embedded(data: Any, *keys: str) -> Sequence[Mapping[str, Any]]:
    """The rows of an answer: under the first of the keys that ``_embedded`` has, or a bare array."""
    if not is_object(data):
        return [row for row in as_array(data) if is_object(row)]
    parts = as_object(data.get("_embedded"))
    rows = next((parts[key] for key in keys if key in parts), None)
    return [row for row in as_array(rows) if is_object(row)]


def written_json(reply: Reply) -> Any:
    """The JSON of an answer to a write, without the links of each row: three small objects where one is enough."""
    with paused_gc():
        data = json_or_none(reply)
        for rows in as_object(as_object(data).get("_embedded")).values():
            for row in as_array(rows):
                if row.__class__ is dict:
                    row.pop("_links", None)
        return data


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
