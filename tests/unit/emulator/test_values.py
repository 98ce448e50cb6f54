"""Custom field values: what goes in, what comes out, what is refused."""

from __future__ import annotations

import pytest

ENUMS = [{"value": "Red", "sort": 1, "code": "RED"}, {"value": "Blue", "sort": 2}]


def set_values(desk, lead_id, field_id, values):
    return desk.patch(
        f"leads/{lead_id}", {"custom_fields_values": [{"field_id": field_id, "values": values}]}
    )


def read_values(desk, lead_id, field_id):
    values = desk.get(f"leads/{lead_id}").json["custom_fields_values"] or []
    return next((item["values"] for item in values if item["field_id"] == field_id), None)


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        ("text", "x", "x"),
        ("textarea", "a\nb", "a\nb"),
        ("url", "https://example.com", "https://example.com"),
        ("streetaddress", "Elm st.", "Elm st."),
        ("tracking_data", "google", "google"),
        ("numeric", 12, "12"),
        ("numeric", "12.5", "12.5"),
        ("checkbox", True, True),
        ("date", 1_700_000_000, 1_700_000_000),
        ("date", "2026-01-02T03:04:05+03:00", 1_767_312_245),
        ("date_time", "2026-01-02T00:00:00Z", 1_767_312_000),
        ("birthday", 600_000_000, 600_000_000),
    ],
)
def test_simple_values_are_stored_and_read_with_all_keys(desk, kind, given, read):
    field_id = desk.field("leads", kind, code="MY_CODE")
    lead_id = desk.lead(custom_fields_values=[{"field_code": "MY_CODE", "values": [{"value": given}]}])
    assert desk.get(f"leads/{lead_id}").json["custom_fields_values"] == [
        {
            "field_id": field_id,
            "field_name": kind,
            "field_code": "MY_CODE",
            "field_type": kind,
            "values": [{"value": read}],
        }
    ]


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("text", 5),
        ("text", None),
        ("numeric", "many"),
        ("numeric", True),
        ("checkbox", 1),
        ("checkbox", "true"),
        ("date", "02.01.2026"),
        ("date", "2026-01-02T03:04:05"),
        ("date", 1.5),
        ("legal_entity", "Firm"),
    ],
)
def test_values_of_the_wrong_type_are_refused(desk, kind, bad):
    field_id = desk.field("leads", kind)
    lead_id = desk.lead()
    answer = set_values(desk, lead_id, field_id, [{"value": bad}])
    assert [path for _, path, _ in answer.faults] == ["custom_fields_values.0.values.0.value"]
    assert read_values(desk, lead_id, field_id) is None


def test_an_unknown_field_is_refused_as_the_server_does(desk):
    contact_field = desk.field("contacts", "text")
    for wrong in ({"field_id": 5}, {"field_code": "NOPE"}, {"field_id": contact_field}, {}, "x"):
        body = {
            "custom_fields_values": [
                {**wrong, "values": [{"value": "x"}]} if isinstance(wrong, dict) else wrong
            ]
        }
        answer = desk.post("leads", [body])
        assert answer.faults == [("0", "custom_fields_values.0.field_id", "NotSupportedChoice")]


def test_one_choice_by_label_id_or_code(desk):
    field_id = desk.field("leads", "select", enums=ENUMS)
    enums = desk.emu.custom_fields("leads")[field_id]["enums"]
    red = {"value": "Red", "enum_id": enums[0]["id"], "enum_code": "RED"}
    lead_id = desk.lead()
    for given in ({"value": "Red"}, {"enum_id": red["enum_id"]}, {"enum_code": "RED"}, red):
        assert set_values(desk, lead_id, field_id, [given]).status == 200
        assert read_values(desk, lead_id, field_id) == [red]
    blue = read_after(desk, lead_id, field_id, [{"value": "Blue"}])
    assert blue == [{"value": "Blue", "enum_id": enums[1]["id"], "enum_code": None}]


def read_after(desk, lead_id, field_id, values):
    assert set_values(desk, lead_id, field_id, values).status == 200
    return read_values(desk, lead_id, field_id)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"value": "Green"}, "value"),
        ({"enum_id": 5}, "enum_id"),
        ({"enum_code": "GREEN"}, "enum_code"),
        ({}, "value"),
    ],
)
def test_a_choice_that_is_none_is_refused(desk, given, path):
    field_id = desk.field("leads", "select", enums=ENUMS)
    answer = set_values(desk, desk.lead(), field_id, [given])
    assert answer.faults == [("0", f"custom_fields_values.0.values.0.{path}", "NotSupportedChoice")]


def test_label_and_id_that_disagree_are_refused(desk):
    field_id = desk.field("leads", "select", enums=ENUMS)
    enums = desk.emu.custom_fields("leads")[field_id]["enums"]
    answer = set_values(desk, desk.lead(), field_id, [{"value": "Red", "enum_id": enums[1]["id"]}])
    assert answer.status == 400


