"""Incoming leads: what they take, that they wait hidden, and how they end."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk

FORM = {
    "source_uid": "u1",
    "source_name": "Сайт",
    "metadata": {
        "form_id": "f",
        "form_name": "Заявка",
        "form_page": "https://example.com",
        "ip": "192.0.2.1",
        "form_sent_at": 1_700_000_000,
        "referer": "https://example.org",
    },
    "_embedded": {
        "leads": [{"name": "Заявка", "price": 5}],
        "contacts": [{"name": "Анна"}],
        "companies": [{"name": "ООО"}],
    },
}
CALL = {
    "source_uid": "c1",
    "source_name": "АТС",
    "metadata": {
        "phone": "79990000000",
        "called_at": 1_700_000_000,
        "duration": 54,
        "link": "https://example.com/x.mp3",
        "service_code": "ats",
        "uniq": "q",
        "from": "ats",
    },
}


def received(desk: Desk, kind="forms", **fields):
    body = {**(FORM if kind == "forms" else CALL), **fields}
    answer = desk.post(f"leads/unsorted/{kind}", [body])
    return answer.rows("unsorted")[0]


def ids_of(row):
    return {entity: rows[0]["id"] for entity, rows in row["_embedded"].items() if rows}


class TestCreation:
    def test_reads_back(self, desk):
        made = received(desk, request_id="mine")
        assert made["request_id"] == "mine"
        row = desk.get(f"leads/unsorted/{made['uid']}").json
        assert (row["category"], row["source_uid"], row["source_name"]) == ("forms", "u1", "Сайт")
        assert row["metadata"] == FORM["metadata"]
        assert row["pipeline_id"] == desk.emu.state.main_pipeline["id"]
        assert "id" not in row
        assert ids_of(row) == ids_of(made)
        lead = desk.get(f"leads/{ids_of(made)['leads']}?with=contacts").json
        stage = desk.emu.stages(row["pipeline_id"])[lead["status_id"]]
        assert (lead["price"], stage["type"]) == (5, 1)
        assert lead["_embedded"]["contacts"][0]["is_main"] is True

    def test_people_are_in_no_list_until_accepted(self, desk):
        made = received(desk)
        contact = ids_of(made)["contacts"]
        assert desk.get("contacts").status == desk.get("companies").status == 204
        assert desk.get(f"contacts/{contact}").json["is_unsorted"] is True
        desk.post(f"leads/unsorted/{made['uid']}/accept", {})
        assert desk.get("contacts").ids("contacts") == [contact]
        assert desk.get("companies").status == 200
        assert desk.get(f"contacts/{contact}").json["is_unsorted"] is False

    def test_a_call_may_leave_a_note_and_its_flag_does_not_come_back(self, desk):
        made = received(desk, "sip", metadata={**CALL["metadata"], "is_call_event_needed": True})
        assert "is_call_event_needed" not in desk.get(f"leads/unsorted/{made['uid']}").json["metadata"]
        (note,) = desk.get(f"leads/{ids_of(made)['leads']}/notes").rows("notes")
        assert (note["note_type"], note["params"]["phone"]) == ("call_in", "79990000000")
        assert "incoming_call" in {event["type"] for event in desk.emu.events}

    def test_the_same_again_is_refused_while_it_waits(self, desk):
        uid = received(desk)["uid"]
        assert desk.post("leads/unsorted/forms", [FORM]).faults == [("0", "source_uid", "NotUnique")]
        desk.delete(f"leads/unsorted/{uid}/decline")
        assert received(desk)["uid"] != uid

    def test_faults_are_named_where_they_are(self, desk):
        bad = {
            **FORM,
            "pipeline_id": 5,
            "metadata": {**FORM["metadata"], "ip": 5},
            "_embedded": {"leads": [{"price": "x"}], "contacts": [{}, {}]},
        }
        del bad["source_uid"]
        assert sorted(desk.post("leads/unsorted/forms", [bad]).faults) == sorted(
            [
                ("0", "source_uid", "FieldMissing"),
                ("0", "pipeline_id", "NotSupportedChoice"),
                ("0", "metadata.ip", "InvalidType"),
                ("0", "_embedded.leads.0.price", "InvalidType"),
                ("0", "_embedded.contacts", "TooMany"),
            ]
        )
        assert desk.post("leads/unsorted/sip", [{**CALL, "metadata": {}}]).status == 400
        assert desk.get("leads/unsorted").status == 204
        assert desk.emu.leads == {}


class TestList:
    def test_filters_and_orders(self, desk):
        form = received(desk, created_at=200)["uid"]
        call = received(desk, "sip", created_at=100)["uid"]

        def uids(query):
            return [row["uid"] for row in desk.get(f"leads/unsorted?{query}").rows("unsorted")]

        assert uids("order[created_at]=asc") == [call, form]
        assert uids("filter[category][]=sip") == [call]
        assert uids(f"filter[uid]={form}") == [form]
        assert uids(f"filter[pipeline_id]={desk.emu.state.main_pipeline['id']}") == [form, call]
        assert desk.get("leads/unsorted?filter[pipeline_id]=5").status == 204
        assert desk.get("leads/unsorted/abc").status == 404


class TestEnds:
    def test_accepted(self, desk):
        desk.subscribe("add_unsorted", "delete_unsorted", "add_lead", "add_contact")
        made = received(desk)
        assert [name for name, _ in desk.hooks()] == ["add_unsorted"]
        pipeline_id = desk.emu.state.main_pipeline["id"]
        stage = sorted(desk.emu.stages(pipeline_id))[3]
        user = desk.make("users", {"name": "B", "email": "b@example.com", "password": "secret123"})[0]
        answer = desk.post(f"leads/unsorted/{made['uid']}/accept", {"user_id": user, "status_id": stage}).json
        assert (answer["uid"], answer["category"]) == (made["uid"], "forms")
        assert ids_of(answer) == ids_of(made)
        lead = desk.get(f"leads/{ids_of(made)['leads']}").json
        assert (lead["status_id"], lead["responsible_user_id"]) == (stage, user)
        hooks = dict(desk.hooks())
        assert hooks.keys() == {"add_lead", "add_contact", "delete_unsorted"}
        item = hooks["delete_unsorted"]["unsorted"]["delete"]["0"]
        assert (item["action"], item["accept_result"]["leads"]["0"]) == ("accept", str(lead["id"]))
        assert {"lead_added", "contact_added", "company_added"} <= {row["type"] for row in desk.emu.events}
        assert desk.get(f"leads/unsorted/{made['uid']}").status == 404
        assert desk.post(f"leads/unsorted/{made['uid']}/accept", {}).status == 404

    def test_accepted_without_a_body_goes_to_the_first_stage(self, desk):
        made = received(desk)
        assert desk.post(f"leads/unsorted/{made['uid']}/accept").status == 200
        lead = desk.get(f"leads/{ids_of(made)['leads']}").json
        assert lead["status_id"] == desk.emu.state.first_stage(lead["pipeline_id"])

    @pytest.mark.parametrize("body", [{"status_id": 5}, {"user_id": 5}, {"user_id": "x"}, []])
    def test_accepted_by_nobody_or_to_nowhere(self, desk, body):
        made = received(desk)
        answer = desk.post(f"leads/unsorted/{made['uid']}/accept", body)
        assert answer.status == (200 if body == [] else 400)

    def test_declined(self, desk):
        desk.subscribe("delete_unsorted")
        made = received(desk)
        answer = desk.delete(f"leads/unsorted/{made['uid']}/decline", {"user_id": desk.emu.state.admin_id()})
        assert "companies" not in answer.json["_embedded"]
        assert set(desk.emu.trash("leads")) == {ids_of(made)["leads"]}
        assert set(desk.emu.trash("contacts")) == {ids_of(made)["contacts"]}
        ((_, body),) = desk.hooks()
        item = body["unsorted"]["delete"]["0"]
        assert (item["action"], item["decline_result"]["leads"]["0"]) == (
            "decline",
            str(ids_of(made)["leads"]),
        )

    def test_only_chats_are_linked(self, desk):
        made = received(desk)
        link = {"link": {"entity_id": desk.lead(), "entity_type": "leads"}}
        assert desk.post(f"leads/unsorted/{made['uid']}/link", link).status == 400
        assert desk.post(f"leads/unsorted/{made['uid']}/link", {}).status == 400

    def test_summary(self, desk):
        first, second = received(desk)["uid"], received(desk, source_uid="u2")["uid"]
        received(desk, "sip")
        desk.clock.advance(60)
        desk.post(f"leads/unsorted/{first}/accept")
        desk.clock.advance(60)
        desk.delete(f"leads/unsorted/{second}/decline")
        assert desk.get("leads/unsorted/summary").json == {
            "total": 3,
            "accepted": 1,
            "declined": 1,
            "average_sort_time": 90,
            "categories": {
                "sip": {"total": 1},
                "mail": {"total": 0},
                "forms": {"total": 0},
                "chats": {"total": 0},
            },
        }
        assert desk.get(f"leads/unsorted/summary?filter[uid]={first}").json["total"] == 1
        assert desk.get(f"leads/unsorted/summary?filter[created_at][to]={desk.now - 300}").json["total"] == 0
