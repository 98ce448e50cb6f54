"""Whether a list was filtered as asked: an account without API filtering answers as if nothing had been asked.

A row that the filter excludes is proof. That all rows fit proves nothing, so silence is no promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from amocrm_sync._core.fields_known import FIELDS
from amocrm_sync._core.fields_values import as_decimal
from amocrm_sync._core.filters import AnyFilter, filter_params
from amocrm_sync._core.shapes import as_array, as_object, is_array, is_object, objects_in

_BY_VALUE = {
    "id": "id",
    "uid": "uid",
    "talk_id": "talk_id",
    "created_by": "created_by",
    "updated_by": "updated_by",
    "responsible_user_id": "responsible_user_id",
    "pipeline_id": "pipeline_id",
    "status_id": "status_id",
    "contact_id": "contact_id",
    "note_type": "note_type",
    "category": "category",
    "type": "type",
    "is_completed": "is_completed",
    "task_type": "task_type_id",
    "entity_id": "entity_id",
    "entity_type": "entity_type",
    "entity": "entity_type",
    "to_entity_id": "to_entity_id",
    "to_entity_type": "to_entity_type",
    "chat_id": "chat_id",
    "external_id": "external_id",
    "type_functionality": "type_functionality",
    "only_in_work": "is_in_work",
    "destination": "destination",
}
"""Filters that ask for one of several values, and the field that shows it."""

_BY_RANGE = frozenset(
    {"created_at", "updated_at", "closed_at", "closest_task_at", "next_date", "next_price", "price"}
)
"""Filters that ask for a range of the field of the same name."""

_ONE_SECOND = 1
"""Whether bounds are inclusive is not documented: a second is not held against the server."""


class FilterIgnoredWarning(UserWarning):
    """The server answered a filtered list with rows that the filter excludes.

    The account may lack API filtering: ``account.get(with_=["is_api_filter_enabled"])`` says so.
    """


def ignored_filters(asked: AnyFilter, rows: Iterable[Any]) -> list[str]:
    """Names of the filters that at least one row contradicts.

    Not judged, because a row does not show it: what an event changed (``value_before``, ``value_after``), the stage of
    a task's lead (``lead_statuses``), and sums such as the summary of unsorted.

    Args:
        asked: The filter as it was given.
        rows: Models of one page.
    """
    query = filter_params(asked)
    checks = [(name, value) for name, value in query.get("filter", query).items() if _is_shown(name)]
    found: dict[str, None] = {}
    for row in rows:
        for name, value in checks:
            if name not in found and _contradicts(name, value, row):
                found[name] = None
    return list(found)


def _is_shown(name: str) -> bool:
    return name in _BY_VALUE or name in _BY_RANGE or name in _BY_LOOK


def _contradicts(name: str, wanted: Any, row: Any) -> bool:
    if name in _BY_LOOK:
        return _BY_LOOK[name](wanted, row)
    if name in _BY_RANGE:
        return is_object(wanted) and _outside(wanted, getattr(row, name, None))
    value = getattr(row, _BY_VALUE[name], None)
    if value is None or is_object(wanted):
        return False
    return _plain(value) not in {_plain(item) for item in _several(wanted)}


def _outside(wanted: Mapping[str, Any], value: Any) -> bool:
    if isinstance(value, datetime):
        value = value.timestamp()
    if value is None or isinstance(value, str):
        return False
    start, end = wanted.get("from"), wanted.get("to")
    return bool(
        (isinstance(start, int) and value < start - _ONE_SECOND)
        or (isinstance(end, int) and value > end + _ONE_SECOND)
    )


def _other_stage(wanted: Any, row: Any) -> bool:
    stage = (getattr(row, "pipeline_id", None), getattr(row, "status_id", None))
    pairs = {(item.get("pipeline_id"), item.get("status_id")) for item in map(as_object, as_array(wanted))}
    return bool(pairs) and None not in stage and stage not in pairs


def _other_name(wanted: Any, row: Any) -> bool:
    """Whether a name has nothing of what was asked for; how the server compares is not documented."""
    name = getattr(row, "name", None)
    return isinstance(name, str) and not any(
        str(item).casefold() in name.casefold() for item in _several(wanted)
    )


def _other_catalog(wanted: Any, row: Any) -> bool:
    catalog = as_object(getattr(row, "metadata", None)).get("catalog_id")
    return catalog is not None and _plain(catalog) not in map(_plain, _several(wanted))


def _other_values(wanted: Any, row: Any) -> bool:
    """Whether a record has another value in one of the fields asked for, or none; one without any comes as null."""
    if FIELDS not in row.model_fields_set:
        return False
    held = {
        str(field.get("field_id")): objects_in(field.get("values"))
        for field in objects_in(getattr(row, "custom_fields_values", None))
    }
    return any(_other_value(value, held.get(str(key), [])) for key, value in as_object(wanted).items())


def _other_value(wanted: Any, values: Sequence[Mapping[str, Any]]) -> bool:
    if is_object(wanted):
        return all(_outside(wanted, as_decimal(value.get("value"))) for value in values)
    texts = {_plain(item).casefold() for item in _several(wanted)}
    if not texts or not texts.isdisjoint(_EMPTY):  # an empty field may count as such a value
        return False
    shown = (value.get(name) for value in values for name in ("value", "enum_id"))
    held = [_plain(item).casefold() for item in shown if item is not None]
    return not any(text in one for text in texts for one in held)


def _several(wanted: Any) -> Sequence[Any]:
    return wanted if is_array(wanted) else [wanted]


_EMPTY = frozenset({"0", "", "none", "false"})

_BY_LOOK: Mapping[str, Callable[[Any, Any], bool]] = {
    "statuses": _other_stage,
    "name": _other_name,
    "to_catalog_id": _other_catalog,
    "custom_fields_values": _other_values,
}
"""Filters that take a closer look at a row."""


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
