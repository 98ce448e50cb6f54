"""What a list honours: its filters, orders and ``with``; everything else is ignored without a word, as on the real server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, cast

import attrs

from amocrm_sync._core.form import as_list
from amocrm_sync.testing.emulator.tables import Row, Span

Test: TypeAlias = Callable[[Row], bool]
Filter: TypeAlias = Callable[[Any], "Test | None"]

DEFAULT_LIMIT: Final = 50


@attrs.frozen(kw_only=True)
class ListRule:
    """One list's abilities.

    Attributes:
        filters: Per filter name, what makes a test of rows out of the raw value; ``None`` for a value that
            the server would not understand and therefore ignores.
        spans: Filters by range that an index can answer.
        orders: Fields that ``order[...]`` may name.
        with_: Values of ``with`` that change the answer.
        most: The greatest ``limit``; more is cut down to it.
        needs_paid_filters: Whether the account flag ``is_api_filter_enabled`` rules these filters.
    """

    filters: Mapping[str, Filter] = {}
    spans: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    with_: tuple[str, ...] = ()
    most: int = 250
    needs_paid_filters: bool = False


def span_of(raw: Any, *, is_scalar_from: bool = False) -> Span | None:
    """Inclusive bounds from ``[from]`` and ``[to]``; a bare number means "from" where the list takes one."""
    if isinstance(raw, dict):
        bounds = cast("Mapping[str, Any]", raw)
        low, high = number(bounds.get("from")), number(bounds.get("to"))
        return None if low is None and high is None else Span(low, high)
    low = number(raw) if is_scalar_from else None
    return None if low is None else Span(low)


def number(raw: Any) -> int | None:
    """An integer from a query value, or ``None``."""
    try:
        return int(raw)
    except (TypeError, ValueError):
        return None


def ids(name: str) -> Filter:
    """One id or several, in any of the three ways of writing a list."""

    def build(raw: Any) -> Test | None:
        wanted = {value for value in map(number, as_list(raw)) if value is not None}
        return (lambda row: row[name] in wanted) if wanted else None

    return build


def texts(name: str) -> Filter:
    """One exact text or several."""

    def build(raw: Any) -> Test | None:
        wanted = {value for value in as_list(raw) if isinstance(value, str)}
        return (lambda row: row[name] in wanted) if wanted else None

    return build


def span(name: str, *, is_scalar_exact: bool = False, is_scalar_from: bool = False) -> Filter:
    """Inclusive bounds; a bare number is an exact value or a lower bound where the list takes one."""

    def build(raw: Any) -> Test | None:
        exact = number(raw) if is_scalar_exact and not isinstance(raw, dict) else None
        bounds = Span(exact, exact) if exact is not None else span_of(raw, is_scalar_from=is_scalar_from)
        return None if bounds is None else (lambda row: row[name] in bounds)

    return build


def stages(raw: Any) -> Test | None:
    """Pairs of pipeline and stage; a pair that lacks either is ignored."""
    pairs: set[tuple[int, int]] = set()
    for item in as_list(raw):
        if isinstance(item, dict):
            pair = cast("Mapping[str, Any]", item)
            pipeline_id, status_id = number(pair.get("pipeline_id")), number(pair.get("status_id"))
            if pipeline_id is not None and status_id is not None:
                pairs.add((pipeline_id, status_id))
    return (lambda row: (row["pipeline_id"], row["status_id"]) in pairs) if pairs else None


def flag(name: str) -> Filter:
    """``1`` or ``0``."""

    def build(raw: Any) -> Test | None:
        wanted = number(raw)
        return (lambda row: row[name] is bool(wanted)) if wanted in (0, 1) else None

    return build


_PEOPLE: Final = {name: ids(name) for name in ("created_by", "updated_by", "responsible_user_id")}
_CARD: Final[Mapping[str, Filter]] = {
    "id": ids("id"),
    "name": texts("name"),
    **_PEOPLE,
    "closest_task_at": span("closest_task_at"),
}
_CARD_SPANS: Final = ("updated_at", "created_at")

LEADS: Final = ListRule(
    filters={
        **_CARD,
        "price": span("price", is_scalar_exact=True),
        "statuses": stages,
        "pipeline_id": ids("pipeline_id"),
        "closed_at": span("closed_at"),
    },
    spans=_CARD_SPANS,
    orders=("created_at", "updated_at", "id"),
    with_=(
        "catalog_elements",
        "is_price_modified_by_robot",
        "loss_reason",
        "contacts",
        "only_deleted",
        "source_id",
        "source",
    ),
    needs_paid_filters=True,
)
CONTACTS: Final = ListRule(
    filters=_CARD,
    spans=_CARD_SPANS,
    orders=("updated_at", "id"),
    with_=("catalog_elements", "leads", "customers", "social_profiles", "only_deleted"),
    needs_paid_filters=True,
)
COMPANIES: Final = attrs.evolve(
    CONTACTS, with_=("catalog_elements", "leads", "customers", "contacts", "only_deleted")
)
CUSTOMERS: Final = ListRule(
    filters={
        **_CARD,
        "status_id": ids("status_id"),
        "next_price": span("next_price"),
        "next_date": span("next_date"),
    },
    spans=_CARD_SPANS,
    with_=("catalog_elements", "contacts", "companies", "group_id"),
    needs_paid_filters=True,
)
CARD_LISTS: Final[Mapping[str, ListRule]] = {
    "leads": LEADS,
    "contacts": CONTACTS,
    "companies": COMPANIES,
    "customers": CUSTOMERS,
}

TASKS: Final = ListRule(
    filters={
        "responsible_user_id": ids("responsible_user_id"),
        "created_by": ids("created_by"),
        "is_completed": flag("is_completed"),
        "task_type": ids("task_type_id"),
        "task_type_id": ids("task_type_id"),
        "entity_type": texts("entity_type"),
        "entity_id": ids("entity_id"),
        "id": ids("id"),
        "updated_at": span("updated_at", is_scalar_from=True),
    },
    orders=("created_at", "complete_till", "id"),
)
NOTES: Final = ListRule(
    filters={
        "id": ids("id"),
        "note_type": texts("note_type"),
        "updated_at": span("updated_at", is_scalar_from=True),
        "entity_id": ids("entity_id"),
    },
    orders=("updated_at", "id"),
    with_=("is_pinned",),
)
NOTES_OF_ONE: Final = attrs.evolve(
    NOTES, filters={name: test for name, test in NOTES.filters.items() if name != "entity_id"}
)
FIELDS: Final = ListRule(filters={"type": texts("type"), "id": ids("id")}, orders=("sort", "id"))
TAGS: Final = ListRule(filters={"id": ids("id"), "name": texts("name")})
USERS: Final = ListRule(with_=("role", "group", "uuid", "amojo_id", "user_rank", "phone_number"))
ROLES: Final = ListRule(with_=("users",))
PLAIN: Final = ListRule()
BY_ID: Final = ListRule(filters={"id": ids("id")})
