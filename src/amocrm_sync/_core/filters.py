"""Typed filters: one builder for each list, with the field names of the API. A plain dict works as well.

A filter that is not a field of the builder is a mistake that the server would ignore silently; here it is an error.
Source: the API pages on filters; the values of custom fields go by field id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from amocrm_sync._core.form import encode_brackets
from amocrm_sync.errors import ConfigurationError

Moment: TypeAlias = datetime | int


@attrs.frozen
class Range:
    """From and to, both included; ``None`` leaves a side open. Datetimes must be aware; ints are unix seconds."""

    start: Moment | None = None
    end: Moment | None = None

    def to_params(self) -> dict[str, int]:
        """``{"from": …, "to": …}`` in unix seconds."""
        sides = {"from": self.start, "to": self.end}
        return {name: _seconds(name, side) for name, side in sides.items() if side is not None}


def _seconds(name: str, moment: Moment) -> int:
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ConfigurationError(f"{name}: give a datetime with a timezone, e.g. datetime(…, tzinfo=UTC)")
        return int(moment.timestamp())
    return moment


Ids: TypeAlias = int | Iterable[int] | None
Names: TypeAlias = str | Iterable[str] | None
When: TypeAlias = Range | tuple[Moment | None, Moment | None] | None


def as_list(value: Any) -> list[Any] | None:
    """One value or several, as a list."""
    if value is None:
        return None
    return [value] if isinstance(value, (int, str)) else list(value)


def as_range(value: When) -> Range | None:
    """A range, also where a pair was given."""
    return Range(*value) if isinstance(value, tuple) else value


@attrs.frozen(kw_only=True)
class Filter:
    """What all builders share: how their fields become ``filter[...]``.

    Raises:
        ConfigurationError: A list of ids or names is empty, or a range has no end. The query would leave it out, and
            so select everything; the message names the field.
    """

    def __attrs_post_init__(self) -> None:
        """Refuse what the query string would leave out."""
        for field in attrs.fields(type(self)):
            refuse_empty(field.name, getattr(self, field.name))

    def to_query(self) -> dict[str, Any]:
        """Where the filter stands in the query: under ``filter``; a few lists have it at the top."""
        return {"filter": self.to_params()}

    def to_params(self) -> dict[str, Any]:
        """The tree under ``filter``."""
        params: dict[str, Any] = {}
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if value is not None:
                params[field.metadata.get("wire", field.name)] = self._wire(field.name, value)
        return params

    def _wire(self, name: str, value: Any) -> Any:  # noqa: ARG002 - subclasses need the name
        return value.to_params() if isinstance(value, Range) else value


@attrs.frozen(kw_only=True)
class _EntityFilter(Filter):
    """Fields that leads, contacts and companies share."""

    ids: Ids = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})
    name: Names = attrs.field(default=None, converter=as_list)
    created_by: Ids = attrs.field(default=None, converter=as_list)
    updated_by: Ids = attrs.field(default=None, converter=as_list)
    responsible_user_id: Ids = attrs.field(default=None, converter=as_list)
    created_at: When = attrs.field(default=None, converter=as_range)
    updated_at: When = attrs.field(default=None, converter=as_range)
    closest_task_at: When = attrs.field(default=None, converter=as_range)
    custom_fields: Mapping[int, Any] | None = attrs.field(
        default=None, metadata={"wire": "custom_fields_values"}
    )
    """``{field_id: value | [values] | Range}``; enum ids for select fields, multitext cannot be filtered."""

    def _wire(self, name: str, value: Any) -> Any:
        if name != "custom_fields":
            return super()._wire(name, value)
        wire: dict[str, Any] = {}
        for field_id, wanted in value.items():
            if isinstance(wanted, Range):
                wire[str(field_id)] = wanted.to_params()
            else:
                wire[str(field_id)] = as_list(int(wanted) if isinstance(wanted, bool) else wanted)
        return wire


@attrs.frozen(kw_only=True)
class LeadFilter(_EntityFilter):
    """Filter of ``leads.list``.

    ``statuses`` are pairs ``(pipeline_id, status_id)``: a stage without its pipeline is ignored by the server.
    """

    statuses: Sequence[tuple[int, int]] | None = None
    pipeline_id: Ids = attrs.field(default=None, converter=as_list)
    price: When = attrs.field(default=None, converter=as_range)
    closed_at: When = attrs.field(default=None, converter=as_range)

    def _wire(self, name: str, value: Any) -> Any:
        if name == "statuses":
            return stages(value)
        return super()._wire(name, value)


@attrs.frozen(kw_only=True)
class ContactFilter(_EntityFilter):
    """Filter of ``contacts.list``."""


@attrs.frozen(kw_only=True)
class CompanyFilter(_EntityFilter):
    """Filter of ``companies.list``."""


@attrs.frozen(kw_only=True)
class TaskFilter(Filter):
    """Filter of ``tasks.list``. ``entity_id`` works only together with ``entity_type``."""

    ids: Ids = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})
    responsible_user_id: Ids = attrs.field(default=None, converter=as_list)
    is_completed: bool | None = None
    task_type: Ids = attrs.field(default=None, converter=as_list)
    entity_type: str | None = None
    entity_id: Ids = attrs.field(default=None, converter=as_list)
    updated_at: When = attrs.field(default=None, converter=as_range)

    created_by: Ids = attrs.field(default=None, converter=as_list)
    """Known from the official PHP SDK only, like ``lead_statuses``."""
    lead_statuses: Sequence[tuple[int, int]] | None = None
    """Pairs ``(pipeline_id, status_id)`` of the leads that the tasks belong to."""

    def __attrs_post_init__(self) -> None:
        """Refuse what the server ignores."""
        Filter.__attrs_post_init__(self)
        if self.entity_id is not None and self.entity_type is None:
            raise ConfigurationError(
                "entity_id: give entity_type as well, the server ignores entity_id without it"
            )

    def _wire(self, name: str, value: Any) -> Any:
        return stages(value) if name == "lead_statuses" else super()._wire(name, value)


@attrs.frozen(kw_only=True)
class NoteFilter(Filter):
    """Filter of the note lists. ``entity_id`` (parents) works only for the notes of a whole entity type."""

    ids: Ids = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})
    note_type: Names = attrs.field(default=None, converter=as_list)
    entity_id: Ids = attrs.field(default=None, converter=as_list)
    updated_at: When = attrs.field(default=None, converter=as_range)


@attrs.frozen(kw_only=True)
class WebhookFilter(Filter):
    """Filter of ``webhooks.list``: the exact address."""

    destination: str | None = None


AnyFilter: TypeAlias = Filter | Mapping[str, Any]
"""A typed filter, or a dict with the API's names."""


