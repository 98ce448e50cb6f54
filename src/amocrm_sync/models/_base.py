"""The model that every record of the API is: loose on reading, careful on writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Self, TypeVar

import attrs
import pydantic
from pydantic import BaseModel, ConfigDict

from amocrm_sync._core.unset import UNSET
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models._edits import Edits
from amocrm_sync.models._fields import WireField, fields_by_either_name, to_wire, wire_fields
from amocrm_sync.models._types import Access, OnCreate, RawObject

M = TypeVar("M", bound="Model")

_set = object.__setattr__

_NOT_SHOWN = frozenset({"embedded", "custom_fields_values"})
"""Fields that would drown the others in a repr."""


class Model(BaseModel):
    """A record of the API.

    Reading is loose: a field that this version does not know is kept (as an attribute and in ``model_extra``), an
    unknown value of an enumeration stays the string that it is, every field may be missing (``None``).

    Writing is careful. A model that was made by hand sends what was set; one that was loaded sends what was changed
    since (:meth:`changes`). ``None`` is sent as null; assigning ``UNSET`` takes an edit back. Setting a field that the
    server alone sets raises :class:`~amocrm_sync.errors.ConfigurationError`, and so does a name that is not a field.
    Changes are noticed on assignment: assign a new list or dict instead of altering one in place.

    ``Lead(name="x")`` makes a new record; ``Lead.model_validate(row)`` loads one that came from the API.
    """

    __slots__ = ("_edits",)

    model_config = ConfigDict(
        extra="allow",
        populate_by_name=True,
        validate_assignment=True,
        coerce_numbers_to_str=True,
        defer_build=True,
        protected_namespaces=(),
    )

    embedded: OnCreate[RawObject] = pydantic.Field(default=None, alias="_embedded")
    """``_embedded`` as it came; the properties of each model give its parts typed."""

    if not TYPE_CHECKING:  # type checkers know the fields from the class body

        def __init__(self, /, **data: Any) -> None:
            cls = type(self)
            fields, parts = _sorted_out(cls, data)
            try:
                super().__init__(**fields)
            except pydantic.ValidationError as error:
                raise ConfigurationError(explain(error, cls.__name__)) from None
            _set(self, "_edits", Edits(new=True))
            for name, value in parts.items():
                setattr(self, name, value)

        # Tells pydantic that rows of the API need not pass through __init__, which would cost a call for each.
        __init__.__pydantic_base_init__ = True

        def __setattr__(self, name: str, value: Any) -> None:
            if name.startswith("_"):
                _set(self, name, value)
            elif isinstance(getattr(type(self), name, None), property):
                super().__setattr__(name, value)
            else:
                _check_settable(self, name)
                self._assign(name, value)

    @property
    def is_loaded(self) -> bool:
        """Whether the record came from the API (else it was made by hand)."""
        edits = self._get_edits()
        return edits is None or not edits.new

    @property
    def raw(self) -> dict[str, Any]:
        """What arrived, in the API's own names and types.

        Rebuilt on demand, without ``_links``, from values as they were loaded; exactly as it came where the page was
        parsed with ``keep_raw=True``. For a model made by hand: what was set.
        """
        edits = self._get_edits()
        if edits is not None and edits.raw is not None:
            return edits.raw
        before = edits.before if edits is not None and not edits.new else {}
        return self._wire(before)

    @property
    def model_fields_set(self) -> set[str]:
        """Names of the fields that arrived or were set (a copy)."""
        return set(self.__pydantic_fields_set__)

    def changes(self) -> dict[str, Any]:
        """What a PATCH would send, without the id: what was changed since loading, or all that was set by hand.

        JSON-ready but for what only the account can say: titles of custom fields and ``date`` values stay as they were
        meant, and the client settles them when it sends.
        """
        edits = self._get_edits()
        if edits is None:
            return {}
        if edits.new:
            return self._payload(self.__pydantic_fields_set__ - {"id"})
        return self._payload(
            [name for name, value in edits.before.items() if self._current(name) != value], edits.before
        )

    def create_payload(self) -> dict[str, Any]:
        """What a POST would send: all that was set by hand; of a loaded record, all that can be written."""
        if not self.is_loaded:
            return self.changes()
        fields = wire_fields(type(self))
        names = [
            name
            for name in self.__pydantic_fields_set__
            if name in fields and fields[name].is_writable and self._current(name) is not None
        ]
        return self._payload(names)

    def mark_clean(self) -> None:
        """Take the present values as loaded: nothing is changed any more. For callers who have sent the changes."""
        _set(self, "_edits", None)

    def absorb(self, row: Mapping[str, Any]) -> None:
        """Take over what the server answered to a write (id, ``updated_at`` …) and mark the record as clean."""
        fields = fields_by_either_name(type(self))
        for wire, value in row.items():
            if wire != "_links":
                self._put(fields[wire].name if wire in fields else wire, value)
        self._settle()
        self.mark_clean()

    def put_linked(self, key: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Put rows that were read later into ``_embedded``; it is no change of the record."""
        parts = dict(self.embedded) if self.embedded else {}
        self._put("embedded", {**parts, key: [dict(row) for row in rows]})

    def as_wire(self) -> dict[str, Any]:
        """All values that are set, in the API's own names and types; how a model stands inside another one."""
        return self._wire({})

    def _settle(self) -> None:
        """Drop what concerns one request only; parts of models extend it."""
        for name, field in wire_fields(type(self)).items():
            if field.access is Access.SEND:
                vars(self)[name] = None

    def _payload(self, names: Iterable[str], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Values by wire name; parts of models extend it."""
        fields = wire_fields(type(self))
        payload: dict[str, Any] = {}
        for name in sorted(names, key=_order(fields)):
            wire = fields[name].wire if name in fields else name
            payload[wire] = self._payload_value(name, (before or {}).get(name))
        return payload

    def _payload_value(self, name: str, before: Any) -> Any:  # noqa: ARG002 - parts of models compare with it
        return to_wire(self._current(name))

    def _wire(self, instead: Mapping[str, Any]) -> dict[str, Any]:
        fields = wire_fields(type(self))
        row: dict[str, Any] = {}
        for name in sorted(self.__pydantic_fields_set__ | instead.keys(), key=_order(fields)):
            if name in fields and name not in instead:
                row[fields[name].wire] = to_wire(self._current(name))
            elif name in fields and instead[name] is not UNSET:
                row[fields[name].wire] = to_wire(instead[name])
        for name, value in (self.__pydantic_extra__ or {}).items():
            row[name] = to_wire(instead.get(name, value))
        return row

    def _current(self, name: str) -> Any:
        if name in self.__dict__:
            return self.__dict__[name]
        return (self.__pydantic_extra__ or {}).get(name)

    def _assign(self, name: str, value: Any) -> None:
        """Set a field and remember how it was loaded."""
        edits = self._get_edits()
        if value is UNSET:
            self._take_back(name, edits)
            return
        before = self._current(name)
        arrived = name in self.__pydantic_fields_set__
        self._put(name, value)
        if edits is None:
            edits = Edits()
            _set(self, "_edits", edits)
        if not edits.new:
            edits.before.setdefault(name, before if arrived else UNSET)

    def _take_back(self, name: str, edits: Edits | None) -> None:
        if edits is None or not (edits.new or name in edits.before):
            return
        before = edits.before.pop(name, UNSET)
        self._put(name, None if before is UNSET else before)
        if before is UNSET:
            self.__pydantic_fields_set__.discard(name)

    def _put(self, name: str, value: Any) -> None:
        """Set a field without remembering it. The set of field names may be shared with neighbours: it is copied."""
        field = wire_fields(type(self)).get(name)
        if field is not None and field.is_raw:
            vars(self)[name] = value
            if name not in self.__pydantic_fields_set__:
                _set(self, "__pydantic_fields_set__", {*self.__pydantic_fields_set__, name})
            return
        _set(self, "__pydantic_fields_set__", set(self.__pydantic_fields_set__))
        try:
            super().__setattr__(name, value)
        except pydantic.ValidationError as error:
            raise ConfigurationError(explain(error, type(self).__name__)) from None

    def _get_edits(self) -> Edits | None:
        try:  # past __getattr__, which would find a field of this name that the server sent
            found: Edits | None = object.__getattribute__(self, "_edits")
        except AttributeError:
            return None
        return found

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with its own edits; ``update`` assigns, so it is checked and counts as a change."""
        copied = super().model_copy(deep=deep)
        for name, value in (update or {}).items():
            setattr(copied, name, value)
        return copied

    def __copy__(self) -> Self:
        copied = super().__copy__()
        edits = self._get_edits()
        _set(copied, "_edits", edits and attrs.evolve(edits, before=dict(edits.before)))
        return copied

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        memo = {} if memo is None else memo
        copied = super().__deepcopy__(memo)
        _set(copied, "_edits", deepcopy(self._get_edits(), memo))
        return copied

    def __getstate__(self) -> dict[Any, Any]:
        return {**super().__getstate__(), "_edits": self._get_edits()}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        _set(self, "_edits", state.get("_edits"))

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            if value is not None and name not in _NOT_SHOWN:
                yield name, value

    def __str__(self) -> str:
        return repr(self)


def explain(error: pydantic.ValidationError, where: str) -> str:
    """A validation error in one line: the field, what is wrong, what was given."""
    lines: dict[str, str] = {}
    for item in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in (where, *item["loc"]) if not _is_internal(part))
        given = repr(item["input"])
        given = given if len(given) <= _SHOWN else given[: _SHOWN - 1] + "…"
        lines.setdefault(path, f"{path}: {item['msg']}, not {given}")
    return "; ".join(lines.values())


