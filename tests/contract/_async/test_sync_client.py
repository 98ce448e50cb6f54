"""The engine over the real client and the emulator: every entity, real webhooks, real refusals."""

from __future__ import annotations

import pytest
from contract._async.sync_parts import engine_with

from amocrm_sync._async._primitives import bounded_map
from amocrm_sync._async.stores.sync_memory import AsyncMemorySyncStore
from amocrm_sync._core.entities import stream_named
from amocrm_sync.errors import ConfigurationError, InvalidResponseError
from amocrm_sync.stores.sql import AsyncSQLSyncStore
from amocrm_sync.sync import AsyncClientRemote, AsyncSyncEngine, OpState, PageQuery
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=60, pipelines=2)
    return emulator


@pytest.fixture
async def engine(amo, clock, tmp_path):
    store = AsyncSQLSyncStore(f"sqlite:///{tmp_path}/amo.db")
    async with engine_with(amo, clock, store, page_size=25) as engine:
        yield engine


def tables(emulator):
    return {
        "leads": emulator.leads,
        "contacts": emulator.contacts,
        "companies": emulator.companies,
        "tasks": emulator.tasks,
    }


async def test_every_entity_is_pulled_completely(engine, emulator):
    report = await engine.pull()
    assert report.ok
    counts = (await engine.status()).counts
    for name, view in tables(emulator).items():
        assert counts[name] == len(view), name
        assert report.entities[name].created == report.entities[name].fetched == len(view), name
        stored = {
            int(record.remote_id): record.raw["name" if name != "tasks" else "text"]
            for record in await engine.records.of(name).list()
        }
        assert stored == {row_id: view[row_id]["name" if name != "tasks" else "text"] for row_id in view}
    assert counts["pipelines"] == 2
    assert counts["stages"] > 6
    assert {"users", "roles", "notes"} <= counts.keys()


async def test_a_second_pull_asks_little_and_changes_nothing(engine, emulator, clock):
    await engine.pull()
    clock.advance(3600)
    before, version = len(emulator.requests), (await engine.status()).version
    await engine.pull()
    assert len(emulator.requests) - before <= 16
    assert (await engine.status()).version == version


async def test_changes_made_in_the_ui_arrive_by_pull(engine, emulator, clock):
    await engine.pull()
    first, second, third = sorted(emulator.leads)[:3]
    clock.advance(100)
    emulator.ui.edit("leads", first, name="Edited by a person")
    emulator.ui.delete_lead(second)
    clock.advance(5)
    await engine.pull()
    assert (await engine.records.leads.get(first))["name"] == "Edited by a person"
    gone = await engine.records.leads.get(second)
    assert (gone.delete_reason, gone["amo_lead_id"]) == ("trash", None)
    emulator.ui.restore_lead(second)
    emulator.ui.delete_task(min(emulator.tasks))
    clock.advance(5)
    report = await engine.reconcile()
    assert (await engine.records.leads.get(second)).deleted_at is None
    assert report.entities["tasks"].deleted == 1
    assert (await engine.status()).counts["leads"] == len(emulator.leads)
    assert (await engine.records.leads.get(third)).deleted_at is None


async def test_webhooks_as_they_are_sent_bring_the_store_up_to_date(engine, emulator, clock, amo):
    await engine.pull()
    settings = [
        "add_lead",
        "update_lead",
        "delete_lead",
        "status_lead",
        "add_task",
        "update_contact",
        "note_lead",
    ]
    await amo.request(
        "POST", "/api/v4/webhooks", json={"destination": "https://host.example/hook", "settings": settings}
    )
    open_leads = [row_id for row_id, row in emulator.leads.items() if row["status_id"] not in (142, 143)]
    moved, deleted = open_leads[:2]
    told = []
    engine.on("lead.status_changed", told.append)
    clock.advance(60)
    await amo.request("PATCH", "/api/v4/leads", json=[{"id": moved, "status_id": 142}])
    emulator.ui.delete_lead(deleted)
    await amo.request("POST", "/api/v4/leads", json=[{"name": "New on the other side"}])
    note = [{"entity_id": moved, "note_type": "common", "params": {"text": "called back"}}]
    await amo.request("POST", "/api/v4/leads/notes", json=note)
    notes = await engine.records.notes.count()
    for delivery in emulator.webhooks.drain():
        receipt = await engine.receive(delivery.body, "application/x-www-form-urlencoded")
        assert receipt.processed >= 1
        assert receipt.errors == 0
    clock.advance(1)
    report = await engine.process_inbox()
    assert report.ok
    assert (await engine.records.leads.get(moved))["stage_id"] == 142
    assert (await engine.records.leads.get(deleted)).delete_reason == "trash"
    assert await engine.records.leads.count({"name": "New on the other side"}) == 1
    assert await engine.records.notes.count() == notes + 1
    assert [event.remote_id for event in told] == [str(moved)]


