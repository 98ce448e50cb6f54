"""Leads, contacts, companies, customers, tasks and notes, in the shapes of the API pages' own examples.

Nothing here knows the account, as in ``test_cassettes.py``: ids come from answers, and what is made is named ``Cassette …``.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from amocrm_sync import AsyncAmoCRM
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
    return lambda: AsyncAmoCRM(**account, strict=strict, limiter=None)


@pytest.mark.default_cassette("leads_with_everything.yaml")
async def test_leads_with_everything(open_client):
    async with open_client() as amo:
        wanted = [name for name in amo.leads.with_values if name != "only_deleted"]
        listed = await amo.leads.list(with_=wanted, limit=2).first()
        lead = await amo.leads.get(listed.id, with_=wanted)
    assert lead.id == listed.id
    assert lead.is_price_modified_by_robot in (True, False)
    assert lead.loss_reason is None or lead.loss_reason.id == lead.loss_reason_id
    assert lead.source is None or lead.source.id
    for part in (lead.contacts, lead.companies, lead.catalog_elements, lead.tags):
        assert all(one.id for one in part)
    assert all(element.metadata["catalog_id"] for element in lead.catalog_elements)
    assert not lead.changes()


@pytest.mark.default_cassette("complex_leads.yaml")
async def test_leads_are_made_with_all_that_belongs_to_them(open_client):
    async with open_client() as amo:
        whole = {"contacts": [{"first_name": "Cassette"}], "companies": [{"name": "Cassette Ltd"}]}
        [result] = await amo.leads.create_complex([{"name": "Cassette whole", "_embedded": whole}])
        made = await amo.leads.create_many([Lead(name="Cassette three"), Lead(name="Cassette four")])
        made.raise_for_failures()
        for place, lead in enumerate(made.succeeded):
            lead.price = 100 + place
        changed = await amo.leads.update_many(made.succeeded)
        changed.raise_for_failures()
    assert min(result.id, result.contact_id, result.company_id) > 0
    assert result.merged is False
    assert result.request_id == ["0"]
    assert [lead.price for lead in changed.succeeded] == [100, 101]
    assert all(lead.updated_at.tzinfo for lead in changed.succeeded)


@pytest.mark.default_cassette("contact_cards.yaml")
async def test_contacts_with_everything(open_client):
    async with open_client() as amo:
        wanted = ["catalog_elements", "leads", "customers"]
        listed = await amo.contacts.list(with_=wanted, limit=2).first()
        contact = await amo.contacts.get(listed.id, with_=wanted)
        made = await amo.contacts.create(name="Cassette person")
        changed = await amo.contacts.update(made.id, last_name="Changed")
    assert contact.id == listed.id
    assert contact.phones == listed.phones
    kinds = {"WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"}
    assert {phone.enum_code for phone in contact.custom_fields.get("PHONE") or ()} <= kinds
    for part in (contact.leads, contact.customers, contact.companies, contact.catalog_elements):
        assert all(one.id for one in part)
    assert made.id != contact.id
    assert changed.updated_at.tzinfo is not None


@pytest.mark.default_cassette("companies.yaml")
async def test_companies(open_client):
    async with open_client() as amo:
        made = await amo.companies.create(name="Cassette Ltd")
        changed = await amo.companies.update(made.id, name="Cassette and sons")
        wanted = ["catalog_elements", "leads", "customers", "contacts"]
        listed = await amo.companies.list(with_=wanted, limit=2).first()
        company = await amo.companies.get(listed.id, with_=wanted)
    assert changed.id == made.id
    assert company.name == listed.name
    assert company.created_at.tzinfo is not None
    for part in (company.leads, company.customers, company.contacts, company.catalog_elements):
        assert all(one.id for one in part)


@pytest.mark.default_cassette("customers.yaml")
async def test_customers_and_their_purchases(open_client):
    async with open_client() as amo:
        made = await amo.customers.create(name="Cassette buyer", next_date=1_900_000_000)
        changed = await amo.customers.update_many([{"id": made.id, "next_price": 500}])
        changed.raise_for_failures()
        bought = await amo.customers.transactions.create(made.id, Transaction(price=123, comment="Cassette"))
        again = await amo.customers.transactions.get(bought.id)
        listed = await amo.customers.transactions.list(made.id, limit=2).first()
        points = await amo.customers.bonus_points.earn(made.id, 500)
        await amo.customers.transactions.delete(bought.id)
        one = await amo.customers.list(with_=["contacts", "companies"], limit=2).first()
        customer = await amo.customers.get(one.id, with_=["contacts", "companies", "catalog_elements"])
    assert again.id == listed.id == bought.id
    assert (again.price, listed.customer) == (123, made.id)
    assert points >= 500
    assert customer.id == one.id
    assert customer.next_date is None or customer.next_date.tzinfo is not None
    assert all(segment.id for segment in customer.segments)
    assert sum(contact.is_main for contact in customer.contacts) <= 1


@pytest.mark.default_cassette("segments.yaml")
async def test_segments(open_client):
    async with open_client() as amo:
        made = await amo.customers.segments.create(name="Cassette", color="ae003f")
        changed = await amo.customers.segments.update(made.id, name="Cassette segment")
        listed = [segment async for segment in amo.customers.segments.list()]
        segment = await amo.customers.segments.get(made.id)
        await amo.customers.segments.delete(made.id)
    assert made.id in {one.id for one in listed}
    assert (segment.id, segment.color) == (made.id, "ae003f")
    assert changed.name == "Cassette segment"
    assert segment.created_at.tzinfo is not None


@pytest.mark.default_cassette("customer_statuses.yaml")
async def test_statuses_of_customers(open_client):
    """For an account whose customers buy periodically."""
    async with open_client() as amo:
        made = await amo.customers.statuses.create(name="Cassette", sort=100, color="#fffeb2")
        changed = await amo.customers.statuses.update(made.id, name="Cassette status")
        listed = [status async for status in amo.customers.statuses.list()]
        status = await amo.customers.statuses.get(made.id)
        await amo.customers.statuses.delete(made.id)
    assert changed.id == status.id == made.id
    assert {0, 3} <= {one.type for one in listed}
    assert all(isinstance(one.conditions, list) for one in listed)


@pytest.mark.default_cassette("task_cards.yaml")
async def test_tasks_are_made_changed_and_done(open_client):
    till = datetime(2030, 1, 1, tzinfo=UTC)
    async with open_client() as amo:
        lead = await amo.leads.list(limit=1).first()
        task = await amo.tasks.create(
            text="Cassette", complete_till=till, entity_type="leads", entity_id=lead.id
        )
        changed = await amo.tasks.update_many([{"id": task.id, "text": "Cassette task"}])
        changed.raise_for_failures()
        await amo.tasks.complete(task.id, "Cassette done")
        done = await amo.tasks.get(task.id)
        some = await amo.tasks.list(limit=2).to_list(max_items=2)
    assert (done.id, done.is_completed) == (task.id, True)
    assert done.result == {"text": "Cassette done"}
    assert all(one.result in (None, {}) or one.result["text"] for one in some)


@pytest.mark.default_cassette("notes.yaml")
async def test_notes_of_every_type(open_client):
    async with open_client() as amo:
        lead = await amo.leads.list(limit=1).first()
        made = await amo.leads.notes.create_many([Note(details=one) for one in NOTES], parent=lead.id)
        made.raise_for_failures()
        ids = [note.id for note in made.succeeded]
        listed = await amo.leads.notes.list(lead.id, order={"id": "desc"}, limit=20).to_list(max_items=20)
        one = await amo.leads.notes.get(ids[0])
        text = {"note_type": "common", "params": {"text": "Cassette note"}}
        changed = await amo.leads.notes.update_many([{"id": ids[0], **text}])
        changed.raise_for_failures()
    read = {note.id: note.details for note in listed}
    assert [type(read[key]) for key in ids] == [type(given) for given in NOTES]
    assert one.text == "Cassette"
    assert (read[ids[1]].duration, read[ids[1]].phone) == (60, "+79120000001")
    assert all(note.entity_id == lead.id and note.created_at.tzinfo for note in listed)


@pytest.mark.default_cassette("events.yaml")
async def test_events_and_their_types(open_client):
    async with open_client() as amo:
        some = await amo.events.list(limit=20).to_list(max_items=20)
        event = await amo.events.get(some[0].id)
        kinds = [kind async for kind in amo.events.types.list(language_code="en")]
    assert (event.id, event.type) == (some[0].id, some[0].type)
    assert all(one.created_at.tzinfo and one.entity_type for one in some)
    assert all(isinstance(one.after, list) and isinstance(one.before, list) for one in some)
    assert {"lead_added", "lead_deleted"} <= {kind.key for kind in kinds}
