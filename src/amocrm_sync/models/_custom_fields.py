"""``lead.custom_fields``: custom field values by code, id or title, typed when they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any, Protocol, TypeAlias

import attrs

from amocrm_sync._core.fields import label
from amocrm_sync._core.fields_codec import decode, encode
from amocrm_sync._core.fields_values import OBJECT_TYPES
from amocrm_sync._core.shapes import as_array, is_array, is_object, objects_in
from amocrm_sync.errors import ConfigurationError

Key: TypeAlias = int | str
"""A field's id, its code, or its title."""

_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_PHONE_LIKE = frozenset({"PHONE", "EMAIL"})
_ADDRESS = ("field_id", "field_code", "field_name")


@attrs.frozen
class FieldValue:
    """One filled custom field.

    Attributes:
        id: Field id; ``None`` where it was set by code or title and never loaded.
        code: Field code, where it has one.
        name: Title.
        type: Field type, e.g. ``numeric``.
        value: The typed value.
    """

    id: int | None
    code: str | None
    name: str | None
    type: str | None
    value: Any


class FieldRows(Protocol):
    """What is needed of the record: its rows of custom fields."""

    @property
    def custom_fields_values(self) -> Any:
        """The present rows."""
        ...

    def loaded_rows(self) -> list[Mapping[str, Any]]:
        """The rows as they were loaded."""
        ...

    def put_rows(self, rows: list[Mapping[str, Any]]) -> None:
        """Put new rows in place of the present ones."""
        ...