async def test_local_edits_reach_amocrm_changed_fields_only(engine, emulator, clock):
    await engine.pull()
    lead = min(emulator.leads)
    made = await engine.records.leads.create(name="Made by the host", price=700)
    await engine.records.leads.update(lead, price=4321)
    await engine.records.tasks.update(min(emulator.tasks), text="Call at noon")
    before = dict(emulator.leads[lead])
    clock.advance(10)
    report = await engine.push()
    assert report.ok
    changed = {name for name, value in emulator.leads[lead].items() if before[name] != value}
    assert changed <= {"price", "updated_at", "updated_by"}
    assert emulator.leads[lead]["price"] == 4321
    assert emulator.tasks[min(emulator.tasks)]["text"] == "Call at noon"
    created = await engine.records.leads.get(made.uid)
    assert emulator.leads[int(created.remote_id)]["name"] == "Made by the host"
    told = []
    engine.on("*", told.append)
    clock.advance(10)
    await engine.process_inbox()
    await engine.pull()
    assert told == [], "neither an echo nor the server's defaults of our new lead are news"


async def test_a_custom_field_is_pushed_by_itself(engine, emulator, clock):
    await engine.pull()
    contact = next(record for record in await engine.records.contacts.list() if record["phone"])
    field = {"field_code": "PHONE", "values": [{"value": "+70000000001", "enum_code": "WORK"}]}
    await engine.records.contacts.update(contact.uid, custom_fields_values=[field])
    clock.advance(10)
    assert (await engine.push()).ok
    await engine.process_inbox()
    fresh = await engine.records.contacts.get(contact.uid)
    assert (fresh["phone"], fresh["email"]) == ("+70000000001", contact["email"])


async def test_what_amocrm_refuses_is_a_dead_letter_with_its_words(engine, emulator, clock):
    await engine.pull()
    first, second = sorted(emulator.leads)[:2]
    await engine.records.leads.update(first, price=777)
    await engine.records.leads.update(second, price="not a number")
    clock.advance(10)
    report = await engine.push()
    assert report.entities["leads"].errors == 1
    [dead] = await engine.outbox(OpState.DEAD)
    assert "price" in dead.error
    assert emulator.leads[first]["price"] == 777


async def test_an_account_without_the_filter_option_converges_too(emulator, amo, clock):
    emulator.settings.filters_enabled = False
    engine = engine_with(amo, clock, entities=("leads",), page_size=25)
    await engine.pull()
    changed, deleted = sorted(emulator.leads)[:2]
    clock.advance(100)
    emulator.ui.edit("leads", changed, name="Edited")
    emulator.ui.delete_lead(deleted)
    await engine.pull()
    assert (await engine.records.leads.get(changed))["name"] == "Edited"
    live = {int(record.remote_id) for record in await engine.records.leads.list()}
    assert live == set(emulator.leads)


async def test_equal_pulls_at_the_same_time_are_one(emulator, amo, clock):
    engine = engine_with(amo, clock, entities=("leads",), page_size=25)

    async def pull(_: int):
        return await engine.pull()

    reports = await bounded_map(pull, range(4), limit=4)
    assert (
        sum(
            report.entities["leads"].created for report in {id(report): report for report in reports}.values()
        )
        == 60
    )
    assert await engine.records.leads.count() == 60


async def test_an_answer_of_another_shape_is_an_error_not_an_empty_list():
    class Odd:
        base_url = "https://demo.amocrm.ru"

        async def request(self, method, path, **_):
            return {"_embedded": {"leads": None}}

    with pytest.raises(InvalidResponseError, match="leads"):
        await AsyncClientRemote(Odd()).page(stream_named("leads"), PageQuery())


async def test_a_client_and_a_remote_together_are_a_mistake(amo):
    with pytest.raises(ConfigurationError, match="one of them"):
        AsyncSyncEngine(amo, AsyncMemorySyncStore(), remote=AsyncClientRemote(amo))
