"""A link to a row which amoCRM does not have yet: it goes once the row is there, and waits for none that never comes."""

from __future__ import annotations

from functools import partial

import pytest
from contract._async.sync_parts import engine_with

from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.sync import OpState
from amocrm_sync.testing import Emulator, Faults

pytestmark = pytest.mark.anyio

WORDS = {"leads": "lead", "contacts": "contact"}


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=6, pipelines=1)
    emulator.faults = Faults()
    return emulator


@pytest.fixture
def engine_of(amo, store, clock):
    entities = ("leads", "contacts")
    return partial(engine_with, amo, clock, store, entities=entities, preread_after=None, tenant="t")


async def pair_of(engine):
    """A new lead, linked to a new contact."""
    lead = await engine.records.leads.create(name="new")
    contact = await engine.records.contacts.create(name="Anna")
    await engine.records.leads.link(lead.uid, contact)
    return {"leads": lead, "contacts": contact}


async def ended(engine, entity: str, uid: str):
    """The only edit of a record's fields, or of its links (``links:…``)."""
    [op] = [
        op for state in OpState for op in await engine.outbox(state) if (op.entity, op.uid) == (entity, uid)
    ]
    return op


async def link_of(engine, rows):
    return await ended(engine, "links:leads", rows["leads"].uid)


async def push_times(engine, clock, times: int, apart: float = 2.0):
    for _ in range(times):
        await engine.push()
        clock.advance(apart)


async def next_look(store, clock):
    """Seconds until the push has something to do; ``None``: nothing."""
    async with store.tx("t", write=False) as tx:
        due = await tx.work.next_due(WorkKind.PUSH)
    return None if due is None else due - clock.now()


def linked(emulator, lead: int):
    return {other for kind, other, _ in emulator.state.links.every(("leads", lead)) if kind == "contacts"}


def named(emulator, entity: str, name: str):
    return [row_id for row_id, row in getattr(emulator, entity).items() if row["name"] == name]


def link_requests(emulator):
    return [entry for entry in emulator.requests if entry.path.endswith("link")]


class TestRowThatNeverComes:
    @pytest.mark.parametrize("end", ["leads", "contacts"])
    async def test_the_link_is_given_up_with_the_row_and_both_go_when_they_are_requeued(
        self, engine_of, emulator, clock, end
    ):
        engine, told = engine_of(), []
        engine.on("edit.dead", told.append)
        emulator.faults.next(match=f"POST /api/v4/{end}", status=400)
        rows = await pair_of(engine)
        await push_times(engine, clock, 2)
        dead, row = await link_of(engine, rows), rows[end]
        assert (dead.state, dead.attempts) == (OpState.DEAD, 0)
        assert dead.error == (
            f"names {WORDS[end]} {row.uid}, whose creation was given up: requeue that one first, then this"
        )
        assert [event.after["error"] for event in told][-1] == dead.error
        assert link_requests(emulator) == []
        for entity, uid in ((end, row.uid), ("links:leads", rows["leads"].uid)):
            await engine.requeue((await ended(engine, entity, uid)).seq)
        await push_times(engine, clock, 2)
        assert (await link_of(engine, rows)).state is OpState.DONE
        [lead] = named(emulator, "leads", "new")
        assert linked(emulator, lead) == set(named(emulator, "contacts", "Anna"))

    async def test_requeued_before_the_row_it_is_given_up_again(self, engine_of, emulator, clock):
        engine = engine_of()
        emulator.faults.next(match="POST /api/v4/contacts", status=400)
        rows = await pair_of(engine)
        for _ in range(2):
            await push_times(engine, clock, 2)
            dead = await link_of(engine, rows)
            assert (dead.state, "given up" in dead.error) == (OpState.DEAD, True)
            await engine.requeue(dead.seq)
        assert link_requests(emulator) == []

    async def test_its_neighbours_go(self, engine_of, emulator, clock):
        engine = engine_of()
        emulator.faults.next(match="POST /api/v4/contacts", status=400)
        rows = await pair_of(engine)
        await engine.push()
        other = await engine.records.contacts.create(name="Berta")
        await engine.records.leads.link(rows["leads"].uid, other)
        await push_times(engine, clock, 3)
        [lead] = named(emulator, "leads", "new")
        assert linked(emulator, lead) == set(named(emulator, "contacts", "Berta"))
        assert [op.state for op in await engine.dead_letters() if op.entity == "links:leads"] == [
            OpState.DEAD
        ]

    @pytest.mark.parametrize("end", ["leads", "contacts"])
    async def test_a_row_that_was_deleted_there_and_comes_back(self, engine_of, emulator, clock, end):
        engine = engine_of()
        await engine.pull()
        [lead, *_] = sorted(emulator.leads)
        [contact, *_] = sorted(set(emulator.contacts) - linked(emulator, lead))
        near = await engine.records.leads.get(lead)
        far = await engine.records.contacts.get(contact)
        row, word, number = {"leads": (near, "lead", lead), "contacts": (far, "contact", contact)}[end]
        await engine.records.leads.link(near.uid, far)
        clock.advance(30)
        getattr(emulator.ui, f"delete_{word}")(number)
        await engine.pull()
        await engine.push()
        dead = await ended(engine, "links:leads", near.uid)
        assert (dead.state, dead.error) == (
            OpState.DEAD,
            f"names {word} {row.uid}, which was deleted: restore that one first, then requeue this",
        )
        clock.advance(30)
        getattr(emulator.ui, f"restore_{word}")(number)
        await engine.pull()
        await engine.requeue(dead.seq)
        await engine.push()
        assert contact in linked(emulator, lead)

    async def test_a_row_that_was_deleted_here(self, engine_of, emulator):
        engine = engine_of()
        rows = await pair_of(engine)
        await engine.records.contacts.delete(rows["contacts"].uid)
        await engine.push()
        dead = await link_of(engine, rows)
        assert (dead.state, "was deleted here: discard this" in dead.error) == (OpState.DEAD, True)
        assert link_requests(emulator) == []


