# Generated from tests/contract/_async/test_sync_push.py by tools/unasync.py: edit that file instead.
"""Pushing over claims: batches, pre-reads, leases, marks, pauses, and a bar for thousands of edits."""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

import attrs
import pytest
from contract._sync.sync_parts import client_of, engine_over, engine_with
from contract._sync.sync_remote import FakeRemote
from sync_world import values_of

from amocrm_sync._sync.sync import marking
from amocrm_sync.errors import (
    AccountBlockedError,
    AmbiguousWriteError,
    ForbiddenError,
    PaymentRequiredError,
    RateLimitedError,
    ServerError,
)
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import OpState
from amocrm_sync.testing import Emulator, ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def store():
    return MemorySyncStore()


engine_of = partial(engine_over, entities=("leads", "tasks"), push_batch=3)


def filled(remote, store, leads: int = 4, **config):
    engine = engine_of(remote, store, **config)
    for _ in range(leads):
        remote.world.add("leads", price=1)
    engine.pull()
    remote.world.now_ += 10
    return engine


def reads(world) -> list[dict]:
    """What was asked for by id."""
    return [query["filter"] for _, query in world.requests if "id" in (query["filter"] or {})]


class Killed(BaseException):
    """The process is gone."""


class TestPreread:
    def test_rows_are_read_again_before_they_are_written(self, remote, store, world):
        engine = filled(remote, store)
        for lead in (1, 2, 3, 4):
            engine.records.leads.update(lead, price=5)
        engine.push()
        assert reads(world) == [{"id": [1, 2, 3, 4]}], "one request for all, whatever the batches"
        assert [len(items) for _, items in remote.writes] == [3, 1]

    def test_a_change_made_meanwhile_is_not_overwritten_silently(self, remote, store, world):
        engine = filled(remote, store, conflicts="remote")
        engine.records.leads.update(1, price=5, name="Ours")
        world.change("leads", 1, price=9)
        engine.push()
        assert (world.rows("leads")[1]["price"], world.rows("leads")[1]["name"]) == (9, "Ours")
        [conflict] = engine.conflicts.list()
        assert (conflict.field, conflict.base, conflict.local, conflict.remote) == ("price", 1, 5, 9)
        assert (conflict.state, conflict.resolution) == ("auto", "remote")

    def test_what_was_read_a_moment_ago_is_not_read_again(self, remote, store, world):
        engine = filled(remote, store)
        engine.pull(full=True)
        engine.records.leads.update(1, price=5)
        engine.push()
        assert reads(world) == []

    @pytest.mark.parametrize(("after", "expected"), [(0, 1), (None, 0), (60, 0)])
    def test_how_old_is_too_old_is_a_setting(self, remote, store, world, after, expected):
        engine = filled(remote, store, preread_after=after)
        engine.records.leads.update(1, price=5)
        engine.push()
        assert len(reads(world)) == expected
        assert world.rows("leads")[1]["price"] == 5


class TestLeases:
    def test_two_engines_never_send_the_same_edit(self, remote, store, world):
        one = filled(remote, store, preread_after=None)
        two = engine_of(remote, store, preread_after=None)
        one.records.leads.update(1, price=5)
        sent = []

        def beside(stream, items, time_left):
            sent.append([dict(item) for item in items])
            report = two.push()
            assert report.entities.get("leads") is None or report.entities["leads"].pushed == 0
            return FakeRemote.update(remote, stream, items)

        remote.update = beside
        one.push()
        assert len(sent) == 1
        assert (one.status()).outbox == {"done": 1}

    def test_a_result_that_comes_after_the_lease_writes_nothing(self, remote, store, world):
        """The first process hangs in its request; the second settles the edit and sends a newer one."""
        one = filled(remote, store, preread_after=None)
        two = engine_of(remote, store, preread_after=None)
        one.records.leads.update(1, price=5)
        seen = {}

        def slow(stream, items, time_left):
            del remote.update
            answer = remote.update(stream, items)
            world.now_ += 11
            two.push()
            two.records.leads.update(1, price=6)
            two.push()
            seen["settled"] = two.outbox()
            return answer

        remote.update = slow
        one.push()
        assert [(op.fields["price"], op.state) for op in seen["settled"]] == [
            (5, OpState.DONE),
            (6, OpState.DONE),
        ]
        assert one.outbox() == seen["settled"], "the late answer changed nothing"
        assert world.rows("leads")[1]["price"] == 6
        assert (one.records.leads.get(1))["price"] == 6

    def test_the_edits_of_a_dead_process_are_taken_up_when_its_lease_ends(self, remote, store, world):
        one = filled(remote, store, preread_after=None, lease=8.0)
        one.records.leads.update(1, price=5)
        remote.before = [Killed()]
        with pytest.raises(Killed):
            one.push()
        two = engine_of(remote, store, preread_after=None, lease=8.0)
        two.push()
        assert (two.status()).outbox == {"inflight": 1}
        world.now_ += 8.1
        two.push()
        world.now_ += 10
        two.push()
        assert world.rows("leads")[1]["price"] == 5

    def test_an_edit_made_while_another_is_sent_goes_next(self, remote, store, world):
        engine = filled(remote, store, preread_after=None)
        engine.records.leads.update(1, price=5)

        def meanwhile(stream, items, time_left):
            del remote.update
            engine.records.leads.update(1, price=6)
            return remote.update(stream, items)

        remote.update = meanwhile
        engine.push()
        assert [items[0]["price"] for _, items in remote.writes] == [5, 6]
        assert (engine.status()).outbox == {"done": 2}


