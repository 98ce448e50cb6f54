# Generated from tests/contract/_async/test_sync_links.py by tools/unasync.py: edit that file instead.
"""Links changed here reach amoCRM in batches, once each, in whichever order things happen."""

from __future__ import annotations

import pytest
from contract._sync.sync_parts import engine_with

from amocrm_sync.errors import AmbiguousWriteError, ConfigurationError, NotFoundError, RateLimitedError
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import OpState, SyncEngine
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=12, pipelines=1, elements=4)
    return emulator


@pytest.fixture
def engine(amo, clock, store):
    entities = ("leads", "contacts", "companies", "products")
    with engine_with(amo, clock, store, entities=entities) as engine:
        engine.pull()
        clock.advance(30)
        yield engine


def linked(emulator, lead, kind="contacts"):
    """What the account has."""
    return {other for name, other, _ in emulator.state.links.every(("leads", lead)) if name == kind}


def shown(engine, lead, entity="contacts"):
    links = engine.records.leads.links(lead)
    return {int(link.remote_id): link.pending for link in links if link.entity == entity}


def writes(emulator, since=0):
    return [entry for entry in emulator.requests[since:] if entry.path.endswith("link")]


def strangers(emulator, lead):
    """Contacts that a lead has no link to."""
    return sorted(set(emulator.contacts) - linked(emulator, lead))


def test_a_link_shows_at_once_and_is_there_after_the_push(engine, emulator):
    lead = min(emulator.leads)
    other, old = strangers(emulator, lead)[0], linked(emulator, lead)
    engine.records.leads.link(lead, ("contacts", other), actor="anna")
    assert shown(engine, lead) == {**dict.fromkeys(old), other: "link"}
    assert (engine.push()).ok
    assert linked(emulator, lead) == {*old, other}
    assert shown(engine, lead) == dict.fromkeys({*old, other})
    assert [op.state for op in engine.outbox()] == [OpState.DONE]
    assert (engine.status()).outbox == {"done": 1}


def test_a_link_is_gone_after_the_push_and_seen_from_the_other_side(engine, emulator):
    lead = next(lead for lead in sorted(emulator.leads) if linked(emulator, lead))
    contact = min(linked(emulator, lead))
    engine.records.contacts.unlink(contact, ("leads", lead))
    assert (shown(engine, lead))[contact] == "unlink"
    engine.push()
    assert contact not in linked(emulator, lead)
    assert contact not in shown(engine, lead)
    assert lead not in {int(link.remote_id) for link in engine.records.contacts.links(contact)}


def test_many_links_are_few_requests(engine, emulator):
    pairs = [(lead, ("contacts", strangers(emulator, lead)[0])) for lead in emulator.leads]
    before = len(emulator.requests)
    engine.records.leads.link_many(pairs)
    report = engine.push()
    assert report.entities["links"].pushed == len(pairs) == 12
    assert len(writes(emulator, before)) == 1
    assert all(contact in linked(emulator, lead) for lead, (_, contact) in pairs)
    engine.records.leads.unlink_many(pairs)
    engine.push()
    assert not any(contact in linked(emulator, lead) for lead, (_, contact) in pairs)


def test_the_last_wish_for_a_pair_counts_and_is_sent_once(engine, emulator):
    lead = min(emulator.leads)
    other = strangers(emulator, lead)[0]
    before = len(emulator.requests)
    for _ in range(3):
        engine.records.leads.link(lead, ("contacts", other))
        engine.records.leads.unlink(lead, ("contacts", other))
    engine.records.leads.link(lead, ("contacts", other), is_main=True)
    engine.push()
    assert other in linked(emulator, lead)
    assert len(writes(emulator, before)) == 1
    assert (engine.status()).outbox == {"done": 7}


def test_rows_that_are_new_here_are_created_first(engine, emulator, clock):
    contact = engine.records.contacts.create(name="Anna")
    lead = engine.records.leads.create(name="New")
    engine.records.leads.link(lead.uid, contact)
    for _ in range(3):
        engine.push()
        clock.advance(2)
    made = engine.records.leads.get(lead.uid)
    there = engine.records.contacts.get(contact.uid)
    assert linked(emulator, int(made.remote_id)) == {int(there.remote_id)}


