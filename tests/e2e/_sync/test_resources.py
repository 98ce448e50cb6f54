# Generated from tests/e2e/_async/test_resources.py by tools/unasync.py: edit that file instead.
"""What was made can be read, changed, linked and deleted: the client against the emulator, area by area."""

from __future__ import annotations

import pytest

from amocrm_sync import (
    AmoCRM,
    CatalogElementFilter,
    ContactFilter,
    CustomerFilter,
    EventFilter,
    FilterIgnoredWarning,
    LeadFilter,
    LinkFilter,
    UnsortedFilter,
)
from amocrm_sync.models import CallOutNote, Customer, StageValue, Unsorted
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=1, rate_limit=False)


@pytest.fixture
def amo(family, emulator) -> AmoCRM:
    return client_of(emulator, family)


def client_of(emulator: Emulator, family: str) -> AmoCRM:
    return AmoCRM(
        "demo",
        token=emulator.long_lived_token(),
        http_client=emulator.http_client(),
        limiter=None,
        retry=None,
    )


def test_customers_live_with_statuses_purchases_and_points(amo):
    amo.customers.set_mode("periodicity")
    statuses = amo.customers.statuses.list().to_list()
    assert statuses
    ann = amo.customers.create(Customer(name="Ann", next_date=1_900_000_000, tags=["vip"]))
    assert ann.id is not None
    amo.customers.update(ann.id, next_price=50)
    again = amo.customers.get(ann.id)
    assert (again.name, again.next_price, again.tags.names) == ("Ann", 50, ["vip"])
    [found] = amo.customers.list(filter=CustomerFilter(ids=[ann.id])).to_list()
    assert found.id == ann.id
    bought = amo.customers.transactions.create(ann.id, price=30, comment="boat")
    assert bought.id is not None
    [listed] = amo.customers.transactions.list(ann.id).to_list()
    assert (listed.id, listed.price) == (bought.id, 30)
    amo.customers.transactions.delete(bought.id, customer_id=ann.id)
    assert amo.customers.transactions.list(ann.id).to_list() == []
    assert amo.customers.bonus_points.earn(ann.id, 15) == 15
    assert amo.customers.bonus_points.redeem(ann.id, 5) == 10


def test_segments_hold_customers(amo):
    amo.customers.set_mode("segments")
    segment = amo.customers.segments.create(name="VIP")
    assert segment.id is not None
    changed = amo.customers.segments.update(segment.id, name="Gold")
    assert changed.name == "Gold"
    assert [one.name for one in amo.customers.segments.list().to_list()] == ["Gold"]
    amo.customers.segments.delete(segment.id)
    assert amo.customers.segments.list().to_list() == []


def test_lists_have_elements_that_hang_on_leads(amo):
    catalog = amo.catalogs.create(name="Boats")
    assert catalog.id is not None
    made = amo.catalogs.elements.create_many(catalog.id, [{"name": f"Boat {n}"} for n in range(3)])
    made.raise_for_failures()
    first, second, _ = made.succeeded
    assert first.id is not None
    assert second.id is not None
    amo.catalogs.elements.update(catalog.id, first.id, name="Yacht")
    asked = CatalogElementFilter(ids=[first.id])
    [found] = amo.catalogs.elements.list(catalog.id, filter=asked).to_list()
    assert found.name == "Yacht"
    many = amo.catalogs.elements.get_many(catalog.id, [first.id, second.id, 999_999])
    assert sorted(many) == sorted([first.id, second.id])
    lead = amo.leads.create(name="Sale")
    assert lead.id is not None
    amo.leads.link(lead.id, ("catalog_elements", first.id), catalog_id=catalog.id, quantity=2)
    [link] = amo.leads.links(lead.id, filter=LinkFilter(to_catalog_id=catalog.id))
    assert (link.to_entity_id, (link.metadata or {})["quantity"]) == (first.id, 2)


