"""What is over is forgotten, a few rows at a time; and a device that has missed it is told to begin anew."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import pytest
from contract._async.sync_parts import engine_over

from amocrm_sync._async.sync import housekeeping
from amocrm_sync.errors import MustRefetch
from amocrm_sync.sync import OpState, Retention

pytestmark = pytest.mark.anyio

DAY = 86_400
FORM = "application/x-www-form-urlencoded"


class DeafSink:
    """A sink that takes everything."""

    name = "deaf"

    async def deliver(self, key, payload):
        """Taken."""


class OtherSink(DeafSink):
    """Another one."""

    name = "other"


engine_of = partial(engine_over, entities=("leads",))


async def deleted_uids(engine):
    return {record.remote_id for record in await engine.records.leads.list(deleted=True) if record.deleted_at}


async def gone(engine, world, *numbers):
    for number in numbers:
        world.delete("leads", number)
    await engine.pull()
    world.now_ += 60
    await engine.pull()  # past the overlap, in which the trash is read again


async def test_everything_that_is_over_goes_and_what_waits_stays(remote, store, world):
    engine = engine_of(remote, store)
    engine.add_sink(DeafSink())
    for _ in range(3):
        world.add("leads", price=1)
    await engine.pull()
    await engine.receive(urlencode({"leads[update][0][id]": "1"}), FORM)
    await engine.process_inbox()
    await engine.records.leads.update(1, price=5)
    await engine.run()
    remote.refuse.add("wrong")
    await engine.records.leads.update(2, name="wrong")
    await engine.push()
    await gone(engine, world, 3)
    await engine.deliver()
    world.now_ += 91 * DAY
    await engine.records.leads.update(1, price=6)
    dropped = await engine.prune()
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
    assert await deleted_uids(engine) == set()
    assert await engine.log() == []
    assert "parsed" not in (await engine.status()).inbox
    states = [op.state for op in await engine.outbox()]
    assert states == [OpState.DEAD, OpState.PENDING], "a dead letter waits for a person"
    assert await engine.records.leads.count() == 2
    assert set((await engine.prune()).values()) == {0}


async def both_change(engine, world, lead, **ours):
    """A person changes the same field before our edit is sent."""
    await engine.records.leads.update(lead, **ours)
    world.now_ += 10
    world.change("leads", lead, **dict.fromkeys(ours, "theirs"))
    await engine.pull()


async def test_a_conflict_goes_long_after_its_decision_and_never_before_it(remote, store, world):
    engine = engine_of(remote, store, conflicts={"leads.price": "remote", "leads.name": "manual"})
    world.add("leads", price=1)
    await engine.pull()
    await both_change(engine, world, 1, price=5)
    await both_change(engine, world, 1, name="ours")
    world.now_ += 91 * DAY
    assert (await engine.prune())["conflicts"] == 1
    [conflict] = await engine.conflicts.list()
    assert (conflict.field, conflict.state) == ("name", "open")
    await engine.conflicts.resolve(conflict.id, "remote", by="anna")
    world.now_ += 89 * DAY
    assert (await engine.prune())["conflicts"] == 0
    world.now_ += 2 * DAY
    assert (await engine.prune())["conflicts"] == 1
    assert await engine.conflicts.list() == []


@pytest.mark.parametrize(("kept", "after"), [(60.0, [1, 0]), (None, [1, 1])])
async def test_a_decided_conflict_is_known_for_a_day_at_least(remote, store, world, kept, after):
    """The log of events may tell of the same change again until then."""
    engine = engine_of(remote, store, conflicts="remote", retention=Retention(conflicts=kept))
    world.add("leads", price=1)
    await engine.pull()
    await both_change(engine, world, 1, price=5)
    left = []
    for _ in after:
        world.now_ += 0.9 * DAY
        await engine.prune()
        left.append(len(await engine.conflicts.list()))
    assert left == after


async def test_a_round_is_many_small_batches(remote, store, world, monkeypatch):
    monkeypatch.setattr(housekeeping, "_BATCH", 2)
    monkeypatch.setattr(housekeeping, "_BATCHES", 3)
    engine = engine_of(remote, store)
    for _ in range(9):
        world.add("leads")
    await engine.pull()
    await gone(engine, world, *range(1, 10))
    world.now_ += 91 * DAY
    assert (await engine.prune())["tombstones"] == 6
    assert (await engine.prune())["tombstones"] == 3


async def test_workers_and_rounds_do_it_every_hour(remote, store, world):
    engine = engine_of(remote, store)
    world.add("leads")
    world.add("leads")
    await engine.pull()
    await gone(engine, world, 1)
    await engine.push()
    world.now_ += 91 * DAY
    await engine.push()
    assert await deleted_uids(engine) == set()
    await gone(engine, world, 2)
    world.now_ += 1800
    await engine.run()
    assert await deleted_uids(engine) == {"2"}


async def test_it_is_for_the_host_to_say_for_how_long(remote, store, world):
    engine = engine_of(remote, store, retention=Retention(tombstones=None, log=60.0))
    world.add("leads")
    await engine.pull()
    await gone(engine, world, 1)
    world.now_ += 400 * DAY
    dropped = await engine.prune()
    assert "tombstones" in dropped
    assert dropped["log"] > 0
    assert await deleted_uids(engine) == {"1"}


async def test_what_was_deleted_here_is_not_brought_back_after_years(remote, store, world):
    engine = engine_of(remote, store)
    world.add("leads")
    await engine.pull()
    await engine.records.leads.delete(1)
    world.now_ += 900 * DAY
    await engine.prune()
    world.change("leads", 1, name="still there")
    await engine.pull()
    assert await engine.records.leads.count() == 0


async def test_a_row_that_comes_back_after_its_tombstone_is_gone_is_a_new_record(remote, store, world):
    engine = engine_of(remote, store)
    world.add("leads")
    await engine.pull()
    first = (await engine.records.leads.get(1)).uid
    await gone(engine, world, 1)
    world.now_ += 91 * DAY
    await engine.prune()
    world.restore("leads", 1)
    await engine.pull()
    found = await engine.records.leads.get(1)
    assert (found.deleted_at, found.uid != first) == (None, True)


async def test_a_device_that_has_not_seen_a_forgotten_deletion_begins_anew(remote, store, world):
    """Its cursor is young, for it has paged on day by day; what it has seen is what counts."""
    engine = engine_of(remote, store)
    for _ in range(6):
        world.add("leads")
    await engine.pull()
    [place] = [(await engine.offline.initial(user="ann"))["cursor"]]
    await gone(engine, world, 6)
    world.now_ += 80 * DAY
    world.change("leads", 1, name="a")
    await engine.pull()
    seen = await engine.offline.incremental(user="ann", since=place)
    behind = await engine.offline.watermelon_pull(user="ann", last_pulled_at=None)
    world.now_ += 20 * DAY
    await engine.prune()
    assert (await engine.offline.incremental(user="ann", since=seen["cursor"]))["has_more"] is False
    assert await engine.offline.watermelon_pull(user="ann", last_pulled_at=behind["timestamp"])
    with pytest.raises(MustRefetch, match="away for too long"):
        await engine.offline.watermelon_pull(user="ann", last_pulled_at=1)


async def test_events_for_a_sink_that_nobody_has_any_more_are_forgotten(remote, store, world):
    engine = engine_of(remote, store)
    engine.add_sink(DeafSink())
    world.add("leads")
    await engine.pull()
    other = engine_of(remote, store)
    other.add_sink(OtherSink())
    assert (await other.deliver()).ok
    world.now_ += 3 * DAY
    await other.prune()
    world.now_ += DAY
    await other.deliver()
    async with other._context.tx(write=False) as tx:
        assert await tx.work.counts() == {}


async def test_a_store_without_a_crm_is_kept_small_as_well(store):
    engine = engine_of(None, store)
    made = await engine.records.leads.create(name="Mine")
    await engine.records.leads.delete(made.uid)
    await engine.deliver()
    engine._context.clock.now_ += 91 * DAY
    await engine.deliver()
    assert await engine.records.leads.count(deleted=True) == 0


async def test_a_process_of_one_run_does_a_round_now_and_then(remote, store, world):
    engine = engine_of(remote, store)
    world.add("leads")
    await engine.pull()
    await gone(engine, world, 1)
    world.now_ += 91 * DAY
    for lot, left in (("ff", {"1"}), ("00", set())):
        await housekeeping.AsyncHousekeeper(engine._context).when_due(f"0190-{lot}")
        assert await deleted_uids(engine) == left