def test_a_product_with_its_quantity(engine, emulator):
    lead = min(emulator.leads)
    product = (engine.records.products.list())[0]
    engine.records.leads.link(lead, product, quantity=3)
    engine.push()
    element = int(product.remote_id.partition(":")[2])
    links = {
        other: meta
        for kind, other, meta in emulator.state.links.every(("leads", lead))
        if kind == "catalog_elements"
    }
    assert links[element]["quantity"] == 3


def test_our_own_link_causes_no_callback(engine, emulator):
    told = []
    engine.on("*", told.append)
    lead = min(emulator.leads)
    engine.records.leads.link(lead, ("contacts", strangers(emulator, lead)[0]))
    engine.push()
    engine.process_inbox()
    engine.pull()
    assert [event.name for event in told] == []


def test_an_answer_that_is_lost_doubles_nothing(engine, emulator, amo, clock, monkeypatch):
    lead = min(emulator.leads)
    other = strangers(emulator, lead)[0]
    real, lost = type(amo).request, []

    def request(client, method, path, **more):
        answer = real(client, method, path, **more)
        if path.endswith("/link") and not lost:
            lost.append(path)
            raise AmbiguousWriteError("no answer")
        return answer

    monkeypatch.setattr(type(amo), "request", request)
    engine.records.leads.link(lead, ("contacts", other))
    engine.push()
    [op] = engine.outbox()
    assert op.state is OpState.PENDING
    clock.advance(60)
    engine.push()
    assert [op.state for op in engine.outbox()] == [OpState.DONE]
    assert other in linked(emulator, lead)


def test_too_many_requests_count_no_attempt(engine, emulator, amo, clock, monkeypatch):
    lead = min(emulator.leads)
    real = type(amo).request

    def request(client, method, path, **more):
        if path.endswith("/link"):
            raise RateLimitedError("429", status=429, retry_after=5.0)
        return real(client, method, path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(type(amo), "request", request)
        engine.records.leads.link(lead, ("contacts", strangers(emulator, lead)[0]))
        assert not (engine.push()).ok
    [op] = engine.outbox()
    assert (op.state, op.attempts) == (OpState.PENDING, 0)
    clock.advance(10)
    assert (engine.push()).ok


def test_what_amocrm_refuses_is_a_dead_letter_and_its_neighbours_go(engine, emulator):
    told = []
    engine.on("edit.dead", told.append)
    first, second = sorted(emulator.leads)[:2]
    gone, stays = strangers(emulator, first)[0], strangers(emulator, second)[-1]
    engine.records.leads.link_many([(first, ("contacts", gone)), (second, ("contacts", stays))])
    emulator.ui.delete_contact(gone)
    report = engine.push()
    assert report.entities["links"].errors == 1
    assert stays in linked(emulator, second)
    [dead] = engine.dead_letters()
    assert (dead.kind.value, len(told)) == ("link", 1)
    engine.discard(dead.seq)


def test_a_dry_run_says_what_would_be_linked(engine, emulator):
    lead = min(emulator.leads)
    contact = engine.records.contacts.get(strangers(emulator, lead)[0])
    engine.records.leads.link(lead, contact, actor="anna")
    report = engine.push(dry_run=True)
    assert [(row["entity"], row["operation"], row["fields"]) for row in report.planned] == [
        ("leads", "link", {"contacts": contact.uid})
    ]
    assert contact.uid in report.difference()
    assert "linked here by anna" in str(engine.explain("leads", lead))
    assert int(contact.remote_id) not in linked(emulator, lead)


def test_what_cannot_be_linked(engine, emulator):
    lead = min(emulator.leads)
    with pytest.raises(NotFoundError, match="999"):
        engine.records.leads.link(lead, ("contacts", 999))
    with pytest.raises(ConfigurationError, match="links no lead"):
        engine.records.leads.link(lead, ("leads", lead))
    assert engine.outbox() == []


def test_links_need_a_crm():
    engine = SyncEngine(None, MemorySyncStore())
    lead = engine.records.leads.create(name="Mine")
    with pytest.raises(ConfigurationError, match="client"):
        engine.records.leads.link(lead.uid, ("contacts", 1))