class TestFailures:
    def test_a_dead_letter_never_blocks_another_record(self, remote, store, world):
        engine = filled(remote, store, conflicts="manual")
        told = []
        engine.on("edit.dead", told.append)
        remote.refuse = {"wrong"}
        engine.records.leads.update(1, name="wrong")
        engine.records.leads.update(1, price=7)
        engine.records.leads.update(2, price=8)
        engine.push()
        [dead, *_] = engine.dead_letters()
        assert (dead.fields, "wrong name" in dead.error) == ({"name": "wrong"}, True)
        assert world.rows("leads")[2]["price"] == 8
        assert told[0].after["error"] == dead.error

    def test_too_many_requests_count_no_attempt_and_are_waited_out(self, remote, store, world):
        engine = filled(remote, store, preread_after=None)
        engine.records.leads.update(1, price=5)
        remote.before = [RateLimitedError("slow down", status=429, retry_after=7.0)]
        engine.push()
        [op] = engine.outbox()
        assert (op.state, op.attempts) == (OpState.PENDING, 0)
        world.now_ += 6
        engine.push()
        assert (engine.outbox())[0].state is OpState.PENDING
        world.now_ += 2
        engine.push()
        assert (engine.outbox())[0].state is OpState.DONE

    @pytest.mark.parametrize(
        "error", [PaymentRequiredError("pay", status=402), AccountBlockedError("ban", status=403)]
    )
    def test_a_blocked_account_is_left_alone_by_every_process(self, remote, store, world, error):
        engine = filled(remote, store, preread_after=None, pause=900.0)
        engine.records.leads.update(1, price=5)
        remote.before = [error]
        with pytest.raises(type(error)):
            engine.push()
        other = engine_of(remote, store, preread_after=None)
        world.now_ += 600
        report = other.push()
        assert "paused" in report.problems[0].message
        assert len(remote.writes) == 1
        other.resume()
        other.push()
        assert world.rows("leads")[1]["price"] == 5

    def test_what_is_forbidden_for_one_entity_does_not_hold_up_another(self, remote, store, world):
        engine = filled(remote, store, preread_after=None)
        world.add("tasks", text="call")
        engine.pull()
        engine.records.leads.update(1, price=5)
        engine.records.tasks.update(5, text="write")
        remote.before = [ForbiddenError("no rights", status=403)]
        report = engine.push()
        assert [problem.entity for problem in report.problems] == ["leads"]
        assert world.rows("tasks")[5]["text"] == "write"

    def test_an_edit_is_given_up_after_a_day(self, remote, store, world):
        engine = filled(remote, store, preread_after=None, retry_horizon=3600.0)
        engine.records.leads.update(1, price=5)
        for _ in range(3):
            remote.before = [ServerError("down", status=502)]
            engine.push()
            remote.before = []
            world.now_ += 3000
        [dead] = engine.dead_letters()
        assert "given up" in dead.error
        assert len(remote.writes) == 2


