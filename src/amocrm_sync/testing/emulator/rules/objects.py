"""Custom field values that are objects: which keys each type has, and what these may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import attrs

from amocrm_sync.testing.emulator.refusals import Fault, wrong_type
from amocrm_sync.testing.emulator.tables import Row, is_row

Checked: TypeAlias = "Row | list[Fault]"

_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str, type(None)),
    "int": (int, type(None)),
    "numeric": (int, float, str, type(None)),
    "array": (dict, list, type(None)),
}


@attrs.frozen(kw_only=True)
class _Shape:
    """Keys of one type's object.

    Attributes:
        keys: Kind by key; other keys are refused.
        required: Keys that must be there and not be empty.
        choices: Values that a key may have.
        computed: Keys that only the server writes: they are dropped, since clients send rows back as they read them.
    """

    keys: Mapping[str, str]
    required: tuple[str, ...] = ()
    choices: Mapping[str, tuple[Any, ...]] = {}
    computed: tuple[str, ...] = ()


def _texts(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "string")


_BANK: Final = _texts(
    "vat_id", "tax_registration_reason_code", "address", "kpp", "bank_code", "bank_account_number"
)
_COUNTRIES: Final = _texts("unp", "bin", "egrpou", "mfo", "oked", "director")
_SHAPES: Final[Mapping[str, _Shape]] = {
    "legal_entity": _Shape(
        keys={"entity_type": "int", **_texts("name", "real_address", "external_uid"), **_BANK, **_COUNTRIES},
        required=("name",),
        choices={"entity_type": (1, 2)},
    ),
    "items": _Shape(
        keys={
            **_texts("sku", "description", "unit_type", "external_uid"),
            **dict.fromkeys(
                ("unit_price", "quantity", "vat_rate_value", "bonus_points_per_purchase"), "numeric"
            ),
            **dict.fromkeys(("vat_rate_id", "product_id"), "int"),
            **dict.fromkeys(("discount", "metadata"), "array"),
        },
        computed=("is_discount_recalculated", "is_total_sum_recalculated", "total_sum"),
    ),
    "linked_entity": _Shape(
        keys={"entity_id": "int", "catalog_id": "int", **_texts("name", "entity_type")},
        required=("entity_id", "entity_type"),
        choices={"entity_type": ("catalog_elements", "contacts", "companies")},
    ),
    "file": _Shape(
        keys={"file_size": "int", **_texts("file_uuid", "version_uuid", "file_name")}, required=("file_uuid",)
    ),
    "payer": _Shape(
        keys={
            "entity_id": "int",
            **_texts("name", "entity_type", "type", "real_address", "phone", "email"),
            **_BANK,
            **_COUNTRIES,
        },
        choices={"entity_type": ("contacts", "companies"), "type": ("legal", "individual")},
    ),
    "supplier": _Shape(
        keys={"entity_id": "int"}, required=("entity_id",), computed=("name", "entity_type", *_BANK)
    ),
}
_CHAIN: Final = ("catalog_id", "catalog_element_id")


def structured(field: Row, row: Row, at: str) -> Checked:
    """Check one row of a field whose values are objects."""
    if field["type"] == "chained_list":
        return _chain(row, at)
    value = row.get("value")
    if not is_row(value):
        return [wrong_type(f"{at}.value", "array")]
    shape = _SHAPES[field["type"]]
    given = {key: part for key, part in value.items() if key not in shape.computed}
    faults = _faults(shape, given, f"{at}.value")
    if field["type"] == "items":
        faults += _discount(given.get("discount"), f"{at}.value.discount")
    if field["type"] == "payer" and not given.get("name") and given.get("entity_id") is None:
        faults.append(Fault("FieldMissing", f"{at}.value.name"))
    return faults or {"value": given}


def _faults(shape: _Shape, given: Row, at: str) -> list[Fault]:
    faults = [
        Fault("FieldMissing", f"{at}.{name}") for name in shape.required if given.get(name) in (None, "")
    ]
    for name, value in given.items():
        kind = shape.keys.get(name)
        if kind is None:
            faults.append(Fault("FieldNotExpected", f"{at}.{name}"))
        elif isinstance(value, bool) or not isinstance(value, _KINDS[kind]):
            faults.append(wrong_type(f"{at}.{name}", kind))
        elif name in shape.choices and value is not None and value not in shape.choices[name]:
            faults.append(Fault("NotSupportedChoice", f"{at}.{name}"))
    return faults


def _discount(given: Any, at: str) -> list[Fault]:
    if not given:
        return []
    if not is_row(given) or given.get("type") not in ("percentage", "amount"):
        return [Fault("NotSupportedChoice", f"{at}.type")]
    return []


def _chain(row: Row, at: str) -> Checked:
    faults = [
        wrong_type(f"{at}.{name}", "int")
        for name in _CHAIN
        if isinstance(row.get(name), bool) or not isinstance(row.get(name), int)
    ]
    return faults or {name: row[name] for name in _CHAIN}
