"""The log of events, and what people do in the account's pages."""

from __future__ import annotations

import pytest


def kinds(desk, **filters):
    return [
        row["type"]
        for row in desk.get("events?" + "&".join(f"{k}={v}" for k, v in filters.items())).rows("events")
    ]


class TestEvents:
    def test_every_change_is_written_newest_first_with_rising_ids(self, desk):
        lead = desk.lead(name="a")
        desk.clock.advance(1)
        desk.patch(f"leads/{lead}", {"name": "b", "price": 5, "status_id": 142})
        rows = desk.get("events").rows("events")
        assert [row["type"] for row in rows] == [
            "name_field_changed",
            "sale_field_changed",
            "lead_status_changed",
            "lead_added",
        ]
        ids = [row["id"] for row in rows]
        assert ids == sorted(ids, reverse=True)
        assert {len(event_id) for event_id in ids} == {26}
        moved = rows[2]
        main = next(iter(desk.emu.pipelines))
        assert moved["value_after"] == [{"lead_status": {"id": 142, "pipeline_id": main}}]
        assert moved["value_before"][0]["lead_status"]["id"] != 142
        assert (moved["entity_type"], moved["entity_id"], moved["created_at"]) == ("lead", lead, desk.now)
        assert desk.get(f"events/{ids[0]}").json["id"] == ids[0]

    def test_the_names_of_entities_on_demand(self, desk):
        desk.contact(name="Ann")
        assert "name" not in desk.get("events").rows("events")[0]["_embedded"]["entity"]
        assert desk.get("events?with=contact_name").rows("events")[0]["_embedded"]["entity"]["name"] == "Ann"

    def test_filters(self, desk):
        lead, contact = desk.lead(), desk.contact()
        desk.clock.advance(50)
        desk.emu.ui.move_lead(lead, 143)
        assert kinds(desk, **{"filter[entity]": "contact"}) == ["contact_added"]
        assert kinds(desk, **{"filter[type][]": "lead_added"}) == ["lead_added"]
        assert kinds(desk, **{"filter[type]": "lead_added,contact_added"}) == ["contact_added", "lead_added"]
        assert kinds(desk, **{"filter[created_at]": desk.now}) == ["lead_status_changed"]
        assert kinds(desk, **{"filter[created_at][to]": desk.now - 1}) == ["contact_added", "lead_added"]
        assert kinds(desk, **{"filter[entity]": "lead", "filter[entity_id][]": lead}) == [
            "lead_status_changed",
            "lead_added",
        ]
        assert len(kinds(desk, **{"filter[entity_id]": contact})) == 3
        main = next(iter(desk.emu.pipelines))
        side = "filter[value_after][leads_statuses][0]"
        assert kinds(desk, **{f"{side}[pipeline_id]": main, f"{side}[status_id]": 143}) == [
            "lead_status_changed"
        ]
        assert desk.get("events?filter[created_by]=999").status == 204

    def test_changed_fields_tags_owners_links_and_tasks(self, desk):
        field = desk.field("leads", "text")
        (user_id,) = desk.make("users", {"name": "B", "email": "b@example.com", "password": "Secret1"})
        lead, contact = desk.lead(tags_to_add=[{"name": "a"}]), desk.contact()
        value = [{"field_id": field, "values": [{"value": "x"}]}]
        body = {
            "custom_fields_values": value,
            "tags_to_add": [{"name": "b"}],
            "tags_to_delete": [{"name": "a"}],
        }
        desk.patch(f"leads/{lead}", {**body, "responsible_user_id": user_id})
        assert {
            "custom_field_value_changed",
            "entity_tag_added",
            "entity_tag_deleted",
            "entity_responsible_changed",
        } <= set(kinds(desk))
        assert kinds(desk, **{"filter[type]": f"custom_field_{field}_value_changed"}) == [
            "custom_field_value_changed"
        ]
        assert desk.get(f"events?filter[type]=custom_field_{field + 1}_value_changed").status == 204
        desk.post(f"leads/{lead}/link", [{"to_entity_id": contact, "to_entity_type": "contacts"}])
        desk.post(f"leads/{lead}/unlink", [{"to_entity_id": contact, "to_entity_type": "contacts"}])
        (linked,) = desk.get("events?filter[type]=entity_linked&filter[entity]=lead").rows("events")
        assert linked["value_after"] == [{"link": {"entity": {"type": "contact", "id": contact}}}]
        assert len(kinds(desk, **{"filter[type]": "entity_unlinked"})) == 2
        (task,) = desk.make("tasks", {"text": "Call", "complete_till": 5})
        desk.patch(
            f"tasks/{task}", {"text": "Write", "complete_till": 6, "task_type_id": 2, "is_completed": True}
        )
        assert kinds(desk, **{"filter[entity]": "task"}) == [
            "task_type_changed",
            "task_deadline_changed",
            "task_text_changed",
            "task_completed",
            "task_added",
        ]
        desk.make(f"leads/{lead}/notes", {"note_type": "call_in", "params": {"phone": "+7"}})
        assert kinds(desk, limit=1) == ["incoming_call"]

    def test_the_list_of_types(self, desk):
        rows = desk.get("events/types").rows("events_types")
        assert {"key", "type", "lang"} == rows[0].keys()
        assert "entity_merged" in {row["key"] for row in rows}


