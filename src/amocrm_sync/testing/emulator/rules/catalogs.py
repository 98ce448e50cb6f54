"""Lists: what an account may have of them, the fields that come with their kinds, and what goes with a list."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator.refusals import Fault
from amocrm_sync.testing.emulator.rules.definitions import add_definition
from amocrm_sync.testing.emulator.rules.shapes import Field, Shape
from amocrm_sync.testing.emulator.state import ELEMENTS, State
from amocrm_sync.testing.emulator.tables import Row, Table

MAX_CATALOGS: Final = 10
KINDS: Final = ("regular", "invoices", "products", "suppliers")
CATALOG: Final[Shape] = {
    "name": Field("string", required=True),
    "type": Field("string", "c"),
    "sort": Field("int"),
    "can_add_elements": Field("bool"),
    "can_show_in_cards": Field("bool"),
    "can_link_multiple": Field("bool"),
    "can_be_deleted": Field("bool", "r"),
    "sdk_widget_code": Field("string", "r"),
    "created_by": Field("user"),
    "updated_by": Field("user"),
    "created_at": Field("int"),
    "updated_at": Field("int", "r"),
    "account_id": Field("int", "r"),
}
_STATUSES: Final = (
    ("Создан", "created"),
    ("Оплачен", "paid"),
    ("Оплачен авансом", "paid_in_advance"),
    ("Частично оплачен", "partially_paid"),
)
_VAT: Final = (
    ("НДС не облагается", "vat_exempt"),
    ("НДС включён", "vat_included"),
    ("НДС сверху", "vat_not_included"),
)
_PREDEFINED: Final = {
    "products": (
        ("SKU", "Артикул", "text", ()),
        ("DESCRIPTION", "Описание", "textarea", ()),
        ("PRICE", "Цена", "price", ()),
        ("GROUP", "Группа", "category", (("Прочее", None),)),
        ("EXTERNAL_ID", "External ID", "text", ()),
    ),
    "invoices": (
        ("BILL_STATUS", "Статус", "select", _STATUSES),
        ("SUPPLIER", "Поставщик", "supplier", ()),
        ("PAYER", "Плательщик", "payer", ()),
        ("ITEMS", "Позиции счета", "items", ()),
        ("BILL_VAT_TYPE", "Тип НДС", "select", _VAT),
        ("BILL_PAYMENT_DATE", "Дата оплаты", "date_time", ()),
        ("BILL_COMMENT", "Комментарий", "textarea", ()),
        ("BILL_PRICE", "Итоговая сумма", "numeric", ()),
    ),
    "suppliers": (
        ("SUPPLIER_VAT_ID", "ИНН", "text", ()),
        ("SUPPLIER_BANK_IDENTIFICATION_CODE", "БИК", "text", ()),
    ),
}


def check_kind(state: State, fields: Row) -> list[Fault]:
    """One list of invoices, one of products and one of suppliers at most."""
    kind = fields.get("type", "regular")
    if kind not in KINDS:
        return [Fault("NotSupportedChoice", "type")]
    if kind != "regular" and any(row["type"] == kind for row in state.catalogs.all()):
        return [Fault("NotUnique", "type", f"The account has its list of {kind} already.")]
    return []


def add_catalog(state: State, fields: Row, *, by: int) -> Row:
    """A new list, with the fields that its kind has from the start."""
    now = state.now()
    row: Row = {
        "id": state.next_id("catalogs"),
        "name": fields["name"],
        "created_by": by,
        "updated_by": by,
        "created_at": now,
        "updated_at": now,
        "sort": 10 + 10 * len(state.catalogs),
        "type": "regular",
        "can_add_elements": True,
        "can_show_in_cards": False,
        "can_link_multiple": True,
        "can_be_deleted": fields.get("type") != "products",
        "sdk_widget_code": None,
        "account_id": state.settings.account_id,
        **fields,
    }
    state.catalogs.add(row)
    path = f"catalogs/{row['id']}"
    state.fields[path] = Table("sort")
    group = {"id": "default", "name": "Основное", "is_predefined": True, "type": "linked_group"}
    state.groups[path] = {"default": {**group, "entity_type": "catalogs", "sort": 0}}
    for code, name, kind, enums in _PREDEFINED.get(row["type"], ()):
        rows = [
            {"id": None, "value": value, "code": enum_code, "sort": sort, "parent_id": None}
            for sort, (value, enum_code) in enumerate(enums)
        ]
        choices: Row = {"nested": rows} if kind == "category" else {"enums": rows or None}
        definition = {"name": name, "code": code, "type": kind, **choices}
        add_definition(state, path, definition, is_predefined=True, is_deletable=False)
    return row


def drop_catalog(state: State, row: Row) -> None:
    """A list goes with its elements, their links and its fields."""
    elements = state.cards[ELEMENTS]
    for element in list(elements.rows.values()):
        if element["catalog_id"] != row["id"]:
            continue
        node = (ELEMENTS, element["id"])
        for kind, other, _ in list(state.links.every(node)):
            state.links.drop(node, (kind, other))
        elements.drop(element["id"])
    state.catalogs.drop(row["id"])
    del state.fields[f"catalogs/{row['id']}"], state.groups[f"catalogs/{row['id']}"]


def products_catalog(state: State) -> Row | None:
    """The list of products, if the account has it."""
    return next((row for row in state.catalogs.all() if row["type"] == "products"), None)
