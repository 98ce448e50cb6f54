# Generated from tests/contract/_async/test_sync_reread.py by tools/unasync.py: edit that file instead.
"""Rows that are read again by their ids: each is as old as the request that brought it, however long the others took."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import pytest
from contract._sync.sync_parts import engine_over
from contract._sync.sync_remote import FakeRemote
from sync_world import World

from amocrm_sync.stores import MemorySyncStore

pytestmark = pytest.mark.anyio

MINUTE = 60.0


class SlowOne(FakeRemote):
    """Each row by its own address takes ten seconds."""

    def one(self, stream, wire_id):
        self.world.now_ += 10
        return super().one(stream, wire_id)


@pytest.fixture
def world():
    world = World()
    for _ in range(4):
        world.add("leads", price=100)
    world.now_ += 10
    return world


@pytest.fixture
def store():
    return MemorySyncStore()


engine_of = partial(engine_over, entities=("leads",), marker=None)


def record_of(engine, store, remote_id):
    with store.tx("demo.amocrm.ru", write=False) as tx:
        return (tx.records.by_remote("leads", [str(remote_id)]))[str(remote_id)]


def hint(engine, *lead_ids):
    engine.receive(urlencode({f"leads[update][{place}][id]": row for place, row in enumerate(lead_ids)}))


def script(world, *steps):
    """What happens before each of the next requests is answered."""
    left = iter(steps)

    def others(world):
        next(left, idle)(world)

    world.between = others


def idle(_world):
    """Nobody does anything."""


def waits(world):
    """The limiter lets the request wait for a minute."""
    world.now_ += MINUTE


def test_a_change_during_a_slow_look_into_the_trash_is_not_overwritten(world, store):
    engine = engine_of(FakeRemote(world), store, preread_after=2, conflicts="manual")
    engine.pull()
    world.delete("leads", 2)
    hint(engine, 1, 2)

    def changed(world):
        waits(world)
        world.change("leads", 1, price=500)

    script(world, idle, changed)
    engine.process_inbox()
    engine.records.leads.update(1, price=200)
    engine.push()
    assert world.rows("leads")[1]["price"] == 500
    [conflict] = engine.conflicts.list()
    assert (conflict.local, conflict.remote) == (200, 500)


def test_each_answer_has_its_own_time(world, store):
    engine = engine_of(FakeRemote(world), store)
    engine.pull()
    world.delete("leads", 2)
    world.rows("leads").pop(3)
    world.delete("leads", 4)

    def restored(world):
        waits(world)
        world.restore("leads", 4)

    hint(engine, 1, 2, 3, 4)
    script(world, idle, restored, waits)
    started = world.now_
    engine.process_inbox()
    alive, trashed, absent, back = [record_of(engine, store, row) for row in (1, 2, 3, 4)]
    assert (alive.deleted_at, alive.read_fence - started) == (None, pytest.approx(0.1))
    assert (trashed.delete_reason, trashed.read_fence - started) == ("trash", pytest.approx(MINUTE + 0.2))
    assert (absent.delete_reason, absent.read_fence - started) == ("absent", pytest.approx(2 * MINUTE + 0.3))
    assert (back.deleted_at, back.read_fence - started) == (None, pytest.approx(2 * MINUTE + 0.3))


def test_without_filters_each_row_has_the_time_of_its_own_request(world, store):
    remote = SlowOne(world)
    engine = engine_of(remote, store)
    engine.pull()
    world.filters_on = False
    world.rows("leads").pop(3)
    hint(engine, 1, 2, 3)
    started = world.now_
    engine.process_inbox()
    fences = [(record_of(engine, store, row)).read_fence - started for row in (1, 2, 3)]
    assert fences == pytest.approx([10.1, 20.1, 30.1])
