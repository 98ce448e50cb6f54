"""Payloads made ready to send: field names become ids, dates become seconds, labels become enums.

A model does no I/O. What only the account can answer (which id a name has, when a day begins, which labels a list has)
stays in the payload as it was meant, and is settled here with the account's field definitions and timezone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from difflib import get_close_matches
from typing import Any, Protocol

from amocrm_sync._core.fields_codec import CHOICE, OBJECT, OBJECTS, Row, encode
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


def needs_registry(payload: Mapping[str, Any]) -> bool:
    """Whether the payload addresses a field by its title, so that the account's definitions are needed."""
    return any("field_name" in row for row in _own_rows(payload))


def needs_timezone(payload: Mapping[str, Any]) -> bool:
    """Whether the payload, or a record embedded in it, holds a ``date`` that the account's timezone turns into seconds."""
    return any(
        isinstance(value.get("value"), date) and not isinstance(value["value"], datetime)
        for part in (payload, *_embedded(payload))
        for row in _own_rows(part)
        for value in _values(row)
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
    if isinstance(parts, Mapping):
        resolved["_embedded"] = {key: _part(value, timezone) for key, value in parts.items()}
    return resolved


def label(row: Mapping[str, Any]) -> str:
    """How a person would name the field of a row."""
    name = row.get("field_name") or row.get("field_code")
    return repr(name) if name else str(row.get("field_id"))


def _part(value: Any, timezone: tzinfo | None) -> Any:
    if isinstance(value, list):
        return [_part(item, timezone) for item in value]
    return resolve_payload(value, None, timezone) if isinstance(value, Mapping) else value


def _embedded(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The records inside a payload, at any depth."""
    parts = payload.get("_embedded")
    for value in parts.values() if isinstance(parts, Mapping) else ():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                yield item
                yield from _embedded(item)


def _own_rows(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for row in payload.get(FIELDS) or ():
        if isinstance(row, Mapping):
            yield row


def _values(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for value in row.get("values") or ():
        if isinstance(value, Mapping):
            yield value


def _field(
    row: Mapping[str, Any], registry: Sequence[FieldDefinition] | None, timezone: tzinfo | None
) -> dict[str, Any]:
    """One row of custom_fields_values, ready to send."""
    known = None if registry is None else _find(row, registry)
    if known is None and "field_name" in row:
        raise ConfigurationError(
            f"custom field {label(row)}: a title needs the account's field definitions; address it by id or code"
        )
    key = {"field_id": known.id} if known and "field_name" in row else _address(row)
    values = row.get("values")
    if not values:
        return {**key, "values": values}
    where = f"custom field {label(row)}"
    if known is not None:
        values = [_fit(known, value, where) for value in values]
    return {**key, "values": [_in_seconds(value, timezone, where) for value in values]}


def _address(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("field_id", "field_code") if row.get(name) is not None}


def _find(row: Mapping[str, Any], registry: Sequence[FieldDefinition]) -> FieldDefinition | None:
    """The definition that a row addresses; an id that is not in the registry may be newer than it."""
    if row.get("field_id") is not None:
        return next((known for known in registry if known.id == row["field_id"]), None)
    if row.get("field_code") is not None:
        code = row["field_code"]
        found = next((known for known in registry if known.code == code), None)
        return found or _refuse(row, [known.code for known in registry])
    if "field_name" not in row:
        raise ConfigurationError(
            f"custom_fields_values: field_id or field_code is missing in {sorted(map(str, row))}"
        )
    return _by_name(row, registry)


def _by_name(row: Mapping[str, Any], registry: Sequence[FieldDefinition]) -> FieldDefinition:
    name = str(row["field_name"])
    for same in (
        lambda known: name in (known.name, known.code),
        lambda known: _plain(name) in (_plain(known.name), _plain(known.code)),
    ):
        found = [known for known in registry if same(known)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(str(known.id) for known in found)
            raise ConfigurationError(
                f"custom field {name!r}: several fields have this title; use one of the ids {ids}"
            )
    return _refuse(row, [known.name for known in registry])


def _refuse(row: Mapping[str, Any], names: Iterable[str | None]) -> FieldDefinition:
    given = str(row.get("field_name") or row.get("field_code"))
    raise ConfigurationError(f"custom field {given!r}: there is none{_hint(given, names)}")


def _plain(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


def _hint(given: str, names: Iterable[str | None]) -> str:
    """The nearest match and what there is, for an error."""
    known = [name for name in names if name]
    by_plain = {_plain(name): name for name in known}
    near = get_close_matches(_plain(given), list(by_plain), n=1, cutoff=0.5)
    shown = ", ".join(repr(name) for name in known[:_SHOWN]) + (" …" if len(known) > _SHOWN else "")
    hint = f"; did you mean {by_plain[near[0]]!r}?" if near else ""
    return f"{hint} (known: {shown})" if shown else hint


_SHOWN = 12
"""Names listed in an error."""


def _fit(known: FieldDefinition, value: Any, where: str) -> Row:
    """One value row, checked against the definition."""
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{where}: a row such as {{'value': …}} is needed, not {value!r}")
    row: Row = dict(value)
    if set(row) == {"value"} and known.type not in OBJECT | OBJECTS:
        try:
            [row] = encode(known.type, row["value"])
        except ValueError as error:
            raise ConfigurationError(f"{where} ({known.type}): {error}") from None
    return _fit_enum(known, row, where)


def _fit_enum(known: FieldDefinition, row: Row, where: str) -> Row:
    """A label or code of a list as its enum id; other rows as they are."""
    enums = [_enum_facts(enum) for enum in known.enums or ()]
    is_choice = known.type in CHOICE or known.type == "multiselect"
    if not enums or not (is_choice or known.type == "multitext"):
        return row
    wanted = row.get("enum_code") or (row.get("value") if is_choice else None)
    if row.get("enum_id") is not None:
        if any(number == row["enum_id"] for number, _, _ in enums):
            return row
        wanted = str(row["enum_id"])
    if wanted is None:
        return row
    for same in (lambda text: text == wanted, lambda text: _plain(text) == _plain(str(wanted))):
        for number, text, code in enums:
            if same(text) or (code is not None and same(code)):
                return {"enum_id": number} if is_choice else {"value": row.get("value"), "enum_id": number}
    names = [text if is_choice else code or text for _, text, code in enums]
    raise ConfigurationError(f"{where}: {wanted!r} is not one of its values{_hint(str(wanted), names)}")


def _enum_facts(enum: Any) -> tuple[Any, str, str | None]:
    """Id, label and code of an enum, given as an object or a dict."""
    if isinstance(enum, Mapping):
        return enum.get("id"), str(enum.get("value")), enum.get("code")
    return enum.id, str(enum.value), enum.code


def _in_seconds(value: Any, timezone: tzinfo | None, where: str) -> Any:
    """A row whose ``date`` has become the first second of that day in the account's timezone."""
    if not isinstance(value, Mapping) or not isinstance(value.get("value"), date):
        return value
    moment = value["value"]
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
