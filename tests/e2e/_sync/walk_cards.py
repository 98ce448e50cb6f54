# Generated from tests/e2e/_async/walk_cards.py by tools/unasync.py: edit that file instead.
"""Leads, contacts, companies, customers and tasks: made, found, changed, taken away; each look shows the step before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from amocrm_sync import (
    AmoCRM,
    CompanyFilter,
    ContactFilter,
    CustomerFilter,
    LeadFilter,
    NotFoundError,
    TaskFilter,
)
from amocrm_sync.models import Company, Contact, Customer, Lead, Note
from amocrm_sync.testing import Emulator


def walk_leads(amo: AmoCRM, emulator: Emulator) -> None:
    lead = amo.leads.create(Lead(name="Boat", price=7, tags=["vip"]))
    made = amo.leads.create_many([{"name": "One", "price": 1}, {"name": "Two", "price": 2}])
    made.raise_for_failures()
    one, two = made.succeeded
    amo.leads.update(lead, price=8)
    one.price, two.price = 10, 20
    (amo.leads.update_many([one, two])).raise_for_failures()
    assert [row["price"] for row in emulator.leads.values()] == [8, 10, 20]
    read = amo.leads.get(lead.id)
    assert (read.name, read.price, read.tags.names) == ("Boat", 8, ["vip"])
    wanted = LeadFilter(ids=[one.id, two.id])
    assert {found.price for found in amo.leads.list(filter=wanted).to_list()} == {10, 20}
    [complex_] = amo.leads.create_complex(
        [Lead(name="Complex", contacts=[Contact(name="Ann")], company=Company(name="Boats Ltd"))]
    )
    whole = amo.leads.get(complex_.id, with_=["contacts"])
    assert [contact.id for contact in whole.contacts] == [complex_.contact_id]
    assert whole.companies[0].id == complex_.company_id
    assert emulator.companies[complex_.company_id]["name"] == "Boats Ltd"
    watcher = emulator.load("/api/v4/users", [{"name": "B", "email": "b@example.com", "password": "x"}])[0]
    emulator.ui.follow("leads", lead.id, watcher["id"])
    followers = amo.leads.subscriptions.list(lead.id).to_list()
    assert {one.subscriber_id for one in followers} == {lead_owner(emulator, lead.id), watcher["id"]}


def lead_owner(emulator: Emulator, lead_id: int) -> int:
    return int(emulator.leads[lead_id]["responsible_user_id"])


def walk_loss_reasons(amo: AmoCRM, emulator: Emulator) -> None:
    reason = amo.leads.loss_reasons.create(name="Too dear")
    assert (amo.leads.loss_reasons.get(reason.id)).name == "Too dear"
    pipeline = amo.pipelines.list().first()
    lead = amo.leads.create(name="Lost", pipeline_id=pipeline.id, status_id=143, loss_reason_id=reason.id)
    assert (amo.leads.get(lead.id)).loss_reason_id == reason.id
    assert reason.id in [one.id for one in amo.leads.loss_reasons.list()]
    amo.leads.loss_reasons.delete(reason.id)
    assert reason.id not in [one.id for one in amo.leads.loss_reasons.list()]
    assert reason.id not in emulator.loss_reasons


def walk_contacts(amo: AmoCRM, emulator: Emulator) -> None:
    ann = amo.contacts.create(first_name="Ann", phone="+79120000001")
    made = amo.contacts.create_many([{"name": "Bob"}, {"name": "Cid"}])
    made.raise_for_failures()
    amo.contacts.update(ann, email="ann@example.com")
    for contact in made.succeeded:
        contact.name = f"{contact.name}!"
    (amo.contacts.update_many(made.succeeded)).raise_for_failures()
    read = amo.contacts.get(ann.id)
    assert (read.phones, read.emails) == (["+79120000001"], ["ann@example.com"])
    wanted = ContactFilter(ids=[contact.id for contact in made.succeeded])
    found = amo.contacts.list(filter=wanted).to_list()
    assert {contact.name for contact in found} == {"Bob!", "Cid!"}
    assert (amo.contacts.find(phone="8 (912) 000-00-01")).id == ann.id

    channel = emulator.chat_channel
    amojo = amo.amojo(channel.id, channel.secret)
    amojo.connect()
    amojo.send_message("c-1", "Hello", sender={"id": "u-1", "name": "Dan"}, msgid="m-1")
    [link] = amo.contacts.chats.list().to_list()
    moved = amo.contacts.chats.link(ann.id, link.chat_id)
    assert moved.contact_id == ann.id
    [now] = amo.contacts.chats.list(filter={"contact_id": [ann.id]}).to_list()
    assert now.chat_id == link.chat_id


def walk_companies(amo: AmoCRM, emulator: Emulator) -> None:
    firm = amo.companies.create(name="Boats", phone="+79120000002")
    made = amo.companies.create_many([{"name": "Sails"}, {"name": "Oars"}])
    made.raise_for_failures()
    amo.companies.update(firm.id, name="Boats Ltd")
    renamed = [{"id": one.id, "name": f"{one.name} Ltd"} for one in made.succeeded]
    (amo.companies.update_many(renamed)).raise_for_failures()
    assert (amo.companies.get(firm.id)).phone == "+79120000002"
    found = amo.companies.list(filter=CompanyFilter(ids=[one.id for one in made.succeeded])).to_list()
    assert {one.name for one in found} == {"Sails Ltd", "Oars Ltd"}
    assert emulator.companies[firm.id]["name"] == "Boats Ltd"


def walk_customers(amo: AmoCRM, emulator: Emulator) -> None:
    assert (amo.customers.set_mode("periodicity")).mode == "periodicity"
    assert (amo.account.get()).customers_mode == "periodicity"
    ann = amo.customers.create(Customer(name="Ann", next_date=1_900_000_000))
    made = amo.customers.create_many([{"name": "Bob", "next_date": 1_900_000_000}])
    made.raise_for_failures()
    [bob] = made.succeeded
    amo.customers.update(ann.id, next_price=50)
    (amo.customers.update_many([{"id": bob.id, "next_price": 60}])).raise_for_failures()
    assert (amo.customers.get(ann.id)).next_price == 50
    [found] = amo.customers.list(filter=CustomerFilter(ids=[bob.id])).to_list()
    assert (found.name, found.next_price) == ("Bob", 60)
    emulator.ui.follow("customers", ann.id, found.responsible_user_id)
    followers = amo.customers.subscriptions.list(ann.id).to_list()
    assert [one.subscriber_id for one in followers] == [found.responsible_user_id]

    statuses = amo.customers.statuses
    status = statuses.create(name="Sleeping", sort=60, color="#c1e0ff")
    statuses.update(status.id, name="Asleep")
    amo.customers.update(bob.id, status_id=status.id)
    assert (amo.customers.get(bob.id)).status_id == status.id
    amo.customers.update(bob.id, status_id=found.status_id)
    assert (statuses.get(status.id)).name == "Asleep"
    statuses.delete(status.id)
    assert status.id not in [one.id for one in statuses.list()]

    walk_purchases(amo, ann.id)
    assert amo.customers.bonus_points.earn(ann.id, 15) == 15
    assert amo.customers.bonus_points.redeem(ann.id, 5) == 10


def walk_purchases(amo: AmoCRM, customer_id: int) -> None:
    bought = amo.customers.transactions
    first = bought.create(customer_id, price=30, comment="boat")
    second = bought.create(customer_id, price=70)
    customer = amo.customers.get(customer_id)
    assert (customer.ltv, customer.purchases_count) == (100, 2)
    assert {one.id for one in bought.list().to_list()} == {first.id, second.id}
    assert {one.price for one in bought.list(customer_id).to_list()} == {30, 70}
    assert (bought.get(first.id)).comment == "boat"
    assert (bought.get(first.id, customer_id=customer_id)).price == 30
    bought.delete(first.id)
    bought.delete(second.id, customer_id=customer_id)
    assert bought.list().to_list() == []


def walk_segments(amo: AmoCRM, emulator: Emulator) -> None:
    amo.customers.set_mode("segments")
    segments = amo.customers.segments
    segment = segments.create(name="VIP")
    customer = amo.customers.create(Customer(name="Ann", segments=[segment.id]))
    assert [one.id for one in (amo.customers.get(customer.id)).segments] == [segment.id]
    assert emulator.customers[customer.id]["name"] == "Ann"
    assert (segments.update(segment.id, name="Gold")).name == "Gold"
    assert (segments.get(segment.id)).customers_count == 1
    assert [one.name for one in segments.list().to_list()] == ["Gold"]
    segments.delete(segment.id)
    assert segments.list().to_list() == []


def walk_tasks(amo: AmoCRM, emulator: Emulator) -> None:
    lead = amo.leads.create(name="Boat")
    about: dict[str, Any] = {"entity_type": "leads", "entity_id": lead.id}
    till = datetime(2030, 1, 1, tzinfo=UTC)
    task = amo.tasks.create(text="Call", complete_till=till, **about)
    made = amo.tasks.create_many([{"text": "Write", "complete_till": 1_900_000_000, **about}])
    made.raise_for_failures()
    [other] = made.succeeded
    amo.tasks.update(task.id, text="Call back")
    (amo.tasks.update_many([{"id": other.id, "text": "Write again"}])).raise_for_failures()
    read = amo.tasks.get(task.id)
    assert (read.text, read.complete_till) == ("Call back", till)
    assert (amo.leads.get(lead.id)).closest_task_at == read.complete_till
    amo.tasks.complete(task.id, "done")
    left = amo.tasks.list(filter=TaskFilter(is_completed=False)).to_list()
    assert [one.text for one in left] == ["Write again"]
    assert emulator.tasks[task.id]["result"]["text"] == "done"


def walk_notes(amo: AmoCRM, emulator: Emulator) -> None:
    notes, lead = amo.leads.notes, amo.leads.create(name="Boat")
    note = notes.create(lead.id, text="First")
    made = notes.create_many([Note(note_type="common", params={"text": "Second"})], parent=lead.id)
    made.raise_for_failures()
    [other] = made.succeeded
    assert {one.params["text"] for one in notes.list(lead.id).to_list()} == {"First", "Second"}
    assert {one.id for one in notes.list().to_list()} == {note.id, other.id}
    notes.update(note.id, note_type="common", params={"text": "First!"})
    notes.update(other.id, parent=lead.id, note_type="common", params={"text": "Second!"})
    assert (notes.get(note.id)).text == "First!"
    assert (notes.get(other.id, parent=lead.id)).text == "Second!"
    change = {"note_type": "common", "params": {"text": "Both"}}
    (notes.update_many([{"id": note.id, **change}])).raise_for_failures()
    (notes.update_many([{"id": other.id, **change}], parent=lead.id)).raise_for_failures()
    assert {row["params"]["text"] for row in emulator.notes.values()} == {"Both"}
    notes.pin(note.id)
    assert (notes.get(note.id, with_=["is_pinned"])).is_pinned is True
    notes.unpin(note.id)
    assert (notes.get(note.id, with_=["is_pinned"])).is_pinned is False
    with pytest.raises(NotFoundError):
        notes.get(999_999)
