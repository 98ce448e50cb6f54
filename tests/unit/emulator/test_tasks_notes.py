"""Tasks and notes."""

from __future__ import annotations

import pytest


def task(desk, **fields) -> int:
    return desk.make("tasks", {"text": "Call", "complete_till": 1_900_000_000, **fields})[0]


class TestTasks:
    def test_defaults_and_keys(self, desk):
        row = desk.get(f"tasks/{task(desk)}").json
        assert (row["is_completed"], row["task_type_id"], row["duration"], row["result"]) == (False, 1, 0, [])
        assert (row["entity_id"], row["entity_type"]) == (None, None)
        assert row["responsible_user_id"] == row["created_by"] == min(desk.emu.users)
        assert row["_links"]["self"]["href"].endswith(f"/api/v4/tasks/{row['id']}")

    def test_text_and_deadline_are_required(self, desk):
        assert desk.post("tasks", [{}]).faults == [
            ("0", "text", "FieldMissing"),
            ("0", "complete_till", "FieldMissing"),
        ]

    def test_its_entity_must_exist(self, desk):
        body = {"text": "x", "complete_till": 1}
        assert desk.post("tasks", [{**body, "entity_type": "leads", "entity_id": 5}]).faults == [
            ("0", "entity_id", "NotSupportedChoice")
        ]
        assert desk.post("tasks", [{**body, "entity_type": "dogs", "entity_id": 5}]).status == 400
        assert desk.post("tasks", [{**body, "entity_id": 5}]).status == 400

    def test_completing_with_a_result(self, desk):
        task_id = task(desk)
        answer = desk.patch(f"tasks/{task_id}", {"is_completed": True, "result": {"text": "done"}})
        assert (answer.json["id"], answer.json["request_id"]) == (task_id, "0")
        assert (desk.emu.tasks[task_id]["is_completed"], desk.emu.tasks[task_id]["result"]) == (
            True,
            {"text": "done"},
        )
        assert desk.patch(f"tasks/{task_id}", {"result": "done"}).faults == [
            ("0", "result.text", "InvalidType")
        ]
        assert desk.patch("tasks", [{"id": 5, "text": "x"}]).faults == [("0", "id", "EntityNotFound")]

    def test_the_nearest_open_deadline_shows_on_the_lead(self, desk):
        lead = desk.lead()
        late = task(desk, entity_type="leads", entity_id=lead, complete_till=200)
        soon = task(desk, entity_type="leads", entity_id=lead, complete_till=100)
        assert desk.emu.leads[lead]["closest_task_at"] == 100
        desk.patch(f"tasks/{soon}", {"is_completed": True})
        assert desk.emu.leads[lead]["closest_task_at"] == 200
        desk.emu.ui.delete_task(late)
        assert desk.emu.leads[lead]["closest_task_at"] is None

    def test_filters(self, desk):
        lead, contact = desk.lead(), desk.contact()
        of_lead = task(desk, entity_type="leads", entity_id=lead, task_type_id=2)
        desk.clock.advance(100)
        of_contact = task(desk, entity_type="contacts", entity_id=contact, is_completed=True)
        both = [of_lead, of_contact]
        assert desk.get("tasks?filter[is_completed]=0").ids("tasks") == [of_lead]
        assert desk.get("tasks?filter[is_completed]=1").ids("tasks") == [of_contact]
        assert desk.get("tasks?filter[task_type][]=2").ids("tasks") == [of_lead]
        assert desk.get(f"tasks?filter[entity_type]=leads&filter[entity_id]={lead}").ids("tasks") == [of_lead]
        assert desk.get(f"tasks?filter[entity_id]={lead}").ids("tasks") == both
        assert desk.get(f"tasks?filter[updated_at]={desk.now}").ids("tasks") == [of_contact]
        assert desk.get(f"tasks?filter[updated_at][to]={desk.now - 1}").ids("tasks") == [of_lead]
        assert desk.get("tasks?filter[complete_till][to]=5").ids("tasks") == both

    def test_orders(self, desk):
        late, soon = task(desk, complete_till=200), task(desk, complete_till=100)
        assert desk.get("tasks?order[complete_till]=asc").ids("tasks") == [soon, late]
        assert desk.get("tasks?order[id]=desc").ids("tasks") == [soon, late]
        assert desk.get("tasks?order[updated_at]=desc").ids("tasks") == [late, soon]


