"""What the API's own pages say of custom field values on the wire, by field type.

Neither the client nor the emulator is asked here: both are held against this table, so that they cannot agree on
something wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

REQUISITES = {
    **dict.fromkeys(
        ("name", "vat_id", "tax_registration_reason_code", "address", "real_address", "kpp", "bank_code"), str
    ),
    **dict.fromkeys(("unp", "bin", "egrpou", "mfo", "bank_account_number", "oked", "director"), str),
}
OBJECTS: dict[str, dict[str, Any]] = {
    "legal_entity": {**REQUISITES, "entity_type": int, "external_uid": str},
    "items": {
        **dict.fromkeys(("sku", "description", "unit_type", "external_uid"), str),
        **dict.fromkeys(("unit_price", "quantity", "vat_rate_value", "bonus_points_per_purchase"), Decimal),
        **dict.fromkeys(("vat_rate_id", "product_id"), int),
        "discount": {"type": str, "value": Decimal},
        "metadata": dict,
    },
    "linked_entity": {"name": str, "entity_id": int, "entity_type": str, "catalog_id": int},
    "file": {"file_uuid": str, "version_uuid": str, "file_name": str, "file_size": int},
    "payer": {
        **REQUISITES,
        **dict.fromkeys(("entity_type", "type", "phone", "email"), str),
        "entity_id": int,
    },
    "supplier": {"entity_id": int},
}
REQUIRED = {
    "legal_entity": {"name"},
    "linked_entity": {"entity_id", "entity_type"},
    "file": {"file_uuid"},
    "supplier": {"entity_id"},
}
ADDRESS = ["address_line_1", "address_line_2", "city", "state", "zip", "country"]
PHONE = ["WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"]
SEVERAL = {"multiselect", "multitext", "smart_address", "legal_entity", "items", "chained_list"}
MAX_CHAIN = 5

Check = Callable[[Mapping[str, Any]], None]


def check_field(kind: str, row: Mapping[str, Any]) -> None:
    """One entry of ``custom_fields_values`` of a request: ``{field_id or field_code, values}``."""
    assert set(row) in ({"field_id", "values"}, {"field_code", "values"}), row
    values = row["values"]
    if values is None:
        return
    assert isinstance(values, list), row
    assert values, row
    assert kind in SEVERAL or len(values) == 1, row
    assert kind != "chained_list" or len(values) <= MAX_CHAIN, row
    for value in values:
        CHECKS[kind](value)


def _is(value: Any, kind: Any) -> bool:
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(
            key in kind and _is(part, kind[key]) for key, part in value.items()
        )
    if kind is Decimal:
        return _is_number(value)
    return isinstance(value, kind) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return (
        not isinstance(value, bool)
        and isinstance(value, int | float | str)
        and Decimal(str(value)).is_finite()
    )


def _value(test: Callable[[Any], bool]) -> Check:
    def check(row: Mapping[str, Any]) -> None:
        assert set(row) == {"value"}, row
        assert test(row["value"]), row

    return check


def _is_time(value: Any) -> bool:
    if isinstance(value, str):
        return datetime.fromisoformat(value).tzinfo is not None
    return isinstance(value, int) and not isinstance(value, bool)


def _choice(row: Mapping[str, Any]) -> None:
    """By any one of label, id and code; a null code is refused by the server."""
    assert set(row) in ({"value"}, {"enum_id"}, {"enum_code"}), row
    assert isinstance(row.get("enum_id", 0), int), row
    assert all(isinstance(row[key], str) for key in ("value", "enum_code") if key in row), row


def _with_kind(codes: list[str]) -> Check:
    def check(row: Mapping[str, Any]) -> None:
        assert set(row) in ({"value", "enum_id"}, {"value", "enum_code"}), row
        assert isinstance(row["value"], str), row
        assert isinstance(row.get("enum_id", 0), int), row
        assert row.get("enum_code", codes[0]) in codes, row

    return check


def _object(kind: str) -> Check:
    shape = OBJECTS[kind]

    def check(row: Mapping[str, Any]) -> None:
        assert set(row) == {"value"}, row
        assert _is(row["value"], shape), row
        assert set(row["value"]) >= REQUIRED.get(kind, set()), row

    return check


def _chain(row: Mapping[str, Any]) -> None:
    assert set(row) == {"catalog_id", "catalog_element_id"}, row
    assert all(_is(part, int) for part in row.values()), row


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


CHECKS: dict[str, Check] = {
    **dict.fromkeys(
        ("text", "textarea", "url", "streetaddress", "tracking_data", "org_legal_name"), _value(_is_text)
    ),
    **dict.fromkeys(("numeric", "price", "monetary"), _value(_is_number)),
    **dict.fromkeys(("date", "date_time", "birthday"), _value(_is_time)),
    **dict.fromkeys(("select", "radiobutton", "multiselect", "category"), _choice),
    **{kind: _object(kind) for kind in OBJECTS},
    "checkbox": _value(lambda value: isinstance(value, bool)),
    "multitext": _with_kind(PHONE),
    "smart_address": _with_kind(ADDRESS),
    "chained_list": _chain,
}
"""One check per field type of the API."""
