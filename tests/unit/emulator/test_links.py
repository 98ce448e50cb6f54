"""Links between leads, contacts and companies."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk


@pytest.fixture
def trio(desk) -> tuple[int, int, int]:
    return desk.lead(), desk.contact(), desk.company()


def body(kind: str, row_id: int, **more):
    return {"to_entity_id": row_id, "to_entity_type": kind, **more}


def test_linking_shows_from_both_ends(desk, trio):
    lead, contact, company = trio
    answer = desk.post(
        f"leads/{lead}/link", [body("contacts", contact, metadata=None), body("companies", company)]
    )
    assert answer.json["_total_items"] == 2
    assert answer.rows("links") == [
        {
            "entity_id": lead,
            "entity_type": "leads",
            "to_entity_id": contact,
            "to_entity_type": "contacts",
            "metadata": {"main_contact": True},
        },
        {
            "entity_id": lead,
            "entity_type": "leads",
            "to_entity_id": company,
            "to_entity_type": "companies",
            "metadata": None,
        },
    ]
    links = desk.get(f"leads/{lead}/links").rows("links")
    assert [link["to_entity_id"] for link in links] == [contact, company]
    assert "entity_id" not in links[0]
    assert desk.get(f"contacts/{contact}/links").rows("links")[0]["to_entity_id"] == lead


def test_the_first_contact_is_the_main_one_until_another_is(desk):
    lead, one, two = desk.lead(), desk.contact(), desk.contact()

    def mains():
        rows = desk.get(f"leads/{lead}?with=contacts").json["_embedded"]["contacts"]
        return [row["id"] for row in rows if row["is_main"]]

    desk.post(f"leads/{lead}/link", [body("contacts", one), body("contacts", two)])
    assert mains() == [one]
    desk.post(f"leads/{lead}/link", [body("contacts", two, metadata={"is_main": True})])
    assert mains() == [two]
    assert desk.post(f"leads/{lead}/unlink", [body("contacts", two)]).status == 204
    assert mains() == [one]


def test_a_lead_has_one_company(desk):
    lead, one, two = desk.lead(), desk.company(), desk.company()
    desk.post(f"leads/{lead}/link", [body("companies", one)])
    desk.post(f"leads/{lead}/link", [body("companies", two)])
    assert desk.emu.linked("leads", lead, "companies") == [two]
    assert desk.emu.linked("companies", one, "leads") == []


def test_unlinking_what_is_not_linked_is_no_error(desk, trio):
    lead, contact, _ = trio
    assert desk.post(f"leads/{lead}/unlink", [body("contacts", contact)]).status == 204


def test_bulk_forms(desk, trio):
    lead, contact, company = trio
    rows = [
        {"entity_id": lead, **body("contacts", contact)},
        {"entity_id": lead, **body("companies", company)},
    ]
    assert desk.post("leads/link", rows).status == 200
    listed = desk.get(f"leads/links?filter[entity_id][]={lead}&filter[entity_id][]=5").rows("links")
    assert [(link["entity_id"], link["to_entity_id"]) for link in listed] == [
        (lead, contact),
        (lead, company),
    ]
    narrow = f"leads/links?filter[entity_id]={lead}&filter[to_entity_id]={company}"
    assert len(desk.get(narrow).rows("links")) == 2
    assert len(desk.get(narrow + "&filter[to_entity_type]=companies").rows("links")) == 1
    assert desk.post("leads/unlink", rows).status == 204
    assert desk.get(f"leads/links?filter[entity_id]={lead}").status == 204
    assert desk.get("leads/links").status == 400


def test_what_cannot_be_linked_is_refused(desk, trio):
    lead, contact, _ = trio
    path = f"leads/{lead}/link"
    assert desk.post(path, [body("leads", lead)]).faults == [("0", "to_entity_type", "NotSupportedChoice")]
    assert desk.post(path, [body("contacts", 5)]).faults == [("0", "to_entity_id", "EntityNotFound")]
    assert desk.post(path, [{}]).faults == [("0", "to_entity_type", "NotSupportedChoice")]
    assert desk.post(path, [body("contacts", contact, metadata="x")]).faults == [
        ("0", "metadata", "InvalidType")
    ]
    assert desk.post("leads/5/link", [body("contacts", contact)]).status == 404
    assert desk.post("leads/link", [body("contacts", contact)]).faults == [
        ("0", "entity_id", "EntityNotFound")
    ]


def test_linking_moves_updated_at_of_both_ends_unless_switched_off():
    for touches in (True, False):
        desk = Desk()
        desk.emu.settings.links_touch = touches
        lead, contact = desk.lead(), desk.contact()
        made = desk.now
        desk.clock.advance(60)
        desk.post(f"leads/{lead}/link", [body("contacts", contact)])
        expected = desk.now if touches else made
        assert desk.emu.leads[lead]["updated_at"] == desk.emu.contacts[contact]["updated_at"] == expected
