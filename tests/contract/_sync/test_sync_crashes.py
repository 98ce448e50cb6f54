# Generated from tests/contract/_async/test_sync_crashes.py by tools/unasync.py: edit that file instead.
"""A crash at any step of a round loses nothing: each transaction is whole or not there, and the next round mends it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from urllib.parse import urlencode

import pytest
from contract._sync.sync_parts import engine_over
from contract._sync.sync_remote import FakeRemote
from sync_world import World

from amocrm_sync._sync.stores.sync_memory import MemorySyncStore

pytestmark = pytest.mark.anyio

ENTITIES = ("pipelines", "leads", "tasks", "notes")
STREAMS = ("pipelines", "leads", "tasks", "notes:leads")
FORM = "application/x-www-form-urlencoded"


class Crash(BaseException):
    """The process is gone."""


class Fuse:
    """Crashes when it has been asked so many times."""

    def __init__(self, steps: int | None) -> None:
        self.left = steps

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Crash


class FragileStore(MemorySyncStore):
    """May crash before a transaction, before its commit, and right after it."""

    fuse = Fuse(None)

    @contextmanager
    def tx(self, tenant, *, write=True, lock=True):
        self.fuse.step()
        with super().tx(tenant, write=write, lock=lock) as transaction:
            yield transaction
            self.fuse.step()
        self.fuse.step()


class FragileRemote(FakeRemote):
    """May crash before a request and after its effect."""

    fuse = Fuse(None)

    def page(self, stream, query):
        self.fuse.step()
        answer = super().page(stream, query)
        self.fuse.step()
        return answer

    def update(self, stream, items, time_left=None):
        self.fuse.step()
        answer = super().update(stream, items)
        self.fuse.step()
        return answer


def populated() -> World:
    world = World(latency=0.3)
    statuses = [{"id": 142, "name": "Won"}, {"id": 1, "name": "New"}]
    world.add("pipelines", _embedded={"statuses": statuses})
    for place in range(8):
        world.add("leads", updated_at=int(world.now_) - 40 + place // 4 * 10)
        world.add("tasks", updated_at=int(world.now_) - 30 + place)
    world.add("notes:leads", params={"text": "note"})
    return world


engine_of = partial(engine_over, entities=ENTITIES, page_size=3, retry_base=0.1)


def one_round(store, remote, *, steps: int | None) -> bool:
    """A new process does one round; ``False`` if it crashed on the way."""
    store.fuse = remote.fuse = Fuse(steps)
    try:
        report = engine_of(remote, store).run()
    except Crash:
        return False
    finally:
        store.fuse = remote.fuse = Fuse(None)
    assert report.ok, report.problems
    return True


def people_work(store, remote) -> None:
    """Between two rounds: an edit on each side, a new lead, a deletion; the hooks come in."""
    world = remote.world
    leads = sorted(world.rows("leads"))
    world.now_ += 10
    world.change("leads", leads[0], name="changed")
    world.add("leads")
    world.delete("leads", leads[1])
    world.now_ += 1
    engine = engine_of(remote, store)
    if engine.records.leads.get_or_none(leads[5]) is not None:
        engine.records.leads.update(leads[5], price=99)
    hook = {"leads[update][0][id]": leads[0], "leads[delete][0][id]": leads[1]}
    engine.receive(urlencode(hook), FORM)


def assert_equal(store, remote) -> None:
    """What the store has alive is what the account has; every edit has ended."""
    engine = engine_of(remote, store)
    for stream in STREAMS:
        name = stream.partition(":")[0]
        stored = {record.raw["id"]: record.raw for record in engine.records.of(name).list()}
        assert stored.keys() == remote.world.rows(stream).keys(), name
        for row_id, row in remote.world.rows(stream).items():
            wanted = {key: value for key, value in row.items() if key != "_embedded"}
            assert wanted.items() <= stored[row_id].items(), name
    assert set((engine.status()).outbox) <= {"done"}


@pytest.mark.parametrize("start", range(6))
def test_a_crash_at_every_step_of_a_round_loses_nothing(start):
    """Six shards, so that each test stays short; together every step of a first and of a second round."""
    steps, finished = start, 0
    while finished < 2:
        store, remote = FragileStore(), FragileRemote(populated())
        crashed_first = not one_round(store, remote, steps=steps)
        people_work(store, remote)
        crashed_later = not one_round(store, remote, steps=steps)
        finished += not (crashed_first or crashed_later)
        people_work(store, remote)
        for _ in range(3):
            remote.world.now_ += 10
            assert one_round(store, remote, steps=None)
        assert_equal(store, remote)
        steps += 6
    assert steps > 60, "a round has more steps than were tried"
