"""Two records that turn out to be one row of amoCRM's: nothing that waits in either of them is lost."""

from __future__ import annotations

from functools import partial

import pytest
from contract._async.sync_parts import engine_over
from contract._async.sync_remote import AsyncFakeRemote

from amocrm_sync.errors import AmbiguousWriteError
from amocrm_sync.sync import OpState

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """The process is gone."""


class AsyncSlowRemote(AsyncFakeRemote):
    """Between a create and its answer something else happens."""

    meanwhile = None

    async def create(self, stream, items, *rest):
        rows = await super().create(stream, items, *rest)
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        return rows


@pytest.fixture
def remote(world):
    return AsyncSlowRemote(world)


engine_of = partial(engine_over, entities=("leads",))


async def ends(engine):
    return {op.seq: (op.uid, op.state) for state in OpState for op in await engine.outbox(state)}


def merge(world, kept: int, lost: int) -> None:
    """A person makes one lead of two; the custom fields that only the lost one had go along."""
    world.change("leads", kept, custom_fields_values=world.rows("leads")[lost]["custom_fields_values"])
    del world.rows("leads")[lost]


class TestNewRowMergedAway:
    """The answer to a create is lost, and a person merges the new row into an older one; our mark goes along."""

    async def pushed(self, remote, store, world):
        engine = engine_of(remote, store, marker="EXT_UID", conflicts="local")
        await engine.setup()
        old = world.add("leads", name="Old", price=1)
        await engine.pull()
        world.now_ += 10
        made = await engine.records.leads.create(name="New")
        remote.after = [AmbiguousWriteError("no answer")]
        await engine.push()
        [new] = set(world.rows("leads")) - {old["id"]}
        merge(world, old["id"], new)
        return engine, made, old["id"]

    async def test_the_older_record_stays_and_the_new_one_ends_in_it(self, remote, store, world):
        engine, made, row_id = await self.pushed(remote, store, world)
        older = await engine.records.leads.get(row_id)
        world.now_ += 1
        await engine.push()
        assert (await engine.records.leads.get(row_id)).uid == older.uid
        assert [record.uid for record in await engine.records.leads.list()] == [older.uid]
        assert await ends(engine) == {1: (made.uid, OpState.DONE)}
        assert len(remote.writes) == 1

    async def test_edits_of_both_reach_the_row(self, remote, store, world):
        engine, made, row_id = await self.pushed(remote, store, world)
        older = await engine.records.leads.get(row_id)
        await engine.records.leads.update(row_id, name="Older, renamed")
        await engine.records.leads.update(made.uid, price=7)
        for _ in range(3):
            world.now_ += 3
            await engine.push()
        row = world.rows("leads")[row_id]
        assert (row["name"], row["price"]) == ("Older, renamed", 7)
        assert await ends(engine) == {
            1: (made.uid, OpState.DONE),
            2: (older.uid, OpState.DONE),
            3: (older.uid, OpState.DONE),
        }


class TestPullThatMeetsTheNewRowFirst:
    """Without a mark a pull takes our new row for somebody's, until the create is acknowledged."""

    async def created_while(self, engine, remote, happens):
        made = await engine.records.leads.create(name="New")
        remote.meanwhile = happens
        await engine.push()
        return made

    async def test_an_edit_of_the_record_that_ends_reaches_the_row(self, remote, store, world):
        engine, other = (engine_of(remote, store, marker=None) for _ in range(2))
        await engine.pull()

        async def edited_meanwhile():
            world.now_ += 5
            await other.pull()
            [met] = [record for record in await other.records.leads.list() if record.remote_id]
            await other.records.leads.update(met.uid, price=9)

        made = await self.created_while(engine, remote, edited_meanwhile)
        for _ in range(2):
            world.now_ += 3
            await engine.push()
        [row] = world.rows("leads").values()
        assert (row["name"], row["price"]) == ("New", 9)
        [record] = await engine.records.leads.list()
        assert (record.uid, record.remote_id, record["price"]) == (made.uid, str(row["id"]), 9)
        assert {state for _, state in (await ends(engine)).values()} == {OpState.DONE}

    async def test_a_conflict_of_the_record_that_ends_can_still_be_decided(self, remote, store, world):
        engine, other = (engine_of(remote, store, marker=None, conflicts="manual") for _ in range(2))
        await engine.pull()

        async def in_conflict_meanwhile():
            world.now_ += 5
            await other.pull()
            [met] = [record for record in await other.records.leads.list() if record.remote_id]
            await other.records.leads.update(met.uid, name="Ours")
            world.now_ += 5
            world.change("leads", int(met.remote_id), name="Theirs")
            await other.pull()

        made = await self.created_while(engine, remote, in_conflict_meanwhile)
        [conflict] = await engine.conflicts.list("open")
        assert conflict.uid == made.uid
        await engine.conflicts.resolve(conflict.id, "local")
        world.now_ += 3
        await engine.push()
        [row] = world.rows("leads").values()
        assert row["name"] == "Ours"

    async def test_an_edit_of_unknown_outcome_is_settled_with_the_record_that_stays(
        self, remote, store, world
    ):
        engine, other = (engine_of(remote, store, marker=None) for _ in range(2))
        await engine.pull()

        async def sent_meanwhile():
            world.now_ += 5
            await other.pull()
            [met] = [record for record in await other.records.leads.list() if record.remote_id]
            await other.records.leads.update(met.uid, price=9)
            world.now_ += 1
            remote.after = [Killed()]
            with pytest.raises(Killed):
                await other.push()
            assert (await other.status()).outbox == {"inflight": 2}

        made = await self.created_while(engine, remote, sent_meanwhile)
        for _ in range(4):
            world.now_ += 30
            await engine.push()
        [row] = world.rows("leads").values()
        assert row["price"] == 9
        assert await ends(engine) == {1: (made.uid, OpState.DONE), 2: (made.uid, OpState.DONE)}
