"""What an event of amoCRM's log says about single fields: the value before, and the value after. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.fields import CUSTOM
from amocrm_sync._core.sync.records import Row

_FIELDS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "name_field_changed": ("name_field_value", {"name": "name"}),
    "sale_field_changed": ("sale_field_value", {"sale": "price"}),
    "lead_status_changed": ("lead_status", {"id": "status_id", "pipeline_id": "pipeline_id"}),
    "customer_status_changed": ("customer_status", {"id": "status_id"}),
    "entity_responsible_changed": ("responsible_user", {"id": "responsible_user_id"}),
}
"""Per kind of event: the object that holds the value, and which of its keys is which field of the row."""


@attrs.frozen
class Replaced:
    """A field that had another value before.

    Attributes:
        field: As :func:`flatten` calls it.
    """

    field: str
    before: Any
    after: Any


def replaced_by(event: Row) -> Iterator[Replaced]:
    """The fields that an event says were changed; none for an event of another kind."""
    kind = str(event.get("type", ""))
    before, after = objects_in(event.get("value_before")), objects_in(event.get("value_after"))
    if kind in _FIELDS:
        holder, names = _FIELDS[kind]
        old, new = _held(before, holder), _held(after, holder)
        for key, field in names.items():
            if key in new and old.get(key) != new[key]:
                yield Replaced(field, old.get(key), new[key])
    elif kind.startswith("custom_field_") and kind.endswith("value_changed"):
        sides = [_custom(before), _custom(after)]
        for field_id in sorted({*sides[0], *sides[1]}):
            yield Replaced(f"{CUSTOM}.{field_id}", sides[0].get(field_id), sides[1].get(field_id))


def _held(side: list[Row], holder: str) -> Row:
    return as_object(side[0].get(holder)) if side else {}


def _custom(side: list[Row]) -> dict[str, list[Row]]:
    """The values of each custom field, as rows have them; the log knows them as text."""
    found: dict[str, list[Row]] = {}
    for item in side:
        told = as_object(item.get("custom_field_value"))
        if "field_id" in told:
            found.setdefault(str(told["field_id"]), []).append({"value": told.get("text")})
    return found
