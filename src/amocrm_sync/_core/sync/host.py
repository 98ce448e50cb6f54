"""The host's own columns: which field of amoCRM each stands for, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from amocrm_sync._core.entities import ALIASES, ENTITIES
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.fields import CUSTOM, assemble, value_at
from amocrm_sync._core.sync.records import Row
from amocrm_sync.errors import ConfigurationError

CONTACT: Final = "contact."
"""Begins the place of a column that lives in a lead's main contact."""

GUEST: Final[Mapping[str, str]] = {
    "guest_name": "contact.name",
    "guest_phone": f"contact.{CUSTOM}.PHONE",
    "guest_email": f"contact.{CUSTOM}.EMAIL",
}
"""What leads have unless the host says otherwise."""


def _checked(given: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    columns: dict[str, dict[str, str]] = {"leads": dict(GUEST)}
    for name, places in given.items():
        entity = ALIASES.get(name, name)
        if entity not in ENTITIES:
            raise ConfigurationError(f"host: {name!r} is no entity; known are {', '.join(ENTITIES)}")
        for column, place in places.items():
            _check_place(entity, column, place)
        columns[entity] = {**columns.get(entity, {}), **places}
    return columns


def _check_place(entity: str, column: str, place: str) -> None:
    if not column.isidentifier():
        raise ConfigurationError(f"host: {column!r} is no name of a column")
    inner = place.removeprefix(CONTACT)
    if place.startswith(CONTACT) and entity != "leads":
        raise ConfigurationError(
            f"host: {entity}.{column}: only leads have a main contact to take {place!r} from"
        )
    if not inner or inner == CUSTOM or inner.endswith("."):
        raise ConfigurationError(
            f"host: {entity}.{column}: {place!r} names no field; write a field such as 'price', "
            f"'{CUSTOM}.<id or code>', or for leads 'contact.<field>'"
        )


@attrs.frozen
class HostMapping:
    """Columns of the host beside those that every entity has.

    ``HostMapping({"leads": {"property_id": "custom_fields_values.601003"}})``: a column's place is a field of the
    row, a custom field by id or code, or one of these of a lead's main contact (``contact.name``). Leads have
    ``guest_name``, ``guest_phone`` and ``guest_email`` from the main contact unless they are mapped otherwise.
    """

    places: Mapping[str, Mapping[str, str]] = attrs.field(
        factory=dict[str, dict[str, str]], converter=_checked
    )

    def columns(self, entity: str) -> tuple[str, ...]:
        """The host's columns of an entity."""
        return tuple(self.places.get(entity, {}))

    def needs_contact(self, entity: str) -> bool:
        """Whether some of them live in the main contact."""
        return any(place.startswith(CONTACT) for place in self.places.get(entity, {}).values())

    def to_local(self, entity: str, row: Mapping[str, Any], contact: Mapping[str, Any] | None) -> Row:
        """The host's columns of a row.

        Args:
            entity: Plural name.
            row: As amoCRM has it, with local edits over it.
            contact: The main contact in the same shape, where it is known.
        """
        found: Row = {}
        for column, place in self.places.get(entity, {}).items():
            source = (contact or {}) if place.startswith(CONTACT) else row
            found[column] = _scalar(value_at(source, place.removeprefix(CONTACT)))
        return found

    def to_remote(self, entity: str, fields: Mapping[str, Any]) -> tuple[Row, Row]:
        """An edit that may name the host's columns, as fields of the row and fields of its main contact."""
        places = self.places.get(entity, {})
        own = {name: value for name, value in fields.items() if name not in places}
        contact: Row = {}
        for column, value in fields.items():
            place = places.get(column)
            if place is None:
                continue
            path = place.removeprefix(CONTACT)
            target = contact if place.startswith(CONTACT) else own
            wire = assemble({path: _wire(path, value)})
            if CUSTOM in wire:
                wire[CUSTOM] = [*objects_in(target.get(CUSTOM)), *wire[CUSTOM]]
            target.update(wire)
        return own, contact


def main_contact(row: Mapping[str, Any]) -> Row | None:
    """A lead's contact that is marked as main, else the first; as it stands in the row: ``id``, or our ``uid``."""
    contacts = objects_in(as_object(row.get("_embedded")).get("contacts"))
    return next((item for item in contacts if item.get("is_main")), contacts[0] if contacts else None)


def _scalar(value: Any) -> Any:
    """The first value of a custom field; any other field as it is."""
    values = objects_in(value)
    return values[0].get("value") if values else (None if isinstance(value, list) else value)


def _wire(path: str, value: Any) -> Any:
    """A custom field's values as they are sent; ``None`` clears it."""
    if not path.startswith(f"{CUSTOM}."):
        return value
    return [] if value is None else [{"value": value}]
