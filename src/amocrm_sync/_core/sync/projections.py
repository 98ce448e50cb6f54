"""The typed table of each entity: its columns, and how a record fills them.

One description serves both stores: the SQL tables are made from it, and the rows are computed here. Times are unix
seconds, as amoCRM gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import attrs

from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.records import Record, Row

StatusOf = Callable[[int | None, int | None], str | None]
"""``(stage_id, pipeline_id)`` → the host's status, or ``None`` where the stage is not mapped."""


class Kind(Enum):
    """The type of a column."""

    TEXT = "text"
    INT = "int"
    REAL = "real"
    BOOL = "bool"
    JSON = "json"


@attrs.frozen
class Column:
    """One column of a typed table: its name, its type, and where its value comes from."""

    name: str
    kind: Kind
    value: Callable[[Row, StatusOf], Any]


def _plain(name: str, kind: Kind, source: str | None = None) -> Column:
    """A column that holds a field as it is."""
    key = source or name
    return Column(name, kind, lambda row, _: row.get(key))


def _computed(name: str, kind: Kind, value: Callable[[Row], Any]) -> Column:
    return Column(name, kind, lambda row, _: value(row))


def by_code(row: Row, code: str) -> str | None:
    """The first value of a custom field such as PHONE or EMAIL."""
    for field in objects_in(row.get("custom_fields_values")):
        if field.get("field_code") == code:
            for value in objects_in(field.get("values")):
                return None if value.get("value") is None else str(value["value"])
    return None


def _embedded(row: Row, key: str) -> list[Row]:
    return objects_in(as_object(row.get("_embedded")).get(key))


def _ids(row: Row, key: str) -> list[int]:
    return [item["id"] for item in _embedded(row, key) if "id" in item]


def _main_contact(row: Row) -> int | None:
    """The contact marked as main, else the first."""
    contacts = _embedded(row, "contacts")
    main = next((item for item in contacts if item.get("is_main")), contacts[0] if contacts else None)
    return None if main is None else main.get("id")


def _result_text(row: Row) -> str | None:
    """A task without a result has an empty array there."""
    return as_object(row.get("result")).get("text")


def _note_text(row: Row) -> str | None:
    return as_object(row.get("params")).get("text")


_IDENTITIES = ("PHONE", "EMAIL", "IM")


def _identities(row: Row) -> dict[str, list[Any]] | None:
    """Everything by which a person can be reached, by the code of its field."""
    found = {
        str(field["field_code"]): [value.get("value") for value in objects_in(field.get("values"))]
        for field in objects_in(row.get("custom_fields_values"))
        if field.get("field_code") in _IDENTITIES
    }
    return found or None


def _telegram(row: Row) -> str | None:
    """The Telegram name or id: a field of that name, or an entry of that kind among the messengers."""
    for field in objects_in(row.get("custom_fields_values")):
        for value in objects_in(field.get("values")):
            kind = value.get("enum_code") if field.get("field_code") == "IM" else None
            names = (field.get("field_code"), field.get("field_name"), kind)
            if any("telegram" in str(name).lower() for name in names) and value.get("value") is not None:
                return str(value["value"])
    return None


def _price(row: Row) -> float | None:
    """A product's price, which is sent as a number or as text."""
    try:
        return float(by_code(row, "PRICE") or "")
    except ValueError:
        return None


_OWNER = _plain("responsible_user_id", Kind.INT)
_AUTHORS = (_plain("created_by", Kind.INT), _plain("updated_by", Kind.INT))
_PHONE = _computed("phone", Kind.TEXT, lambda row: by_code(row, "PHONE"))
_EMAIL = _computed("email", Kind.TEXT, lambda row: by_code(row, "EMAIL"))
_COMPANY = _computed("amo_company_id", Kind.INT, lambda row: next(iter(_ids(row, "companies")), None))

