# Generated from tests/contract/_async/test_sync_parents.py by tools/unasync.py: edit that file instead.
"""An edit that names a row which amoCRM does not have yet: it goes once the row is there, and waits for none that never comes."""

from __future__ import annotations

import random
from functools import partial

import pytest
from contract._sync.sync_parts import client_of, engine_over, engine_with

from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.errors import AmbiguousWriteError, RateLimitedError
from amocrm_sync.sync import OpState, SyncConfig, SyncEngine
from amocrm_sync.testing import Emulator, Faults, ManualClock

pytestmark = pytest.mark.anyio


engine_of = partial(engine_over, entities=("leads", "contacts", "tasks"), preread_after=None)


def task_of(engine, lead, **more):
    """A task of a lead that is new itself."""
    return engine.records.tasks.create(
        {"text": "call", "complete_till": 1_999_999_999, "entity_type": "leads", "entity_uid": lead, **more}
    )


def ended(engine, uid: str):
    """The only edit of a record."""
    [op] = [op for state in OpState for op in engine.outbox(state) if op.uid == uid]
    return op


class TestRowThatNeverComes:
    def test_the_edit_is_given_up_with_the_row_and_both_go_when_they_are_requeued(self, remote, store, world):
        engine = engine_of(remote, store)
        told = []
        engine.on("edit.dead", told.append)
        remote.refuse = {"wrong"}
        lead = engine.records.leads.create(name="wrong")
        task = task_of(engine, lead.uid)
        engine.push()
        world.now_ += 1
        engine.push()
        dead = ended(engine, task.uid)
        assert (dead.state, dead.attempts) == (OpState.DEAD, 0)
        assert dead.error == (
            f"names lead {lead.uid}, whose creation was given up: requeue that one first, then this"
        )
        assert [event.after["error"] for event in told][-1] == dead.error
        remote.refuse = set()
        for uid in (lead.uid, task.uid):
            engine.requeue((ended(engine, uid)).seq)
        engine.push()
        world.now_ += 1
        engine.push()
        assert (ended(engine, task.uid)).state is OpState.DONE
        [row] = world.rows("tasks").values()
        assert [row["entity_id"]] == list(world.rows("leads"))

    def test_requeued_before_the_row_it_is_given_up_again(self, remote, store, world):
        engine = engine_of(remote, store)
        remote.refuse = {"wrong"}
        lead = engine.records.leads.create(name="wrong")
        engine.push()
        task = task_of(engine, lead.uid)
        for _ in range(2):
            engine.push()
            dead = ended(engine, task.uid)
            assert (dead.state, "given up" in dead.error) == (OpState.DEAD, True)
            engine.requeue(dead.seq)
        assert world.rows("tasks") == {}

    def test_one_that_a_person_discards_takes_along_what_names_it(self, remote, store, world):
        engine = engine_of(remote, store)
        remote.refuse = {"wrong"}
        person = engine.records.contacts.create(name="wrong")
        lead = engine.records.leads.create({"name": "new", "_embedded": {"contacts": [{"uid": person.uid}]}})
        task = task_of(engine, lead.uid)
        engine.push()
        engine.discard((ended(engine, person.uid)).seq)
        for _ in range(2):
            world.now_ += 5
            engine.push()
        assert (ended(engine, lead.uid)).error.startswith(f"names contact {person.uid}, whose creation was")
        assert (ended(engine, task.uid)).error.startswith(f"names lead {lead.uid}, whose creation was")
        assert world.rows("leads") == world.rows("tasks") == {}

    @pytest.mark.parametrize(
        ("end", "says"),
        [
            ("here", "was deleted here: discard"),
            ("there", "was deleted: restore that one first, then requeue"),
        ],
    )
    def test_a_row_that_was_deleted(self, remote, store, world, end, says):
        engine = engine_of(remote, store)
        lead = engine.records.leads.create(name="new")
        if end == "there":
            engine.push()
            engine.pull()
            world.delete("leads", 1)
            world.now_ += 10
            engine.pull()
        else:
            engine.records.leads.delete(lead.uid)
        task = task_of(engine, lead.uid)
        engine.push()
        dead = ended(engine, task.uid)
        assert (dead.state, says in dead.error) == (OpState.DEAD, True)

    def test_a_row_that_comes_back_from_the_trash(self, remote, store, world):
        engine = engine_of(remote, store)
        lead = engine.records.leads.create(name="new")
        engine.push()
        engine.pull()
        world.delete("leads", 1)
        world.now_ += 10
        engine.pull()
        task = task_of(engine, lead.uid)
        engine.push()
        world.restore("leads", 1)
        world.now_ += 10
        engine.pull()
        engine.requeue((ended(engine, task.uid)).seq)
        engine.push()
        assert [row["entity_id"] for row in world.rows("tasks").values()] == [1]

    @pytest.mark.parametrize("named", [{}, {"entity_type": "spaceships"}])
    def test_a_row_that_nobody_knows(self, remote, store, named):
        engine = engine_of(remote, store)
        task = task_of(engine, "nobody", **named)
        other = engine.records.leads.create(name="another edit")
        engine.push()
        dead = ended(engine, task.uid)
        assert (dead.state, "nobody, which is not in the store" in dead.error) == (OpState.DEAD, True)
        assert (ended(engine, other.uid)).state is OpState.DONE

    def test_a_row_of_a_time_without_a_crm(self, remote, store, world):
        alone = SyncEngine(
            None,
            store,
            config=SyncConfig(entities=("leads",), tenant="t"),
            clock=world,
            random=random.Random(2),
        )
        lead = alone.records.leads.create(name="ours only")
        engine = engine_of(remote, store, tenant="t")
        task = task_of(engine, lead.uid)
        engine.push()
        assert "was never created in amoCRM" in (ended(engine, task.uid)).error


