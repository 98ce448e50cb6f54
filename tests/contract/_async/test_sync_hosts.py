"""What a host plugs in: its own transaction, its columns, sinks, first contacts, and what it is told afterwards."""

from __future__ import annotations

from functools import partial

import pytest
from contract._async.sync_parts import engine_over, engine_with
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from amocrm_sync._async._primitives import bounded_map
from amocrm_sync._http import NoAnswerError, in_process_client
from amocrm_sync.errors import AmoCRMError, ConfigurationError, NotFoundError
from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.stores.sql import AsyncSQLSyncStore
from amocrm_sync.sync import AsyncHTTPEventSink, AutoLead, SyncConfig
from amocrm_sync.testing import Emulator, ManualClock

pytestmark = pytest.mark.anyio


engine_of = partial(engine_over, entities=("contacts", "leads"), preread_after=None)


async def filled(remote, store, **config):
    engine = engine_of(remote, store, **config)
    for _ in range(2):
        remote.world.add("leads", price=1)
    await engine.pull()
    remote.world.now_ += 10
    return engine


class Session:
    """As much of a host's session as it takes: its own table and ours in one transaction."""

    def __init__(self, connection) -> None:
        self._connection = connection

    async def connection(self):
        return self._connection


class TestRecordEdit:
    @pytest.fixture
    async def store(self, tmp_path):
        store = AsyncSQLSyncStore(f"sqlite:///{tmp_path}/amo.db")
        yield store
        await store.aclose()

    @pytest.fixture
    async def database(self, tmp_path):
        database = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/amo.db")
        async with database.begin() as connection:
            await connection.execute(text("CREATE TABLE booking (lead INTEGER)"))
        yield database
        await database.dispose()

    async def test_the_hosts_commit_commits_both(self, remote, store, database, world):
        engine = await filled(remote, store)
        async with database.begin() as connection:
            await connection.execute(text("INSERT INTO booking VALUES (1)"))
            record = await engine.record_edit(Session(connection), "leads", 1, {"price": 5}, actor="anna")
        assert record["price"] == 5
        [op] = await engine.outbox()
        assert (op.fields, op.actor) == ({"price": 5}, "anna")
        await engine.push()
        assert world.rows("leads")[1]["price"] == 5

    async def test_the_hosts_rollback_leaves_nothing(self, remote, store, database, world):
        engine = await filled(remote, store)
        async with database.connect() as connection:
            await connection.execute(text("INSERT INTO booking VALUES (1)"))
            await engine.record_edit(Session(connection), "leads", 1, {"price": 5})
            await connection.rollback()
        assert await engine.outbox() == []
        assert (await engine.records.leads.get(1))["price"] == 1
        await engine.push()
        assert remote.writes == []

    async def test_a_new_record_within_the_hosts_transaction(self, remote, store, database, world):
        engine = await filled(remote, store)
        async with database.begin() as connection:
            made = await engine.record_edit(Session(connection), "deals", None, {"name": "Booked"})
        await engine.push()
        assert (await engine.records.leads.get(made.uid)).remote_id == "3"

    async def test_a_store_without_sql_says_so(self, remote):
        engine = await filled(remote, AsyncMemorySyncStore())
        with pytest.raises(ConfigurationError, match="AsyncSQLSyncStore"):
            await engine.record_edit(Session(None), "leads", 1, {"price": 5})