class CustomFieldValues(Mapping[Key, Any]):
    """The filled custom fields of one record, as a mapping.

    A key is the field's id, its code (``"UTM_SOURCE"``) or its title; iteration gives ids. The API leaves empty fields
    out, so a field that has no value is not in the mapping: use :meth:`get`.

    ``date`` and ``birthday`` fields are stored as the second in which the day begins in the account. A model does not
    know the account's timezone, so they **read as UTC** unless :meth:`localized` says otherwise: in an account east of
    Greenwich that is the day before.

    Types: :mod:`amocrm_sync._core.fields_codec`.
    """

    def __init__(self, owner: FieldRows, timezone: tzinfo = UTC) -> None:
        self._owner = owner
        self._timezone = timezone

    def localized(self, timezone: tzinfo) -> CustomFieldValues:
        """The same values, with dates read in the account's timezone."""
        return CustomFieldValues(self._owner, timezone)

    def __getitem__(self, key: Key) -> Any:
        row = self._find(key)
        if row is None or not row.get("values"):
            raise KeyError(key)
        return self._read(row)

    def __iter__(self) -> Iterator[Key]:
        for row in self._filled():
            yield next(row[name] for name in _ADDRESS if row.get(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self._filled())

    def __contains__(self, key: object) -> bool:
        row = self._find(key)
        return row is not None and bool(row.get("values"))

    def __repr__(self) -> str:
        shown = (f"{label(row)}: {self._read(row)!r}" for row in self._filled())
        return f"<{type(self).__name__} {{{', '.join(shown)}}}>"

    def fields(self) -> list[FieldValue]:
        """The filled fields with their ids, codes, titles and types."""
        return [
            FieldValue(
                row.get("field_id"),
                row.get("field_code"),
                row.get("field_name"),
                row.get("field_type"),
                self._read(row),
            )
            for row in self._filled()
        ]

    def set(self, key: Key, value: Any, enum: int | str | None = None) -> None:
        """Set a field; the whole list of its values is replaced.

        Args:
            key: Id, code or title. Upper-case Latin words are codes. A title that is not among the loaded values is
                looked up in the account when the record is sent.
            value: A value of the field's type. A list sets several values: phones as ``"+7…"`` or ``("+7…", "WORK")``,
                labels as text. A ``date`` is sent as the beginning of that day in the account. ``None`` clears.
            enum: Kind of a phone or e-mail (``"WORK"``), or a list item by its id or code (then ``value`` may be
                ``None``).

        Raises:
            ConfigurationError: The value does not fit the field's type, as far as that is known here.
        """
        if value is None and enum is None:
            self.clear(key)
            return
        row = self._find(key) or _address(key)
        if row.get("is_computed"):
            raise ConfigurationError(f"custom field {label(row)}: amoCRM computes it, it cannot be set")
        field_type = row.get("field_type")
        if field_type is None and row.get("field_code") in _PHONE_LIKE:
            field_type = "multitext"
            enum = enum or ("WORK" if isinstance(value, str) and not hasattr(value, "enum_code") else None)
        try:
            values = encode(field_type, value, enum)
        except ValueError as error:
            raise ConfigurationError(f"custom field {label(row)} ({field_type}): {error}") from None
        self._put(row, values or None)

    def clear(self, key: Key) -> None:
        """Empty a field."""
        row = self._find(key)
        self._put(row or _address(key), None)

    def _read(self, row: Mapping[str, Any]) -> Any:
        field_type = row.get("field_type")
        if field_type is None and row.get("field_code") in _PHONE_LIKE:
            field_type = "multitext"
        if field_type is None:
            return _read_untyped(row["values"])
        return decode(field_type, row["values"], self._timezone)

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        return iter(objects_in(self._owner.custom_fields_values))

    def _filled(self) -> Iterator[Mapping[str, Any]]:
        return (row for row in self._rows() if row.get("values"))

    def _find(self, key: object) -> Mapping[str, Any] | None:
        """The row of a field: by id, else by code, else by title."""
        rows = objects_in(self._owner.custom_fields_values)
        for name in ("field_id",) if isinstance(key, int) else ("field_code", "field_name"):
            for row in rows:
                if row.get(name) == key:
                    return row
        return None

    def _put(self, row: Mapping[str, Any], values: list[dict[str, Any]] | None) -> None:
        """Put a row in place of the one it changes; the loaded rows themselves stay as they are."""
        new: Mapping[str, Any] = {**row, "values": values}
        for original in self._owner.loaded_rows():
            if _same_field(original, row):
                new = original if _says_the_same(values, _canonical(original)) else new
                break
        rows: list[Mapping[str, Any]] = [*objects_in(self._owner.custom_fields_values)]
        places = [place for place, old in enumerate(rows) if _same_field(old, row)]
        for place in places or [len(rows)]:
            rows[place : place + 1] = [new]
        self._owner.put_rows(rows)


def write_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the API takes it: one address, and values without what it refuses to read back (empty codes)."""
    values, field_type = row.get("values"), row.get("field_type")
    if is_array(values):
        values = [_write_value(field_type, value) for value in values]
    for name in _ADDRESS:
        if row.get(name) is not None:
            return {name: row[name], "values": values}
    return dict(row)


def _write_value(field_type: str | None, value: Any) -> Any:
    if not is_object(value):
        return value
    if value.get("enum_id") is not None:
        kept = ("value", "enum_id") if field_type in ("multitext", "smart_address") else ("enum_id",)
        return {name: value[name] for name in (kept if field_type else value) if value.get(name) is not None}
    return {name: item for name, item in value.items() if item is not None or name == "value"}


def _address(key: Key) -> dict[str, Any]:
    """A row for a field that is not among the loaded ones."""
    if isinstance(key, int):
        return {"field_id": key}
    return {"field_code" if _CODE.fullmatch(key) else "field_name": key}


def _same_field(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    number, code = one.get("field_id"), one.get("field_code")
    if number is not None or code is not None:
        return (number is not None and number == other.get("field_id")) or (
            code is not None and code == other.get("field_code")
        )
    return (
        other.get("field_id") is None
        and other.get("field_code") is None
        and one.get("field_name") == other.get("field_name")
    )


def _canonical(row: Mapping[str, Any]) -> Any:
    """The loaded rows of a typed object as they would be written: no nulls, nothing that the server computed."""
    field_type, values = row.get("field_type"), row.get("values")
    if field_type != "smart_address" and field_type not in OBJECT_TYPES:
        return values
    try:
        return encode(field_type, decode(field_type, values)) or None
    except ValueError:
        return values


def _says_the_same(new: Any, old: Any) -> bool:
    """Whether writing the new rows over the old ones would change nothing."""
    if not new or not old:
        return not new and not old
    return (
        is_array(old)
        and len(new) == len(old)
        and all(is_object(was) and now.items() <= was.items() for now, was in zip(new, old, strict=True))
    )


def _read_untyped(values: Any) -> Any:
    """The value of a field that was set here and never loaded, so that its type is not known."""
    plain = [row.get("value", row) if is_object(row) else row for row in as_array(values)]
    return plain[0] if len(plain) == 1 else plain