class TestRowThatEndsInAnother:
    def test_the_edit_names_the_row_that_is_left(self, remote, store, world):
        """A person merges the new lead into an older one before its creation is settled; our mark goes along."""
        engine = engine_of(remote, store, marker="EXT_UID")
        engine.setup()
        world.add("leads", 7, name="older")
        engine.pull()
        world.now_ += 10
        lead = engine.records.leads.create(name="new")
        task = task_of(engine, lead.uid)
        remote.after = [AmbiguousWriteError("no answer")]
        engine.push()
        [new] = [row_id for row_id in world.rows("leads") if row_id != 7]
        mark = world.rows("leads").pop(new)["custom_fields_values"]
        world.change("leads", 7, custom_fields_values=mark)
        for _ in range(3):
            world.now_ += 5
            engine.push()
        assert (ended(engine, task.uid)).state is OpState.DONE
        assert [row["entity_id"] for row in world.rows("tasks").values()] == [7]


class TestRowThatIsSlow:
    def next_look(self, store):
        """When the push has something to do; ``None``: nothing."""
        with store.tx("demo.amocrm.ru", write=False) as tx:
            return tx.work.next_due(WorkKind.PUSH)

    def test_the_edit_goes_once_the_row_is_there_and_counts_one_attempt(self, remote, store, world):
        engine = engine_of(remote, store)
        lead = engine.records.leads.create(name="new")
        task = task_of(engine, lead.uid)
        for _ in range(3):
            remote.before = [RateLimitedError("slow down", status=429, retry_after=20.0)]
            engine.push()
            world.now_ += 21
        remote.before = []
        engine.push()
        world.now_ += 20
        engine.push()
        sent = ended(engine, task.uid)
        assert (sent.state, sent.attempts) == (OpState.DONE, 1)
        assert [row["entity_id"] for row in world.rows("tasks").values()] == list(world.rows("leads"))

    def test_it_is_looked_for_ever_more_rarely_and_not_past_the_horizon(self, remote, store, world):
        """The row is held for a person who never comes; what names it does not stay open for ever."""
        engine = engine_of(remote, store, retry_cap=60.0, retry_horizon=600.0)
        lead = engine.records.leads.create(name="new")
        task = task_of(engine, lead.uid)
        remote.after = [AmbiguousWriteError("no answer")]
        engine.push()
        started, waits = world.now_, []
        while (due := self.next_look(store)) is not None:
            waits.append(round(due - world.now_))
            world.now_ = due
            engine.push()
        dead = ended(engine, task.uid)
        assert (waits[:4], waits[-3:]) == ([1, 2, 4, 8], [60, 60, 60])
        assert 600 <= world.now_ - started <= 660
        assert (dead.state, dead.attempts) == (OpState.DEAD, 0)
        assert "has no end after 600 seconds: decide about that one first, then requeue this" in dead.error
        assert (ended(engine, lead.uid)).state is OpState.HELD
        assert len(remote.writes) == 1

    def test_once_a_person_has_decided_it_is_waited_for_anew(self, remote, store, world):
        engine = engine_of(remote, store, retry_horizon=600.0)
        lead = engine.records.leads.create(name="new")
        task = task_of(engine, lead.uid)
        remote.before = [AmbiguousWriteError("no answer")]
        engine.push()
        world.now_ += 700
        engine.push()
        assert (ended(engine, task.uid)).state is OpState.DEAD
        for uid in (lead.uid, task.uid):
            engine.requeue((ended(engine, uid)).seq)
        engine.push()
        world.now_ += 2
        engine.push()
        assert (ended(engine, task.uid)).state is OpState.DONE


def test_over_the_client_a_refused_lead_and_its_task_go_once_the_reason_is_gone():
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=1, pipelines=1)
    emulator.faults = Faults()
    emulator.faults.next(match="/api/v4/leads", status=400)
    with client_of(emulator, clock) as amo:
        engine = engine_with(amo, clock, entities=("leads", "tasks"))
        lead = engine.records.leads.create(name="new")
        task = task_of(engine, lead.uid)
        engine.push()
        clock.advance(5)
        engine.push()
        assert [op.uid for op in engine.dead_letters()] == [lead.uid, task.uid]
        for op in engine.dead_letters():
            engine.requeue(op.seq)
        engine.push()
        clock.advance(5)
        engine.push()
        assert set((engine.status()).outbox) == {"done"}
    [made] = [row_id for row_id, row in emulator.leads.items() if row["name"] == "new"]
    assert [row["entity_id"] for row in emulator.tasks.values() if row["text"] == "call"] == [made]