def test_incoming_leads_are_accepted_and_declined(amo):
    def form(key: str) -> Unsorted:
        return Unsorted(
            source_uid=key,
            source_name="Site",
            metadata={
                "form_id": "f",
                "form_name": "Form",
                "form_page": "https://site.example",
                "form_sent_at": 1_700_000_000,
                "ip": "127.0.0.1",
                "referer": "https://site.example",
            },
            leads=[{"name": f"Lead {key}"}],
            contacts=[{"name": f"Contact {key}"}],
        )

    result = amo.unsorted.create_forms([form("a"), form("b")])
    result.raise_for_failures()
    first, second = (lead.uid for lead in result.succeeded)
    assert first is not None
    assert second is not None
    waiting = amo.unsorted.list(filter=UnsortedFilter(category="forms")).to_list()
    assert {lead.uid for lead in waiting} == {first, second}
    accepted = amo.unsorted.accept(first)
    assert accepted.leads[0].id is not None
    lead = amo.leads.get(accepted.leads[0].id, with_=["contacts"])
    assert lead.name == "Lead a"
    amo.unsorted.decline(second)
    assert amo.unsorted.list().to_list() == []
    summary = amo.unsorted.summary()
    assert (summary.accepted, summary.declined) == (1, 1)


def test_many_leads_are_hydrated(amo):
    people = amo.contacts.create_many([{"name": f"C{n}"} for n in range(60)])
    leads = amo.leads.create_many(
        [
            {"name": f"L{n}", "_embedded": {"contacts": [{"id": person.id}]}}
            for n, person in enumerate(people.succeeded)
        ]
    )
    leads.raise_for_failures()
    listed = amo.leads.list(order={"id": "asc"}).to_list()
    hydrated = amo.leads.hydrate(listed)
    assert [lead.contacts[0].name for lead in hydrated] == [f"C{n}" for n in range(60)]
    assert all(lead.main_contact is not None for lead in hydrated)


def test_many_links_come_and_go(amo):
    lead = amo.leads.create(name="Sale")
    people = amo.contacts.create_many([{"name": "A"}, {"name": "B"}])
    assert lead.id is not None
    pairs = [(lead.id, person) for person in people.succeeded]
    assert (amo.leads.link_many(pairs)).ok
    assert {link.to_entity_id for link in amo.leads.links_many([lead.id])} == {p.id for p in people.succeeded}
    assert (amo.leads.unlink_many(pairs)).ok
    assert list(amo.leads.links_many([lead.id])) == []


def test_notes_of_calls_and_events_of_stages(amo):
    pipeline = amo.pipelines.list().first()
    assert pipeline is not None
    lead = amo.leads.create(name="Sale", pipeline_id=pipeline.id)
    assert lead.id is not None
    note = amo.leads.notes.create(
        lead.id, details=CallOutNote(duration=65, phone="+7900", source="pbx", uniq="u")
    )
    assert note.id is not None
    read = amo.leads.notes.get(note.id, parent=lead.id)
    assert isinstance(read.details, CallOutNote)
    assert read.details.duration == 65
    amo.leads.update(lead.id, status_id=142, pipeline_id=pipeline.id)
    asked = EventFilter(type="lead_status_changed", entity="lead", entity_id=lead.id)
    [event] = amo.events.list(filter=asked).to_list()
    assert event.after == [StageValue(pipeline.id, 142)]
    assert event.id is not None
    assert (amo.events.get(event.id)).type == "lead_status_changed"
    assert amo.events.types.list(language_code="en").to_list()


def test_groups_of_fields_are_tabs(amo):
    groups = amo.leads.custom_fields.groups
    made = groups.create(name="Money", sort=10)
    assert made.id is not None
    assert (groups.update(made.id, name="Cash")).name == "Cash"
    assert made.id in [group.id for group in groups.list().to_list()]
    groups.delete(made.id)
    assert made.id not in [group.id for group in groups.list().to_list()]


def test_an_account_without_filters_is_said(family):
    amo = client_of(Emulator(seed=1, rate_limit=False, filters_enabled=False), family)
    made = amo.leads.create_many([{"name": "A"}, {"name": "B"}])
    wanted = made.succeeded[0].id
    assert wanted is not None
    with pytest.warns(FilterIgnoredWarning, match=r"filter\[id\]"):
        assert len(amo.leads.list(filter=LeadFilter(ids=[wanted])).to_list()) == 2
    assert list(amo.leads.get_many([wanted])) == [wanted], "found one by one, without a warning"
    account = amo.account.get(with_=["is_api_filter_enabled"])
    assert account.is_api_filter_enabled is False
    assert amo.contacts.list(filter=ContactFilter(ids=[1])).to_list() == []