_SHOWN = 60
"""Characters of a wrong value that an error shows."""


def _is_internal(part: int | str) -> bool:
    """Whether a part of a location names a validator of ours, not a field."""
    return isinstance(part, str) and ("[" in part or part in ("int", "decimal"))


def _order(fields: Mapping[str, WireField]) -> Callable[[str], int]:
    """Fields in the order of the model; unknown ones last."""
    return lambda name: fields[name].place if name in fields else len(fields)


def _sorted_out(cls: type[Model], data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The constructor's arguments: fields, and parts that a property sets (``tags=[…]``, ``contacts=[…]``)."""
    known = fields_by_either_name(cls)
    fields: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    for name, value in data.items():
        if value is UNSET:
            continue
        field = known.get(name)
        if field is not None:
            if field.access is Access.READ and name != "id":
                raise _read_only(cls, name)
            fields[name] = value
        elif _has_setter(cls, name):
            parts[name] = value
        else:
            raise _no_such_field(cls, name)
    return fields, parts


def _check_settable(model: Model, name: str) -> None:
    cls = type(model)
    field = wire_fields(cls).get(name)
    if field is None:
        if name not in (model.model_extra or {}):
            raise _no_such_field(cls, name)
    elif field.access is Access.READ and (name != "id" or model.is_loaded):
        raise _read_only(cls, name)
    elif field.access is Access.CREATE and model.is_loaded:
        raise ConfigurationError(f"{cls.__name__}.{name} can be set only when the record is created")


def _has_setter(cls: type[Model], name: str) -> bool:
    attribute = getattr(cls, name, None)
    return isinstance(attribute, property) and attribute.fset is not None


def _read_only(cls: type[Model], name: str) -> ConfigurationError:
    return ConfigurationError(
        f"{cls.__name__}.{name} is set by amoCRM alone; leave it out "
        f"(to load a record that came from the API use {cls.__name__}.model_validate)"
    )


def _no_such_field(cls: type[Model], name: str) -> ConfigurationError:
    names = [field.name for field in wire_fields(cls).values() if field.is_writable]
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "its fields are " + ", ".join(names)
    return ConfigurationError(
        f"{cls.__name__} has no field {name!r}: {hint} "
        "(a field that this version does not know can be sent in a dict)"
    )
