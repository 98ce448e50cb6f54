"""The types of wire fields: what may be written, and how times, money and PHP's empty arrays are read."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from pydantic import BeforeValidator, Field
from pydantic_core import CoreSchema, core_schema

from amocrm_sync._core.shapes import is_array, is_object

T = TypeVar("T")


class Access(Enum):
    """What the API lets a client do with a field."""

    READ = "r"
    WRITE = "rw"
    CREATE = "c"
    SEND = "w"


ReadOnly = Annotated[T | None, Access.READ]
"""The server alone sets it."""
Editable = Annotated[T | None, Access.WRITE]
"""Read and written."""
OnCreate = Annotated[T | None, Access.CREATE]
"""Written on creation, read afterwards."""
WriteOnly = Annotated[T | None, Access.SEND]
"""Sent, never read back."""


def _from_unix(value: Any) -> datetime | None:
    """An aware UTC datetime from unix seconds; the standard library's own ``UTC``, so that it prints and pickles plainly."""
    if type(value) is int:
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, OSError):
            raise ValueError(f"{value} is no unix time") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime needs a timezone, e.g. datetime(2026, 12, 1, tzinfo=UTC)")
        return value.astimezone(UTC)
    if value is False or value == "":
        return None
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        return _from_unix(datetime.fromisoformat(value))
    if isinstance(value, (str, float)) and abs(float(value)) < _FAR:
        return _from_unix(int(value))
    raise ValueError("unix seconds or an aware datetime is needed")


_FAR = 1e15
"""Seconds that no date has; also keeps infinity and NaN out."""


def _object(value: Any) -> Any:
    """PHP writes an empty object as ``[]``."""
    return {} if value == [] else value


def _present(value: Any) -> Any:
    """PHP writes an array whose indexes have a gap as an object; and what is null in it says nothing."""
    items = list(value.values()) if is_object(value) else value
    return [item for item in items if item is not None] if is_array(items) else items


def read_time(value: Any) -> datetime | None:
    """A time as the API sends it, outside a model.

    Raises:
        ValueError: It is no time.
    """
    return None if value is None else _from_unix(value)


class _UnixTime:
    """Tells pydantic to read a time by :func:`_from_unix`, and to write it like any datetime."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: Any, _handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_from_unix)


Timestamp: TypeAlias = Annotated[datetime, _UnixTime]
"""Unix seconds on the wire, an aware UTC datetime here."""

Money: TypeAlias = Annotated[int | Decimal, Field(union_mode="left_to_right")]
"""Whole units as ``int``; a ``Decimal`` only where the account counts minor units and there are some."""

EMPTY_ARRAY_IS_OBJECT = BeforeValidator(_object)
JsonObject: TypeAlias = Annotated[dict[str, Any], EMPTY_ARRAY_IS_OBJECT]
"""A JSON object; the API's ``[]`` for an empty one is accepted."""

ListOf: TypeAlias = Annotated[list[T], BeforeValidator(_present)]
"""A JSON array of typed items; nulls in it are passed over."""

if TYPE_CHECKING:
    RawRows: TypeAlias = list[dict[str, Any]]
    RawObject: TypeAlias = dict[str, Any]
else:
    # Left as they came: a page costs a third less when these are typed on access only.
    RawRows = Any
    RawObject = Any