class TestRowThatEndsInAnother:
    """A person merges the new row into an older one before its creation is settled; our mark goes along."""

    async def merged(self, engine, emulator, clock, end):
        """The pair, and amoCRM's id of the row that is left of the one of its ends."""
        await engine.setup()
        await engine.pull()
        clock.advance(10)
        old = min(getattr(emulator, end))
        emulator.faults.next(match=f"POST /api/v4/{end}", lose_answer=True, hang=False)
        rows = await pair_of(engine)
        await engine.push()
        [new] = named(emulator, end, rows[end].fields["name"])
        getattr(emulator.ui, f"merge_{end}")(old, new)
        return rows, old

    @pytest.mark.parametrize("end", ["leads", "contacts"])
    async def test_the_link_is_made_with_the_row_that_is_left(self, engine_of, emulator, clock, end):
        engine = engine_of(marker="EXT_UID")
        rows, old = await self.merged(engine, emulator, clock, end)
        await push_times(engine, clock, 4, 5.0)
        assert (await link_of(engine, rows)).state is OpState.DONE
        if end == "leads":
            assert set(named(emulator, "contacts", "Anna")) <= linked(emulator, old)
        else:
            [lead] = named(emulator, "leads", "new")
            assert linked(emulator, lead) == {old}

    async def test_a_later_wish_for_the_row_that_is_left_counts(self, engine_of, emulator, clock):
        """Two of our ids for one contact are one pair: the link to the first is overtaken, not sent after it."""
        engine = engine_of(marker="EXT_UID")
        rows, old = await self.merged(engine, emulator, clock, "contacts")
        lead, contact = rows["leads"].uid, rows["contacts"]
        clock.advance(0.5)
        await engine.records.leads.link(lead, contact, is_main=True)
        await push_times(engine, clock, 1, 0.7)
        await engine.push()
        assert (await ended(engine, "contacts", contact.uid)).state is OpState.DONE
        assert link_requests(emulator) == []  # the row is known by now, and the link's time has not come
        await engine.records.leads.unlink(lead, ("contacts", old))
        await push_times(engine, clock, 2, 5.0)
        [there] = named(emulator, "leads", "new")
        assert linked(emulator, there) == set()
        assert [entry.path.rpartition("/")[2] for entry in link_requests(emulator)] == ["unlink"]
        changes = [op for op in await engine.outbox(OpState.DONE) if op.entity == "links:leads"]
        assert [op.kind.value for op in changes] == ["link", "link", "unlink"]


class TestRowThatIsSlow:
    async def test_the_link_goes_once_the_row_is_there_and_counts_one_attempt(
        self, engine_of, emulator, store, clock
    ):
        engine = engine_of(marker="EXT_UID")
        await engine.setup()
        emulator.faults.next(match="POST /api/v4/contacts", status=500)
        rows = await pair_of(engine)
        started = clock.now()
        await engine.push()
        while (wait := await next_look(store, clock)) is not None and clock.now() - started < 2000:
            clock.advance(max(wait, 0.0))
            await engine.push()
        sent = await link_of(engine, rows)
        assert (sent.state, sent.attempts) == (OpState.DONE, 1)
        assert clock.now() - started > 30
        [lead] = named(emulator, "leads", "new")
        assert linked(emulator, lead) == set(named(emulator, "contacts", "Anna"))
        assert len(link_requests(emulator)) == 1

    async def test_it_is_looked_for_ever_more_rarely_and_not_past_the_horizon(
        self, engine_of, emulator, store, clock
    ):
        """The row is held for a person who never comes; a link to it does not stay open for ever."""
        engine = engine_of(retry_cap=60.0, retry_horizon=600.0)
        emulator.faults.next(match="POST /api/v4/contacts", lose_answer=True, hang=False)
        rows = await pair_of(engine)
        await engine.push()
        started, waits = clock.now(), []
        while (wait := await next_look(store, clock)) is not None and clock.now() - started < 2000:
            waits.append(round(wait))
            clock.advance(wait)
            await engine.push()
        dead = await link_of(engine, rows)
        assert (waits[:4], waits[-3:]) == ([1, 2, 4, 8], [60, 60, 60])
        assert 600 <= clock.now() - started <= 660
        assert (dead.state, dead.attempts) == (OpState.DEAD, 0)
        assert dead.error == (
            f"names contact {rows['contacts'].uid}, whose creation has no end after 600 seconds: "
            "decide about that one first, then requeue this"
        )
        assert (await ended(engine, "contacts", rows["contacts"].uid)).state is OpState.HELD
        assert link_requests(emulator) == []
