"""From a query string to one page of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, cast

import attrs

from amocrm_sync._core.form import as_list, parse_brackets
from amocrm_sync.testing.emulator.refusals import NothingFound
from amocrm_sync.testing.emulator.rules.lists import DEFAULT_LIMIT, ListRule, Test, number, span_of
from amocrm_sync.testing.emulator.rules.values import TIMES
from amocrm_sync.testing.emulator.tables import Row, Span, Table

_BY_VALUE = frozenset({"numeric", "text", "url", "textarea", "streetaddress"})
_BY_ENUM = frozenset({"select", "multiselect", "radiobutton"})
_EVERYTHING = Span()
_LAST_PAGE = 1_000_000_000


@attrs.frozen(kw_only=True)
class Query:
    """A list's query string, read; ``values`` is all of it, for the few lists with parameters of their own."""

    values: Mapping[str, Any]
    filters: Mapping[str, Any]
    orders: Mapping[str, str]
    with_: frozenset[str]
    text: str
    page: int
    limit: int | None

    @classmethod
    def parse(cls, raw: str) -> Query:
        """Read a query string; what makes no sense counts as absent."""
        values = parse_brackets(raw)
        return cls(
            values=values,
            filters=_mapping(values.get("filter")),
            orders=_mapping(values.get("order")),
            with_=frozenset(",".join(str(part) for part in as_list(values.get("with"))).split(",")) - {""},
            text=str(values.get("query") or ""),
            page=min(max(1, number(values.get("page")) or 1), _LAST_PAGE),
            limit=number(values.get("limit")),
        )

    def size(self, rule: ListRule) -> int:
        """Rows on a page."""
        return DEFAULT_LIMIT if self.limit is None or self.limit < 1 else min(self.limit, rule.most)


@attrs.frozen
class Page:
    """The rows of one page, and whether another follows."""

    rows: list[Row]
    number: int
    has_next: bool


def page_of(rows: Iterable[Row], query: Query, rule: ListRule) -> Page:
    """Cut one page out of rows.

    Raises:
        NothingFound: No row is on that page.
    """
    size = query.size(rule)
    start = (query.page - 1) * size
    found = list(islice(rows, start, start + size + 1))
    if not found:
        raise NothingFound
    return Page(found[:size], query.page, len(found) > size)


def select(
    table: Table,
    query: Query,
    rule: ListRule,
    *,
    fields: Table | None = None,
    also: Iterable[Test] = (),
    are_filters_on: bool = True,
) -> Iterator[Row]:
    """The rows that a list shows, in its order, lazily.

    ``fields`` are the custom fields that ``filter[custom_fields_values]`` may name.
    """
    filters: Mapping[str, Any] = query.filters if are_filters_on or not rule.needs_paid_filters else {}
    is_trash = "only_deleted" in query.with_ and "only_deleted" in rule.with_
    spans = {name: span for name in rule.spans if (span := span_of(filters.get(name))) is not None}
    order, is_descending = _order(query, rule)
    tests = [*also, *_tests(filters, rule)]
    if fields is not None:
        tests += _field_tests(filters.get("custom_fields_values"), fields)
    if query.text:
        tests.append(_text_test(query.text))
    leading = spans.pop(order, None)
    if leading is None and order == "id" and spans:
        # Cutting by an index and sorting what is left is cheaper than walking the whole table for a narrow slice.
        name, span = spans.popitem()
        walk: Iterable[int] = sorted(table.walk(name, span, trash=is_trash), reverse=is_descending)
    else:
        walk = table.walk(order, leading or _EVERYTHING, descending=is_descending, trash=is_trash)
    tests += [_within(name, span) for name, span in spans.items()]
    return _passing(map(table.rows.__getitem__, walk), tests)


def matching(rows: Iterable[Row], filters: Mapping[str, Any], rule: ListRule) -> Iterator[Row]:
    """The rows that pass all filters of a rule, for rows that no table holds."""
    return _passing(rows, _tests(filters, rule))


def _passing(rows: Iterable[Row], tests: Iterable[Test]) -> Iterator[Row]:
    for test in tests:
        rows = filter(test, rows)
    return iter(rows)


def _order(query: Query, rule: ListRule) -> tuple[str, bool]:
    for name, direction in query.orders.items():
        if name in rule.orders:
            return name, str(direction).lower() == "desc"
    return "id", False


def _tests(filters: Mapping[str, Any], rule: ListRule) -> Iterator[Test]:
    for name, raw in filters.items():
        build = rule.filters.get(name)
        test = build(raw) if build else None
        if test:
            yield test


def _field_tests(raw: Any, fields: Table) -> Iterator[Test]:
    for field_id, wanted in _mapping(raw).items():
        field = fields.live(number(field_id))
        test = _field_test(field, wanted) if field else None
        if test:
            yield test


def _field_test(field: Row, raw: Any) -> Test | None:
    field_id = field["id"]
    bounds = span_of(raw) if field["type"] in TIMES or field["type"] == "numeric" else None
    if bounds is not None:
        return lambda row: any(_as_int(value["value"]) in bounds for value in _values(row, field_id))
    wanted = {str(value) for value in as_list(raw) if not isinstance(value, dict)}
    if field["type"] in _BY_VALUE:
        return lambda row: any(str(value["value"]) in wanted for value in _values(row, field_id))
    if field["type"] in _BY_ENUM:
        return lambda row: any(str(value["enum_id"]) in wanted for value in _values(row, field_id))
    if field["type"] == "checkbox":
        return lambda row: any(str(int(value["value"])) in wanted for value in _values(row, field_id))
    return None


def _values(row: Row, field_id: int) -> list[Row]:
    for item in row["custom_fields_values"] or ():
        if item["field_id"] == field_id:
            return cast("list[Row]", item["values"])
    return []


def _as_int(value: Any) -> int | None:
    try:
        return int(float(value))
    except (TypeError, ValueError):
        return None


def _text_test(text: str) -> Test:
    wanted = text.casefold()
    digits = "".join(filter(str.isdigit, text))
    is_phone = len(digits) > 4 and not any(letter.isalpha() for letter in text)  # noqa: PLR2004 - shorter is no phone

    def test(row: Row) -> bool:
        for value in _texts(row):
            if wanted in value.casefold():
                return True
            if is_phone and digits in "".join(filter(str.isdigit, value)):
                return True
        return False

    return test


def _texts(row: Row) -> Iterator[str]:
    yield str(row.get("name") or "")
    for item in row.get("custom_fields_values") or ():
        for value in item["values"]:
            if isinstance(value.get("value"), str):
                yield value["value"]


def _within(name: str, span: Span) -> Test:
    return lambda row: row[name] in span


def _mapping(raw: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", raw) if isinstance(raw, dict) else {}
