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


def _list(value: Any) -> list[Any] | None:
    if value is None:
        return None
    return [value] if isinstance(value, (int, str)) else list(value)


def _range(value: When) -> Range | None:
    return Range(*value) if isinstance(value, tuple) else value


@attrs.frozen(kw_only=True)
class Filter:
    """What all builders share: how their fields become ``filter[...]``."""

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

    ids: Ids = attrs.field(default=None, converter=_list, metadata={"wire": "id"})
    name: Names = attrs.field(default=None, converter=_list)
    created_by: Ids = attrs.field(default=None, converter=_list)
    updated_by: Ids = attrs.field(default=None, converter=_list)
    responsible_user_id: Ids = attrs.field(default=None, converter=_list)
    created_at: When = attrs.field(default=None, converter=_range)
    updated_at: When = attrs.field(default=None, converter=_range)
    closest_task_at: When = attrs.field(default=None, converter=_range)
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
                wire[str(field_id)] = _list(int(wanted) if isinstance(wanted, bool) else wanted)
        return wire


@attrs.frozen(kw_only=True)
class LeadFilter(_EntityFilter):
    """Filter of ``leads.list``.

    ``statuses`` are pairs ``(pipeline_id, status_id)``: a stage without its pipeline is ignored by the server.
    """

    statuses: Sequence[tuple[int, int]] | None = None
    pipeline_id: Ids = attrs.field(default=None, converter=_list)
    price: When = attrs.field(default=None, converter=_range)
    closed_at: When = attrs.field(default=None, converter=_range)

    def _wire(self, name: str, value: Any) -> Any:
        if name == "statuses":
            return [{"pipeline_id": pipeline_id, "status_id": status_id} for pipeline_id, status_id in value]
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

    ids: Ids = attrs.field(default=None, converter=_list, metadata={"wire": "id"})
    responsible_user_id: Ids = attrs.field(default=None, converter=_list)
    is_completed: bool | None = None
    task_type: Ids = attrs.field(default=None, converter=_list)
    entity_type: str | None = None
    entity_id: Ids = attrs.field(default=None, converter=_list)
    updated_at: When = attrs.field(default=None, converter=_range)

    def __attrs_post_init__(self) -> None:
        if self.entity_id is not None and self.entity_type is None:
            raise ConfigurationError(
                "entity_id: give entity_type as well, the server ignores entity_id without it"
            )


@attrs.frozen(kw_only=True)
class NoteFilter(Filter):
    """Filter of the note lists. ``entity_id`` (parents) works only for the notes of a whole entity type."""

    ids: Ids = attrs.field(default=None, converter=_list, metadata={"wire": "id"})
    note_type: Names = attrs.field(default=None, converter=_list)
    entity_id: Ids = attrs.field(default=None, converter=_list)
    updated_at: When = attrs.field(default=None, converter=_range)


@attrs.frozen(kw_only=True)
class WebhookFilter(Filter):
    """Filter of ``webhooks.list``: the exact address."""

    destination: str | None = None


AnyFilter: TypeAlias = Filter | Mapping[str, Any]


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
        params["filter"] = filter.to_params() if isinstance(filter, Filter) else _plain(filter)
    if order:
        for name, direction in order.items():
            if direction not in ("asc", "desc"):
                raise ConfigurationError(f"order[{name}]: 'asc' or 'desc' is needed, not {direction!r}")
        params["order"] = dict(order)
    return encode_brackets(params, escape_brackets=False)


def _plain(filter: Mapping[str, Any]) -> dict[str, Any]:
    """A filter given as a dict; ranges inside it are understood as well."""
    return {
        name: value.to_params()
        if isinstance(value, Range)
        else _list(value)
        if isinstance(value, (set, tuple))
        else value
        for name, value in filter.items()
    }