class TestHostColumns:
    async def test_both_directions(self, remote, world):
        places = {"leads": {"property_id": "custom_fields_values.77"}}
        engine = engine_of(remote, AsyncMemorySyncStore(), host=places)
        phone = {"field_id": 3, "field_code": "PHONE", "values": [{"value": "+7001", "enum_code": "WORK"}]}
        world.add("contacts", name="Guest", custom_fields_values=[phone])
        contacts = [{"id": 1, "is_main": True}]
        prop = {"field_id": 77, "values": [{"value": "P-1"}]}
        world.add("leads", custom_fields_values=[prop], _embedded={"contacts": contacts})
        await engine.pull()
        lead = await engine.records.leads.get(2)
        assert (lead["guest_name"], lead["guest_phone"], lead["property_id"]) == ("Guest", "+7001", "P-1")
        assert await engine.records.leads.count({"property_id": "P-1"}) == 1
        await engine.records.leads.update(2, property_id="P-2", guest_name="Guest & Co", guest_phone="+7002")
        lead = await engine.records.leads.get(2)
        assert (lead["guest_name"], lead["guest_phone"], lead["property_id"]) == (
            "Guest & Co",
            "+7002",
            "P-2",
        )
        await engine.push()
        assert world.rows("leads")[2]["custom_fields_values"] == [
            {"field_id": 77, "values": [{"value": "P-2"}]}
        ]
        assert world.rows("contacts")[1]["name"] == "Guest & Co"

    async def test_a_lead_without_a_contact_has_no_guest_to_change(self, remote, world):
        engine = await filled(remote, AsyncMemorySyncStore())
        assert (await engine.records.leads.get(1))["guest_name"] is None
        with pytest.raises(ConfigurationError, match="no main contact"):
            await engine.records.leads.update(1, guest_name="X")

    @pytest.mark.parametrize(
        "places",
        [
            {"gizmos": {"a": "b"}},
            {"leads": {"a b": "price"}},
            {"tasks": {"x": "contact.name"}},
            {"leads": {"x": "contact."}},
        ],
    )
    def test_a_mistake_is_named(self, places):
        with pytest.raises(ConfigurationError, match="host: "):
            SyncConfig(host=places)


class FailingSink:
    """Takes events, after so many failures."""

    name = "erp"

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken = []

    async def deliver(self, key, payload):
        if self.failures:
            self.failures -= 1
            raise AmoCRMError("the other backend is down")
        self.taken.append((key, payload))


class TestSinks:
    async def test_events_wait_for_a_sink_that_is_down(self, remote, world):
        store, sink = AsyncMemorySyncStore(), FailingSink(failures=2)
        engine = await filled(remote, store)
        engine.add_sink(sink, ["lead.updated"])
        world.change("leads", 1, price=8)
        await engine.pull()
        report = await engine.deliver()
        assert (sink.taken, report.problems[0].operation) == ([], "deliver_erp")
        again = engine_of(remote, store)
        again.add_sink(sink, ["lead.updated"])
        for _ in range(4):
            world.now_ += 100
            await again.deliver()
        [(key, payload)] = sink.taken
        record = await again.records.leads.get(1)
        assert key == f"{record.uid}:{record.version}:lead.updated"
        assert (payload["name"], payload["after"]["price"], payload["changed"]) == (
            "lead.updated",
            8,
            ["price", "updated_at"],
        )

    async def test_conflicts_and_dead_letters_are_delivered_too(self, remote, world):
        engine, sink = await filled(remote, AsyncMemorySyncStore(), conflicts="manual"), FailingSink()
        engine.add_sink(sink, ["conflict.*", "edit.dead"])
        remote.refuse = {"wrong"}
        await engine.records.leads.update(2, name="wrong")
        await engine.push()
        await engine.records.leads.update(1, price=5)
        world.change("leads", 1, price=9)
        await engine.pull()
        [conflict] = await engine.conflicts.list()
        await engine.conflicts.resolve(conflict.id, "remote")
        await engine.deliver()
        assert [payload["name"] for _, payload in sink.taken] == [
            "edit.dead",
            "conflict.opened",
            "conflict.resolved",
        ]

    async def test_an_event_is_given_up_after_a_day_and_stays_in_the_log(self, remote, world):
        engine, sink = await filled(remote, AsyncMemorySyncStore()), FailingSink(failures=99)
        engine.add_sink(sink)
        world.change("leads", 1, price=8)
        await engine.pull()
        await engine.deliver()
        world.now_ += 90_000
        await engine.deliver()
        world.now_ += 90_000
        assert (await engine.deliver()).problems == []
        [row] = [row for row in await engine.log() if row.operation == "deliver_erp"]
        assert "given up" in row.details["error"]

    async def test_over_http(self, remote, world):
        asked = []

        def backend(method, url, headers, body):
            asked.append((method, url, headers, body))
            if len(asked) == 1:
                raise NoAnswerError
            return (503 if len(asked) == 2 else 204), [], b""

        engine = await filled(remote, AsyncMemorySyncStore())
        sink = AsyncHTTPEventSink(
            "https://erp.example/events?x=1", "top-secret", http_client=in_process_client(backend)
        )
        engine.add_sink(sink, ["deals.*"])
        assert (sink.name, "top-secret" in repr(sink)) == ("erp.example/events", False)
        world.change("leads", 1, price=8)
        await engine.pull()
        for _ in range(3):
            report = await engine.deliver()
            assert "top-secret" not in repr(report)
            world.now_ += 100
        method, url, headers, _ = asked[-1]
        assert (method, url) == ("POST", "https://erp.example/events?x=1")
        assert headers["authorization"] == "Bearer top-secret"
        assert len({headers["idempotency-key"] for _, _, headers, _ in asked}) == 1
        assert len(asked) == 3
        await sink.aclose()

    def test_a_key_is_not_sent_in_the_clear(self):
        with pytest.raises(ConfigurationError, match="https"):
            AsyncHTTPEventSink("http://erp.example/events", "key")

    async def test_two_sinks_need_two_names(self, remote):
        engine = engine_of(remote, AsyncMemorySyncStore())
        engine.add_sink(FailingSink())
        with pytest.raises(ConfigurationError, match="'erp'"):
            engine.add_sink(FailingSink())


