"""Answers of the API to models: one page, one record, plain rows.

Nothing that the server sends can lose a page: an item that cannot be read is set aside with its reason, and its
neighbours arrive. In strict mode it raises instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import GenericAlias
from typing import Any, Generic, TypeVar, cast

import attrs
import pydantic
from pydantic import TypeAdapter

from amocrm_sync._core.shapes import as_array, as_object, is_array, is_object
from amocrm_sync.errors import InvalidResponseError
from amocrm_sync.models._base import Model, explain
from amocrm_sync.models._edits import Edits
from amocrm_sync.models._gc import paused_gc
from amocrm_sync.models._json import not_what_was_promised, read_json
from amocrm_sync.models._slim import share_field_sets, slim, slim_deep
from amocrm_sync.models._strict import refuse_coercion

T = TypeVar("T", bound=Model)
I_co = TypeVar("I_co", covariant=True)


@attrs.frozen
class Quarantined:
    """An item of a page that could not be read.

    Attributes:
        index: Its place in the page.
        raw: What arrived.
        reason: Which field is wrong, and why.
    """

    index: int
    raw: Any
    reason: str


@attrs.frozen(kw_only=True)
class Page(Generic[I_co]):
    """One page of a list.

    Attributes:
        items: The records.
        next_url: Where the next page is; ``None`` on the last one. A short page is not the last one.
        total: How many there are in all, on the few lists that say so.
        quarantined: Items that could not be read.
    """

    items: list[I_co]
    next_url: str | None = None
    total: int | None = None
    quarantined: list[Quarantined] = attrs.field(factory=list[Quarantined])


def parse_page(
    body: bytes, key: str, model: type[T], *, strict: bool = False, keep_raw: bool = False
) -> Page[T]:
    """A page of a list, whatever PHP made of its envelope (``[]`` for ``{}``, a bare array, missing parts).

    Args:
        body: The answer's body.
        key: Name of the rows under ``_embedded``, e.g. ``leads``.
        model: What a row becomes.
        strict: Raise at an item that cannot be read, or whose types are not those that the API promises.
        keep_raw: Keep each item as it arrived in ``model.raw``; costs half as much memory again.

    Raises:
        InvalidResponseError: The body is not JSON or not a list; in strict mode, names the field.
    """
    with paused_gc():
        return _read_page(body, key, model, strict=strict, keep_raw=keep_raw)


def parse_one(body: bytes, model: type[T], *, strict: bool = False, keep_raw: bool = False) -> T:
    """One record, also where it comes wrapped in a list.

    Raises:
        InvalidResponseError: The body is not JSON, or not a record of this kind; names the field.
    """
    row = _unwrap(read_json(body))
    if not is_object(row):
        raise not_what_was_promised(f"one {model.__name__} was expected", body)
    return parse_rows([row], model, strict=strict, keep_raw=keep_raw)[0]


def parse_rows(
    rows: Sequence[Mapping[str, Any]], model: type[T], *, strict: bool = False, keep_raw: bool = False
) -> list[T]:
    """Records from rows that are parsed already; the rows themselves stay as they are.

    Raises:
        InvalidResponseError: A row cannot be read; names the field.
    """
    items = take_rows(_copies(rows), model)
    if strict:
        refuse_coercion(items, rows)
    if keep_raw:
        _keep_raw(items, rows)
    return items


def take_rows(rows: list[dict[str, Any]], model: type[T], *, strict: bool = False) -> list[T]:
    """As :func:`parse_rows`, for rows that nobody else has: the records keep what is inside them.

    Raises:
        InvalidResponseError: A row cannot be read; names the field.
    """
    if strict:
        return parse_rows(rows, model, strict=True)
    items, quarantined = _load(rows, model)
    if quarantined:
        raise InvalidResponseError(f"item {quarantined[0].index}: {quarantined[0].reason}")
    return items


def _read_page(body: bytes, key: str, model: type[T], *, strict: bool, keep_raw: bool) -> Page[T]:
    """The page; what was read and is in no record is gone when it returns, before garbage is looked for."""
    data = read_json(body)
    rows = _rows(data, key, body)
    quarantined: list[Quarantined] = []
    if strict:
        items = parse_rows(rows, model, strict=True, keep_raw=keep_raw)
    elif keep_raw:
        items, quarantined = _load(_copies(rows), model)
        _keep_raw(items, rows, quarantined)
    else:
        slim_deep(rows)
        items, quarantined = _load(rows, model)
    envelope = as_object(data)
    return Page(items=items, next_url=_next_url(envelope), total=_total(envelope), quarantined=quarantined)


def _load(rows: list[Any], model: type[T]) -> tuple[list[T], list[Quarantined]]:
    """Models from rows of our own; those that cannot be read are set aside."""
    slim(rows)
    quarantined: list[Quarantined] = []
    items: list[T]
    try:
        items = _adapter(model).validate_python(rows)
    except pydantic.ValidationError as error:
        items, quarantined = _load_the_good(rows, model, error)
    share_field_sets(items)
    return items, quarantined


def _copies(rows: Sequence[Any]) -> list[Any]:
    return [dict(row) if is_object(row) else row for row in rows]


def _keep_raw(items: Sequence[Model], rows: Sequence[Any], quarantined: Sequence[Quarantined] = ()) -> None:
    bad = {item.index for item in quarantined}
    good = [row for index, row in enumerate(rows) if index not in bad]
    for item, row in zip(items, good, strict=True):
        object.__setattr__(item, "_edits", Edits(raw=dict(row)))


def _load_the_good(
    rows: list[Any], model: type[T], error: pydantic.ValidationError
) -> tuple[list[T], list[Quarantined]]:
    """The rows that can be read, and the others with their reasons."""
    bad = {item["loc"][0] for item in error.errors(include_url=False, include_context=False)}
    quarantined: list[Quarantined] = []
    for index in sorted(int(place) for place in bad):
        try:
            model.model_validate(rows[index])
        except pydantic.ValidationError as reason:
            quarantined.append(Quarantined(index, rows[index], explain(reason, model.__name__)))
    good = [row for index, row in enumerate(rows) if index not in bad]
    return _adapter(model).validate_python(good), quarantined


@cache
def _adapter(model: Any) -> TypeAdapter[list[Any]]:
    """Built once for each model."""
    return TypeAdapter(cast("Any", GenericAlias(list, (model,))))


def _rows(data: Any, key: str, body: bytes) -> list[Any]:
    """The items of a list answer."""
    if is_array(data):
        return data
    if not is_object(data):
        raise not_what_was_promised(f"a list of {key} was expected", body)
    parts = as_object(data.get("_embedded"))
    if parts and key not in parts:
        raise not_what_was_promised(f"a list of {key} was expected, not of {', '.join(parts)}", body)
    rows = parts.get(key)
    if is_object(rows):  # PHP: an array whose indexes have a gap is an object
        return list(rows.values())
    return as_array(rows)


def _next_url(data: Mapping[str, Any]) -> str | None:
    following = as_object(data.get("_links")).get("next")
    if is_object(following):
        following = following.get("href")
    return following if isinstance(following, str) and following else None


def _total(data: Mapping[str, Any]) -> int | None:
    total = data.get("_total_items")
    return total if isinstance(total, int) else None


def _unwrap(data: Any) -> Any:
    """The record inside a list answer; the answer itself where it is the record."""
    if is_array(data):
        return data[0] if len(data) == 1 else data
    if not is_object(data) or not data or any(not name.startswith("_") for name in data):
        return data
    lists = [part for part in as_object(data.get("_embedded")).values() if is_array(part)]
    return lists[0][0] if len(lists) == 1 and len(lists[0]) == 1 else None
