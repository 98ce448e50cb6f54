"""Links changed here reach amoCRM in batches, once each, in whichever order things happen."""

from __future__ import annotations

import pytest
from contract._async.sync_parts import engine_with

from amocrm_sync.errors import AmbiguousWriteError, ConfigurationError, NotFoundError, RateLimitedError
from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.sync import AsyncSyncEngine, OpState
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=12, pipelines=1, elements=4)
    return emulator


@pytest.fixture
async def engine(amo, clock, store):
    entities = ("leads", "contacts", "companies", "products")
    async with engine_with(amo, clock, store, entities=entities) as engine:
        await engine.pull()
        clock.advance(30)
        yield engine


def linked(emulator, lead, kind="contacts"):
    """What the account has."""
    return {other for name, other, _ in emulator.state.links.every(("leads", lead)) if name == kind}


async def shown(engine, lead, entity="contacts"):
    links = await engine.records.leads.links(lead)
    return {int(link.remote_id): link.pending for link in links if link.entity == entity}


def writes(emulator, since=0):
    return [entry for entry in emulator.requests[since:] if entry.path.endswith("link")]


def strangers(emulator, lead):
    """Contacts that a lead has no link to."""
    return sorted(set(emulator.contacts) - linked(emulator, lead))


async def test_a_link_shows_at_once_and_is_there_after_the_push(engine, emulator):
    lead = min(emulator.leads)
    other, old = strangers(emulator, lead)[0], linked(emulator, lead)
    await engine.records.leads.link(lead, ("contacts", other), actor="anna")
    assert await shown(engine, lead) == {**dict.fromkeys(old), other: "link"}
    assert (await engine.push()).ok
    assert linked(emulator, lead) == {*old, other}
    assert await shown(engine, lead) == dict.fromkeys({*old, other})
    assert [op.state for op in await engine.outbox()] == [OpState.DONE]
    assert (await engine.status()).outbox == {"done": 1}


async def test_a_link_is_gone_after_the_push_and_seen_from_the_other_side(engine, emulator):
    lead = next(lead for lead in sorted(emulator.leads) if linked(emulator, lead))
    contact = min(linked(emulator, lead))
    await engine.records.contacts.unlink(contact, ("leads", lead))
    assert (await shown(engine, lead))[contact] == "unlink"
    await engine.push()
    assert contact not in linked(emulator, lead)
    assert contact not in await shown(engine, lead)
    assert lead not in {int(link.remote_id) for link in await engine.records.contacts.links(contact)}


async def test_many_links_are_few_requests(engine, emulator):
    pairs = [(lead, ("contacts", strangers(emulator, lead)[0])) for lead in emulator.leads]
    before = len(emulator.requests)
    await engine.records.leads.link_many(pairs)
    report = await engine.push()
    assert report.entities["links"].pushed == len(pairs) == 12
    assert len(writes(emulator, before)) == 1
    assert all(contact in linked(emulator, lead) for lead, (_, contact) in pairs)
    await engine.records.leads.unlink_many(pairs)
    await engine.push()
    assert not any(contact in linked(emulator, lead) for lead, (_, contact) in pairs)


async def test_the_last_wish_for_a_pair_counts_and_is_sent_once(engine, emulator):
    lead = min(emulator.leads)
    other = strangers(emulator, lead)[0]
    before = len(emulator.requests)
    for _ in range(3):
        await engine.records.leads.link(lead, ("contacts", other))
        await engine.records.leads.unlink(lead, ("contacts", other))
    await engine.records.leads.link(lead, ("contacts", other), is_main=True)
    await engine.push()
    assert other in linked(emulator, lead)
    assert len(writes(emulator, before)) == 1
    assert (await engine.status()).outbox == {"done": 7}


async def test_rows_that_are_new_here_are_created_first(engine, emulator, clock):
    contact = await engine.records.contacts.create(name="Anna")
    lead = await engine.records.leads.create(name="New")
    await engine.records.leads.link(lead.uid, contact)
    for _ in range(3):
        await engine.push()
        clock.advance(2)
    made = await engine.records.leads.get(lead.uid)
    there = await engine.records.contacts.get(contact.uid)
    assert linked(emulator, int(made.remote_id)) == {int(there.remote_id)}