class TestNotes:
    @pytest.fixture
    def lead(self, desk) -> int:
        return desk.lead()

    def note(self, desk, lead, text="hello", **more) -> int:
        return desk.make(f"leads/{lead}/notes", {"note_type": "common", "params": {"text": text}, **more})[0]

    def test_by_parent_in_the_path_or_in_the_row(self, desk, lead):
        one = self.note(desk, lead)
        body = {
            "entity_id": lead,
            "note_type": "sms_in",
            "params": {"text": "x", "phone": "+7"},
            "request_id": "r",
        }
        (answer,) = desk.post("leads/notes", [body]).rows("notes")
        assert (answer["entity_id"], answer["request_id"]) == (lead, "r")
        assert desk.get(f"leads/{lead}/notes").ids("notes") == [one, answer["id"]]
        assert desk.get("leads/notes").ids("notes") == [one, answer["id"]]
        assert desk.get("contacts/notes").status == 204

    def test_the_row(self, desk, lead):
        note_id = self.note(desk, lead)
        row = desk.get(f"leads/notes/{note_id}").json
        assert (row["entity_id"], row["note_type"], row["params"]) == (lead, "common", {"text": "hello"})
        assert not [key for key in row if key.startswith("_") and key != "_links"]
        assert desk.get(f"leads/{lead}/notes/{note_id}").json == row
        assert desk.get(f"contacts/notes/{note_id}").status == 204
        assert desk.get(f"leads/{lead + 1}/notes/{note_id}").status == 204

    def test_what_is_refused(self, desk, lead):
        good = {"note_type": "common", "params": {"text": "x"}}
        assert desk.post("leads/notes", [good]).faults == [("0", "entity_id", "FieldMissing")]
        assert desk.post("leads/notes", [{**good, "entity_id": 5}]).faults == [
            ("0", "entity_id", "NotSupportedChoice")
        ]
        path = f"leads/{lead}/notes"
        assert desk.post(path, [{"params": {}}]).faults == [("0", "note_type", "FieldMissing")]
        assert desk.post(path, [{**good, "note_type": "amomail_message"}]).faults == [
            ("0", "note_type", "NotSupportedChoice")
        ]
        assert desk.post(path, [{**good, "params": "x"}]).faults == [("0", "params", "InvalidType")]
        assert desk.post(path, [{**good, "params": {}}]).faults == [("0", "params.text", "FieldMissing")]

    def test_changes(self, desk, lead):
        note_id = self.note(desk, lead)
        desk.clock.advance(30)
        change = {"note_type": "common", "params": {"text": "new"}}
        assert desk.patch(f"leads/notes/{note_id}", change).json["updated_at"] == desk.now
        assert desk.patch(f"leads/{lead}/notes/{note_id}", change).status == 200
        assert desk.patch(f"leads/{lead}/notes", [{"id": note_id, **change}]).status == 200
        assert desk.emu.notes[note_id]["params"] == {"text": "new"}
        assert desk.patch("contacts/notes", [{"id": note_id, **change}]).faults == [
            ("0", "id", "EntityNotFound")
        ]
        assert desk.patch(f"leads/notes/{note_id}", {"note_type": "sms_in"}).faults == [
            ("0", "note_type", "NotSupportedChoice")
        ]

    def test_pins(self, desk, lead):
        note_id = self.note(desk, lead)
        assert "is_pinned" not in desk.get(f"leads/notes/{note_id}").json
        assert desk.post(f"leads/notes/{note_id}/pin").status == 204
        assert desk.get(f"leads/notes/{note_id}?with=is_pinned").json["is_pinned"] is True
        assert desk.post(f"leads/notes/{note_id}/unpin").status == 204
        assert desk.get("leads/notes?with=is_pinned").rows("notes")[0]["is_pinned"] is False
        assert desk.post("leads/notes/5/pin").status == 404

    def test_filters_and_order(self, desk, lead):
        other = desk.lead()
        one, two = self.note(desk, lead), self.note(desk, other)
        desk.clock.advance(10)
        desk.patch(f"leads/notes/{one}", {"params": {"text": "new"}})
        assert desk.get(f"leads/notes?filter[entity_id][]={other}").ids("notes") == [two]
        assert desk.get(f"leads/{lead}/notes?filter[entity_id][]={other}").ids("notes") == [one]
        assert desk.get("leads/notes?filter[note_type]=call_in").status == 204
        assert desk.get(f"leads/notes?filter[updated_at][from]={desk.now}").ids("notes") == [one]
        assert desk.get("leads/notes?order[updated_at]=asc").ids("notes") == [two, one]
