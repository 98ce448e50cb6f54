"""What the list of files can be cut by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from amocrm_sync._core.form import as_list
from amocrm_sync.testing.emulator.rules.lists import Test, number, span_of
from amocrm_sync.testing.emulator.state import State
from amocrm_sync.testing.emulator.tables import Row, Span, is_row

_DAYS: Final = {
    "day": (0, 1),
    "yesterday": (-1, 0),
    "tomorrow": (1, 2),
    "last_3_days": (-3, 1),
    "next_3_days": (0, 4),
}
_SHIFTS: Final = {"previous": -1, "current": 0, "next": 1}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def file_tests(state: State, filters: Mapping[str, Any], *, with_trash: bool) -> Iterator[Test]:
    """The tests that a file must pass; filters that make no sense count as absent."""
    if "deleted" in filters:
        yield lambda row: row["is_trashed"]
    elif not with_trash:
        yield lambda row: not row["is_trashed"]
    if uuids := set(str(filters.get("uuid") or "").split(",")) - {""}:
        yield lambda row: row["uuid"] in uuids
    if name := filters.get("name"):
        yield lambda row: name in (row["name"], _full_name(row))
    if extensions := {str(value).lower() for value in as_list(filters.get("extensions"))}:
        yield lambda row: row["metadata"]["extension"] in extensions
    if term := str(filters.get("term") or "").casefold():
        yield lambda row: any(term in text.casefold() for text in _texts(state, row))
    if (source_id := number(filters.get("source_id"))) is not None:
        yield lambda row: row["source_id"] == source_id
    yield from _of_people(filters)
    yield from _of_size(filters.get("size"))
    yield from _of_date(state, filters.get("date"))


def _of_people(filters: Mapping[str, Any]) -> Iterator[Test]:
    for field in ("created_by", "updated_by"):
        wanted = {number(value) for value in as_list(filters.get(field))} - {None}
        if wanted:
            yield _by(field, wanted)


def _by(field: str, wanted: set[int | None]) -> Test:
    return lambda row: row[field]["id"] in wanted


def _of_size(raw: Any) -> Iterator[Test]:
    bounds = span_of(raw)
    if bounds is not None and is_row(raw):
        unit = number(raw.get("unit")) or 1
        low, high = (None if end is None else end * unit for end in (bounds.low, bounds.high))
        span = Span(low, high)
        yield lambda row: row["size"] in span


def _of_date(state: State, raw: Any) -> Iterator[Test]:
    if not is_row(raw):
        return
    field = "updated_at" if raw.get("type") == "updated_at" else "created_at"
    span = span_of(raw) or _preset(state, str(raw.get("date_preset")))
    if span is not None:
        yield lambda row: row[field] in span


def _preset(state: State, name: str) -> Span | None:
    """A named range of days in the account's timezone."""
    now = datetime.fromtimestamp(state.now(), ZoneInfo(state.settings.timezone))
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if name in _DAYS:
        low, high = (today + timedelta(days=days) for days in _DAYS[name])
        return _until(low, high)
    if name == "last_6_month":
        return _until(_months_on(today.replace(day=1), -6), today + timedelta(days=1))
    shift = _SHIFTS.get(name.partition("_")[0], 0)
    unit = name.rpartition("_")[2]
    if unit == "week":
        low = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
        return _until(low, low + timedelta(weeks=1))
    if unit not in _MONTHS:
        return None
    length = _MONTHS[unit]
    first = today.replace(day=1, month=(today.month - 1) // length * length + 1)
    low = _months_on(first, shift * length)
    return _until(low, _months_on(low, length))


def _months_on(first: datetime, months: int) -> datetime:
    years, month = divmod(first.month - 1 + months, 12)
    return first.replace(year=first.year + years, month=month + 1)


def _until(low: datetime, high: datetime) -> Span:
    return Span(int(low.timestamp()), int(high.timestamp()) - 1)


def _full_name(row: Row) -> str:
    return f"{row['name']}.{row['metadata']['extension']}"


def _texts(state: State, row: Row) -> Iterator[str]:
    yield row["name"]
    for link in state.entity_files.rows.values():
        if link["file_uuid"] == row["uuid"]:
            entity, entity_id = link["_node"]
            yield state.cards[entity].rows[entity_id]["name"] or ""