def stages(pairs: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    """Stages as filters name them: a stage without its pipeline is ignored by the server."""
    return [{"pipeline_id": pipeline_id, "status_id": status_id} for pipeline_id, status_id in pairs]


def refuse_empty(name: str, value: Any) -> None:
    """Raise where a part of a filter says nothing: the query leaves it out, and the list would be of everything."""
    if isinstance(value, Range):
        value = value.to_params()
        hint = "a range with neither start nor end"
    else:
        hint = "an empty list"
    if isinstance(value, (list, tuple, set, frozenset, dict)) and not value:
        raise ConfigurationError(
            f"{name}: {hint} would select everything; leave it out, or do not ask at all"
        )


def build_query(
    *,
    filter: AnyFilter | None = None,
    with_: Sequence[str] | str = (),
    order: Mapping[str, str] | None = None,
    query: str | None = None,
    limit: int | None = None,
    page: int | None = None,
) -> str:
    """The query string of a list: brackets unescaped, values percent-encoded."""
    params: dict[str, Any] = {"page": page, "limit": limit}
    if with_:
        params["with"] = with_ if isinstance(with_, str) else ",".join(with_)
    if query is not None:
        params["query"] = query
    if filter is not None:
        params.update(filter_params(filter))
    if order:
        for name, direction in order.items():
            if direction not in ("asc", "desc"):
                raise ConfigurationError(f"order[{name}]: 'asc' or 'desc' is needed, not {direction!r}")
        params["order"] = dict(order)
    return encode_brackets(params, escape_brackets=False)


def filter_params(filter: AnyFilter | None) -> dict[str, Any]:
    """The part of the query that a filter is."""
    if filter is None:
        return {}
    return filter.to_query() if isinstance(filter, Filter) else {"filter": _plain(filter)}


def _plain(filter: Mapping[str, Any]) -> dict[str, Any]:
    """A filter given as a dict; ranges inside it are understood as well."""
    for name, value in filter.items():
        refuse_empty(f"filter[{name}]", value)
    return {
        name: value.to_params()
        if isinstance(value, Range)
        else as_list(value)
        if isinstance(value, (set, tuple))
        else value
        for name, value in filter.items()
    }
