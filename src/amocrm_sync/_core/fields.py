"""Payloads made ready to send: field names become ids, dates become seconds, labels become enums.

A model does no I/O. What only the account can answer (which id a name has, when a day begins, which labels a list has)
stays in the payload as it was meant, and is settled here with the account's field definitions and timezone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any

from amocrm_sync._core.fields_known import FIELDS, FieldDefinition, KnownFields
from amocrm_sync._core.shapes import as_object, is_array, is_object, objects_in
from amocrm_sync.errors import ConfigurationError


def needs_registry(payload: Mapping[str, Any]) -> bool:
    """Whether the payload addresses a field by its title, so that it cannot be sent without definitions."""
    return any("field_name" in row for row in objects_in(payload.get(FIELDS)))


def needs_timezone(payload: Mapping[str, Any]) -> bool:
    """Whether the payload, or a record embedded in it, holds a ``date`` that the account's timezone turns into seconds."""
    return any(
        isinstance(value.get("value"), date) and not isinstance(value["value"], datetime)
        for part in (payload, *_embedded(payload))
        for row in objects_in(part.get(FIELDS))
        for value in objects_in(row.get("values"))
    )


def resolve_payload(
    payload: Mapping[str, Any],
    registry: KnownFields | Iterable[FieldDefinition] | None,
    timezone: tzinfo | None,
) -> dict[str, Any]:
    """The payload in the API's own form; what was given is not changed.

    Args:
        payload: What ``changes()`` or ``create_payload()`` gave, or a dict in that shape.
        registry: Custom field definitions of this entity; ``None`` where they were not read (then values are sent
            without a check, and a field must be addressed by id or code). Records in ``_embedded`` belong to other
            entities: their titles are resolved by a call of their own, their dates here.
        timezone: The account's timezone; needed for dates only.

    Raises:
        ConfigurationError: Names the field, what is allowed and the nearest match.
    """
    resolved = dict(payload)
    if payload.get(FIELDS):
        known = None if registry is None else KnownFields.of(registry)
        resolved[FIELDS] = [_field(row, known, timezone) for row in payload[FIELDS]]
    parts = payload.get("_embedded")
    if is_object(parts):
        resolved["_embedded"] = {key: _part(value, timezone) for key, value in parts.items()}
    return resolved


def label(row: Mapping[str, Any]) -> str:
    """How a person would name the field of a row."""
    name = row.get("field_name") or row.get("field_code")
    return repr(name) if name else str(row.get("field_id"))


def _part(value: Any, timezone: tzinfo | None) -> Any:
    if is_array(value):
        return [_part(item, timezone) for item in value]
    return resolve_payload(value, None, timezone) if is_object(value) else value


def _embedded(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The records inside a payload, at any depth."""
    for value in as_object(payload.get("_embedded")).values():
        for item in objects_in(value):
            yield item
            yield from _embedded(item)


def _field(given: Any, registry: KnownFields | None, timezone: tzinfo | None) -> dict[str, Any]:
    """One row of custom_fields_values, ready to send."""
    if not is_object(given):
        raise ConfigurationError(
            f"{FIELDS}: a row such as {{'field_id': …, 'values': […]}} is needed, not {given!r}"
        )
    known = None if registry is None else registry.find(given)
    if known is None and "field_name" in given:
        raise ConfigurationError(
            f"custom field {label(given)}: a title needs the account's field definitions; use its id or code here"
        )
    address = {"field_id": known.id} if known and "field_name" in given else _address(given)
    values = given.get("values")
    if not is_array(values) or not values:
        return {**address, "values": values}
    where = f"custom field {label(given)}"
    if known is not None:
        values = [row for value in values for row in known.fit(value, where)]
    return {**address, "values": [_in_seconds(value, timezone, where) for value in values]}


def _address(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("field_id", "field_code") if row.get(name) is not None}


def _in_seconds(value: Any, timezone: tzinfo | None, where: str) -> Any:
    """A row whose ``date`` has become the first second of that day in the account's timezone."""
    moment = as_object(value).get("value")
    if not isinstance(moment, date):
        return value
    if not isinstance(moment, datetime):
        if timezone is None:
            raise ConfigurationError(
                f"{where}: the account's timezone is not known, and only it says when {moment} begins; "
                "give an aware datetime instead"
            )
        moment = datetime.combine(moment, time(), timezone)
    elif moment.tzinfo is None:
        raise ConfigurationError(f"{where}: a datetime needs a timezone, not {moment!r}")
    return {**value, "value": int(moment.timestamp())}
