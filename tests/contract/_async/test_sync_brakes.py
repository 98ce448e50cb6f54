"""What a full comparison must not do: take a change of rights, of account or of filters for deletions."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import pytest
from contract._async.sync_parts import client_of, engine_over, engine_with
from contract._async.sync_remote import AsyncFakeRemote
from sync_world import World

from amocrm_sync.errors import ConfigurationError, MustRefetch
from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.sync import SyncConfig
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio

HOOK = "https://host.example/hook"


def account(clock, seed=1):
    emulator = Emulator(seed=seed, clock=clock, rate_limit=False)
    emulator.seed_account(leads=60, pipelines=1)
    return emulator


engine_of = partial(engine_with, entities=("leads",), page_size=25)


async def live(engine):
    return {int(record.remote_id) for record in await engine.records.leads.list()}


class TestFiltersOff:
    async def test_a_reconcile_finds_what_is_gone_and_deletes_nothing_else(self, clock):
        emulator = account(clock)
        emulator.settings.filters_enabled = False
        async with client_of(emulator, clock) as amo:
            engine = engine_of(amo, clock, events=False)
            await engine.pull()
            assert await live(engine) == set(emulator.leads)
            clock.advance(100)
            gone = sorted(emulator.leads)[:3]
            for number in gone:
                emulator.ui.delete_lead(number)
            report = await engine.reconcile()
            assert await live(engine) == set(emulator.leads)
            again = await engine.reconcile()
        assert report.ok
        assert again.entities["leads"].deleted == 0

    async def test_filters_that_go_off_between_two_pulls(self, clock):
        emulator = account(clock)
        async with client_of(emulator, clock) as amo:
            engine = engine_of(amo, clock)
            await engine.pull()
            emulator.settings.filters_enabled = False
            clock.advance(100)
            emulator.ui.edit("leads", min(emulator.leads), name="Edited")
            await engine.pull()
            report = await engine.reconcile()
            assert (await engine.records.leads.get(min(emulator.leads)))["name"] == "Edited"
            assert await live(engine) == set(emulator.leads)
        assert report.entities["leads"].deleted == 0


class TestRights:
    @pytest.fixture
    def world(self):
        return World()

    @pytest.fixture
    async def engine(self, world):
        """A copy of 240 tasks, of which the user will see 100."""
        for _ in range(240):
            world.add("tasks")
        engine = engine_over(AsyncFakeRemote(world), entities=("tasks",))
        await engine.pull()
        world.now_ += 100
        for number in range(1, 141):
            del world.rows("tasks")[number]
        return engine

    async def test_rows_that_a_user_may_not_see_any_more_are_not_deleted(self, engine):
        report = await engine.reconcile()
        assert report.entities["tasks"].deleted == 0
        assert "140 of 240" in report.problems[0].message
        assert await engine.records.tasks.count() == 240
        assert not report.ok

    async def test_the_rehearsal_says_so_as_well(self, engine):
        report = await engine.reconcile(dry_run=True)
        assert [row for row in report.planned if row["operation"] == "delete"] == []
        assert "140 of 240" in report.problems[0].message

    async def test_half_of_a_copy_is_not_believed_to_be_gone_whatever_the_host_has_set(self, engine):
        engine._context.config = SyncConfig(entities=("tasks",), brake=1.0)
        assert not (await engine.reconcile()).ok
        assert await engine.records.tasks.count() == 240


class TestAnotherAccount:
    async def test_nothing_is_read_or_deleted_or_planned(self, clock):
        first, second = account(clock), account(clock, seed=2)
        second.settings.account_id = 99
        store = AsyncMemorySyncStore()
        async with client_of(first, clock) as amo:
            engine = engine_of(amo, clock, store)
            await engine.pull()
            before = await live(engine)
        async with client_of(second, clock) as amo:
            other = engine_of(amo, clock, store)
            for run in (other.pull, other.reconcile, lambda: other.reconcile(dry_run=True)):
                with pytest.raises(ConfigurationError, match="account 99"):
                    await run()
            assert await live(other) == before
            assert {entry.path for entry in second.requests} == {"/api/v4/account"}

    async def test_a_process_that_has_begun_notices_at_its_next_full_pull(self, clock):
        emulator = account(clock)
        async with client_of(emulator, clock) as amo:
            engine = engine_of(amo, clock)
            await engine.pull()
            emulator.settings.account_id = 99
            with pytest.raises(ConfigurationError, match="account 99"):
                await engine.reconcile()

    async def test_devices_begin_anew_in_another_epoch(self, clock):
        emulator = account(clock)
        async with client_of(emulator, clock) as amo:
            engine = engine_of(amo, clock)
            await engine.pull()
            cursor = (await engine.offline.initial(user="ann", limit=500))["cursor"]
            epoch = await engine.offline.new_epoch()
            with pytest.raises(MustRefetch) as refused:
                await engine.offline.incremental(user="ann", since=cursor)
        assert refused.value.new_epoch == epoch


class TestEchoes:
    """Over webhooks, the log of events and lists at once: three ways by which our own write comes back."""

    @pytest.fixture
    async def world(self, clock):
        emulator = account(clock)
        async with client_of(emulator, clock) as amo:
            await amo.webhooks.subscribe(HOOK, ["update_lead", "status_lead", "responsible_lead"])
            engine = engine_of(amo, clock)
            await engine.pull()
            clock.advance(60)
            yield engine, emulator

    async def follow(self, engine, emulator, clock):
        deliveries = emulator.webhooks.drain()
        for delivery in deliveries:
            await engine.receive(delivery.body, "application/x-www-form-urlencoded")
        clock.advance(1)
        await engine.process_inbox()
        clock.advance(60)
        await engine.pull()
        return len(deliveries)

    async def test_our_own_write_causes_no_callback_by_any_way(self, world, clock):
        engine, emulator = world
        told = []
        engine.on("*", told.append)
        for number in sorted(emulator.leads)[:5]:
            await engine.records.leads.update(number, price=4321, name=f"Ours {number}")
        await engine.push()
        assert await self.follow(engine, emulator, clock) >= 5
        assert [event.name for event in told] == []

    async def test_a_person_who_sets_a_value_back_within_the_day_is_heard_each_time(self, world, clock):
        engine, emulator = world
        lead = min(emulator.leads)
        told = []
        engine.on("lead.updated", lambda event: told.append(event.after["price"]))
        await engine.records.leads.update(lead, price=500)
        await engine.push()
        await self.follow(engine, emulator, clock)
        for price in (800, 500, 900, 500):
            emulator.ui.edit("leads", lead, price=price)
            await self.follow(engine, emulator, clock)
        assert told == [800, 500, 900, 500]
        assert await engine.conflicts.list() == []


async def test_what_cannot_be_read_again_is_in_the_log_of_what_happened(clock):
    """Messages are kept as they came: as a communication once, and as activity with what was sent."""
    emulator = account(clock)
    message = {
        "message[add][0][id]": "m-1",
        "message[add][0][chat_id]": "c-1",
        "message[add][0][contact_id]": "501",
        "message[add][0][text]": "Is it still free?",
        "message[add][0][created_at]": "1767225000",
        "message[add][0][type]": "incoming",
    }
    async with client_of(emulator, clock) as amo:
        engine = engine_of(amo, clock, entities=("communications",))
        for _ in range(3):
            await engine.receive(urlencode(message), "application/x-www-form-urlencoded")
            await engine.process_inbox()
        [kept] = await engine.records.communications.list()
        [row] = [row for row in await engine.activity() if row.source == "webhook"]
    assert kept.raw["payload"]["text"] == "Is it still free?"
    assert row.raw["text"] == "Is it still free?"
    assert row.at == 1767225000