class TestStories:
    async def test_who_did_what(self, remote, world):
        engine = await filled(remote, AsyncMemorySyncStore(), conflicts="manual")
        await engine.records.leads.update(1, actor="anna", price=5)
        await engine.push()
        made = await engine.records.leads.create(actor="bot", name="New")
        await engine.push()
        rows = await engine.activity()
        assert [(row.actor, row.event, row.source) for row in rows] == [
            ("bot", "lead.created", "push"),
            ("anna", "lead.updated", "push"),
        ]
        [row] = await engine.activity("leads", 1)
        assert (row.before, row.after) == ({"price": 1}, {"price": 5})
        assert [row.event for row in await engine.activity("deals", made.uid)] == ["lead.created"]
        assert [row.event for row in await engine.activity(limit=1, offset=1)] == ["lead.updated"]

    async def test_the_story_of_a_record(self, remote, world):
        engine = await filled(remote, AsyncMemorySyncStore(), conflicts="manual")
        await engine.records.leads.update(1, actor="anna", price=5)
        world.now_ += 60
        world.change("leads", 1, price=9)
        await engine.pull()
        [conflict] = await engine.conflicts.list()
        world.now_ += 60
        await engine.conflicts.resolve(conflict.id, {"price": 7}, by="boss")
        await engine.push()
        story = await engine.explain("leads", 1)
        told = str(story)
        for words in ("by anna: price = 5", "base 1, here 5, amoCRM 9", "boss took merged, 7", "lead 1"):
            assert words in told
        assert [moment.at for moment in story.moments] == sorted(moment.at for moment in story.moments)
        with pytest.raises(NotFoundError, match="999"):
            await engine.explain("leads", 999)

    async def test_the_log_names_what_was_done(self, remote):
        engine = await filled(remote, AsyncMemorySyncStore())
        await engine.records.leads.create(name="New")
        await engine.push()
        operations = [row.operation for row in await engine.log()]
        assert "create_lead" in operations


