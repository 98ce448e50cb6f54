"""Webhooks: who gets which, and the shapes that amoCRM really sends."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk

from amocrm_sync._core.form import parse_brackets
from amocrm_sync.testing import Faults

HERE = "http://127.0.0.1:9/hook"


def only(desk, event):
    """The one body that was queued for a setting."""
    (body,) = [body for name, body in desk.hooks() if name == event]
    return body


class TestSubscriptions:
    def test_subscribe_read_change_end(self, desk):
        assert desk.get("webhooks").status == 204
        answer = desk.post("webhooks", {"destination": HERE, "settings": ["add_lead"], "sort": 1})
        assert answer.status == 201
        assert answer.json.keys() == {
            "id",
            "destination",
            "created_at",
            "updated_at",
            "account_id",
            "created_by",
            "sort",
            "disabled",
            "settings",
        }
        again = desk.post("webhooks", {"destination": HERE, "settings": ["add_lead", "status_lead"]})
        assert (again.status, again.json["id"]) == (201, answer.json["id"])
        assert desk.get("webhooks").json["_total_items"] == 1
        assert desk.get(f"webhooks?filter[destination]={HERE}").rows("webhooks")[0]["settings"] == [
            "add_lead",
            "status_lead",
        ]
        assert desk.get("webhooks?filter[destination]=http://other").status == 204
        assert desk.delete("webhooks", {"destination": HERE}).status == 204
        assert desk.delete("webhooks", {"destination": HERE}).status == 404

    def test_what_is_refused(self, desk):
        def faults(**body):
            return desk.post("webhooks", {"destination": HERE, "settings": ["add_lead"], **body}).faults

        assert faults(destination="nonsense") == [("0", "destination", "InvalidUrl")]
        assert faults(destination="https://пример.рф/") == [("0", "destination", "InvalidUrl")]
        assert faults(settings=["add_lead", "leads.status"]) == [("0", "settings.1", "NotSupportedChoice")]
        assert faults(settings=[]) == [("0", "settings", "FieldMissing")]
        assert desk.post("webhooks", {"destination": HERE}).status == 400
        assert desk.post("webhooks", [{"destination": HERE, "settings": ["add_lead"]}]).status == 400

    def test_an_account_has_a_hundred_at_most(self, desk):
        for number in range(100):
            desk.subscribe("add_lead", destination=f"{HERE}/{number}")
        assert desk.post("webhooks", {"destination": HERE, "settings": ["add_lead"]}).status == 400

    def test_everybody_who_asked_gets_it_and_nobody_else(self, desk):
        desk.subscribe("add_lead", destination="http://127.0.0.1:1/")
        desk.subscribe("add_lead", "add_contact", destination="http://127.0.0.1:2/")
        desk.subscribe("update_lead", destination="http://127.0.0.1:3/")
        desk.lead()
        deliveries = desk.emu.webhooks.drain()
        assert [item.destination for item in deliveries] == ["http://127.0.0.1:1/", "http://127.0.0.1:2/"]
        assert {(item.event, item.created_at) for item in deliveries} == {("add_lead", desk.now)}
        assert desk.emu.webhooks.drain() == []

    def test_a_disabled_subscription_gets_nothing_until_it_is_made_anew(self, desk):
        desk.subscribe("add_lead")
        desk.emu.webhooks.disable(HERE)
        desk.lead()
        assert desk.emu.webhooks.pending == ()
        desk.subscribe("add_lead")
        desk.lead()
        assert len(desk.emu.webhooks.pending) == 1


class TestLeads:
    def test_an_added_lead_in_the_old_shape(self, desk):
        desk.subscribe("add_lead")
        enums = [{"value": "Red", "sort": 1}, {"value": "Blue", "sort": 2}]
        text, choice = (
            desk.field("leads", "text", code="NOTE"),
            desk.field("leads", "multiselect", enums=enums),
        )
        radio, flag = desk.field("leads", "radiobutton", enums=enums), desk.field("leads", "checkbox")
        date = desk.field("leads", "date")
        values = [
            {"field_id": text, "values": [{"value": "x & y"}]},
            {"field_id": choice, "values": [{"value": "Red"}, {"value": "Blue"}]},
            {"field_id": radio, "values": [{"value": "Blue"}]},
            {"field_id": flag, "values": [{"value": True}]},
            {"field_id": date, "values": [{"value": 1_729_717_200}]},
        ]
        body = {
            "name": "Сделка",
            "price": 500,
            "custom_fields_values": values,
            "tags_to_add": [{"name": "vip"}],
        }
        lead_id = desk.lead(**body)
        lead = desk.emu.leads[lead_id]
        sent = only(desk, "add_lead")
        assert sent["account"] == {
            "id": "28805383",
            "subdomain": "demo",
            "_links": {"self": "https://demo.amocrm.ru"},
        }
        item = sent["leads"]["add"]["0"]
        fields, tags = item.pop("custom_fields"), item.pop("tags")
        now, user = str(desk.now), str(lead["created_by"])
        assert item == {
            "id": str(lead_id),
            "name": "Сделка",
            "status_id": str(lead["status_id"]),
            "price": "500",
            "responsible_user_id": user,
            "last_modified": now,
            "modified_user_id": user,
            "created_user_id": user,
            "date_create": now,
            "pipeline_id": str(lead["pipeline_id"]),
            "account_id": "28805383",
            "created_at": now,
            "updated_at": now,
        }
        assert [tag["name"] for tag in tags.values()] == ["vip"]
        by_id = {int(field["id"]): field for field in fields.values()}
        assert by_id[text] == {
            "id": str(text),
            "name": "text",
            "code": "NOTE",
            "values": {"0": {"value": "x & y"}},
        }
        assert [row["value"] for row in by_id[choice]["values"].values()] == ["Red", "Blue"]
        assert all(row["enum"].isdigit() for row in by_id[choice]["values"].values())
        assert by_id[radio]["values"]["value"] == "Blue"
        assert by_id[flag]["values"] == {"0": "1"}
        assert by_id[date]["values"] == {"0": "1729717200"}

    def test_an_empty_price_is_absent(self, desk):
        desk.subscribe("add_lead")
        desk.lead()
        assert "price" not in only(desk, "add_lead")["leads"]["add"]["0"]

    def test_a_move_sends_update_and_status_with_the_old_stage(self, desk):
        desk.subscribe("update_lead", "status_lead", "responsible_lead")
        lead_id = desk.lead()
        old = desk.emu.leads[lead_id]["status_id"]
        desk.emu.ui.move_lead(lead_id, 142)
        sent = dict(desk.hooks())
        assert sent.keys() == {"update_lead", "status_lead"}
        for event, action in (("update_lead", "update"), ("status_lead", "status")):
            item = sent[event]["leads"][action]["0"]
            assert (item["status_id"], item["old_status_id"]) == ("142", str(old))
            assert "old_responsible_user_id" not in item

    def test_a_new_owner_sends_responsible(self, desk):
        (user_id,) = desk.make("users", {"name": "B", "email": "b@example.com", "password": "Secret1"})
        desk.subscribe("responsible_lead", "status_lead")
        lead_id = desk.lead()
        desk.patch(f"leads/{lead_id}", {"responsible_user_id": user_id})
        item = only(desk, "responsible_lead")["leads"]["responsible"]["0"]
        assert item["responsible_user_id"] == str(user_id)
        assert item["old_responsible_user_id"] == str(min(desk.emu.users))

    def test_deletion_is_small_and_restoring_is_whole(self, desk):
        desk.subscribe("delete_lead", "restore_lead")
        lead_id = desk.lead(name="a")
        desk.emu.ui.delete_lead(lead_id)
        desk.emu.ui.restore_lead(lead_id)
        sent = dict(desk.hooks())
        lead = desk.emu.leads[lead_id]
        assert sent["delete_lead"]["leads"]["delete"]["0"] == {
            "id": str(lead_id),
            "status_id": str(lead["status_id"]),
            "pipeline_id": str(lead["pipeline_id"]),
        }
        assert sent["restore_lead"]["leads"]["restore"]["0"]["name"] == "a"


class TestContactsAndCompanies:
    def test_companies_come_under_contacts_with_their_type(self, desk):
        desk.subscribe("add_company", "delete_company", "update_company")
        company = desk.company(name="Firm")
        desk.patch(f"companies/{company}", {"name": "Firm 2"})
        desk.emu.ui.delete_company(company)
        sent = dict(desk.hooks())
        assert sent["add_company"]["contacts"]["add"]["0"]["type"] == "company"
        assert sent["update_company"]["contacts"]["update"]["0"]["name"] == "Firm 2"
        assert sent["delete_company"]["contacts"]["delete"]["0"] == {"id": str(company), "type": "company"}

    def test_a_contact_carries_its_leads_and_company(self, desk):
        contact, company = desk.contact(name="Ann"), desk.company(name="Firm")
        lead = desk.lead(_embedded={"contacts": [{"id": contact}]})
        desk.post(f"contacts/{contact}/link", [{"to_entity_id": company, "to_entity_type": "companies"}])
        desk.subscribe("update_contact")
        phone = {"field_code": "PHONE", "values": [{"value": "+7900", "enum_code": "MOB"}]}
        desk.patch(f"contacts/{contact}", {"custom_fields_values": [phone]})
        item = only(desk, "update_contact")["contacts"]["update"]["0"]
        assert item["type"] == "contact"
        assert item["linked_leads_id"] == {str(lead): {"ID": str(lead)}}
        assert (item["linked_company_id"], item["company_name"]) == (str(company), "Firm")
        field = item["custom_fields"]["0"]
        assert (field["code"], field["values"]["0"]["value"]) == ("PHONE", "+7900")
        assert field["values"]["0"]["enum"].isdigit()

    def test_a_birthday_is_a_date_in_words(self, desk):
        desk.subscribe("add_contact")
        born = desk.field("contacts", "birthday")
        desk.contact(custom_fields_values=[{"field_id": born, "values": [{"value": 316_486_800}]}])
        item = only(desk, "add_contact")["contacts"]["add"]["0"]
        assert item["custom_fields"]["0"]["values"] == {"0": {"value": "12.01.1980"}}

    def test_a_new_owner_shows_in_update_and_responsible(self, desk):
        (user_id,) = desk.make("users", {"name": "B", "email": "b@example.com", "password": "Secret1"})
        contact = desk.contact()
        desk.subscribe("update_contact", "responsible_contact")
        desk.emu.ui.edit("contacts", contact, responsible_user_id=user_id)
        sent = dict(desk.hooks())
        old = str(min(desk.emu.users))
        assert sent["update_contact"]["contacts"]["update"]["0"]["old_responsible_user_id"] == old
        assert sent["responsible_contact"]["contacts"]["responsible"]["0"]["old_responsible_user_id"] == old

    def test_linking_tells_of_both_ends(self, desk):
        lead, contact = desk.lead(), desk.contact()
        desk.subscribe("update_lead", "update_contact")
        desk.post(f"leads/{lead}/link", [{"to_entity_id": contact, "to_entity_type": "contacts"}])
        assert [event for event, _ in desk.hooks()] == ["update_lead", "update_contact"]


class TestTasks:
    def test_they_are_singular_and_speak_the_old_language(self, desk):
        desk.subscribe("add_task")
        lead = desk.lead()
        body = {"text": "Call", "complete_till": 1_900_000_000, "entity_type": "leads", "entity_id": lead}
        (task_id,) = desk.make("tasks", body)
        item = only(desk, "add_task")["task"]["add"]["0"]
        assert (item["id"], item["element_id"], item["element_type"]) == (str(task_id), str(lead), "2")
        assert (item["task_type"], item["status"], item["action_close"]) == ("1", "0", "0")
        assert (item["complete_till"], item["complete_before"]) == ("2030-03-17 17:46:40", "1900000000")

    def test_closing_and_deleting(self, desk):
        (task_id,) = desk.make("tasks", {"text": "Call", "complete_till": 5})
        desk.subscribe("update_task", "delete_task")
        desk.emu.ui.complete_task(task_id, "done")
        item = only(desk, "update_task")["task"]["update"]["0"]
        assert (item["status"], item["action_close"], item["result"]["text"]) == ("1", "1", "done")
        desk.patch(f"tasks/{task_id}", {"text": "Again"})
        item = only(desk, "update_task")["task"]["update"]["0"]
        assert (item["old_text"], item["action_close"]) == ("Call", "0")
        desk.emu.ui.delete_task(task_id)
        assert only(desk, "delete_task")["task"]["delete"]["0"] == {"id": str(task_id)}

    def test_a_new_owner(self, desk):
        (user_id,) = desk.make("users", {"name": "B", "email": "b@example.com", "password": "Secret1"})
        (task_id,) = desk.make("tasks", {"text": "Call", "complete_till": 5})
        desk.subscribe("responsible_task")
        desk.patch(f"tasks/{task_id}", {"responsible_user_id": user_id})
        item = only(desk, "responsible_task")["task"]["responsible"]["0"]
        assert item["old_responsible_user_id"] == str(min(desk.emu.users))


class TestNotes:
    @pytest.mark.parametrize(
        ("entity", "event", "kind"), [("leads", "note_lead", None), ("companies", "note_company", "company")]
    )
    def test_their_data_lie_one_level_deeper(self, desk, entity, event, kind):
        desk.subscribe(event)
        (row_id,) = desk.make(entity, {})
        desk.make(f"{entity}/{row_id}/notes", {"note_type": "common", "params": {"text": "hi"}})
        sent = only(desk, event)
        item = sent["leads" if entity == "leads" else "contacts"]["note"]["0"]
        assert item.get("type") == kind
        assert (item["note"]["text"], item["note"]["note_type"]) == ("hi", "4")
        assert item["note"]["element_id"] == str(row_id)
        assert item["note"]["metadata"].startswith('{"event_source"')
        assert item["note"]["date_create"] == "2026-01-01 03:00:00"


class TestOnTheWay:
    def test_taking_by_destination_leaves_the_rest(self, desk):
        desk.subscribe("add_lead", destination="http://127.0.0.1:1/")
        desk.subscribe("add_lead", destination="https://far.example/")
        desk.lead()
        taken = desk.emu.webhooks.take(lambda destination: "127.0.0.1" in destination)
        assert [item.destination for item in taken] == ["http://127.0.0.1:1/"]
        assert [item.destination for item in desk.emu.webhooks.pending] == ["https://far.example/"]

    def test_who_watches_is_rung_until_it_stops_watching(self, desk):
        rings: list[int] = []
        end = desk.emu.webhooks.on_pending(lambda: rings.append(len(desk.emu.webhooks.pending)))
        desk.subscribe("add_lead")
        desk.lead()
        end()
        desk.lead()
        assert rings == [1]

    def test_faults_may_lose_and_double_them(self, desk):
        desk.subscribe("add_lead")
        desk.emu.faults = Faults(webhook_loss=1.0)
        desk.lead()
        assert desk.emu.webhooks.drain() == []
        desk.emu.faults = Faults(webhook_duplicates=1.0)
        desk.lead()
        one, two = desk.emu.webhooks.drain()
        assert one == two
        assert parse_brackets(one.body)["leads"]


def test_seeding_and_reading_send_nothing():
    desk = Desk()
    desk.subscribe("add_lead", "add_contact", "add_task", "note_lead")
    desk.emu.seed_account(leads=20)
    desk.get("leads")
    assert desk.emu.webhooks.pending == ()
