# Generated from tests/contract/_async/test_sync_twins.py by tools/unasync.py: edit that file instead.
"""Two records that turn out to be one row of amoCRM's: nothing that waits in either of them is lost."""

from __future__ import annotations

from functools import partial

import pytest
from contract._sync.sync_parts import engine_over
from contract._sync.sync_remote import FakeRemote

from amocrm_sync.errors import AmbiguousWriteError
from amocrm_sync.sync import OpState

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The process is gone."""


class SlowRemote(FakeRemote):
    """Between a create and its answer something else happens."""

    meanwhile = None

    def create(self, stream, items, *rest):
        rows = super().create(stream, items, *rest)
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            happens()
        return rows


@pytest.fixture
def remote(world):
    return SlowRemote(world)


engine_of = partial(engine_over, entities=("leads",))


def ends(engine):
    return {op.seq: (op.uid, op.state) for state in OpState for op in engine.outbox(state)}


def merge(world, kept: int, lost: int) -> None:
    """A person makes one lead of two; the custom fields that only the lost one had go along."""
    world.change("leads", kept, custom_fields_values=world.rows("leads")[lost]["custom_fields_values"])
    del world.rows("leads")[lost]


class TestNewRowMergedAway:
    """The answer to a create is lost, and a person merges the new row into an older one; our mark goes along."""

    def pushed(self, remote, store, world):
        engine = engine_of(remote, store, marker="EXT_UID", conflicts="local")
        engine.setup()
        old = world.add("leads", name="Old", price=1)
        engine.pull()
        world.now_ += 10
        made = engine.records.leads.create(name="New")
        remote.after = [AmbiguousWriteError("no answer")]
        engine.push()
        [new] = set(world.rows("leads")) - {old["id"]}
        merge(world, old["id"], new)
        return engine, made, old["id"]

    def test_the_older_record_stays_and_the_new_one_ends_in_it(self, remote, store, world):
        engine, made, row_id = self.pushed(remote, store, world)
        older = engine.records.leads.get(row_id)
        world.now_ += 1
        engine.push()
        assert (engine.records.leads.get(row_id)).uid == older.uid
        assert [record.uid for record in engine.records.leads.list()] == [older.uid]
        assert ends(engine) == {1: (made.uid, OpState.DONE)}
        assert len(remote.writes) == 1

    def test_edits_of_both_reach_the_row(self, remote, store, world):
        engine, made, row_id = self.pushed(remote, store, world)
        older = engine.records.leads.get(row_id)
        engine.records.leads.update(row_id, name="Older, renamed")
        engine.records.leads.update(made.uid, price=7)
        for _ in range(3):
            world.now_ += 3
            engine.push()
        row = world.rows("leads")[row_id]
        assert (row["name"], row["price"]) == ("Older, renamed", 7)
        assert ends(engine) == {
            1: (made.uid, OpState.DONE),
            2: (older.uid, OpState.DONE),
            3: (older.uid, OpState.DONE),
        }


class TestPullThatMeetsTheNewRowFirst:
    """Without a mark a pull takes our new row for somebody's, until the create is acknowledged."""

    def created_while(self, engine, remote, happens):
        made = engine.records.leads.create(name="New")
        remote.meanwhile = happens
        engine.push()
        return made

    def test_an_edit_of_the_record_that_ends_reaches_the_row(self, remote, store, world):
        engine, other = (engine_of(remote, store, marker=None) for _ in range(2))
        engine.pull()

        def edited_meanwhile():
            world.now_ += 5
            other.pull()
            [met] = [record for record in other.records.leads.list() if record.remote_id]
            other.records.leads.update(met.uid, price=9)

        made = self.created_while(engine, remote, edited_meanwhile)
        for _ in range(2):
            world.now_ += 3
            engine.push()
        [row] = world.rows("leads").values()
        assert (row["name"], row["price"]) == ("New", 9)
        [record] = engine.records.leads.list()
        assert (record.uid, record.remote_id, record["price"]) == (made.uid, str(row["id"]), 9)
        assert {state for _, state in (ends(engine)).values()} == {OpState.DONE}

    def test_a_conflict_of_the_record_that_ends_can_still_be_decided(self, remote, store, world):
        engine, other = (engine_of(remote, store, marker=None, conflicts="manual") for _ in range(2))
        engine.pull()

        def in_conflict_meanwhile():
            world.now_ += 5
            other.pull()
            [met] = [record for record in other.records.leads.list() if record.remote_id]
            other.records.leads.update(met.uid, name="Ours")
            world.now_ += 5
            world.change("leads", int(met.remote_id), name="Theirs")
            other.pull()

        made = self.created_while(engine, remote, in_conflict_meanwhile)
        [conflict] = engine.conflicts.list("open")
        assert conflict.uid == made.uid
        engine.conflicts.resolve(conflict.id, "local")
        world.now_ += 3
        engine.push()
        [row] = world.rows("leads").values()
        assert row["name"] == "Ours"

    def test_an_edit_of_unknown_outcome_is_settled_with_the_record_that_stays(self, remote, store, world):
        engine, other = (engine_of(remote, store, marker=None) for _ in range(2))
        engine.pull()

        def sent_meanwhile():
            world.now_ += 5
            other.pull()
            [met] = [record for record in other.records.leads.list() if record.remote_id]
            other.records.leads.update(met.uid, price=9)
            world.now_ += 1
            remote.after = [Killed()]
            with pytest.raises(Killed):
                other.push()
            assert (other.status()).outbox == {"inflight": 2}

        made = self.created_while(engine, remote, sent_meanwhile)
        for _ in range(4):
            world.now_ += 30
            engine.push()
        [row] = world.rows("leads").values()
        assert row["price"] == 9
        assert ends(engine) == {1: (made.uid, OpState.DONE), 2: (made.uid, OpState.DONE)}
