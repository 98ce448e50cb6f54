"""Calls: which card they go to, what is refused, and what is only an entry in ``errors``."""

from __future__ import annotations

import pytest

CALL = {"direction": "inbound", "duration": 10, "source": "ats", "phone": "8 (999) 000-00-00"}


def person(desk, entity="contacts", phone="+7 999 000 00 00", **more):
    values = [{"field_code": "PHONE", "values": [{"value": phone, "enum_code": "WORK"}]}]
    return desk.make(entity, {"name": "x", "custom_fields_values": values, **more})[0]


def call(desk, **fields):
    answer = desk.post("calls", [{**CALL, **fields}])
    assert answer.status == 200, answer.body
    return answer.json


def test_by_the_last_ten_digits_on_the_contact(desk):
    contact = person(desk)
    answer = call(desk, call_result="ок", call_status=4, request_id="r")
    assert (answer["_total_items"], answer["errors"]) == (1, [])
    (row,) = answer["_embedded"]["calls"]
    assert (row["entity_type"], row["entity_id"], row["request_id"]) == ("contact", contact, "r")
    assert row["_embedded"]["entity"]["id"] == contact
    note = desk.get(f"contacts/{contact}/notes/{row['id']}").json
    assert (note["note_type"], note["params"]["call_status"]) == ("call_in", 4)
    assert note["params"]["call_responsible"] == desk.emu.state.admin_id()
    assert "incoming_call" in {event["type"] for event in desk.emu.events}


def test_on_the_one_open_lead_but_not_on_one_of_two(desk):
    contact = person(desk)
    lead = desk.lead(_embedded={"contacts": [{"id": contact}]})
    row = call(desk, direction="outbound", call_responsible="Анна")["_embedded"]["calls"][0]
    assert (row["entity_type"], row["entity_id"]) == ("lead", lead)
    note = desk.get(f"leads/{lead}/notes").rows("notes")[0]
    assert (note["note_type"], note["params"]["call_responsible"]) == ("call_out", "Анна")
    desk.lead(_embedded={"contacts": [{"id": contact}]})
    assert call(desk)["_embedded"]["calls"][0]["entity_type"] == "contact"


def test_a_closed_lead_does_not_count(desk):
    contact = person(desk)
    desk.lead(_embedded={"contacts": [{"id": contact}]}, status_id=142)
    assert call(desk)["_embedded"]["calls"][0]["entity_type"] == "contact"


def test_on_the_only_customer(desk):
    contact = person(desk)
    customer = desk.make("customers", {"name": "x"})[0]
    desk.post(f"customers/{customer}/link", [{"to_entity_id": contact, "to_entity_type": "contacts"}])
    assert call(desk)["_embedded"]["calls"][0]["entity_type"] == "customer"


def test_on_a_company(desk):
    company = person(desk, "companies")
    assert call(desk)["_embedded"]["calls"][0]["entity_id"] == company


def test_an_unknown_number_is_no_refusal(desk):
    person(desk)
    rows = [CALL, {**CALL, "phone": "+1 555 000", "request_id": "lost"}]
    answer = desk.post("calls", rows)
    assert answer.status == 200
    assert answer.json["_total_items"] == 1
    assert [error["request_id"] for error in answer.json["errors"]] == ["lost"]
    assert call(desk, phone="нет")["_embedded"]["calls"] == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"direction": "sideways"}, ("0", "direction", "NotSupportedChoice")),
        ({"duration": "10"}, ("0", "duration", "InvalidType")),
        ({"call_status": 9}, ("0", "call_status", "NotSupportedChoice")),
        ({"call_responsible": 1.5}, ("0", "call_responsible", "InvalidType")),
        ({"created_by": 5}, ("0", "created_by", "NotSupportedChoice")),
    ],
)
def test_faults(desk, fields, fault):
    person(desk)
    assert desk.post("calls", [{**CALL, **fields}]).faults == [fault]


def test_required_fields(desk):
    found = [path for _, path, _ in desk.post("calls", [{}]).faults]
    assert found == ["direction", "duration", "source", "phone"]


class TestNotice:
    def test_names_the_card_and_stores_nothing(self, desk):
        contact = person(desk)
        body = {"add": [{"type": "phone_call", "phone_number": "+79990000000", "users": "5"}]}
        (item,) = desk.send("POST", "/api/v2/events/", body).rows("items")
        assert (item["element_id"], item["element_type"]) == (contact, 1)
        assert desk.get("contacts/notes").status == 204
        body["add"][0]["phone_number"] = "1"
        (item,) = desk.send("POST", "/api/v2/events", body).rows("items")
        assert (item["element_id"], item["element_type"]) == (None, None)

    @pytest.mark.parametrize("body", [{"add": []}, {"add": [{"type": "phone_call"}]}, {"add": 5}, {"x": 1}])
    def test_a_wrong_body(self, desk, body):
        assert desk.send("POST", "/api/v2/events/", body).status == 400