class TestMarks:
    def marked(self, remote, store, **config):
        engine = filled(remote, store, preread_after=None, **config)
        result = engine.setup()
        assert result.markers["leads"] == 900
        return engine

    def test_setup_makes_the_field_once(self, remote, store):
        engine = self.marked(remote, store)
        again = engine.setup()
        assert (again.created, again.markers) == ((), {"leads": 900})
        [field] = remote.custom_fields["leads"]
        assert (field["code"], field["type"]) == ("EXT_UID", "text")

    def test_a_new_row_carries_our_id(self, remote, store, world):
        engine = self.marked(remote, store)
        made = engine.records.leads.create(name="New")
        engine.push()
        assert values_of(world.rows("leads")[5], 900) == [made.uid]

    def test_a_create_whose_answer_was_lost_is_found_by_its_mark(self, remote, store, world):
        engine = self.marked(remote, store)
        made = engine.records.leads.create(name="Once")
        remote.after = [AmbiguousWriteError("no answer")]
        assert (engine.push()).ok
        assert (engine.status()).outbox == {"unknown": 1}
        world.now_ += 1
        engine.push()
        record = engine.records.leads.get(made.uid)
        assert (record.remote_id, record["name"]) == ("5", "Once")
        assert (engine.status()).outbox == {"done": 1}
        assert len(remote.writes) == 1

    def test_a_row_that_the_search_shows_late_is_found_by_a_later_look(self, remote, store, world):
        engine = self.marked(remote, store)
        made = engine.records.leads.create(name="Once")
        remote.after = [AmbiguousWriteError("no answer")]
        engine.push()
        hidden = world.rows("leads").pop(5)
        for wait in (1, 2):
            world.now_ += wait
            engine.push()
        world.rows("leads")[5] = hidden
        world.now_ += 7
        engine.push()
        assert (engine.records.leads.get(made.uid)).remote_id == "5"
        assert len(remote.writes) == 1

    def test_a_create_that_is_not_found_after_the_grace_is_sent_again(self, remote, store, world):
        engine = self.marked(remote, store)
        engine.records.leads.create(name="Once")
        remote.before = [AmbiguousWriteError("no answer")]
        engine.push()
        for wait in (1, 2, 7):
            world.now_ += wait
            engine.push()
            assert len(remote.writes) == 1
        world.now_ += 20
        engine.push()
        assert [row["name"] for row in world.rows("leads").values()].count("Once") == 1

    def test_where_filters_are_off_each_mark_is_searched_for(self, remote, store, world):
        engine = self.marked(remote, store)
        made = engine.records.leads.create(name="Once")
        remote.after = [AmbiguousWriteError("no answer")]
        engine.push()
        world.filters_on = False
        world.now_ += 1
        engine.push()
        assert (engine.records.leads.get(made.uid)).remote_id == "5"

    def test_a_tagged_row_that_is_no_longer_among_the_newest_is_searched_for(self, remote, store, world):
        remote.no_fields = ForbiddenError("for administrators", status=403)
        engine = filled(remote, store, preread_after=None)
        assert (engine.setup()).tagged == ("leads",)
        made = engine.records.leads.create(name="Once", _embedded={"tags": []})
        remote.after = [AmbiguousWriteError("no answer")]
        engine.push()
        with patch.object(marking, "_PAGES", 0):
            for wait in (1, 2, 7, 20):
                world.now_ += wait
                engine.push()
        assert (engine.records.leads.get(made.uid)).remote_id == "5"
        assert len(remote.writes) == 1

    def test_a_pull_that_meets_our_row_first_links_it(self, remote, store, world):
        engine = self.marked(remote, store)
        made = engine.records.leads.create(name="Once", price=3)
        remote.after = [AmbiguousWriteError("no answer")]
        engine.push()
        world.now_ += 10
        engine.pull()
        assert (engine.records.leads.get(made.uid)).remote_id == "5"
        assert engine.records.leads.count() == 5
        engine.push()
        assert (engine.status()).outbox == {"done": 1}
        assert len(remote.writes) == 1

    def test_a_copy_that_a_person_makes_is_a_row_of_its_own(self, remote, store, world):
        engine = self.marked(remote, store)
        engine.records.leads.create(name="Once")
        engine.push()
        original = world.rows("leads")[5]
        world.now_ += 10
        world.add("leads", name="Copy", custom_fields_values=original["custom_fields_values"])
        engine.pull()
        assert engine.records.leads.count() == 6

    def test_an_edit_made_while_the_create_was_under_way_follows(self, remote, store, world):
        engine = self.marked(remote, store)
        made = engine.records.leads.create(name="Once")
        remote.after = [AmbiguousWriteError("no answer")]
        engine.push()
        engine.records.leads.update(made.uid, price=44)
        world.now_ += 1
        engine.push()
        engine.push()
        assert world.rows("leads")[5]["price"] == 44
        assert set((engine.status()).outbox) == {"done"}


def test_a_thousand_edits_of_five_hundred_records_in_ten_writes():
    """Over the client and the emulator, on virtual time; ``benchmarks/sync_push.py`` does ten times as many."""
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=500, pipelines=1)
    with client_of(emulator, clock) as amo:
        engine = engine_with(amo, clock, entities=("leads",))
        engine.pull()
        clock.advance(60)
        for lead in emulator.leads:
            engine.records.leads.update(lead, price=77_001)
            engine.records.leads.update(lead, name=f"Lead {lead}")
        before = len(emulator.requests)
        report = engine.push()
    asked = emulator.requests[before:]
    writes = [request for request in asked if request.method == "PATCH"]
    assert report.entities["leads"].pushed == 1000
    assert len(writes) == 10
    assert len(asked) - len(writes) == 2, "the rows are read again before, 250 at a time"
    assert all(row["price"] == 77_001 for row in emulator.leads.values())
    assert all(row["name"] == f"Lead {row_id}" for row_id, row in emulator.leads.items())


@pytest.mark.parametrize("url", ["memory", "sqlite"])
def test_every_new_column_of_an_edit_survives_the_store(remote, tmp_path, url):
    store = MemorySyncStore() if url == "memory" else SQLSyncStore(f"sqlite:///{tmp_path}/amo.db")
    engine = filled(remote, store, preread_after=None)
    engine.records.leads.update(1, actor="anna", price=5)
    remote.after = [AmbiguousWriteError("no answer")]
    remote.forbidden["leads"] = ServerError("down", status=502)
    engine.push()
    [op] = engine.outbox()
    assert (op.actor, op.attempts, op.state, op.error) == ("anna", 1, OpState.UNKNOWN, "no answer")
    assert op.sent_at == op.first_sent_at is not None
    assert attrs.evolve(op, actor="x").actor == "x"
    store.close()
