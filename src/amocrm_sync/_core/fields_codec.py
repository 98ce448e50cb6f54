"""Custom field values: rows of the API to Python values, and back.

=====================================  ==========================================================
Field type                             Python value
=====================================  ==========================================================
text, textarea, url, streetaddress,    ``str``
tracking_data, org_legal_name
numeric, price, monetary               ``Decimal``
checkbox                               ``bool``
date, birthday                         ``date``
date_time                              aware UTC ``datetime``
select, radiobutton, category          :class:`Choice`: the label, with its enum id and code
multiselect, multitext                 list of :class:`Choice`
smart_address                          :class:`~amocrm_sync.models.SmartAddress`
legal_entity                           list of :class:`~amocrm_sync.models.LegalEntity`
items                                  list of :class:`~amocrm_sync.models.InvoiceItem`
chained_list                           list of :class:`~amocrm_sync.models.ChainedRow`, at most five
linked_entity                          :class:`~amocrm_sync.models.LinkedEntity`
file                                   :class:`~amocrm_sync.models.FileValue`
payer, supplier                        :class:`~amocrm_sync.models.Payer`, :class:`~amocrm_sync.models.Supplier`
anything else                          the rows as they came
=====================================  ==========================================================

A value that does not fit its type is given as it came: reading never fails. Wherever a typed object stands above, a
dict with its keys can be written too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any, Self, TypeAlias, TypeGuard

from amocrm_sync._core.fields_values import (
    ADDRESS_PARTS,
    MAX_CHAIN,
    OBJECT_TYPES,
    ChainedRow,
    ObjectValue,
    SmartAddress,
    as_decimal,
)
from amocrm_sync._core.shapes import as_array, is_object, objects_in

Row: TypeAlias = dict[str, Any]
"""One entry of ``values``: ``{"value": …}``, with ``enum_id`` and ``enum_code`` where the type has them."""

Rows: TypeAlias = list[Mapping[str, Any]]

ROW_KEYS = frozenset({"value", "enum_id", "enum_code", "catalog_element_id"})
TEXT = frozenset({"text", "textarea", "url", "streetaddress", "tracking_data", "org_legal_name"})
NUMBER = frozenset({"numeric", "price", "monetary"})
DAY = frozenset({"date", "birthday"})
CHOICE = frozenset({"select", "radiobutton", "category"})
MANY = frozenset({"multiselect", "multitext"})
OBJECT = frozenset({"linked_entity", "file", "payer", "supplier"})
OBJECTS = frozenset({"items", "legal_entity"})


class Choice(str):  # noqa: SLOT000 - the slots of a str are its characters; the enum needs a __dict__
    """A label of a list, or a phone with its kind: a plain ``str`` that remembers its enum.

    Attributes:
        enum_id: Id of the enum, where known.
        enum_code: Code of the enum, e.g. ``WORK``, where it has one.
    """

    enum_id: int | None
    enum_code: str | None

    def __new__(cls, text: str, enum_id: int | None = None, enum_code: str | None = None) -> Self:
        """The label with its enum."""
        self = super().__new__(cls, text)
        self.enum_id = enum_id
        self.enum_code = enum_code
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[str, int | None, str | None]]:
        return type(self), (str(self), self.enum_id, self.enum_code)


def decode(field_type: str | None, values: Any, timezone: tzinfo = UTC) -> Any:
    """The Python value of a field's rows; ``None`` for an empty field.

    Args:
        field_type: ``field_type`` of the API; rows of a type not listed above are given as they came.
        values: ``values`` of the API.
        timezone: Where midnight of a ``date`` is: the account's timezone. In UTC, the default, a date of an account
            east of Greenwich reads as the day before.
    """
    if not values:
        return None
    reader = _READERS.get(field_type or "")
    rows: list[Mapping[str, Any]] = [*objects_in(values)]
    if reader is None or not rows or len(rows) != len(as_array(values)):
        return values
    try:
        return reader(rows, timezone)
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError):
        return _as_it_came(values)


def encode(field_type: str | None, value: Any, enum: int | str | None = None) -> list[Row]:
    """The rows that write a value.

    A ``date`` stays a ``date``: only the account's timezone says which second it is. An unknown type is written by the
    kind of the Python value. Rows in the API's own shape (``{"value": …, "enum_id": …}``) pass through.

    Raises:
        ValueError: The value does not fit the type; says what is needed.
    """
    if isinstance(value, SmartAddress) and field_type in (None, "smart_address"):
        return value.rows()
    if field_type == "smart_address" and is_object(value) and not _is_row(value):
        return SmartAddress.given(value).rows()
    several = _is_several(value)
    if several and field_type in TEXT | NUMBER | DAY | CHOICE | OBJECT | {"checkbox", "date_time"}:
        raise ValueError(f"one value is needed for a field of type {field_type}, not {value!r}")
    items: list[Any] = list(value) if several else [value]
    if field_type == "chained_list" and len(items) > MAX_CHAIN:
        raise ValueError(f"at most {MAX_CHAIN} rows are possible, not {len(items)}")
    return [_row(field_type, item, enum) for item in items]


def _row(field_type: str | None, value: Any, enum: int | str | None) -> Row:
    """One row."""
    if isinstance(value, ObjectValue) or (field_type in OBJECT_TYPES and not _is_row(value)):
        return _object_row(field_type, value)
    if _is_row(value):
        return dict(value)
    if _is_pair(value):
        value, enum = value
    if isinstance(value, Choice) and enum is None:
        enum = value.enum_id if value.enum_id is not None else value.enum_code
    if field_type in CHOICE or field_type == "multiselect":
        return _choice_row(value, enum)
    if value is None and enum is not None:
        return _enum(enum)
    writer = _WRITERS.get(field_type or "", _plain)
    return {"value": writer(value)} | (_enum(enum) if enum is not None else {})


def _object_row(field_type: str | None, value: Any) -> Row:
    """A row of a typed object; levels of a chained list stand bare."""
    wanted = OBJECT_TYPES.get(field_type or "")
    if field_type is None and isinstance(value, ObjectValue):
        wanted = type(value)
    if wanted is None:
        raise ValueError(f"{type(value).__name__} does not fit a field of type {field_type}")
    wire = wanted.given(value).as_wire()
    return wire if wanted is ChainedRow else {"value": wire}


def _choice_row(value: Any, enum: int | str | None) -> Row:
    if enum is not None:
        return _enum(enum)
    if isinstance(value, int) and not isinstance(value, bool):
        return {"enum_id": value}
    return {"value": _text(value)}


def _enum(enum: int | str) -> Row:
    return {"enum_id": enum} if isinstance(enum, int) else {"enum_code": str(enum)}


def _is_row(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return is_object(value) and not ROW_KEYS.isdisjoint(value)


def _is_several(value: Any) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, (list, set, frozenset))


def _is_pair(value: Any) -> TypeGuard[tuple[Any, Any]]:
    return hasattr(value, "__len__") and len(value) == 2 and isinstance(value, tuple)  # noqa: PLR2004 - a pair


def _text(value: Any) -> str:
    value = value.value if isinstance(value, Enum) else value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"a str is needed, not {value!r}")


def _number_text(value: Any) -> str:
    number = None if isinstance(value, bool) else as_decimal(value)
    if number is None:
        raise ValueError(f"a number is needed, not {value!r}")
    return format(number, "f")


def _flag(value: Any) -> bool:
    if value in (True, False, "0", "1"):  # 0 and 1 as well
        return bool(int(value))
    raise ValueError(f"True or False is needed, not {value!r}")


def _moment(value: Any) -> int | date:
    """Unix seconds, or a day that waits for the account's timezone."""
    if isinstance(value, str) and not _is_number(value):
        value = _from_iso(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime needs a timezone, e.g. datetime(2026, 12, 1, 9, 30, tzinfo=UTC)")
        return int(value.timestamp())
    if isinstance(value, date):
        return value
    seconds = None if isinstance(value, bool) else as_decimal(value)
    if seconds is None:
        raise ValueError(f"a date, an aware datetime or unix seconds is needed, not {value!r}")
    return int(seconds)


def _from_iso(text: str) -> date:
    for kind in (date, datetime):
        with suppress(ValueError):
            return kind.fromisoformat(text)
    raise ValueError(f"a date such as 2026-12-01 is needed, not {text!r}")


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdigit()


def _plain(value: Any) -> Any:
    """A value of a field whose type is not known here."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return _number_text(value)
    if isinstance(value, str):
        return str(value)
    return _moment(value) if isinstance(value, date) else value


_WRITERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(TEXT | {"multitext", "smart_address"}, _text),
    **dict.fromkeys(NUMBER, _number_text),
    **dict.fromkeys(DAY | {"date_time"}, _moment),
    "checkbox": _flag,
}


def _as_it_came(values: Any) -> Any:
    """What to give where the rows do not fit their type: the one value they hold, else the rows."""
    rows = objects_in(values)
    return rows[0].get("value", values) if len(rows) == 1 else values


def _read_text(rows: Rows, _: tzinfo) -> str | None:
    value = rows[0]["value"]
    if isinstance(value, bool):
        raise TypeError("not a text")
    return None if value is None else str(value)


def _read_number(rows: Rows, _: tzinfo) -> Decimal | None:
    value = rows[0]["value"]
    if value is None or value == "":
        return None
    number = None if isinstance(value, bool) else as_decimal(value)
    if number is None:
        raise ValueError("not a number")
    return number


def _read_flag(rows: Rows, _: tzinfo) -> bool:
    value = rows[0]["value"]
    return {"1": True, "0": False, "true": True, "false": False, "": False}[str(value).lower()]


def _read_moment(rows: Rows, timezone: tzinfo) -> date:
    value = rows[0]["value"]
    if isinstance(value, bool):
        raise TypeError("not a time")
    value = _from_iso(value) if isinstance(value, str) and not _is_number(value) else value
    if isinstance(value, date):
        return value.astimezone(timezone) if isinstance(value, datetime) else value
    return datetime.fromtimestamp(int(value), timezone)


def _read_day(rows: Rows, timezone: tzinfo) -> date:
    moment = _read_moment(rows, timezone)
    return moment.date() if isinstance(moment, datetime) else moment


def _read_time(rows: Rows, _: tzinfo) -> date:
    return _read_moment(rows, UTC)


def _choice(row: Mapping[str, Any]) -> Choice:
    value = row.get("value")
    if value is None:
        value = row.get("enum_code") or row["enum_id"]
    code = row.get("enum_code", row.get("enum"))  # the page of contacts has the shorter name
    return Choice(str(value), row.get("enum_id"), code)


def _read_choice(rows: Rows, _: tzinfo) -> Choice:
    return _choice(rows[0])


def _read_choices(rows: Rows, _: tzinfo) -> list[Choice]:
    return [_choice(row) for row in rows]


def _read_address(rows: Rows, _: tzinfo) -> SmartAddress:
    return SmartAddress.from_wire(
        {row.get("enum_code") or ADDRESS_PARTS[int(row["enum_id"])]: row["value"] for row in rows}
    )


def _one_of(field_type: str) -> Callable[[Rows, tzinfo], Any]:
    """Reads the one object of a field; where the server sent several, none is lost: they come as a list."""

    def read(rows: Rows, timezone: tzinfo) -> Any:
        found = _all_of(field_type)(rows, timezone)
        return found[0] if len(found) == 1 else found

    return read


def _all_of(field_type: str) -> Callable[[Rows, tzinfo], list[ObjectValue]]:
    kind = OBJECT_TYPES[field_type]
    return lambda rows, _: [
        kind.from_wire(row if field_type == "chained_list" else row["value"]) for row in rows
    ]


_READERS: dict[str, Callable[[Rows, tzinfo], Any]] = {
    **dict.fromkeys(TEXT, _read_text),
    **dict.fromkeys(NUMBER, _read_number),
    **dict.fromkeys(DAY, _read_day),
    **dict.fromkeys(CHOICE, _read_choice),
    **dict.fromkeys(MANY, _read_choices),
    **{name: _one_of(name) for name in OBJECT},
    **{name: _all_of(name) for name in OBJECTS | {"chained_list"}},
    "checkbox": _read_flag,
    "date_time": _read_time,
    "smart_address": _read_address,
}