COLUMNS: dict[str, tuple[Column, ...]] = {
    "pipelines": (
        _plain("name", Kind.TEXT),
        _plain("sort", Kind.INT),
        _plain("is_main", Kind.BOOL),
        _plain("is_unsorted_on", Kind.BOOL),
        _plain("is_archive", Kind.BOOL),
    ),
    "stages": (
        _plain("pipeline_id", Kind.INT),
        _plain("name", Kind.TEXT),
        _plain("sort", Kind.INT),
        _plain("color", Kind.TEXT),
        _plain("type", Kind.INT),
        Column("mapped_status", Kind.TEXT, lambda row, status: status(row.get("id"), row.get("pipeline_id"))),
    ),
    "users": (_plain("name", Kind.TEXT), _plain("email", Kind.TEXT), _plain("lang", Kind.TEXT)),
    "roles": (_plain("name", Kind.TEXT),),
    "contacts": (
        _plain("name", Kind.TEXT),
        _plain("first_name", Kind.TEXT),
        _plain("last_name", Kind.TEXT),
        _PHONE,
        _EMAIL,
        _computed("telegram", Kind.TEXT, _telegram),
        _computed("identities", Kind.JSON, _identities),
        _OWNER,
        _COMPANY,
        *_AUTHORS,
    ),
    "companies": (_plain("name", Kind.TEXT), _PHONE, _EMAIL, _OWNER, *_AUTHORS),
    "leads": (
        _plain("name", Kind.TEXT),
        _plain("price", Kind.INT),
        Column("status", Kind.TEXT, lambda row, status: status(row.get("status_id"), row.get("pipeline_id"))),
        _plain("stage_id", Kind.INT, "status_id"),
        _plain("pipeline_id", Kind.INT),
        _OWNER,
        _computed("amo_contact_id", Kind.INT, _main_contact),
        _computed("contact_ids", Kind.JSON, lambda row: _ids(row, "contacts")),
        _COMPANY,
        _plain("loss_reason_id", Kind.INT),
        _plain("closed_at", Kind.INT),
        *_AUTHORS,
    ),
    "customers": (
        _plain("name", Kind.TEXT),
        _plain("next_price", Kind.INT),
        _plain("next_date", Kind.INT),
        _plain("status_id", Kind.INT),
        _plain("periodicity", Kind.INT),
        _plain("ltv", Kind.INT),
        _plain("purchases_count", Kind.INT),
        _plain("average_check", Kind.INT),
        _OWNER,
        _computed("amo_contact_id", Kind.INT, _main_contact),
        _computed("contact_ids", Kind.JSON, lambda row: _ids(row, "contacts")),
        _COMPANY,
        *_AUTHORS,
    ),
    "products": (
        _plain("name", Kind.TEXT),
        _plain("catalog_id", Kind.INT),
        _computed("sku", Kind.TEXT, lambda row: by_code(row, "SKU")),
        _computed("price", Kind.REAL, _price),
        _computed("description", Kind.TEXT, lambda row: by_code(row, "DESCRIPTION")),
        *_AUTHORS,
    ),
    "tasks": (
        _plain("text", Kind.TEXT),
        _plain("task_type_id", Kind.INT),
        _plain("complete_till", Kind.INT),
        _plain("is_completed", Kind.BOOL),
        _OWNER,
        _plain("entity_type", Kind.TEXT),
        _plain("entity_id", Kind.INT),
        _plain("duration", Kind.INT),
        _computed("result_text", Kind.TEXT, _result_text),
        *_AUTHORS,
    ),
    "notes": (
        _plain("note_type", Kind.TEXT),
        _computed("text", Kind.TEXT, _note_text),
        _plain("params", Kind.JSON),
        _plain("entity_type", Kind.TEXT),
        _plain("entity_id", Kind.INT),
        _OWNER,
        *_AUTHORS,
    ),
    "communications": (
        _plain("kind", Kind.TEXT),
        _plain("direction", Kind.TEXT),
        _plain("text", Kind.TEXT),
        _plain("author", Kind.TEXT),
        _plain("phone", Kind.TEXT),
        _plain("link", Kind.TEXT),
        _plain("duration", Kind.INT),
        _plain("talk_id", Kind.TEXT),
        _plain("chat_id", Kind.TEXT),
        _plain("contact_id", Kind.INT),
        _plain("entity_type", Kind.TEXT),
        _plain("entity_id", Kind.INT),
        _OWNER,
    ),
}
"""Columns of each entity's own; :data:`COMMON` stand in every table."""

HOST_COLUMNS: dict[str, tuple[str, ...]] = {
    "leads": ("guest_name", "guest_phone", "guest_email", "property_id")
}
"""Columns that a :class:`HostMapping` fills. What else it maps stands in ``host``, which is JSON."""

COMMON: tuple[tuple[str, Kind], ...] = (
    ("account_id", Kind.INT),
    ("amo_created_at", Kind.INT),
    ("amo_updated_at", Kind.INT),
    ("created_at", Kind.REAL),
    ("updated_at", Kind.REAL),
    ("deleted_at", Kind.REAL),
    ("version", Kind.INT),
)
"""Columns of every table, beside ``amo_<singular>_id``."""


def amo_id_column(entity: str) -> str:
    """The column of amoCRM's id: ``amo_lead_id`` …; empty in a row that amoCRM does not have (any more)."""
    return f"amo_{ENTITIES[entity].singular}_id"


def columns(entity: str) -> dict[str, Kind]:
    """Every column of an entity's table with its type, the tenant and our id apart."""
    own = {column.name: column.kind for column in COLUMNS[entity]}
    host = dict.fromkeys(HOST_COLUMNS.get(entity, ()), Kind.TEXT)
    return {amo_id_column(entity): Kind.INT, **own, **host, "host": Kind.JSON, **dict(COMMON)}


def no_status(_stage_id: int | None, _pipeline_id: int | None) -> None:
    """The status where there is no mapping: none."""


def project(
    record: Record, status_of: StatusOf = no_status, host: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The row of a record's typed table; ``host`` are the values of the host's own columns.

    A value that does not fit its column (the server decides what it sends) is left out rather than refused; the
    record keeps it as it came.
    """
    view: Mapping[str, Any] = record.view
    row = {amo_id_column(record.entity): record.amo_id}
    for column in COLUMNS[record.entity]:
        row[column.name] = _fit(column.kind, column.value(dict(view), status_of))
    for name in HOST_COLUMNS.get(record.entity, ()):
        value = (host or {}).get(name)
        row[name] = None if value is None else _fit(Kind.TEXT, str(value))
    return {
        **row,
        "host": dict(host) if host else None,
        "account_id": _fit(Kind.INT, view.get("account_id")),
        "amo_created_at": _fit(Kind.INT, view.get("created_at")),
        "amo_updated_at": _fit(Kind.INT, view.get("updated_at")),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "deleted_at": record.deleted_at,
        "version": record.version,
    }


def _fit(kind: Kind, value: Any) -> Any:
    """The value if its column can hold it."""
    if value is None or kind is Kind.JSON:
        return value
    if kind is Kind.TEXT:
        return value.replace("\x00", "") if isinstance(value, str) else None  # PostgreSQL's text has no NUL
    if kind is Kind.BOOL:
        return bool(value) if isinstance(value, bool | int) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if kind is Kind.REAL:
        return float(value)
    return int(value) if -(2**63) <= value < 2**63 else None
