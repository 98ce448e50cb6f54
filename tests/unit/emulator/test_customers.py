"""Customers: mode, rows, statuses, segments, purchases and bonus points."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk


@pytest.fixture
def periodic(desk) -> Desk:
    assert desk.patch("customers/mode", {"mode": "periodicity", "is_enabled": True}).status == 200
    return desk


def customer(desk, **fields):
    return desk.make("customers", {"name": "ООО Пример", **fields})[0]


def segment(desk, **fields):
    answer = desk.post("customers/segments", {"name": "Опт", **fields})
    assert answer.status == 200, answer.body
    return answer.json["id"]


class TestMode:
    def test_the_answer_repeats_what_was_set_and_the_account_shows_it(self, desk):
        answer = desk.patch("customers/mode", {"mode": "periodicity", "is_enabled": True})
        assert answer.json == {"mode": "periodicity", "is_enabled": True}
        assert desk.get("account").json["customers_mode"] == "periodicity"

    def test_switched_off_answers_422_and_a_tariff_without_them_402(self, desk):
        desk.patch("customers/mode", {"mode": "segments", "is_enabled": False})
        assert desk.get("account").json["customers_mode"] == "disabled"
        assert desk.get("customers").status == 422
        assert desk.post("customers", [{"name": "x"}]).status == 422
        desk.emu.settings.customers_mode = "unavailable"
        assert desk.get("customers").status == 402
        assert desk.patch("customers/mode", {"mode": "segments", "is_enabled": True}).status == 402

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({"mode": "dynamic", "is_enabled": True}, ("0", "mode", "NotSupportedChoice")),
            ({"mode": "segments"}, ("0", "is_enabled", "FieldMissing")),
        ],
    )
    def test_a_wrong_body_is_refused(self, desk, body, fault):
        assert desk.patch("customers/mode", body).faults == [fault]

    def test_segments_and_statuses_belong_to_their_modes(self, desk):
        assert desk.get("customers/statuses").status == 422
        assert desk.get("customers/segments").status == 204
        desk.patch("customers/mode", {"mode": "periodicity", "is_enabled": True})
        assert desk.get("customers/statuses").status == 200
        assert desk.get("customers/segments").status == 422


class TestRows:
    def test_a_created_customer_reads_back_with_everything_the_api_has(self, desk):
        wholesale = segment(desk)
        row_id = customer(
            desk, next_price=214, _embedded={"segments": [{"id": wholesale}], "tags": [{"name": "vip"}]}
        )
        row = desk.get(f"customers/{row_id}").json
        assert row["next_price"] == 214
        assert (row["ltv"], row["purchases_count"], row["average_check"]) == (0, 0, 0)
        assert [item["id"] for item in row["_embedded"]["segments"]] == [wholesale]
        assert [tag["name"] for tag in row["_embedded"]["tags"]] == ["vip"]
        assert "group_id" not in row
        assert desk.get(f"customers/{row_id}?with=group_id").json["group_id"] == 0
        assert not [key for key in row if key.startswith("_") and key not in ("_links", "_embedded")]

    def test_a_missing_one_is_204_and_an_empty_list_too(self, desk):
        assert desk.get("customers").status == 204
        assert desk.get("customers/9").status == 204

    def test_creation_answers_short_rows(self, desk):
        rows = desk.post("customers", [{"name": "a", "request_id": "mine"}, {"name": "b"}]).rows("customers")
        assert [row["request_id"] for row in rows] == ["mine", "1"]
        assert "name" not in rows[0]

    def test_faults_name_their_fields(self, desk):
        answer = desk.post("customers", [{}, {"name": "a", "ltv": 5, "status_id": 1}])
        assert answer.faults == [
            ("0", "name", "FieldMissing"),
            ("1", "ltv", "FieldNotExpected"),
            ("1", "status_id", "NotSupportedChoice"),
        ]
        body = {"name": "a", "_embedded": {"segments": [{"id": 5}]}}
        assert desk.post("customers", [body]).faults == [
            ("0", "_embedded.segments.0.id", "NotSupportedChoice")
        ]
        assert desk.emu.customers == {}

    def test_periodicity_needs_the_next_date(self, periodic):
        assert periodic.post("customers", [{"name": "a"}]).faults == [("0", "next_date", "FieldMissing")]
        assert customer(periodic, next_date=1_900_000_000)

    def test_filters(self, desk):
        cheap, dear = customer(desk, next_price=10), customer(desk, next_price=1000, name="Другой")
        assert desk.get("customers?filter[next_price][from]=500").ids("customers") == [dear]
        assert desk.get("customers?filter[name][]=Другой").ids("customers") == [dear]
        assert desk.get("customers?query=пример").ids("customers") == [cheap]

    def test_links_with_contacts_have_a_main_one(self, desk):
        row_id, anna, boris = customer(desk), desk.contact(name="Анна"), desk.contact(name="Борис")
        company = desk.company(name="ООО")
        links = [
            {"to_entity_id": anna, "to_entity_type": "contacts"},
            {"to_entity_id": boris, "to_entity_type": "contacts", "metadata": {"is_main": True}},
            {"to_entity_id": company, "to_entity_type": "companies"},
        ]
        assert desk.post(f"customers/{row_id}/link", links).status == 200
        embedded = desk.get(f"customers/{row_id}?with=contacts,companies").json["_embedded"]
        assert {item["id"]: item["is_main"] for item in embedded["contacts"]} == {anna: False, boris: True}
        assert [item["id"] for item in embedded["companies"]] == [company]
        seen = desk.get(f"contacts/{anna}?with=customers").json["_embedded"]["customers"]
        assert [item["id"] for item in seen] == [row_id]
        desk.post(f"customers/{row_id}/unlink", links[1:2])
        left = desk.get(f"customers/{row_id}?with=contacts").json["_embedded"]["contacts"]
        assert [(item["id"], item["is_main"]) for item in left] == [(anna, True)]

    def test_notes_tags_tasks_and_fields_hang_on_customers_too(self, desk):
        row_id, field = customer(desk), desk.field("customers", "numeric")
        assert desk.make(f"customers/{row_id}/notes", {"note_type": "common", "params": {"text": "x"}})
        assert desk.make("customers/tags", {"name": "новый"})
        task = {"text": "x", "complete_till": 2_000_000_000, "entity_id": row_id, "entity_type": "customers"}
        assert desk.make("tasks", task)
        values = [{"field_id": field, "values": [{"value": "1.5"}]}]
        assert desk.patch(f"customers/{row_id}", {"custom_fields_values": values}).status == 200
        row = desk.get(f"customers/{row_id}").json
        assert row["closest_task_at"] == 2_000_000_000
        assert row["custom_fields_values"][0]["values"] == [{"value": "1.5"}]

    def test_events_and_webhooks(self, periodic):
        desk = periodic
        desk.subscribe("add_customer", "update_customer", "responsible_customer", "note_customer")
        row_id = customer(desk, next_date=2_000_000_000)
        closed = desk.get("customers/statuses").ids("statuses")[3]
        other = desk.make("users", {"name": "B", "email": "b@example.com", "password": "secret123"})[0]
        desk.patch(f"customers/{row_id}", {"status_id": closed, "responsible_user_id": other})
        desk.make(f"customers/{row_id}/notes", {"note_type": "common", "params": {"text": "x"}})
        hooks = desk.hooks()
        assert [name for name, _ in hooks] == [
            "add_customer",
            "update_customer",
            "responsible_customer",
            "note_customer",
        ]
        assert hooks[0][1]["customers"]["add"]["0"]["name"] == "ООО Пример"
        assert hooks[2][1]["customers"]["responsible"]["0"]["responsible_user_id"] == str(other)
        assert hooks[3][1]["customers"]["note"]["0"]["note"]["element_type"] == "12"
        kinds = [event["type"] for event in desk.emu.events if event["entity_type"] == "customer"]
        assert kinds == [
            "customer_added",
            "customer_status_changed",
            "entity_responsible_changed",
            "common_note_added",
        ]


class TestStatuses:
    def test_list_get_create_update_delete(self, periodic):
        listed = periodic.get("customers/statuses")
        assert listed.json["_total_items"] == 5
        assert [row["type"] for row in listed.rows("statuses")] == [0, 1, 2, 3, 4]
        made = periodic.post("customers/statuses", [{"name": "Спящие", "sort": 60, "color": "#98cbff"}])
        status_id = made.ids("statuses")[0]
        changed = periodic.patch(f"customers/statuses/{status_id}", {"name": "Ушли"}).json
        assert (changed["name"], changed["color"], changed["sort"]) == ("Ушли", "#98cbff", 60)
        row_id = customer(periodic, next_date=2_000_000_000, status_id=status_id)
        assert periodic.delete(f"customers/statuses/{status_id}").status == 204
        assert periodic.get(f"customers/statuses/{status_id}").status == 404
        assert periodic.emu.customers[row_id]["status_id"] == listed.ids("statuses")[0]

    def test_system_ones_stay(self, periodic):
        for status_id in periodic.get("customers/statuses").ids("statuses"):
            assert periodic.delete(f"customers/statuses/{status_id}").status == 400

    def test_a_colour_out_of_the_palette_and_too_many_are_refused(self, periodic):
        answer = periodic.post("customers/statuses", [{"name": "x", "sort": 1, "color": "#000000"}])
        assert answer.faults == [("0", "color", "NotSupportedChoice")]
        many = [{"name": str(at), "sort": at} for at in range(26)]
        assert periodic.post("customers/statuses", many).status == 400
        assert len(periodic.get("customers/statuses").rows("statuses")) == 5


class TestSegments:
    def test_the_body_of_a_new_one_is_an_object(self, desk):
        assert desk.post("customers/segments", [{"name": "x"}]).status == 400
        answer = desk.post("customers/segments", {"name": "x", "color": "ae003f"})
        assert answer.json["customers_count"] == 0
        assert answer.json["color"] == "ae003f"
        assert "created_by" not in answer.json

    def test_values_of_fields_and_the_count_of_customers(self, desk):
        field = desk.field("customers/segments", "text")
        values = [{"field_id": field, "values": [{"value": "да"}]}]
        row_id = segment(desk, custom_fields_values=values)
        customer(desk, _embedded={"segments": [{"id": row_id}]})
        row = desk.get(f"customers/segments/{row_id}").json
        assert row["customers_count"] == 1
        assert row["custom_fields_values"][0]["field_type"] == "text"
        assert desk.delete(f"customers/segments/custom_fields/{field}").status == 204
        assert desk.get(f"customers/segments/{row_id}").json["custom_fields_values"] is None

    def test_update_list_delete(self, desk):
        first, second = segment(desk), segment(desk, name="Розница")
        changed = desk.patch(f"customers/segments/{first}", {"name": "Опт 2", "request_id": "r"}).json
        assert (changed["name"], changed["request_id"]) == ("Опт 2", "r")
        listed = desk.get("customers/segments?limit=1")
        assert (listed.json["_total_items"], listed.json["_page_count"]) == (2, 2)
        row_id = customer(desk, _embedded={"segments": [{"id": first}, {"id": second}]})
        assert desk.delete(f"customers/segments/{first}").status == 204
        assert desk.get(f"customers/segments/{first}").status == 204
        left = desk.get(f"customers/{row_id}").json["_embedded"]["segments"]
        assert [item["id"] for item in left] == [second]

    def test_a_colour_out_of_the_palette(self, desk):
        answer = desk.post("customers/segments", {"name": "x", "color": "#ae003f"})
        assert answer.faults == [("0", "color", "NotSupportedChoice")]


class TestTransactions:
    def test_sums_follow_purchases(self, desk):
        row_id = customer(desk)
        made = desk.post(
            f"customers/{row_id}/transactions",
            [{"price": 100, "comment": "a"}, {"price": 51, "next_price": 70, "next_date": 2_000_000_000}],
        ).rows("transactions")
        assert [item["customer_id"] for item in made] == [row_id, row_id]
        row = desk.get(f"customers/{row_id}").json
        assert (row["ltv"], row["purchases_count"], row["average_check"]) == (151, 2, 76)
        assert (row["next_price"], row["next_date"]) == (70, 2_000_000_000)
        assert desk.delete(f"customers/transactions/{made[0]['id']}").status == 204
        assert desk.get(f"customers/{row_id}").json["ltv"] == 51
        kinds = {event["type"] for event in desk.emu.events}
        assert {"transaction_added", "ltv_field_changed"} <= kinds

    def test_of_all_and_of_one(self, desk):
        one, other = customer(desk), customer(desk)
        mine = desk.make(f"customers/{one}/transactions", {"price": 1})[0]
        theirs = desk.make(f"customers/{other}/transactions", {"price": 2})[0]
        assert desk.get("customers/transactions").ids("transactions") == [mine, theirs]
        assert desk.get(f"customers/{one}/transactions").ids("transactions") == [mine]
        assert desk.get(f"customers/transactions?filter[id][]={theirs}").ids("transactions") == [theirs]
        assert desk.get(f"customers/{one}/transactions/{mine}").json["_embedded"]["customer"]["id"] == one
        assert desk.get(f"customers/{one}/transactions/{theirs}").status == 204
        assert desk.delete(f"customers/{one}/transactions/{theirs}").status == 404
        assert desk.delete(f"customers/{other}/transactions/{theirs}").status == 204

    def test_faults(self, desk):
        row_id = customer(desk)
        answer = desk.post(
            f"customers/{row_id}/transactions",
            [{"comment": "x"}, {"price": 1, "_embedded": {"catalog_elements": [{"id": 1}]}}],
        )
        assert answer.faults == [
            ("0", "price", "FieldMissing"),
            ("1", "_embedded.catalog_elements.0.id", "NotSupportedChoice"),
        ]
        assert desk.post("customers/1/transactions", [{"price": 1}]).status == 404


class TestBonusPoints:
    def test_earn_and_redeem(self, desk):
        row_id = customer(desk)
        assert desk.post(f"customers/{row_id}/bonus_points", {"earn": 500}).json == {"bonus_points": 500}
        assert desk.post(f"customers/{row_id}/bonus_points", {"redeem": 120}).json == {"bonus_points": 380}
        assert desk.post(f"customers/{row_id}/bonus_points", {"redeem": 381}).status == 400

    @pytest.mark.parametrize("body", [{"earn": 1, "redeem": 1}, {"points": 1}, {"earn": "5"}, {"earn": -5}])
    def test_exactly_one_of_them_and_a_positive_number(self, desk, body):
        assert desk.post(f"customers/{customer(desk)}/bonus_points", body).status == 400

    def test_of_nobody(self, desk):
        assert desk.post("customers/5/bonus_points", {"earn": 1}).status == 404


def test_a_person_may_delete_a_customer(desk):
    desk.subscribe("delete_customer")
    row_id = customer(desk)
    desk.emu.ui.delete_customer(row_id)
    assert desk.get("customers").status == 204
    assert set(desk.emu.trash("customers")) == {row_id}
    ((_, body),) = desk.hooks()
    assert body["customers"]["delete"]["0"] == {"id": str(row_id)}
    assert desk.emu.events[-1]["type"] == "customer_deleted"


def test_segments_have_thirty_fields_at_most(desk):
    fields = [{"name": str(at), "type": "text"} for at in range(31)]
    assert desk.post("customers/segments/custom_fields", fields).status == 400
    desk.make("customers/segments/custom_fields", *fields[:30])
    assert desk.post("customers/segments/custom_fields", fields[30:]).status == 400
