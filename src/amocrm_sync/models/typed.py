"""Typed access to one account's own custom fields: what a module written by ``amocrm-sync codegen`` is made of.

Fields are addressed by id, and items of lists by their ids too, so that a title or a label that somebody renames in
amoCRM changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from difflib import get_close_matches
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, overload

from amocrm_sync._core.shapes import is_array, is_object
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models._parts import WithCustomFields

Record = TypeVar("Record", bound=WithCustomFields)
Read = TypeVar("Read")
Write = TypeVar("Write")
Label = TypeVar("Label", bound=str)


class FieldsOf(Generic[Record]):
    """The custom fields of one record as attributes; a subclass names them.

    Reading gives ``None`` for an empty field; assigning ``None`` clears. Changes are sent when the record is.

    Args:
        record: The record to read and change.
    """

    timezone: ClassVar[tzinfo] = UTC
    """Where a day begins: the account's timezone."""

    def __init__(self, record: Record) -> None:
        self.record = record


class TypedField(Generic[Read, Write]):
    """One field, read as ``Read`` and assigned as ``Write``.

    A value of another shape than the field's type has reads as it came: reading never fails.

    Args:
        id: The field's id.
    """

    def __init__(self, id: int) -> None:
        self.id = id

    @overload
    def __get__(self, owner: None, kind: type[Any]) -> Self: ...

    @overload
    def __get__(self, owner: FieldsOf[Any], kind: type[Any]) -> Read | None: ...

    def __get__(self, owner: FieldsOf[Any] | None, kind: type[Any]) -> Self | Read | None:
        if owner is None:
            return self
        record: WithCustomFields = owner.record
        value = record.custom_fields.localized(owner.timezone).get(self.id)
        return None if value is None else self.read(value)

    def __set__(self, owner: FieldsOf[Any], value: Write | None) -> None:
        record: WithCustomFields = owner.record
        record.custom_fields.set(self.id, None if value is None else self.written(value))

    def read(self, value: Any) -> Read:
        """What a value of the record reads as."""
        return cast("Read", value)

    def written(self, value: Write) -> Any:
        """What is set on the record for a value."""
        return value


class ChoiceField(TypedField[Label, Label]):
    """A field that holds one item of a list.

    Args:
        id: The field's id.
        items: Enum ids by label, as they were when the module was written.
    """

    def __init__(self, id: int, items: Mapping[Label, int]) -> None:
        super().__init__(id)
        self.items = items

    def read(self, value: Any) -> Label:
        """The label; as the module knows it, where the account has renamed it."""
        return _label(self.items, value)

    def written(self, value: Label) -> Any:
        """The item by its id."""
        return _item(self.id, self.items, value)


class ChoicesField(TypedField[list[Label], Iterable[Label]]):
    """A field that holds several items of a list.

    Args:
        id: The field's id.
        items: Enum ids by label, as they were when the module was written.
    """

    def __init__(self, id: int, items: Mapping[Label, int]) -> None:
        super().__init__(id)
        self.items = items

    def read(self, value: Any) -> list[Label]:
        """The labels; as the module knows them, where the account has renamed them."""
        several = value if is_array(value) else [value]
        return [_label(self.items, one) for one in several]

    def written(self, value: Iterable[Label]) -> Any:
        """The items by their ids."""
        return [_item(self.id, self.items, label) for label in value]


def _label(items: Mapping[Label, int], value: Any) -> Label:
    number = value.get("enum_id") if is_object(value) else getattr(value, "enum_id", None)
    known = (label for label, enum_id in items.items() if enum_id == number)
    return next(known, cast("Label", value))


def _item(field_id: int, items: Mapping[Label, int], label: Label) -> dict[str, int]:
    if label in items:
        return {"enum_id": items[label]}
    known = [str(one) for one in items]
    near = get_close_matches(str(label), known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ConfigurationError(
        f"custom field {field_id}: {label!r} is not one of its values{hint} (known: {', '.join(map(repr, known))})"
    )
