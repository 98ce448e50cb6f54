"""Whether a list was filtered as asked: an account without API filtering answers as if nothing had been asked.

A row that the filter excludes is proof. That all rows fit proves nothing, so silence is no promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from amocrm_sync._core.filters import AnyFilter, filter_params
from amocrm_sync._core.shapes import as_array, as_object, is_array, is_object

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
    "entity_type": "entity_type",
    "external_id": "external_id",
    "type_functionality": "type_functionality",
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

    Args:
        asked: The filter as it was given.
        rows: Models of one page.
    """
    query = filter_params(asked)
    wanted = query.get("filter", query)
    checks = [(name, value) for name, value in wanted.items() if name in _BY_VALUE or name in _BY_RANGE]
    stages = as_array(wanted.get("statuses"))
    found: dict[str, None] = {}
    for row in rows:
        for name, value in checks:
            if name not in found and _contradicts(name, value, row):
                found[name] = None
        if stages and "statuses" not in found and _other_stage(stages, row):
            found["statuses"] = None
    return list(found)


def _contradicts(name: str, wanted: Any, row: Any) -> bool:
    if name in _BY_RANGE:
        return is_object(wanted) and _outside(wanted, getattr(row, name, None))
    value = getattr(row, _BY_VALUE[name], None)
    if value is None or is_object(wanted):
        return False
    return _plain(value) not in {_plain(item) for item in (wanted if is_array(wanted) else [wanted])}


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


def _other_stage(wanted: list[Any], row: Any) -> bool:
    stage = (getattr(row, "pipeline_id", None), getattr(row, "status_id", None))
    pairs = {(item.get("pipeline_id"), item.get("status_id")) for item in map(as_object, wanted)}
    return None not in stage and stage not in pairs


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