def test_a_null_enum_code_is_not_expected_although_answers_carry_it(desk):
    field_id = desk.field("leads", "select", enums=ENUMS)
    lead_id = desk.lead()
    (blue,) = read_after(desk, lead_id, field_id, [{"value": "Blue"}])
    answer = set_values(desk, lead_id, field_id, [blue])
    assert answer.faults == [("0", "custom_fields_values.0.values.0.enum_code", "FieldNotExpected")]


def test_several_choices_only_where_the_type_has_several(desk):
    multi, radio = (
        desk.field("leads", "multiselect", enums=ENUMS),
        desk.field("leads", "radiobutton", enums=ENUMS),
    )
    lead_id = desk.lead()
    both = [{"value": "Red"}, {"value": "Blue"}]
    assert [value["value"] for value in read_after(desk, lead_id, multi, both)] == ["Red", "Blue"]
    assert set_values(desk, lead_id, radio, both).faults == [
        ("0", "custom_fields_values.0.values", "TooMany")
    ]


def test_phones_and_addresses_carry_a_kind(desk):
    phone = {"field_code": "PHONE", "values": [{"value": "+7900", "enum_code": "MOB"}, {"value": "+7901"}]}
    contact = desk.contact(custom_fields_values=[phone])
    (item,) = desk.get(f"contacts/{contact}").json["custom_fields_values"]
    assert [(row["value"], row["enum_code"]) for row in item["values"]] == [
        ("+7900", "MOB"),
        ("+7901", "WORK"),
    ]
    assert all(row["enum_id"] for row in item["values"])
    bad = {"field_code": "PHONE", "values": [{"value": "+7900", "enum_code": "PAGER"}]}
    path = "custom_fields_values.0.values.0.enum_code"
    assert desk.post("contacts", [{"custom_fields_values": [bad]}]).faults == [
        ("0", path, "NotSupportedChoice")
    ]
    place = desk.field("leads", "smart_address")
    rows = [{"value": "Riga", "enum_code": "city"}, {"value": "LV-1010", "enum_id": 5}]
    read = read_after(desk, desk.lead(), place, rows)
    assert [(row["enum_id"], row["enum_code"]) for row in read] == [(3, "city"), (5, "zip")]


def test_a_legal_entity_needs_a_name(desk):
    field_id = desk.field("leads", "legal_entity")
    lead_id = desk.lead()
    assert set_values(desk, lead_id, field_id, [{"value": {"vat_id": "1"}}]).faults == [
        ("0", "custom_fields_values.0.values.0.value.name", "FieldMissing")
    ]
    value = {"name": "Firm", "vat_id": "1"}
    assert read_after(desk, lead_id, field_id, [{"value": value}]) == [{"value": value}]


def test_named_fields_are_replaced_others_stay_and_null_or_nothing_clears(desk):
    one, two = desk.field("leads", "text", name="one"), desk.field("leads", "text", name="two")
    lead_id = desk.lead()
    for field_id in (one, two):
        set_values(desk, lead_id, field_id, [{"value": "x"}])
    set_values(desk, lead_id, one, [{"value": "y"}])
    assert read_values(desk, lead_id, one) == [{"value": "y"}]
    assert read_values(desk, lead_id, two) == [{"value": "x"}]
    set_values(desk, lead_id, one, None)
    assert read_values(desk, lead_id, one) is None
    set_values(desk, lead_id, two, [])
    assert desk.get(f"leads/{lead_id}").json["custom_fields_values"] is None


def test_a_refused_change_changes_nothing(desk):
    one, two = desk.field("leads", "text", name="one"), desk.field("leads", "text", name="two")
    lead_id = desk.lead()
    values = [{"field_id": one, "values": [{"value": "new"}]}, {"field_id": two, "values": [{"value": 5}]}]
    assert desk.patch(f"leads/{lead_id}", {"custom_fields_values": values}).status == 400
    assert desk.get(f"leads/{lead_id}").json["custom_fields_values"] is None


