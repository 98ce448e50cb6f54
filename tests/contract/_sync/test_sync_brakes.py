# Generated from tests/contract/_async/test_sync_brakes.py by tools/unasync.py: edit that file instead.
"""What a full comparison must not do: take a change of rights, of account or of filters for deletions."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import pytest
from contract._sync.sync_parts import client_of, engine_over, engine_with
from contract._sync.sync_remote import FakeRemote
from sync_world import World

from amocrm_sync.errors import ConfigurationError, MustRefetch
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncConfig
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio

HOOK = "https://host.example/hook"


def account(clock, seed=1):
    emulator = Emulator(seed=seed, clock=clock, rate_limit=False)
    emulator.seed_account(leads=60, pipelines=1)
    return emulator


engine_of = partial(engine_with, entities=("leads",), page_size=25)


def live(engine):
    return {int(record.remote_id) for record in engine.records.leads.list()}


class TestFiltersOff:
    def test_a_reconcile_finds_what_is_gone_and_deletes_nothing_else(self, clock):
        emulator = account(clock)
        emulator.settings.filters_enabled = False
        with client_of(emulator, clock) as amo:
            engine = engine_of(amo, clock, events=False)
            engine.pull()
            assert live(engine) == set(emulator.leads)
            clock.advance(100)
            gone = sorted(emulator.leads)[:3]
            for number in gone:
                emulator.ui.delete_lead(number)
            report = engine.reconcile()
            assert live(engine) == set(emulator.leads)
            again = engine.reconcile()
        assert report.ok
        assert again.entities["leads"].deleted == 0

    def test_filters_that_go_off_between_two_pulls(self, clock):
        emulator = account(clock)
        with client_of(emulator, clock) as amo:
            engine = engine_of(amo, clock)
            engine.pull()
            emulator.settings.filters_enabled = False
            clock.advance(100)
            emulator.ui.edit("leads", min(emulator.leads), name="Edited")
            engine.pull()
            report = engine.reconcile()
            assert (engine.records.leads.get(min(emulator.leads)))["name"] == "Edited"
            assert live(engine) == set(emulator.leads)
        assert report.entities["leads"].deleted == 0


class TestRights:
    @pytest.fixture
    def world(self):
        return World()

    @pytest.fixture
    def engine(self, world):
        """A copy of 240 tasks, of which the user will see 100."""
        for _ in range(240):
            world.add("tasks")
        engine = engine_over(FakeRemote(world), entities=("tasks",))
        engine.pull()
        world.now_ += 100
        for number in range(1, 141):
            del world.rows("tasks")[number]
        return engine

    def test_rows_that_a_user_may_not_see_any_more_are_not_deleted(self, engine):
        report = engine.reconcile()
        assert report.entities["tasks"].deleted == 0
        assert "140 of 240" in report.problems[0].message
        assert engine.records.tasks.count() == 240
        assert not report.ok

    def test_the_rehearsal_says_so_as_well(self, engine):
        report = engine.reconcile(dry_run=True)
        assert [row for row in report.planned if row["operation"] == "delete"] == []
        assert "140 of 240" in report.problems[0].message

    def test_half_of_a_copy_is_not_believed_to_be_gone_whatever_the_host_has_set(self, engine):
        engine._context.config = SyncConfig(entities=("tasks",), brake=1.0)
        assert not (engine.reconcile()).ok
        assert engine.records.tasks.count() == 240


class TestAnotherAccount:
    def test_nothing_is_read_or_deleted_or_planned(self, clock):
        first, second = account(clock), account(clock, seed=2)
        second.settings.account_id = 99
        store = MemorySyncStore()
        with client_of(first, clock) as amo:
            engine = engine_of(amo, clock, store)
            engine.pull()
            before = live(engine)
        with client_of(second, clock) as amo:
            other = engine_of(amo, clock, store)
            for run in (other.pull, other.reconcile, lambda: other.reconcile(dry_run=True)):
                with pytest.raises(ConfigurationError, match="account 99"):
                    run()
            assert live(other) == before
            assert {entry.path for entry in second.requests} == {"/api/v4/account"}

    def test_a_process_that_has_begun_notices_at_its_next_full_pull(self, clock):
        emulator = account(clock)
        with client_of(emulator, clock) as amo:
            engine = engine_of(amo, clock)
            engine.pull()
            emulator.settings.account_id = 99
            with pytest.raises(ConfigurationError, match="account 99"):
                engine.reconcile()

    def test_devices_begin_anew_in_another_epoch(self, clock):
        emulator = account(clock)
        with client_of(emulator, clock) as amo:
            engine = engine_of(amo, clock)
            engine.pull()
            cursor = (engine.offline.initial(user="ann", limit=500))["cursor"]
            epoch = engine.offline.new_epoch()
            with pytest.raises(MustRefetch) as refused:
                engine.offline.incremental(user="ann", since=cursor)
        assert refused.value.new_epoch == epoch


class TestEchoes:
    """Over webhooks, the log of events and lists at once: three ways by which our own write comes back."""

    @pytest.fixture
    def world(self, clock):
        emulator = account(clock)
        with client_of(emulator, clock) as amo:
            amo.webhooks.subscribe(HOOK, ["update_lead", "status_lead", "responsible_lead"])
            engine = engine_of(amo, clock)
            engine.pull()
            clock.advance(60)
            yield engine, emulator

    def follow(self, engine, emulator, clock):
        deliveries = emulator.webhooks.drain()
        for delivery in deliveries:
            engine.receive(delivery.body, "application/x-www-form-urlencoded")
        clock.advance(1)
        engine.process_inbox()
        clock.advance(60)
        engine.pull()
        return len(deliveries)

    def test_our_own_write_causes_no_callback_by_any_way(self, world, clock):
        engine, emulator = world
        told = []
        engine.on("*", told.append)
        for number in sorted(emulator.leads)[:5]:
            engine.records.leads.update(number, price=4321, name=f"Ours {number}")
        engine.push()
        assert self.follow(engine, emulator, clock) >= 5
        assert [event.name for event in told] == []

    def test_a_person_who_sets_a_value_back_within_the_day_is_heard_each_time(self, world, clock):
        engine, emulator = world
        lead = min(emulator.leads)
        told = []
        engine.on("lead.updated", lambda event: told.append(event.after["price"]))
        engine.records.leads.update(lead, price=500)
        engine.push()
        self.follow(engine, emulator, clock)
        for price in (800, 500, 900, 500):
            emulator.ui.edit("leads", lead, price=price)
            self.follow(engine, emulator, clock)
        assert told == [800, 500, 900, 500]
        assert engine.conflicts.list() == []


def test_what_cannot_be_read_again_is_in_the_log_of_what_happened(clock):
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
    with client_of(emulator, clock) as amo:
        engine = engine_of(amo, clock, entities=("communications",))
        for _ in range(3):
            engine.receive(urlencode(message), "application/x-www-form-urlencoded")
            engine.process_inbox()
        [kept] = engine.records.communications.list()
        [row] = [row for row in engine.activity() if row.source == "webhook"]
    assert kept.raw["payload"]["text"] == "Is it still free?"
    assert row.raw["text"] == "Is it still free?"
    assert row.at == 1767225000
