"""The account's definitions of custom fields, indexed: which field a row means, and which labels it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn, Protocol

import attrs

from amocrm_sync._core.fields_codec import CHOICE, MANY, TEXT, Row, encode
from amocrm_sync._core.shapes import is_object
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
    def is_computed(self) -> bool | None:
        """Whether amoCRM alone computes its value."""
        ...

    @property
    def enums(self) -> Any:
        """The labels of a list: objects or dicts with id, value, code."""
        ...

    @property
    def nested(self) -> Any:
        """The labels of a category, which are a tree: objects or dicts with id, value."""
        ...


class KnownField:
    """One field: what it is called, and which values it takes.

    Attributes:
        id: The field's id.
        type: The field type.
        definition: As the account gave it.
    """

    __slots__ = ("_enum_ids", "_enums", "_quick", "definition", "id", "type")

    def __init__(self, definition: FieldDefinition) -> None:
        self.definition = definition
        self.id = definition.id
        self.type = definition.type
        listed = definition.nested if self.type == "category" else definition.enums
        self._enums = [_Enum.of(enum) for enum in listed or ()] if self.type in CHOICE | MANY else []
        self._enum_ids = frozenset(enum.id for enum in self._enums if isinstance(enum.id, int))
        self._quick = None if definition.is_computed else _QUICK.get(self.type or "")

    def takes(self, values: Sequence[Any]) -> bool:
        """Whether these rows are right as they stand; ``False`` means only that it takes a closer look."""
        if self._quick is None:
            return False
        key, kind, ids = *self._quick, self._enum_ids
        for value in values:  # a loop: for one or two values a generator costs more than the work
            if value.__class__ is not dict or len(value) != 1:
                return False
            held = value.get(key)
            if held.__class__ is not kind or (key == "enum_id" and held not in ids):
                return False
        return True

    def fit(self, value: Any, where: str) -> list[Row]:
        """A value row, checked against the definition; parts of an address become rows of their own.

        Raises:
            ConfigurationError: Names the field, what is allowed and the nearest match.
        """
        if self.definition.is_computed:
            raise ConfigurationError(f"{where}: amoCRM computes it, it cannot be set")
        if not is_object(value):
            raise ConfigurationError(f"{where}: a row such as {{'value': …}} is needed, not {value!r}")
        rows: list[Row] = [dict(value)]
        if set(value) == {"value"} and value["value"] is not None:
            try:
                rows = encode(self.type, value["value"])
            except ValueError as error:
                raise ConfigurationError(f"{where} ({self.type}): {error}") from None
        return [self._with_enum(row, where) for row in rows] if self._enums else rows

    def _with_enum(self, row: Row, where: str) -> Row:
        """The row with the enum's id; of phones the value is their own, and the enum is their kind."""
        has_text = self.type == "multitext"
        number = row.get("enum_id")
        wanted = row.get("enum_code") or (None if has_text else row.get("value"))
        if number is None and wanted is None:
            return row
        if number is not None:
            found = [enum for enum in self._enums if enum.id == number]
        else:
            exact = [enum for enum in self._enums if wanted in (enum.text, enum.code)]
            found = exact or [enum for enum in self._enums if enum.is_called(str(wanted))]
        if found:
            return (
                {"value": row.get("value"), "enum_id": found[0].id} if has_text else {"enum_id": found[0].id}
            )
        given = str(wanted if number is None else number)
        names = [enum.code or enum.text if has_text else enum.text for enum in self._enums]
        raise ConfigurationError(f"{where}: {given!r} is not one of its values{_hint(given, names)}")


class KnownFields:
    """The definitions of one entity's fields."""

    def __init__(self, definitions: Iterable[FieldDefinition]) -> None:
        self._all = [KnownField(definition) for definition in definitions]
        self._by_id = {known.id: known for known in self._all}
        self._by_code = {code: known for known in self._all if (code := known.definition.code)}

    @classmethod
    def of(cls, given: KnownFields | Iterable[FieldDefinition]) -> KnownFields:
        """The definitions indexed, unless they are already."""
        return given if isinstance(given, KnownFields) else cls(given)

    def take(self, payload: Mapping[str, Any]) -> bool:
        """Whether the values of a settled payload are right as they stand; ``False``: it takes a closer look."""
        by_id = self._by_id
        for row in payload.get(FIELDS) or ():
            number = row.get("field_id")
            known = by_id.get(number) if number.__class__ is int else None
            if known is None or not known.takes(row["values"] or ()):
                return False
        return True

    def find(self, row: Mapping[str, Any]) -> KnownField:
        """The field that a row addresses by id, code or title.

        Raises:
            ConfigurationError: There is none, or several; names the nearest match.
        """
        number, code, name = (row.get(key) for key in ("field_id", "field_code", "field_name"))
        if number is not None:
            listed = (f"{known.id} {known.definition.name!r}" for known in self._all)
            return self._by_id.get(_number(number)) or _refuse(repr(number), listed, quoted=False)
        if code is not None:
            return self._by_code.get(str(code)) or _refuse(repr(code), self._by_code, near=str(code))
        if name is None:
            raise ConfigurationError(f"{FIELDS}: field_id or field_code is missing in {dict(row)!r}")
        return self._by_name(str(name))

    def _by_name(self, name: str) -> KnownField:
        """The one field with this title: exactly, else without regard to case and spaces."""
        titles = [(known, known.definition.name, known.definition.code) for known in self._all]
        found = [known for known, *names in titles if name in names]
        if not found:
            found = [known for known, *names in titles if _plain(name) in map(_plain, names)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(str(known.id) for known in found)
            raise ConfigurationError(
                f"custom field {name!r}: several fields have this title; use one of the ids {ids}"
            )
        return _refuse(repr(name), [title for _, title, _ in titles], near=name)


def _number(given: Any) -> int | None:
    """An id, also where it is written as text."""
    if isinstance(given, str) and given.isdecimal():
        return int(given)
    return given if isinstance(given, int) else None


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


_QUICK: Mapping[str, tuple[str, type[Any]]] = {
    **dict.fromkeys(TEXT, ("value", str)),
    **dict.fromkeys(CHOICE | {"multiselect"}, ("enum_id", int)),
    "checkbox": ("value", bool),
}
"""The one key of a row that is sent as it stands, and the class of what it holds."""


def _refuse(given: str, known: Iterable[str | None], *, near: str = "", quoted: bool = True) -> NoReturn:
    raise ConfigurationError(f"custom field {given}: there is none{_hint(near, known, quoted=quoted)}")


def _plain(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


_LISTED = 12
"""Names listed in an error."""


def _hint(given: str, names: Iterable[str | None], *, quoted: bool = True) -> str:
    """The nearest match and what there is, for an error."""
    known = [name for name in names if name]
    by_plain = {_plain(name): name for name in known}
    near = get_close_matches(_plain(given), list(by_plain), n=1, cutoff=0.5) if given else []
    shown = [repr(name) if quoted else name for name in known[:_LISTED]]
    listed = ", ".join(shown) + (" …" if len(known) > _LISTED else "")
    hint = f"; did you mean {by_plain[near[0]]!r}?" if near else ""
    return f"{hint} (known: {listed})" if listed else hint
