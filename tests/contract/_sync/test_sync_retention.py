# Generated from tests/contract/_async/test_sync_retention.py by tools/unasync.py: edit that file instead.
"""What is over is forgotten, a few rows at a time; and a device that has missed it is told to begin anew."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import pytest
from contract._sync.sync_parts import engine_over

from amocrm_sync._sync.sync import housekeeping
from amocrm_sync.errors import MustRefetch
from amocrm_sync.sync import OpState, Retention

pytestmark = pytest.mark.anyio

DAY = 86_400
FORM = "application/x-www-form-urlencoded"


class DeafSink:
    """A sink that takes everything."""

    name = "deaf"

    def deliver(self, key, payload):
        """Taken."""


class OtherSink(DeafSink):
    """Another one."""

    name = "other"


engine_of = partial(engine_over, entities=("leads",))


def deleted_uids(engine):
    return {record.remote_id for record in engine.records.leads.list(deleted=True) if record.deleted_at}


def gone(engine, world, *numbers):
    for number in numbers:
        world.delete("leads", number)
    engine.pull()
    world.now_ += 60
    engine.pull()  # past the overlap, in which the trash is read again


def test_everything_that_is_over_goes_and_what_waits_stays(remote, store, world):
    engine = engine_of(remote, store)
    engine.add_sink(DeafSink())
    for _ in range(3):
        world.add("leads", price=1)
    engine.pull()
    engine.receive(urlencode({"leads[update][0][id]": "1"}), FORM)
    engine.process_inbox()
    engine.records.leads.update(1, price=5)
    engine.run()
    remote.refuse.add("wrong")
    engine.records.leads.update(2, name="wrong")
    engine.push()
    gone(engine, world, 3)
    engine.deliver()
    world.now_ += 91 * DAY
    engine.records.leads.update(1, price=6)
    dropped = engine.prune()
    assert {kind: number > 0 for kind, number in dropped.items()} == {
        "echo": True,
        "inbox": True,
        "activity": True,
        "log": True,
        "edits": True,
        "events": True,
        "conflicts": False,
        "answers": False,
        "tombstones": True,
    }
    assert deleted_uids(engine) == set()
    assert engine.log() == []
    assert "parsed" not in (engine.status()).inbox
    states = [op.state for op in engine.outbox()]
    assert states == [OpState.DEAD, OpState.PENDING], "a dead letter waits for a person"
    assert engine.records.leads.count() == 2
    assert set((engine.prune()).values()) == {0}


def both_change(engine, world, lead, **ours):
    """A person changes the same field before our edit is sent."""
    engine.records.leads.update(lead, **ours)
    world.now_ += 10
    world.change("leads", lead, **dict.fromkeys(ours, "theirs"))
    engine.pull()


def test_a_conflict_goes_long_after_its_decision_and_never_before_it(remote, store, world):
    engine = engine_of(remote, store, conflicts={"leads.price": "remote", "leads.name": "manual"})
    world.add("leads", price=1)
    engine.pull()
    both_change(engine, world, 1, price=5)
    both_change(engine, world, 1, name="ours")
    world.now_ += 91 * DAY
    assert (engine.prune())["conflicts"] == 1
    [conflict] = engine.conflicts.list()
    assert (conflict.field, conflict.state) == ("name", "open")
    engine.conflicts.resolve(conflict.id, "remote", by="anna")
    world.now_ += 89 * DAY
    assert (engine.prune())["conflicts"] == 0
    world.now_ += 2 * DAY
    assert (engine.prune())["conflicts"] == 1
    assert engine.conflicts.list() == []


@pytest.mark.parametrize(("kept", "after"), [(60.0, [1, 0]), (None, [1, 1])])
def test_a_decided_conflict_is_known_for_a_day_at_least(remote, store, world, kept, after):
    """The log of events may tell of the same change again until then."""
    engine = engine_of(remote, store, conflicts="remote", retention=Retention(conflicts=kept))
    world.add("leads", price=1)
    engine.pull()
    both_change(engine, world, 1, price=5)
    left = []
    for _ in after:
        world.now_ += 0.9 * DAY
        engine.prune()
        left.append(len(engine.conflicts.list()))
    assert left == after


def test_a_round_is_many_small_batches(remote, store, world, monkeypatch):
    monkeypatch.setattr(housekeeping, "_BATCH", 2)
    monkeypatch.setattr(housekeeping, "_BATCHES", 3)
    engine = engine_of(remote, store)
    for _ in range(9):
        world.add("leads")
    engine.pull()
    gone(engine, world, *range(1, 10))
    world.now_ += 91 * DAY
    assert (engine.prune())["tombstones"] == 6
    assert (engine.prune())["tombstones"] == 3


def test_workers_and_rounds_do_it_every_hour(remote, store, world):
    engine = engine_of(remote, store)
    world.add("leads")
    world.add("leads")
    engine.pull()
    gone(engine, world, 1)
    engine.push()
    world.now_ += 91 * DAY
    engine.push()
    assert deleted_uids(engine) == set()
    gone(engine, world, 2)
    world.now_ += 1800
    engine.run()
    assert deleted_uids(engine) == {"2"}


def test_it_is_for_the_host_to_say_for_how_long(remote, store, world):
    engine = engine_of(remote, store, retention=Retention(tombstones=None, log=60.0))
    world.add("leads")
    engine.pull()
    gone(engine, world, 1)
    world.now_ += 400 * DAY
    dropped = engine.prune()
    assert "tombstones" in dropped
    assert dropped["log"] > 0
    assert deleted_uids(engine) == {"1"}


def test_what_was_deleted_here_is_not_brought_back_after_years(remote, store, world):
    engine = engine_of(remote, store)
    world.add("leads")
    engine.pull()
    engine.records.leads.delete(1)
    world.now_ += 900 * DAY
    engine.prune()
    world.change("leads", 1, name="still there")
    engine.pull()
    assert engine.records.leads.count() == 0


def test_a_row_that_comes_back_after_its_tombstone_is_gone_is_a_new_record(remote, store, world):
    engine = engine_of(remote, store)
    world.add("leads")
    engine.pull()
    first = (engine.records.leads.get(1)).uid
    gone(engine, world, 1)
    world.now_ += 91 * DAY
    engine.prune()
    world.restore("leads", 1)
    engine.pull()
    found = engine.records.leads.get(1)
    assert (found.deleted_at, found.uid != first) == (None, True)


def test_a_device_that_has_not_seen_a_forgotten_deletion_begins_anew(remote, store, world):
    """Its cursor is young, for it has paged on day by day; what it has seen is what counts."""
    engine = engine_of(remote, store)
    for _ in range(6):
        world.add("leads")
    engine.pull()
    [place] = [(engine.offline.initial(user="ann"))["cursor"]]
    gone(engine, world, 6)
    world.now_ += 80 * DAY
    world.change("leads", 1, name="a")
    engine.pull()
    seen = engine.offline.incremental(user="ann", since=place)
    behind = engine.offline.watermelon_pull(user="ann", last_pulled_at=None)
    world.now_ += 20 * DAY
    engine.prune()
    assert (engine.offline.incremental(user="ann", since=seen["cursor"]))["has_more"] is False
    assert engine.offline.watermelon_pull(user="ann", last_pulled_at=behind["timestamp"])
    with pytest.raises(MustRefetch, match="away for too long"):
        engine.offline.watermelon_pull(user="ann", last_pulled_at=1)


def test_events_for_a_sink_that_nobody_has_any_more_are_forgotten(remote, store, world):
    engine = engine_of(remote, store)
    engine.add_sink(DeafSink())
    world.add("leads")
    engine.pull()
    other = engine_of(remote, store)
    other.add_sink(OtherSink())
    assert (other.deliver()).ok
    world.now_ += 3 * DAY
    other.prune()
    world.now_ += DAY
    other.deliver()
    with other._context.tx(write=False) as tx:
        assert tx.work.counts() == {}


def test_a_store_without_a_crm_is_kept_small_as_well(store):
    engine = engine_of(None, store)
    made = engine.records.leads.create(name="Mine")
    engine.records.leads.delete(made.uid)
    engine.deliver()
    engine._context.clock.now_ += 91 * DAY
    engine.deliver()
    assert engine.records.leads.count(deleted=True) == 0


def test_a_process_of_one_run_does_a_round_now_and_then(remote, store, world):
    engine = engine_of(remote, store)
    world.add("leads")
    engine.pull()
    gone(engine, world, 1)
    world.now_ += 91 * DAY
    for lot, left in (("ff", {"1"}), ("00", set())):
        housekeeping.Housekeeper(engine._context).when_due(f"0190-{lot}")
        assert deleted_uids(engine) == left
