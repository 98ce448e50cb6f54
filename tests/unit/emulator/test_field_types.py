"""Every type of custom field: what it takes, how it reads back, what it refuses, and who may have it."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk

EVERYWHERE = (
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
)
PERSON = {"name": "ООО Ромашка", "entity_type": 2, "vat_id": "7700000000", "kpp": "770001001"}
ITEM = {
    "sku": "A-1",
    "description": "Болт",
    "unit_price": 10,
    "quantity": 5.5,
    "unit_type": "шт.",
    "discount": {"type": "amount", "value": 25},
    "vat_rate_id": 18,
}
FILE = {"file_uuid": "f", "version_uuid": "v", "file_name": "a.pdf", "file_size": 5}
LINKED = {"name": "x", "entity_id": 5, "entity_type": "contacts", "catalog_id": None}
PAYER = {"name": "Покупатель", "type": "legal", "address": "Москва"}
WHO = {
    **dict.fromkeys(EVERYWHERE, "leads"),
    **dict.fromkeys(
        ("smart_address", "birthday", "legal_entity", "monetary", "file", "tracking_data", "chained_list"),
        "leads",
    ),
    "multitext": "contacts",
    **dict.fromkeys(("price", "category", "items", "linked_entity"), "regular"),
    **dict.fromkeys(("payer", "supplier"), "invoices"),
    "org_legal_name": "suppliers",
}
EXAMPLES = [
    ("text", [{"value": "да"}], None),
    ("textarea", [{"value": "две\nстроки"}], None),
    ("url", [{"value": "https://example.com"}], None),
    ("streetaddress", [{"value": "Мира, 1"}], None),
    ("tracking_data", [{"value": "utm"}], None),
    ("org_legal_name", [{"value": "ООО"}], None),
    ("numeric", [{"value": 1.5}], [{"value": "1.5"}]),
    ("price", [{"value": "12"}], None),
    ("monetary", [{"value": 100}], [{"value": "100"}]),
    ("checkbox", [{"value": False}], None),
    ("date", [{"value": "2024-02-29T00:00:00+03:00"}], [{"value": 1_709_154_000}]),
    ("date_time", [{"value": 1_709_154_001}], None),
    ("birthday", [{"value": -86_400}], None),
    ("smart_address", [{"value": "Москва", "enum_code": "city"}], [("Москва", 3, "city")]),
    ("multitext", [{"value": "+7", "enum_code": "MOB"}], None),
    ("legal_entity", [{"value": PERSON}], None),
    ("items", [{"value": ITEM}], None),
    ("linked_entity", [{"value": LINKED}], None),
    ("file", [{"value": FILE}], None),
    ("payer", [{"value": PAYER}], None),
    ("supplier", [{"value": {"entity_id": 7}}], None),
    ("chained_list", [{"catalog_id": 1, "catalog_element_id": 2}], None),
]


def owner_of(desk: Desk, kind: str) -> str:
    who = WHO[kind]
    if who in ("leads", "contacts"):
        return who
    return f"catalogs/{desk.make('catalogs', {'name': who, 'type': who})[0]}"


def field_of(desk: Desk, owner: str, kind: str) -> int:
    more = {
        "monetary": {"currency": "RUB"},
        "select": {"enums": [{"value": "a"}, {"value": "b", "code": "B"}]},
        "multiselect": {"enums": [{"value": "a"}, {"value": "b", "code": "B"}]},
        "radiobutton": {"enums": [{"value": "a"}, {"value": "b", "code": "B"}]},
        "category": {
            "nested": [
                {"value": "Техника", "request_id": "t"},
                {"value": "Телефоны", "parent_request_id": "t"},
            ]
        },
    }.get(kind, {})
    return desk.field(owner, kind, **more)


def row_of(desk: Desk, owner: str, field: int, values) -> str:
    path = f"{owner}/elements" if "/" in owner else owner
    body = {"name": "x", "custom_fields_values": [{"field_id": field, "values": values}]}
    return f"{path}/{desk.make(path, body)[0]}"


def values_of(desk: Desk, path: str):
    found = desk.get(path).json["custom_fields_values"]
    return None if found is None else found[0]["values"]


@pytest.mark.parametrize(("kind", "given", "read"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_what_is_put_in_reads_back_and_goes_when_cleared(desk, kind, given, read):
    owner = owner_of(desk, kind)
    field = field_of(desk, owner, kind)
    path = row_of(desk, owner, field, given)
    shown = values_of(desk, path)
    if kind in ("smart_address", "multitext"):
        enums = {row["code"]: row["id"] for row in desk.get(f"{owner}/custom_fields/{field}").json["enums"]}
        read = [{**given[0], "enum_id": enums[given[0]["enum_code"]]}]
    assert shown == (read or given)
    assert desk.get(path).json["custom_fields_values"][0]["field_type"] == kind
    again = {"custom_fields_values": [{"field_id": field, "values": shown}]}
    assert desk.patch(path, again).status == 200
    assert values_of(desk, path) == shown
    assert desk.patch(path, {"custom_fields_values": [{"field_id": field, "values": None}]}).status == 200
    assert values_of(desk, path) is None


@pytest.mark.parametrize("kind", ["select", "multiselect", "radiobutton"])
@pytest.mark.parametrize("by", ["value", "enum_id", "enum_code"])
def test_a_choice_by_text_id_or_code(desk, kind, by):
    field = field_of(desk, "leads", kind)
    enum = desk.get(f"leads/custom_fields/{field}").json["enums"][1]
    full = {"value": "b", "enum_id": enum["id"], "enum_code": "B"}
    path = row_of(desk, "leads", field, [{by: full[by]}])
    assert values_of(desk, path) == [full]


def test_a_category_by_text_or_id_reads_back_without_a_code(desk):
    owner = owner_of(desk, "category")
    field = field_of(desk, owner, "category")
    parent, child = desk.get(f"{owner}/custom_fields/{field}").json["nested"]
    assert child["parent_id"] == parent["id"]
    for given in ({"value": "Телефоны"}, {"enum_id": child["id"]}):
        path = row_of(desk, owner, field, [given])
        assert values_of(desk, path) == [{"value": "Телефоны", "enum_id": child["id"]}]


@pytest.mark.parametrize(
    ("kind", "values", "where", "code"),
    [
        ("legal_entity", [{"value": {"vat_id": "1"}}], "0.value.name", "FieldMissing"),
        (
            "legal_entity",
            [{"value": {**PERSON, "entity_type": 3}}],
            "0.value.entity_type",
            "NotSupportedChoice",
        ),
        ("legal_entity", [{"value": {**PERSON, "shoe": "43"}}], "0.value.shoe", "FieldNotExpected"),
        ("items", [{"value": {**ITEM, "quantity": []}}], "0.value.quantity", "InvalidType"),
        (
            "items",
            [{"value": {**ITEM, "discount": {"type": "gift"}}}],
            "0.value.discount.type",
            "NotSupportedChoice",
        ),
        ("items", [{"value": 5}], "0.value", "InvalidType"),
        (
            "linked_entity",
            [{"value": {**LINKED, "entity_type": "leads"}}],
            "0.value.entity_type",
            "NotSupportedChoice",
        ),
        ("linked_entity", [{"value": {"name": "x"}}], "0.value.entity_id", "FieldMissing"),
        ("file", [{"value": {"file_name": "x"}}], "0.value.file_uuid", "FieldMissing"),
        ("file", [{"value": FILE}, {"value": FILE}], "", "TooMany"),
        ("payer", [{"value": {"type": "legal"}}], "0.value.name", "FieldMissing"),
        ("payer", [{"value": {**PAYER, "type": "ghost"}}], "0.value.type", "NotSupportedChoice"),
        ("supplier", [{"value": {"name": "x"}}], "0.value.entity_id", "FieldMissing"),
        ("chained_list", [{"value": 5}], "0.catalog_id", "InvalidType"),
        ("chained_list", [{"catalog_id": 1, "catalog_element_id": 2}] * 6, "", "TooMany"),
        ("category", [{"value": "Нет такой"}], "0.value", "NotSupportedChoice"),
        ("price", [{"value": "дорого"}], "0.value", "InvalidType"),
        ("org_legal_name", [{"value": 5}], "0.value", "InvalidType"),
        ("tracking_data", [{"value": None}], "0.value", "InvalidType"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_is(desk, kind, values, where, code):
    owner = owner_of(desk, kind)
    field = field_of(desk, owner, kind)
    path = f"{owner}/elements" if "/" in owner else owner
    body = {"name": "x", "custom_fields_values": [{"field_id": field, "values": values}]}
    place = f"custom_fields_values.0.values.{where}".rstrip(".")
    assert (("0", place, code)) in desk.post(path, [body]).faults


def test_figures_that_the_server_counts_are_dropped(desk):
    owner = owner_of(desk, "items")
    field = field_of(desk, owner, "items")
    path = row_of(
        desk, owner, field, [{"value": {**ITEM, "total_sum": 5, "is_total_sum_recalculated": True}}]
    )
    assert values_of(desk, path) == [{"value": ITEM}]


MATRIX = {
    "leads": {*EVERYWHERE, "smart_address", "birthday", "legal_entity", "monetary", "file"}
    | {"tracking_data", "chained_list"},
    "contacts": {*EVERYWHERE, "smart_address", "birthday", "legal_entity", "monetary", "file", "multitext"},
    "companies": {*EVERYWHERE, "smart_address", "birthday", "legal_entity", "monetary", "file", "multitext"},
    "customers": {*EVERYWHERE, "monetary", "file", "chained_list"},
    "customers/segments": {*EVERYWHERE},
    "regular": {*EVERYWHERE, "price", "category", "items", "linked_entity", "file"},
    "invoices": {*EVERYWHERE, "price", "category", "items", "linked_entity", "file"}
    | {"payer", "supplier", "legal_entity"},
}


@pytest.mark.parametrize("who", MATRIX)
def test_who_may_have_which_type(desk, who):
    owner = who
    if who in ("regular", "invoices"):
        owner = f"catalogs/{desk.make('catalogs', {'name': who, 'type': who})[0]}"
    assert len(WHO) == 26
    accepted = set()
    for kind in WHO:
        body = {
            "name": kind,
            "type": kind,
            "currency": "RUB",
            "enums": [{"value": "a"}],
            "nested": [{"value": "a"}],
        }
        answer = desk.post(f"{owner}/custom_fields", [body])
        if answer.status == 201:
            accepted.add(kind)
        else:
            assert ("0", "type", "NotSupportedChoice") in answer.faults
    assert accepted == MATRIX[who]


class TestDefinitions:
    def test_of_a_list(self, desk):
        catalog = desk.make("catalogs", {"name": "Склад"})[0]
        path = f"catalogs/{catalog}/custom_fields"
        field = desk.field(f"catalogs/{catalog}", "text", is_required=True, settings={"a": 1})
        row = desk.get(f"{path}/{field}").json
        assert (row["entity_type"], row["catalog_id"], row["is_required"]) == ("catalogs", catalog, True)
        assert (row["is_visible"], row["settings"], "group_id" in row) == (True, {"a": 1}, False)
        assert desk.patch(f"{path}/{field}", {"is_visible": False, "is_deletable": False}).status == 200
        assert desk.delete(f"{path}/{field}").status == 400

    def test_of_segments(self, desk):
        field = desk.field("customers/segments", "numeric")
        row = desk.get(f"customers/segments/custom_fields/{field}").json
        assert row["entity_type"] == "segments"
        assert row["_links"]["self"]["href"].endswith(f"/api/v4/customers/segments/custom_fields/{field}")
        assert desk.get("customers/segments/custom_fields/groups").status == 404

    def test_groups_of_customers_and_of_lists(self, desk):
        catalog = desk.make("catalogs", {"name": "Склад"})[0]
        for owner in ("customers", f"catalogs/{catalog}"):
            groups = desk.get(f"{owner}/custom_fields/groups").rows("custom_field_groups")
            assert [row["id"] for row in groups] == ["default"]

    def test_a_category_changes_with_its_rows(self, desk):
        owner = owner_of(desk, "category")
        field = field_of(desk, owner, "category")
        path = f"{owner}/custom_fields/{field}"
        parent, child = desk.get(path).json["nested"]
        rows = [parent, {**child, "value": "Смартфоны"}, {"value": "Планшеты", "parent_id": parent["id"]}]
        assert desk.patch(path, {"nested": rows}).status == 200
        nested = desk.get(path).json["nested"]
        assert [row["value"] for row in nested] == ["Техника", "Смартфоны", "Планшеты"]
        assert nested[1]["id"] == child["id"]
        assert nested[2]["parent_id"] == parent["id"]
        wrong = desk.patch(path, {"nested": [{"value": "x", "parent_id": 5}, {"id": 5, "value": 1}]})
        assert [(path_, code) for _, path_, code in wrong.faults] == [
            ("nested.0.parent_id", "NotSupportedChoice"),
            ("nested.1.value", "InvalidType"),
            ("nested.1.id", "NotSupportedChoice"),
        ]