async def test_a_product_with_its_quantity(engine, emulator):
    lead = min(emulator.leads)
    product = (await engine.records.products.list())[0]
    await engine.records.leads.link(lead, product, quantity=3)
    await engine.push()
    element = int(product.remote_id.partition(":")[2])
    links = {
        other: meta
        for kind, other, meta in emulator.state.links.every(("leads", lead))
        if kind == "catalog_elements"
    }
    assert links[element]["quantity"] == 3


async def test_our_own_link_causes_no_callback(engine, emulator):
    told = []
    engine.on("*", told.append)
    lead = min(emulator.leads)
    await engine.records.leads.link(lead, ("contacts", strangers(emulator, lead)[0]))
    await engine.push()
    await engine.process_inbox()
    await engine.pull()
    assert [event.name for event in told] == []


async def test_an_answer_that_is_lost_doubles_nothing(engine, emulator, amo, clock, monkeypatch):
    lead = min(emulator.leads)
    other = strangers(emulator, lead)[0]
    real, lost = type(amo).request, []

    async def request(client, method, path, **more):
        answer = await real(client, method, path, **more)
        if path.endswith("/link") and not lost:
            lost.append(path)
            raise AmbiguousWriteError("no answer")
        return answer

    monkeypatch.setattr(type(amo), "request", request)
    await engine.records.leads.link(lead, ("contacts", other))
    await engine.push()
    [op] = await engine.outbox()
    assert op.state is OpState.PENDING
    clock.advance(60)
    await engine.push()
    assert [op.state for op in await engine.outbox()] == [OpState.DONE]
    assert other in linked(emulator, lead)


async def test_too_many_requests_count_no_attempt(engine, emulator, amo, clock, monkeypatch):
    lead = min(emulator.leads)
    real = type(amo).request

    async def request(client, method, path, **more):
        if path.endswith("/link"):
            raise RateLimitedError("429", status=429, retry_after=5.0)
        return await real(client, method, path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(type(amo), "request", request)
        await engine.records.leads.link(lead, ("contacts", strangers(emulator, lead)[0]))
        assert not (await engine.push()).ok
    [op] = await engine.outbox()
    assert (op.state, op.attempts) == (OpState.PENDING, 0)
    clock.advance(10)
    assert (await engine.push()).ok


async def test_what_amocrm_refuses_is_a_dead_letter_and_its_neighbours_go(engine, emulator):
    told = []
    engine.on("edit.dead", told.append)
    first, second = sorted(emulator.leads)[:2]
    gone, stays = strangers(emulator, first)[0], strangers(emulator, second)[-1]
    await engine.records.leads.link_many([(first, ("contacts", gone)), (second, ("contacts", stays))])
    emulator.ui.delete_contact(gone)
    report = await engine.push()
    assert report.entities["links"].errors == 1
    assert stays in linked(emulator, second)
    [dead] = await engine.dead_letters()
    assert (dead.kind.value, len(told)) == ("link", 1)
    await engine.discard(dead.seq)


async def test_a_dry_run_says_what_would_be_linked(engine, emulator):
    lead = min(emulator.leads)
    contact = await engine.records.contacts.get(strangers(emulator, lead)[0])
    await engine.records.leads.link(lead, contact, actor="anna")
    report = await engine.push(dry_run=True)
    assert [(row["entity"], row["operation"], row["fields"]) for row in report.planned] == [
        ("leads", "link", {"contacts": contact.uid})
    ]
    assert contact.uid in report.difference()
    assert "linked here by anna" in str(await engine.explain("leads", lead))
    assert int(contact.remote_id) not in linked(emulator, lead)


async def test_what_cannot_be_linked(engine, emulator):
    lead = min(emulator.leads)
    with pytest.raises(NotFoundError, match="999"):
        await engine.records.leads.link(lead, ("contacts", 999))
    with pytest.raises(ConfigurationError, match="links no lead"):
        await engine.records.leads.link(lead, ("leads", lead))
    assert await engine.outbox() == []


async def test_links_need_a_crm():
    engine = AsyncSyncEngine(None, AsyncMemorySyncStore())
    lead = await engine.records.leads.create(name="Mine")
    with pytest.raises(ConfigurationError, match="client"):
        await engine.records.leads.link(lead.uid, ("contacts", 1))
