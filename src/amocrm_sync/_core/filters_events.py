"""The typed filter of events: by record, author, kind, time, and by what was changed from and to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from amocrm_sync._core.filters import Filter, Ids, Names, When, as_list, as_range, refuse_empty, stages
from amocrm_sync.errors import ConfigurationError

MOST_IDS = 10
"""Users and records that one request may name."""


@attrs.frozen(kw_only=True)
class ValueFilter:
    """What an event changed from (``value_before``) or to (``value_after``).

    Attributes:
        leads_statuses: Pairs ``(pipeline_id, status_id)``, for ``lead_status_changed``.
        customers_statuses: Ids, for ``customer_status_changed``.
        responsible_user_id: User ids, for ``entity_responsible_changed``.
        custom_field_values: Enum ids; the one type asked for must be ``custom_field_{id}_value_changed``.
        value: One exact value, for ``nps_rate_added``, ``sale_field_changed``, ``name_field_changed``,
            ``ltv_field_changed`` and ``custom_field_value_changed``.
    """

    leads_statuses: Sequence[tuple[int, int]] | None = None
    customers_statuses: Ids = attrs.field(default=None, converter=as_list)
    responsible_user_id: Ids = attrs.field(default=None, converter=as_list)
    custom_field_values: Ids = attrs.field(default=None, converter=as_list)
    value: str | int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what the query string would leave out."""
        for field in attrs.fields(type(self)):
            refuse_empty(field.name, getattr(self, field.name))

    def to_params(self) -> dict[str, Any]:
        """The tree under ``value_before`` or ``value_after``; the keys are not those of the events themselves."""
        params: dict[str, Any] = {}
        if self.leads_statuses is not None:
            params["leads_statuses"] = stages(self.leads_statuses)
        statuses = as_list(self.customers_statuses)
        if statuses is not None:
            params["customers_statuses"] = [{"status_id": key} for key in statuses]
        for name in ("responsible_user_id", "custom_field_values"):
            ids = getattr(self, name)
            if ids is not None:
                params[name] = ",".join(map(str, ids))
        if self.value is not None:
            params["value"] = self.value
        return params


@attrs.frozen(kw_only=True)
class EventFilter(Filter):
    """Filter of ``events.list``. ``entity_id`` needs ``entity`` with exactly one type."""

    ids: Names = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})
    created_at: When = attrs.field(default=None, converter=as_range)
    created_by: Ids = attrs.field(default=None, converter=as_list)
    """Up to ten users."""
    entity: Names = attrs.field(default=None, converter=as_list)
    """In the singular: ``lead``, ``contact``, ``company``, ``customer``, ``task``, ``catalog_{id}``."""
    entity_id: Ids = attrs.field(default=None, converter=as_list)
    """Up to ten records."""
    type: Names = attrs.field(default=None, converter=as_list)
    value_before: ValueFilter | None = None
    value_after: ValueFilter | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what the server refuses or ignores."""
        Filter.__attrs_post_init__(self)
        for name in ("created_by", "entity_id"):
            given = getattr(self, name) or ()
            if len(given) > MOST_IDS:
                raise ConfigurationError(f"{name}: at most {MOST_IDS} in one request, not {len(given)}")
        entity: Any = self.entity
        if self.entity_id is not None and len(entity or ()) != 1:
            raise ConfigurationError(
                "entity_id: give entity with exactly one type as well, e.g. entity='lead'"
            )
        kinds: Any = self.type
        if len(kinds or ()) > 1 and any(map(_of_one_field, kinds)):
            raise ConfigurationError(
                "type: custom_field_{id}_value_changed must be the only type of a request"
            )

    def _wire(self, name: str, value: Any) -> Any:
        return value.to_params() if isinstance(value, ValueFilter) else super()._wire(name, value)


def _of_one_field(kind: str) -> bool:
    return kind.startswith("custom_field_") and kind != "custom_field_value_changed"