class TestAutoLead:
    @pytest.fixture
    def clock(self):
        return ManualClock()

    @pytest.fixture
    def emulator(self, clock):
        emulator = Emulator(seed=1, clock=clock, rate_limit=False)
        emulator.seed_account(leads=10, pipelines=1)
        return emulator

    def engine(self, amo, clock, store=None, **auto_lead):
        return engine_with(amo, clock, store, entities=("contacts", "leads"), auto_lead=AutoLead(**auto_lead))

    async def test_a_stranger_gets_a_contact_and_a_lead(self, amo, emulator, clock):
        engine = self.engine(amo, clock)
        lead = await engine.auto_create_lead("+7 999 111-22-33", name="From the bot", fields={"price": 10})
        assert emulator.leads[lead.id]["name"] == "From the bot"
        [contact] = (await amo.leads.get(lead.id, with_=("contacts",))).contacts
        [phone] = emulator.contacts[contact.id]["custom_fields_values"]
        assert phone["values"][0]["value"] == "+7 999 111-22-33"

    async def test_somebody_known_gets_a_lead_only(self, amo, emulator, clock):
        known = await amo.contacts.create(
            name="Anna",
            custom_fields_values=[
                {"field_code": "EMAIL", "values": [{"value": "anna@example.com", "enum_code": "WORK"}]}
            ],
        )
        contacts = len(emulator.contacts)
        engine = self.engine(amo, clock)
        lead = await engine.auto_create_lead("Anna@Example.com")
        assert len(emulator.contacts) == contacts
        [contact] = (await amo.leads.get(lead.id, with_=("contacts",))).contacts
        assert contact.id == known.id

    async def test_the_same_message_twice_is_one_lead_and_another_message_another(self, amo, emulator, clock):
        before = len(emulator.leads), len(emulator.contacts)
        engine = self.engine(amo, clock)
        person = {"phone": "+79991112233"}
        first = await engine.auto_create_lead(person, key="m-1")
        assert (await engine.auto_create_lead({"phone": "8 (999) 111-22-33"}, key="m-1")).id == first.id
        second = await engine.auto_create_lead(person, key="m-2")
        assert second.id != first.id
        assert (len(emulator.leads), len(emulator.contacts)) == (before[0] + 2, before[1] + 1)

    async def test_two_machines_at_the_same_time_make_one(self, amo, emulator, clock, tmp_path):
        field = await amo.contacts.custom_fields.create(name="Telegram", code="TELEGRAM_ID", type="text")
        before = len(emulator.leads), len(emulator.contacts)
        stores = [AsyncSQLSyncStore(f"sqlite:///{tmp_path}/amo.db") for _ in range(3)]
        engines = [self.engine(amo, clock, store, identity_field="TELEGRAM_ID") for store in stores]

        async def handle(engine):
            return await engine.auto_create_lead(445566, name="Bot")

        leads = await bounded_map(handle, engines, limit=3)
        assert len({lead.id for lead in leads} - {None}) == 1
        assert (len(emulator.leads), len(emulator.contacts)) == (before[0] + 1, before[1] + 1)
        contact = max(emulator.contacts)
        [value] = emulator.contacts[contact]["custom_fields_values"]
        assert (value["field_id"], value["values"][0]["value"]) == (field.id, "445566")
        for store in stores:
            await store.aclose()

    async def test_while_amocrm_is_away_the_lead_waits(self, remote, world):
        engine = engine_of(remote, AsyncMemorySyncStore())
        remote.forbidden["contacts"] = AmoCRMError("away")
        with pytest.raises(AmoCRMError):
            await engine.auto_create_lead("a@b.example")
        assert await engine.outbox() == [], "who it is has to be asked first"

    @pytest.mark.parametrize("identity", ["12", {}, {"phone": ""}, {"A": 1, "B": 2}, {"email": "nobody"}])
    async def test_nothing_to_know_somebody_by(self, remote, identity):
        engine = engine_of(remote, AsyncMemorySyncStore())
        with pytest.raises(ConfigurationError):
            await engine.auto_create_lead(identity)


class TestDryRuns:
    async def test_a_reconcile_says_what_would_change_and_changes_nothing(self, remote, world):
        engine = await filled(remote, AsyncMemorySyncStore())
        told = []
        engine.on("*", told.append)
        world.change("leads", 1, price=8)
        world.add("leads", name="New")
        world.delete("leads", 2)
        world.now_ += 10
        version = (await engine.status()).version
        report = await engine.reconcile(dry_run=True)
        assert {(row["remote_id"], row["operation"]) for row in report.planned} == {
            ("1", "update"),
            ("3", "create"),
            ("2", "delete"),
        }
        assert "leads 1 update price: 1 -> 8" in report.difference().splitlines()
        assert "leads 2 delete" in report.difference().splitlines()
        assert told == []
        assert (await engine.status()).version == version
        assert (await engine.records.leads.get(1))["price"] == 1
        assert (await engine.reconcile()).entities["leads"].updated == 1

    async def test_a_push_says_what_would_be_sent(self, remote):
        engine = await filled(remote, AsyncMemorySyncStore())
        await engine.records.leads.update(1, price=5)
        report = await engine.push(dry_run=True)
        assert report.difference().endswith("patch price: 1 -> 5")
        assert remote.writes == []

    async def test_suggestions_are_only_shown(self, remote, world):
        statuses = [{"id": 142, "name": "Won"}, {"id": 1, "name": "New lead"}]
        world.add("pipelines", _embedded={"statuses": statuses})
        engine = engine_of(remote, AsyncMemorySyncStore(), entities=("pipelines", "leads"))
        await engine.pull()
        shown = await engine.auto_apply(0.5, dry_run=True)
        assert len(shown.mapping) == len((await engine.auto_apply(0.5)).mapping) > 0