class TestDefinitions:
    def test_every_account_has_phone_and_email(self, desk):
        rows = desk.get("contacts/custom_fields").json
        assert {"PHONE", "EMAIL", "POSITION"} <= {row["code"] for row in rows["_embedded"]["custom_fields"]}
        assert (rows["_total_items"], rows["_page_count"]) == (3, 1)

    def test_types_that_an_entity_lacks_are_refused(self, desk):
        assert desk.post("contacts/custom_fields", [{"name": "x", "type": "tracking_data"}]).faults == [
            ("0", "type", "NotSupportedChoice")
        ]
        assert desk.post("leads/custom_fields", [{"name": "x", "type": "nonsense"}]).status == 400
        assert desk.post("leads/custom_fields", [{"name": "x"}]).faults == [("0", "type", "FieldMissing")]
        assert desk.post("leads/custom_fields", [{"name": "x", "type": "select"}]).faults == [
            ("0", "enums", "FieldMissing")
        ]

    def test_creation_answers_201_and_codes_are_unique(self, desk):
        body = {"name": "x", "type": "text", "code": "ONE"}
        assert desk.post("leads/custom_fields", [body]).status == 201
        assert desk.post("leads/custom_fields", [body]).faults == [("0", "code", "NotUnique")]
        assert desk.post("companies/custom_fields", [body]).status == 201

    def test_a_new_name_shows_in_stored_values(self, desk):
        field_id = desk.field("leads", "text")
        lead_id = desk.lead(custom_fields_values=[{"field_id": field_id, "values": [{"value": "x"}]}])
        assert desk.patch(f"leads/custom_fields/{field_id}", {"name": "New"}).status == 200
        assert desk.get(f"leads/{lead_id}").json["custom_fields_values"][0]["field_name"] == "New"

    def test_enums_left_out_of_an_update_are_gone_with_their_values(self, desk):
        field_id = desk.field("leads", "multiselect", enums=ENUMS)
        lead_id = desk.lead()
        set_values(desk, lead_id, field_id, [{"value": "Red"}, {"value": "Blue"}])
        red = desk.emu.custom_fields("leads")[field_id]["enums"][0]
        body = {"enums": [{"id": red["id"], "value": "Crimson", "sort": 1}, {"value": "Gold", "sort": 2}]}
        assert desk.patch("leads/custom_fields", [{"id": field_id, **body}]).status == 200
        assert [row["value"] for row in read_values(desk, lead_id, field_id)] == ["Crimson"]
        assert set_values(desk, lead_id, field_id, [{"value": "Blue"}]).status == 400

    def test_deleting_a_field_destroys_its_values(self, desk):
        field_id = desk.field("leads", "text")
        lead_id = desk.lead(custom_fields_values=[{"field_id": field_id, "values": [{"value": "x"}]}])
        assert desk.delete(f"leads/custom_fields/{field_id}").status == 204
        assert desk.get(f"leads/{lead_id}").json["custom_fields_values"] is None
        phone = next(key for key, row in desk.emu.custom_fields("contacts").items() if row["code"] == "PHONE")
        assert desk.delete(f"contacts/custom_fields/{phone}").status == 400

    def test_filters_and_order_of_the_list(self, desk):
        text, date = desk.field("leads", "text", sort=900), desk.field("leads", "date", sort=800)
        assert desk.get("leads/custom_fields?order[sort]=asc").ids("custom_fields") == [date, text]
        assert desk.get("leads/custom_fields?filter[type][0]=date").ids("custom_fields") == [date]

    def test_groups(self, desk):
        field_id = desk.field("leads", "text")
        (group,) = desk.post("leads/custom_fields/groups", [{"name": "Own", "sort": 2}]).rows(
            "custom_field_groups"
        )
        assert group["id"].startswith("leads_")
        path = f"leads/custom_fields/groups/{group['id']}"
        assert desk.patch(path, {"fields": [field_id]}).json["fields"] == [field_id]
        assert desk.get(f"leads/custom_fields/{field_id}").json["group_id"] == group["id"]
        assert desk.delete(path).status == 204
        assert desk.get(f"leads/custom_fields/{field_id}").json["group_id"] == "default"
        assert desk.get(path).status == 404
        assert desk.delete("leads/custom_fields/groups/default").status == 400
        assert desk.get("leads/custom_fields/groups").json["_total_items"] == 1


class TestTagDirectory:
    def test_a_known_name_gives_the_tag_that_has_it(self, desk):
        first = desk.post("leads/tags", [{"name": "a", "color": "EBEBEB"}]).rows("tags")[0]
        again = desk.post("leads/tags", [{"name": "a", "request_id": "r"}]).rows("tags")[0]
        assert (again["id"], again["color"], again["request_id"]) == (first["id"], "EBEBEB", "r")

    def test_colours_are_for_leads_and_of_the_palette(self, desk):
        fault = [("0", "color", "NotSupportedChoice")]
        assert desk.post("leads/tags", [{"name": "a", "color": "123456"}]).faults == fault
        assert desk.post("contacts/tags", [{"name": "a", "color": "EBEBEB"}]).faults == fault

    def test_search_and_filters(self, desk):
        one, two, _ = desk.make("leads/tags", {"name": "north"}, {"name": "north-west"}, {"name": "south"})
        assert desk.get("leads/tags?query=NORTH").ids("tags") == [one, two]
        assert desk.get("leads/tags?filter[name]=north").ids("tags") == [one]
        assert desk.get(f"leads/tags?filter[id][]={two}").ids("tags") == [two]

    def test_a_new_name_shows_on_every_lead(self, desk):
        lead_id = desk.lead(tags_to_add=[{"name": "a"}])
        tag_id = desk.emu.leads[lead_id]["tags"][0]["id"]
        assert desk.patch("leads/tags", [{"id": tag_id, "name": "b"}]).status == 200
        assert [tag["name"] for tag in desk.get(f"leads/{lead_id}").json["_embedded"]["tags"]] == ["b"]
        assert desk.lead(tags_to_add=[{"name": "b"}]) is not None
        assert len(desk.get("leads/tags").ids("tags")) == 1
        assert desk.patch("contacts/tags", [{"id": tag_id, "name": "b"}]).status == 405
