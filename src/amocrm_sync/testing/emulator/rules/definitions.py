"""Definitions of custom fields: what one may be, and how it changes the rows that have values of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from amocrm_sync.testing.emulator.refusals import Fault, wrong_type
from amocrm_sync.testing.emulator.rules.shapes import Field, Shape, check_fields
from amocrm_sync.testing.emulator.rules.values import WITH_ENUMS
from amocrm_sync.testing.emulator.state import SEGMENTS, State
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row

_EVERYWHERE: Final = frozenset(
    [
        "text",
        "numeric",
        "checkbox",
        "select",
        "multiselect",
        "date",
        "url",
        "date_time",
        "textarea",
        "radiobutton",
        "streetaddress",
    ]
)
_OF_CARDS: Final = _EVERYWHERE | {"smart_address", "birthday", "legal_entity", "monetary", "file"}
_OF_LISTS: Final = _EVERYWHERE | {"price", "category", "items", "linked_entity", "file"}
_TYPES: Final = {
    "leads": _OF_CARDS | {"tracking_data", "chained_list"},
    "contacts": _OF_CARDS | {"multitext"},
    "companies": _OF_CARDS | {"multitext"},
    "customers": _EVERYWHERE | {"monetary", "file", "chained_list"},
    SEGMENTS: _EVERYWHERE,
    "regular": _OF_LISTS,
    "products": _OF_LISTS,
    "invoices": _OF_LISTS | {"payer", "supplier", "legal_entity"},
    "suppliers": _OF_LISTS | {"org_legal_name"},
}
MAX_SEGMENT_FIELDS: Final = 30
_ENUM_TYPES: Final = frozenset({"select", "multiselect", "radiobutton"})
_ADDRESS: Final = ("address_line_1", "address_line_2", "city", "state", "zip", "country")
_PHONE: Final = ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")
_EMAIL: Final = ("WORK", "PRIV", "OTHER")

_CHANGE: Final[Shape] = {
    "id": Field("int", "r"),
    "name": Field("string"),
    "code": Field("string", nullable=True),
    "sort": Field("int"),
    "group_id": Field("string", nullable=True),
    "is_api_only": Field("bool"),
    "required_statuses": Field("array", nullable=True),
    "hidden_statuses": Field("array", nullable=True),
    "remind": Field("string", nullable=True),
    "currency": Field("string", nullable=True),
    "chained_lists": Field("array", nullable=True),
    "tracking_callback": Field("string", nullable=True),
    "search_in": Field("string", nullable=True),
    "type": Field("string", "r"),
    "account_id": Field("int", "r"),
    "entity_type": Field("string", "r"),
    "is_predefined": Field("bool", "r"),
    "is_deletable": Field("bool", "r"),
    "is_computed": Field("bool", "r"),
}
_OF_LIST: Final[Shape] = {
    "is_deletable": Field("bool"),
    "is_visible": Field("bool"),
    "is_required": Field("bool"),
    "catalog_id": Field("int", "r"),
}
_REQUIRED: Final[Shape] = {"name": Field("string", required=True), "type": Field("string", required=True)}


def check_definition(
    state: State, entity: str, body: Row, current: Row | None, *, is_user: Callable[[int], bool]
) -> tuple[Row, list[Fault]]:
    """Check the body of a new or changed custom field; ``enums`` come back as rows with ids."""
    shape = {**_CHANGE, **(_OF_LIST if _is_list(entity) else {}), **({} if current else _REQUIRED)}
    fields, faults = check_fields(shape, body, current, is_user=is_user)
    kind = (current or fields).get("type")
    if current is None and "type" in fields and kind not in types_of(state, entity):
        faults.append(Fault("NotSupportedChoice", "type"))
    code = fields.get("code")
    if code and any(row["code"] == code and row is not current for row in state.fields[entity].all()):
        faults.append(Fault("NotUnique", "code", "A field with this code exists."))
    if kind == "monetary" and current is None and not fields.get("currency"):
        faults.append(Fault("FieldMissing", "currency"))
    if kind in _ENUM_TYPES and (current is None or "enums" in body):
        enums, found = _check_enums(body.get("enums"), current)
        faults += found
        fields["enums"] = enums
    if kind == "category" and (current is None or "nested" in body):
        nested, found = _check_nested(body.get("nested"), current)
        faults += found
        fields["nested"] = nested
    if "settings" in body and _is_list(entity):
        fields["settings"] = body["settings"]
    return fields, faults


def types_of(state: State, entity: str) -> frozenset[str]:
    """The types of fields that an entity, a list or the segments may have."""
    if entity in _TYPES:
        return _TYPES[entity]
    return _TYPES[state.catalogs.rows[int(entity.rpartition("/")[2])]["type"]]


def add_definition(state: State, entity: str, fields: Row, **more: Any) -> Row:
    """Store a new custom field."""
    row: Row = {
        "id": state.next_id("fields"),
        "name": fields["name"],
        "type": fields["type"],
        "account_id": state.settings.account_id,
        "code": None,
        "sort": 500 + len(state.fields[entity]),
        "enums": None,
        "is_deletable": True,
        "is_predefined": False,
        "entity_type": _entity_type(entity),
        **_extras(entity),
        **fields,
        **more,
    }
    if entity == "leads":
        row |= {"hidden_statuses": row.get("hidden_statuses") or [], "is_computed": False}
    row["enums"] = _enums(state, row)
    if row["type"] == "category":
        row["nested"] = _nested(state, row["nested"])
    return state.fields[entity].add(row)


def _is_list(entity: str) -> bool:
    return entity.startswith("catalogs/")


def _entity_type(entity: str) -> str:
    return "segments" if entity == SEGMENTS else entity.partition("/")[0]


def _extras(entity: str) -> Row:
    """What fields of cards have beside the common keys, and what fields of lists have."""
    if _is_list(entity):
        catalog_id = int(entity.rpartition("/")[2])
        return {"is_visible": True, "is_required": False, "settings": None, "catalog_id": catalog_id}
    if entity == SEGMENTS:
        return {"group_id": None}
    return {"is_api_only": False, "group_id": "default", "required_statuses": [], "remind": None}


def change_definition(state: State, entity: str, row: Row, fields: Row) -> Row:
    """Change a custom field; stored values take over new names, values of enums that are gone are lost."""
    state.fields[entity].change(row["id"], fields)
    row["enums"] = _enums(state, row)
    if row["type"] == "category":
        row["nested"] = _nested(state, row["nested"])
    labels = {enum["id"]: enum for enum in row["enums"] or ()}
    for card, item in _users_of(state, entity, row["id"]):
        item["field_name"], item["field_code"] = row["name"], row["code"]
        if row["type"] in _ENUM_TYPES:
            item["values"] = [
                {"value": enum["value"], "enum_id": enum["id"], "enum_code": enum["code"]}
                for value in item["values"]
                if (enum := labels.get(value["enum_id"]))
            ]
            if not item["values"]:
                _forget_values(card, row["id"])
    return row


def drop_definition(state: State, entity: str, row: Row) -> None:
    """Remove a custom field and every value of it."""
    for card, _ in _users_of(state, entity, row["id"]):
        _forget_values(card, row["id"])
    state.fields[entity].drop(row["id"])


def _users_of(state: State, entity: str, field_id: int) -> list[tuple[Row, Row]]:
    return [
        (card, item)
        for card in state.holders(entity)
        for item in card["custom_fields_values"] or ()
        if item["field_id"] == field_id
    ]


def _forget_values(card: Row, field_id: int) -> None:
    kept = [item for item in card["custom_fields_values"] or () if item["field_id"] != field_id]
    card["custom_fields_values"] = kept or None


def _check_enums(given: Any, current: Row | None) -> tuple[list[Row], list[Fault]]:
    if not is_list(given) or not given:
        return [], [Fault("FieldMissing", "enums")]
    known = {enum["id"] for enum in (current or {}).get("enums") or ()}
    rows: list[Row] = []
    faults: list[Fault] = []
    for index, item in enumerate(given):
        enum = item if is_row(item) else {}
        if not isinstance(enum.get("value"), str):
            faults.append(wrong_type(f"enums.{index}.value", "string"))
        if enum.get("id") is not None and enum["id"] not in known:
            faults.append(Fault("NotSupportedChoice", f"enums.{index}.id"))
        rows.append(
            {
                "id": enum.get("id"),
                "value": enum.get("value"),
                "sort": enum.get("sort", index),
                "code": enum.get("code"),
            }
        )
    return rows, faults


def _enums(state: State, row: Row) -> list[Row] | None:
    if row["type"] not in WITH_ENUMS or row["type"] == "category":
        return None
    rows = cast("list[Row]", row["enums"] or _standard_enums(row))
    return [{**enum, "id": enum["id"] or state.next_id("enums")} for enum in rows]


def _check_nested(given: Any, current: Row | None) -> tuple[list[Row], list[Fault]]:
    """Rows of a category: a parent is named by its id, or by its request_id within the same body."""
    if not is_list(given) or not given:
        return [], [Fault("FieldMissing", "nested")]
    rows: list[Row] = []
    faults: list[Fault] = []
    known = {row["id"] for row in (current or {}).get("nested") or ()}
    names = {item.get("request_id") for item in given if is_row(item)} - {None}
    for index, item in enumerate(given):
        row = item if is_row(item) else {}
        if not isinstance(row.get("value"), str):
            faults.append(wrong_type(f"nested.{index}.value", "string"))
        if row.get("id") is not None and row["id"] not in known:
            faults.append(Fault("NotSupportedChoice", f"nested.{index}.id"))
        if row.get("parent_id") not in {None, 0, *known}:
            faults.append(Fault("NotSupportedChoice", f"nested.{index}.parent_id"))
        if row.get("parent_request_id") not in {None, *names}:
            faults.append(Fault("NotSupportedChoice", f"nested.{index}.parent_request_id"))
        rows.append({"sort": index, "parent_id": None, "id": None, **row})
    return rows, faults


def _nested(state: State, rows: list[Row]) -> list[Row]:
    named = [{**row, "id": row["id"] or state.next_id("enums")} for row in rows]
    by_request = {row["request_id"]: row["id"] for row in named if row.get("request_id") is not None}
    return [
        {
            "id": row["id"],
            "parent_id": by_request.get(row.get("parent_request_id"), row["parent_id"]),
            "value": row["value"],
            "sort": row["sort"],
        }
        for row in named
    ]


def _standard_enums(row: Row) -> list[Row]:
    if row["type"] == "smart_address":
        return [{"id": at, "value": code, "sort": at, "code": code} for at, code in enumerate(_ADDRESS, 1)]
    codes = _EMAIL if row["code"] == "EMAIL" else _PHONE
    return [{"id": None, "value": code, "sort": at, "code": code} for at, code in enumerate(codes, 1)]