class TestUI:
    def test_deleting_and_restoring_write_events(self, desk):
        lead = desk.lead()
        desk.emu.ui.delete_lead(lead)
        desk.emu.ui.restore_lead(lead)
        assert kinds(desk) == ["lead_restored", "lead_deleted", "lead_added"]

    def test_what_is_not_there_cannot_be_deleted_or_edited(self, desk):
        lead = desk.lead()
        desk.emu.ui.delete_lead(lead)
        for act in (desk.emu.ui.delete_lead, desk.emu.ui.move_lead):
            with pytest.raises(KeyError, match=str(lead)):
                act(lead, *([142] if act == desk.emu.ui.move_lead else []))

    def test_edits_are_held_to_the_same_rules(self, desk):
        lead = desk.lead()
        with pytest.raises(ValueError, match="price: InvalidType"):
            desk.emu.ui.edit("leads", lead, price="many")
        with pytest.raises(ValueError, match="status_id"):
            desk.emu.ui.move_lead(lead, 5)
        (user_id,) = desk.make("users", {"name": "B", "email": "b@example.com", "password": "Secret1"})
        desk.clock.advance(5)
        row = desk.emu.ui.edit("leads", lead, by=user_id, name="New", tags_to_add=[{"name": "t"}])
        assert (row["name"], row["updated_by"], row["updated_at"]) == ("New", user_id, desk.now)
        assert desk.emu.leads[lead]["tags"][0]["name"] == "t"

    def test_a_merge_keeps_one_and_hangs_everything_on_it(self, desk):
        extra = desk.field("contacts", "text")

        def phone(value):
            return {"field_code": "PHONE", "values": [{"value": value}]}

        kept = desk.contact(name="Ann", custom_fields_values=[phone("+1")])
        text = {"field_id": extra, "values": [{"value": "x"}]}
        lost = desk.contact(name="Anna", custom_fields_values=[phone("+2"), text])
        lead = desk.lead(_embedded={"contacts": [{"id": lost}]})
        (task,) = desk.make(
            "tasks", {"text": "a", "complete_till": 9, "entity_type": "contacts", "entity_id": lost}
        )
        (note,) = desk.make(f"contacts/{lost}/notes", {"note_type": "common", "params": {"text": "n"}})
        desk.subscribe("delete_contact", "update_contact")
        desk.emu.ui.merge_contacts(kept, lost)
        assert desk.emu.linked("leads", lead, "contacts") == [kept]
        assert desk.get(f"leads/{lead}?with=contacts").json["_embedded"]["contacts"][0]["is_main"] is True
        assert desk.emu.tasks[task]["entity_id"] == desk.emu.notes[note]["entity_id"] == kept
        assert desk.emu.contacts[kept]["closest_task_at"] == 9
        values = {
            row["field_id"]: row["values"][0]["value"]
            for row in desk.emu.contacts[kept]["custom_fields_values"]
        }
        assert set(values.values()) == {"+1", "x"}
        assert lost not in desk.emu.contacts
        assert lost not in desk.emu.trash("contacts")
        assert [event for event, _ in desk.hooks()] == ["delete_contact", "update_contact"]
        assert "entity_merged" in kinds(desk)

    def test_views_are_copies(self, desk):
        lead = desk.lead(name="a")
        desk.emu.leads[lead]["name"] = "changed"
        assert desk.emu.leads[lead]["name"] == "a"
        with pytest.raises(KeyError):
            desk.emu.leads[5]
