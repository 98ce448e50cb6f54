"""Leads, contacts, companies, customers and tasks: made, found, changed, taken away; each look shows the step before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from amocrm_sync import (
    AsyncAmoCRM,
    CompanyFilter,
    ContactFilter,
    CustomerFilter,
    LeadFilter,
    NotFoundError,
    TaskFilter,
)
from amocrm_sync.models import Company, Contact, Customer, Lead, Note
from amocrm_sync.testing import Emulator


async def walk_leads(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    lead = await amo.leads.create(Lead(name="Boat", price=7, tags=["vip"]))
    made = await amo.leads.create_many([{"name": "One", "price": 1}, {"name": "Two", "price": 2}])
    made.raise_for_failures()
    one, two = made.succeeded
    await amo.leads.update(lead, price=8)
    one.price, two.price = 10, 20
    (await amo.leads.update_many([one, two])).raise_for_failures()
    assert [row["price"] for row in emulator.leads.values()] == [8, 10, 20]
    read = await amo.leads.get(lead.id)
    assert (read.name, read.price, read.tags.names) == ("Boat", 8, ["vip"])
    wanted = LeadFilter(ids=[one.id, two.id])
    assert {found.price for found in await amo.leads.list(filter=wanted).to_list()} == {10, 20}
    [complex_] = await amo.leads.create_complex(
        [Lead(name="Complex", contacts=[Contact(name="Ann")], company=Company(name="Boats Ltd"))]
    )
    whole = await amo.leads.get(complex_.id, with_=["contacts"])
    assert [contact.id for contact in whole.contacts] == [complex_.contact_id]
    assert whole.companies[0].id == complex_.company_id
    assert emulator.companies[complex_.company_id]["name"] == "Boats Ltd"
    watcher = emulator.load("/api/v4/users", [{"name": "B", "email": "b@example.com", "password": "x"}])[0]
    emulator.ui.follow("leads", lead.id, watcher["id"])
    followers = await amo.leads.subscriptions.list(lead.id).to_list()
    assert {one.subscriber_id for one in followers} == {lead_owner(emulator, lead.id), watcher["id"]}


def lead_owner(emulator: Emulator, lead_id: int) -> int:
    return int(emulator.leads[lead_id]["responsible_user_id"])


async def walk_loss_reasons(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    reason = await amo.leads.loss_reasons.create(name="Too dear")
    assert (await amo.leads.loss_reasons.get(reason.id)).name == "Too dear"
    pipeline = await amo.pipelines.list().first()
    lead = await amo.leads.create(
        name="Lost", pipeline_id=pipeline.id, status_id=143, loss_reason_id=reason.id
    )
    assert (await amo.leads.get(lead.id)).loss_reason_id == reason.id
    assert reason.id in [one.id async for one in amo.leads.loss_reasons.list()]
    await amo.leads.loss_reasons.delete(reason.id)
    assert reason.id not in [one.id async for one in amo.leads.loss_reasons.list()]
    assert reason.id not in emulator.loss_reasons


async def walk_contacts(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    ann = await amo.contacts.create(first_name="Ann", phone="+79120000001")
    made = await amo.contacts.create_many([{"name": "Bob"}, {"name": "Cid"}])
    made.raise_for_failures()
    await amo.contacts.update(ann, email="ann@example.com")
    for contact in made.succeeded:
        contact.name = f"{contact.name}!"
    (await amo.contacts.update_many(made.succeeded)).raise_for_failures()
    read = await amo.contacts.get(ann.id)
    assert (read.phones, read.emails) == (["+79120000001"], ["ann@example.com"])
    wanted = ContactFilter(ids=[contact.id for contact in made.succeeded])
    found = await amo.contacts.list(filter=wanted).to_list()
    assert {contact.name for contact in found} == {"Bob!", "Cid!"}
    assert (await amo.contacts.find(phone="8 (912) 000-00-01")).id == ann.id

    channel = emulator.chat_channel
    amojo = await amo.amojo(channel.id, channel.secret)
    await amojo.connect()
    await amojo.send_message("c-1", "Hello", sender={"id": "u-1", "name": "Dan"}, msgid="m-1")
    [link] = await amo.contacts.chats.list().to_list()
    moved = await amo.contacts.chats.link(ann.id, link.chat_id)
    assert moved.contact_id == ann.id
    [now] = await amo.contacts.chats.list(filter={"contact_id": [ann.id]}).to_list()
    assert now.chat_id == link.chat_id


async def walk_companies(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    firm = await amo.companies.create(name="Boats", phone="+79120000002")
    made = await amo.companies.create_many([{"name": "Sails"}, {"name": "Oars"}])
    made.raise_for_failures()
    await amo.companies.update(firm.id, name="Boats Ltd")
    renamed = [{"id": one.id, "name": f"{one.name} Ltd"} for one in made.succeeded]
    (await amo.companies.update_many(renamed)).raise_for_failures()
    assert (await amo.companies.get(firm.id)).phone == "+79120000002"
    found = await amo.companies.list(filter=CompanyFilter(ids=[one.id for one in made.succeeded])).to_list()
    assert {one.name for one in found} == {"Sails Ltd", "Oars Ltd"}
    assert emulator.companies[firm.id]["name"] == "Boats Ltd"


async def walk_customers(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    assert (await amo.customers.set_mode("periodicity")).mode == "periodicity"
    assert (await amo.account.get()).customers_mode == "periodicity"
    ann = await amo.customers.create(Customer(name="Ann", next_date=1_900_000_000))
    made = await amo.customers.create_many([{"name": "Bob", "next_date": 1_900_000_000}])
    made.raise_for_failures()
    [bob] = made.succeeded
    await amo.customers.update(ann.id, next_price=50)
    (await amo.customers.update_many([{"id": bob.id, "next_price": 60}])).raise_for_failures()
    assert (await amo.customers.get(ann.id)).next_price == 50
    [found] = await amo.customers.list(filter=CustomerFilter(ids=[bob.id])).to_list()
    assert (found.name, found.next_price) == ("Bob", 60)
    emulator.ui.follow("customers", ann.id, found.responsible_user_id)
    followers = await amo.customers.subscriptions.list(ann.id).to_list()
    assert [one.subscriber_id for one in followers] == [found.responsible_user_id]

    statuses = amo.customers.statuses
    status = await statuses.create(name="Sleeping", sort=60, color="#c1e0ff")
    await statuses.update(status.id, name="Asleep")
    await amo.customers.update(bob.id, status_id=status.id)
    assert (await amo.customers.get(bob.id)).status_id == status.id
    await amo.customers.update(bob.id, status_id=found.status_id)
    assert (await statuses.get(status.id)).name == "Asleep"
    await statuses.delete(status.id)
    assert status.id not in [one.id async for one in statuses.list()]

    await walk_purchases(amo, ann.id)
    assert await amo.customers.bonus_points.earn(ann.id, 15) == 15
    assert await amo.customers.bonus_points.redeem(ann.id, 5) == 10


async def walk_purchases(amo: AsyncAmoCRM, customer_id: int) -> None:
    bought = amo.customers.transactions
    first = await bought.create(customer_id, price=30, comment="boat")
    second = await bought.create(customer_id, price=70)
    customer = await amo.customers.get(customer_id)
    assert (customer.ltv, customer.purchases_count) == (100, 2)
    assert {one.id for one in await bought.list().to_list()} == {first.id, second.id}
    assert {one.price for one in await bought.list(customer_id).to_list()} == {30, 70}
    assert (await bought.get(first.id)).comment == "boat"
    assert (await bought.get(first.id, customer_id=customer_id)).price == 30
    await bought.delete(first.id)
    await bought.delete(second.id, customer_id=customer_id)
    assert await bought.list().to_list() == []


async def walk_segments(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    await amo.customers.set_mode("segments")
    segments = amo.customers.segments
    segment = await segments.create(name="VIP")
    customer = await amo.customers.create(Customer(name="Ann", segments=[segment.id]))
    assert [one.id for one in (await amo.customers.get(customer.id)).segments] == [segment.id]
    assert emulator.customers[customer.id]["name"] == "Ann"
    assert (await segments.update(segment.id, name="Gold")).name == "Gold"
    assert (await segments.get(segment.id)).customers_count == 1
    assert [one.name for one in await segments.list().to_list()] == ["Gold"]
    await segments.delete(segment.id)
    assert await segments.list().to_list() == []


async def walk_tasks(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    lead = await amo.leads.create(name="Boat")
    about: dict[str, Any] = {"entity_type": "leads", "entity_id": lead.id}
    till = datetime(2030, 1, 1, tzinfo=UTC)
    task = await amo.tasks.create(text="Call", complete_till=till, **about)
    made = await amo.tasks.create_many([{"text": "Write", "complete_till": 1_900_000_000, **about}])
    made.raise_for_failures()
    [other] = made.succeeded
    await amo.tasks.update(task.id, text="Call back")
    (await amo.tasks.update_many([{"id": other.id, "text": "Write again"}])).raise_for_failures()
    read = await amo.tasks.get(task.id)
    assert (read.text, read.complete_till) == ("Call back", till)
    assert (await amo.leads.get(lead.id)).closest_task_at == read.complete_till
    await amo.tasks.complete(task.id, "done")
    left = await amo.tasks.list(filter=TaskFilter(is_completed=False)).to_list()
    assert [one.text for one in left] == ["Write again"]
    assert emulator.tasks[task.id]["result"]["text"] == "done"


async def walk_notes(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    notes, lead = amo.leads.notes, await amo.leads.create(name="Boat")
    note = await notes.create(lead.id, text="First")
    made = await notes.create_many([Note(note_type="common", params={"text": "Second"})], parent=lead.id)
    made.raise_for_failures()
    [other] = made.succeeded
    assert {one.params["text"] for one in await notes.list(lead.id).to_list()} == {"First", "Second"}
    assert {one.id for one in await notes.list().to_list()} == {note.id, other.id}
    await notes.update(note.id, note_type="common", params={"text": "First!"})
    await notes.update(other.id, parent=lead.id, note_type="common", params={"text": "Second!"})
    assert (await notes.get(note.id)).text == "First!"
    assert (await notes.get(other.id, parent=lead.id)).text == "Second!"
    change = {"note_type": "common", "params": {"text": "Both"}}
    (await notes.update_many([{"id": note.id, **change}])).raise_for_failures()
    (await notes.update_many([{"id": other.id, **change}], parent=lead.id)).raise_for_failures()
    assert {row["params"]["text"] for row in emulator.notes.values()} == {"Both"}
    await notes.pin(note.id)
    assert (await notes.get(note.id, with_=["is_pinned"])).is_pinned is True
    await notes.unpin(note.id)
    assert (await notes.get(note.id, with_=["is_pinned"])).is_pinned is False
    with pytest.raises(NotFoundError):
        await notes.get(999_999)
