# Generated from tests/cassettes/_async/test_cassettes_cards.py by tools/unasync.py: edit that file instead.
"""Leads, contacts, companies, customers, tasks and notes, in the shapes of the API pages' own examples.

Nothing here knows the account, as in ``test_cassettes.py``: ids come from answers, and what is made is named ``Cassette …``.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.models import (
    CallInNote,
    CallOutNote,
    CommonNote,
    ExtendedServiceMessageNote,
    GeolocationNote,
    Lead,
    MessageCashierNote,
    Note,
    ServiceMessageNote,
    SmsInNote,
    SmsOutNote,
    Transaction,
)

pytestmark = [pytest.mark.anyio, pytest.mark.vcr]

CALL = {"uniq": "cassette-1", "duration": 60, "source": "pbx", "link": "https://pbx.example/1.mp3"}
NOTES = (
    CommonNote(text="Cassette"),
    CallInNote(**CALL, phone="+79120000001", call_responsible="Ann"),
    CallOutNote(**CALL, phone="+79120000001"),
    ServiceMessageNote(service="Cassette", text="Cassette"),
    ExtendedServiceMessageNote(service="Cassette", text="Cassette"),
    MessageCashierNote(status="created", text="Cassette"),
    GeolocationNote(text="Cassette", address="Cassette street", longitude="37.6", latitude="55.7"),
    SmsInNote(text="Cassette", phone="+79120000001"),
    SmsOutNote(text="Cassette", phone="+79120000001"),
)
"""Every type of note that the API page has an example of, but the one of a file."""


@pytest.fixture
def open_client(account, family, strict):
    return lambda: AmoCRM(**account, strict=strict, limiter=None)


@pytest.mark.default_cassette("leads_with_everything.yaml")
def test_leads_with_everything(open_client):
    with open_client() as amo:
        wanted = [name for name in amo.leads.with_values if name != "only_deleted"]
        listed = amo.leads.list(with_=wanted, limit=2).first()
        lead = amo.leads.get(listed.id, with_=wanted)
    assert lead.id == listed.id
    assert lead.is_price_modified_by_robot in (True, False)
    assert lead.loss_reason is None or lead.loss_reason.id == lead.loss_reason_id
    assert lead.source is None or lead.source.id
    for part in (lead.contacts, lead.companies, lead.catalog_elements, lead.tags):
        assert all(one.id for one in part)
    assert all(element.metadata["catalog_id"] for element in lead.catalog_elements)
    assert not lead.changes()


@pytest.mark.default_cassette("complex_leads.yaml")
def test_leads_are_made_with_all_that_belongs_to_them(open_client):
    with open_client() as amo:
        whole = {"contacts": [{"first_name": "Cassette"}], "companies": [{"name": "Cassette Ltd"}]}
        [result] = amo.leads.create_complex([{"name": "Cassette whole", "_embedded": whole}])
        made = amo.leads.create_many([Lead(name="Cassette three"), Lead(name="Cassette four")])
        made.raise_for_failures()
        for place, lead in enumerate(made.succeeded):
            lead.price = 100 + place
        changed = amo.leads.update_many(made.succeeded)
        changed.raise_for_failures()
    assert min(result.id, result.contact_id, result.company_id) > 0
    assert result.merged is False
    assert result.request_id == ["0"]
    assert [lead.price for lead in changed.succeeded] == [100, 101]
    assert all(lead.updated_at.tzinfo for lead in changed.succeeded)


@pytest.mark.default_cassette("contact_cards.yaml")
def test_contacts_with_everything(open_client):
    with open_client() as amo:
        wanted = ["catalog_elements", "leads", "customers"]
        listed = amo.contacts.list(with_=wanted, limit=2).first()
        contact = amo.contacts.get(listed.id, with_=wanted)
        made = amo.contacts.create(name="Cassette person")
        changed = amo.contacts.update(made.id, last_name="Changed")
    assert contact.id == listed.id
    assert contact.phones == listed.phones
    kinds = {"WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"}
    assert {phone.enum_code for phone in contact.custom_fields.get("PHONE") or ()} <= kinds
    for part in (contact.leads, contact.customers, contact.companies, contact.catalog_elements):
        assert all(one.id for one in part)
    assert made.id != contact.id
    assert changed.updated_at.tzinfo is not None


@pytest.mark.default_cassette("companies.yaml")
def test_companies(open_client):
    with open_client() as amo:
        made = amo.companies.create(name="Cassette Ltd")
        changed = amo.companies.update(made.id, name="Cassette and sons")
        wanted = ["catalog_elements", "leads", "customers", "contacts"]
        listed = amo.companies.list(with_=wanted, limit=2).first()
        company = amo.companies.get(listed.id, with_=wanted)
    assert changed.id == made.id
    assert company.name == listed.name
    assert company.created_at.tzinfo is not None
    for part in (company.leads, company.customers, company.contacts, company.catalog_elements):
        assert all(one.id for one in part)


@pytest.mark.default_cassette("customers.yaml")
def test_customers_and_their_purchases(open_client):
    with open_client() as amo:
        made = amo.customers.create(name="Cassette buyer", next_date=1_900_000_000)
        changed = amo.customers.update_many([{"id": made.id, "next_price": 500}])
        changed.raise_for_failures()
        bought = amo.customers.transactions.create(made.id, Transaction(price=123, comment="Cassette"))
        again = amo.customers.transactions.get(bought.id)
        listed = amo.customers.transactions.list(made.id, limit=2).first()
        points = amo.customers.bonus_points.earn(made.id, 500)
        amo.customers.transactions.delete(bought.id)
        one = amo.customers.list(with_=["contacts", "companies"], limit=2).first()
        customer = amo.customers.get(one.id, with_=["contacts", "companies", "catalog_elements"])
    assert again.id == listed.id == bought.id
    assert (again.price, listed.customer) == (123, made.id)
    assert points >= 500
    assert customer.id == one.id
    assert customer.next_date is None or customer.next_date.tzinfo is not None
    assert all(segment.id for segment in customer.segments)
    assert sum(contact.is_main for contact in customer.contacts) <= 1


@pytest.mark.default_cassette("segments.yaml")
def test_segments(open_client):
    with open_client() as amo:
        made = amo.customers.segments.create(name="Cassette", color="ae003f")
        changed = amo.customers.segments.update(made.id, name="Cassette segment")
        listed = [segment for segment in amo.customers.segments.list()]
        segment = amo.customers.segments.get(made.id)
        amo.customers.segments.delete(made.id)
    assert made.id in {one.id for one in listed}
    assert (segment.id, segment.color) == (made.id, "ae003f")
    assert changed.name == "Cassette segment"
    assert segment.created_at.tzinfo is not None


@pytest.mark.default_cassette("customer_statuses.yaml")
def test_statuses_of_customers(open_client):
    """For an account whose customers buy periodically."""
    with open_client() as amo:
        made = amo.customers.statuses.create(name="Cassette", sort=100, color="#fffeb2")
        changed = amo.customers.statuses.update(made.id, name="Cassette status")
        listed = [status for status in amo.customers.statuses.list()]
        status = amo.customers.statuses.get(made.id)
        amo.customers.statuses.delete(made.id)
    assert changed.id == status.id == made.id
    assert {0, 3} <= {one.type for one in listed}
    assert all(isinstance(one.conditions, list) for one in listed)


@pytest.mark.default_cassette("task_cards.yaml")
def test_tasks_are_made_changed_and_done(open_client):
    till = datetime(2030, 1, 1, tzinfo=UTC)
    with open_client() as amo:
        lead = amo.leads.list(limit=1).first()
        task = amo.tasks.create(text="Cassette", complete_till=till, entity_type="leads", entity_id=lead.id)
        changed = amo.tasks.update_many([{"id": task.id, "text": "Cassette task"}])
        changed.raise_for_failures()
        amo.tasks.complete(task.id, "Cassette done")
        done = amo.tasks.get(task.id)
        some = amo.tasks.list(limit=2).to_list(max_items=2)
    assert (done.id, done.is_completed) == (task.id, True)
    assert done.result == {"text": "Cassette done"}
    assert all(one.result in (None, {}) or one.result["text"] for one in some)


@pytest.mark.default_cassette("notes.yaml")
def test_notes_of_every_type(open_client):
    with open_client() as amo:
        lead = amo.leads.list(limit=1).first()
        made = amo.leads.notes.create_many([Note(details=one) for one in NOTES], parent=lead.id)
        made.raise_for_failures()
        ids = [note.id for note in made.succeeded]
        listed = amo.leads.notes.list(lead.id, order={"id": "desc"}, limit=20).to_list(max_items=20)
        one = amo.leads.notes.get(ids[0])
        text = {"note_type": "common", "params": {"text": "Cassette note"}}
        changed = amo.leads.notes.update_many([{"id": ids[0], **text}])
        changed.raise_for_failures()
    read = {note.id: note.details for note in listed}
    assert [type(read[key]) for key in ids] == [type(given) for given in NOTES]
    assert one.text == "Cassette"
    assert (read[ids[1]].duration, read[ids[1]].phone) == (60, "+79120000001")
    assert all(note.entity_id == lead.id and note.created_at.tzinfo for note in listed)


@pytest.mark.default_cassette("events.yaml")
def test_events_and_their_types(open_client):
    with open_client() as amo:
        some = amo.events.list(limit=20).to_list(max_items=20)
        event = amo.events.get(some[0].id)
        kinds = [kind for kind in amo.events.types.list(language_code="en")]
    assert (event.id, event.type) == (some[0].id, some[0].type)
    assert all(one.created_at.tzinfo and one.entity_type for one in some)
    assert all(isinstance(one.after, list) and isinstance(one.before, list) for one in some)
    assert {"lead_added", "lead_deleted"} <= {kind.key for kind in kinds}
