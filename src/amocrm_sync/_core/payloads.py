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
from amocrm_sync.models.page import take_rows

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
    sent = orjson.dumps([payload for _, payload, _ in written])
    answered = {place: row for place, (_, _, row) in enumerate(written)}
    return stored_later(model, sent, [item for item, _, _ in written], answered, strict=strict)()


def stored_later(
    model: type[M],
    sent: bytes,
    items: Sequence[Any],
    answered: Mapping[int, Mapping[str, Any]],
    *,
    strict: bool,
) -> Callable[[], list[M]]:
    """As :func:`stored`, but new records are made by calling the result: not everybody looks at ten thousand of them.

    They are made from the bytes that were sent, so they share nothing with the caller's dicts. Loaded records take the
    answer over at once.

    Args:
        model: What a row becomes.
        sent: The request's body.
        items: Its items as they were given.
        answered: What the server answered to which of them, by place.
        strict: Whether records that do not fit the model are refused; they are made at once then.
    """
    kept: dict[int, M] = {}
    for place, row in answered.items():
        item = items[place]
        if item.__class__ is not dict and isinstance(item, model) and item.is_loaded:
            item.absorb(row)
            kept[place] = item
    if len(kept) == len(answered):
        return lambda: list(kept.values())

    def read() -> list[M]:
        with paused_gc():
            rows: list[dict[str, Any]] = orjson.loads(sent)
            new = [_merged(rows[place], row) for place, row in answered.items() if place not in kept]
            made = iter(take_rows(new, model, strict=strict))
            return [kept[place] if place in kept else next(made) for place in answered]

    if strict:
        now = read()
        return lambda: now
    return read


def _merged(sent: dict[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    sent.update(row)
    sent.pop("request_id", None)
    sent.pop("_links", None)
    return sent


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
