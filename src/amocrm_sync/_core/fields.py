"""Payloads made ready to send: field names become ids, dates become seconds, labels become enums.

A model does no I/O. What only the account can answer (which id a name has, when a day begins, which labels a list has)
stays in the payload as it was meant, and is settled here with the account's field definitions and timezone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from difflib import get_close_matches
from typing import Any, NoReturn, Protocol

import attrs

from amocrm_sync._core.fields_codec import CHOICE, MANY, Row, encode
from amocrm_sync._core.shapes import as_object, is_array, is_object, objects_in
from amocrm_sync.errors import ConfigurationError

FIELDS = "custom_fields_values"


class FieldDefinition(Protocol):
    """What is needed of a custom field's definition; :class:`amocrm_sync.models.CustomField` has it."""

    @property
    def id(self) -> int | None:
        """The field's id."""
        ...

    @property
    def name(self) -> str | None:
        """The title."""
        ...

    @property
    def code(self) -> str | None:
        """The code, where it has one."""
        ...

    @property
    def type(self) -> str | None:
        """The field type, e.g. ``select``."""
        ...

    @property
    def enums(self) -> Any:
        """The labels of a list: objects or dicts with id, value, code."""
        ...

    @property
    def nested(self) -> Any:
        """The labels of a category, which are a tree: objects or dicts with id, value."""
        ...


def needs_registry(payload: Mapping[str, Any]) -> bool:
    """Whether the payload addresses a field by its title, so that the account's definitions are needed."""
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
    payload: Mapping[str, Any], registry: Sequence[FieldDefinition] | None, timezone: tzinfo | None
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
        resolved[FIELDS] = [_field(row, registry, timezone) for row in payload[FIELDS]]
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


def _field(given: Any, registry: Sequence[FieldDefinition] | None, timezone: tzinfo | None) -> dict[str, Any]:
    """One row of custom_fields_values, ready to send."""
    if not is_object(given):
        raise ConfigurationError(
            f"{FIELDS}: a row such as {{'field_id': …, 'values': […]}} is needed, not {given!r}"
        )
    known = None if registry is None else _find(given, registry)
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
        values = [row for value in values for row in _fit(known, value, where)]
    return {**address, "values": [_in_seconds(value, timezone, where) for value in values]}


def _address(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("field_id", "field_code") if row.get(name) is not None}


def _find(row: Mapping[str, Any], registry: Sequence[FieldDefinition]) -> FieldDefinition | None:
    """The definition that a row addresses; an id that is not in the registry may be newer than it."""
    if row.get("field_id") is not None:
        return next((known for known in registry if known.id == row["field_id"]), None)
    if row.get("field_code") is not None:
        return next((known for known in registry if known.code == row["field_code"]), None) or _refuse(
            row["field_code"], [known.code for known in registry]
        )
    if row.get("field_name") is None:
        raise ConfigurationError(f"{FIELDS}: field_id or field_code is missing in {dict(row)!r}")
    return _by_name(str(row["field_name"]), registry)


def _by_name(name: str, registry: Sequence[FieldDefinition]) -> FieldDefinition:
    """The one field with this title: exactly, else without regard to case and spaces."""
    found = [known for known in registry if name in (known.name, known.code)]
    if not found:
        found = [known for known in registry if _plain(name) in (_plain(known.name), _plain(known.code))]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(known.id) for known in found)
        raise ConfigurationError(
            f"custom field {name!r}: several fields have this title; use one of the ids {ids}"
        )
    return _refuse(name, [known.name for known in registry])


def _refuse(given: str, names: Iterable[str | None]) -> NoReturn:
    raise ConfigurationError(f"custom field {given!r}: there is none{_hint(given, names)}")


def _plain(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


_LISTED = 12
"""Names listed in an error."""


def _hint(given: str, names: Iterable[str | None]) -> str:
    """The nearest match and what there is, for an error."""
    known = [name for name in names if name]
    by_plain = {_plain(name): name for name in known}
    near = get_close_matches(_plain(given), list(by_plain), n=1, cutoff=0.5)
    listed = ", ".join(repr(name) for name in known[:_LISTED]) + (" …" if len(known) > _LISTED else "")
    hint = f"; did you mean {by_plain[near[0]]!r}?" if near else ""
    return f"{hint} (known: {listed})" if listed else hint


def _fit(known: FieldDefinition, value: Any, where: str) -> list[Row]:
    """A value row, checked against the definition; parts of an address become rows of their own."""
    if not is_object(value):
        raise ConfigurationError(f"{where}: a row such as {{'value': …}} is needed, not {value!r}")
    rows: list[Row] = [dict(value)]
    if set(value) == {"value"}:
        try:
            rows = encode(known.type, value["value"])
        except ValueError as error:
            raise ConfigurationError(f"{where} ({known.type}): {error}") from None
    listed = known.nested if known.type == "category" else known.enums
    enums = [_Enum.of(enum) for enum in listed or ()]
    if enums and known.type in CHOICE | MANY:
        has_text = known.type == "multitext"
        return [_fit_enum(row, enums, where, has_text=has_text) for row in rows]
    return rows


@attrs.frozen
class _Enum:
    """One item of a list field, or one kind of phone."""

    id: Any
    text: str
    code: str | None

    @classmethod
    def of(cls, enum: Any) -> _Enum:
        """From an object or a dict."""
        if is_object(enum):
            return cls(enum.get("id"), str(enum.get("value")), enum.get("code"))
        return cls(enum.id, str(enum.value), getattr(enum, "code", None))

    def is_called(self, wanted: str) -> bool:
        """Whether the label or the code is this."""
        return _plain(wanted) in (_plain(self.text), _plain(self.code)) and bool(wanted)


def _fit_enum(row: Row, enums: Sequence[_Enum], where: str, *, has_text: bool) -> Row:
    """The row with the enum's id; ``has_text`` for phones, whose value is their own and whose enum is their kind."""
    number = row.get("enum_id")
    wanted = row.get("enum_code") or (None if has_text else row.get("value"))
    if number is None and wanted is None:
        return row
    if number is not None:
        found = [enum for enum in enums if enum.id == number]
    else:
        exact = [enum for enum in enums if wanted in (enum.text, enum.code)]
        found = exact or [enum for enum in enums if enum.is_called(str(wanted))]
    if found:
        return {"value": row.get("value"), "enum_id": found[0].id} if has_text else {"enum_id": found[0].id}
    given = str(wanted if number is None else number)
    names = [enum.code or enum.text if has_text else enum.text for enum in enums]
    raise ConfigurationError(f"{where}: {given!r} is not one of its values{_hint(given, names)}")


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
