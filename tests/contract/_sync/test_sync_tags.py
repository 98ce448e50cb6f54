# Generated from tests/contract/_async/test_sync_tags.py by tools/unasync.py: edit that file instead.
"""Creates of an account whose user may not make the marker field: a tag carries our id instead."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import pytest
from contract._sync.sync_parts import client_of, engine_with

from amocrm_sync._sync.sync.send import Sender
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import OpState, tag_deleted
from amocrm_sync.testing import Emulator, Faults
from amocrm_sync.testing.emulator.rules.people import add_user, full_rights

pytestmark = pytest.mark.anyio

PROBES = (1, 2, 7, 20)
"""Seconds between the looks for a create of unknown outcome."""


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=5, pipelines=1)
    emulator.faults = Faults()
    return emulator


@pytest.fixture
def store():
    return MemorySyncStore()


engine_of = partial(engine_with, entities=("contacts", "leads"), preread_after=None)


@pytest.fixture
def amo(emulator, clock):
    """A client of a user who sees and edits everything, and administers nothing."""
    user = add_user(emulator.state, {"name": "Anna", "email": "anna@example.com"}, rights=full_rights())
    with client_of(emulator, clock, user_id=user["id"]) as client:
        yield client


@pytest.fixture
def engine(amo, store, clock):
    with engine_of(amo, clock, store) as engine:
        engine.setup()
        engine.pull()
        yield engine


def named(emulator, name):
    return [row for row in emulator.leads.values() if row["name"] == name]


def tags_of(row):
    return [tag["name"] for tag in row["tags"]]


def posts(emulator):
    return [
        request
        for request in emulator.requests
        if (request.method, request.path) == ("POST", "/api/v4/leads")
    ]


def lost(engine, emulator, *, effect, **fields):
    """A new lead whose creation was sent, and not answered."""
    made = engine.records.leads.create(**{"name": "New", **fields})
    emulator.faults.next(match="POST /api/v4/leads", lose_answer=True, effect=effect)
    engine.push()
    assert (engine.status()).outbox == {"unknown": 1}
    return made


@contextmanager
def died():
    """The process is gone when it would store what became of a write."""
    with (
        patch.object(Sender, "_unknown", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        yield


def looked_for(engine, clock):
    """After every look for what is not known."""
    for wait in PROBES:
        clock.advance(wait)
        engine.push()


def test_a_refusal_to_make_the_field_is_answered_by_a_tag(amo, store, clock):
    with engine_of(amo, clock, store) as engine:
        result = engine.setup()
    assert (result.tagged, result.markers, result.created) == (("leads", "contacts"), {}, ())
    assert result.problems == {}


def test_no_mark_is_no_tag_either(amo, store, clock, emulator):
    with engine_of(amo, clock, store, marker=None) as engine:
        assert (engine.setup()).tagged == ()
        engine.records.leads.create(name="New")
        engine.push()
    assert tags_of(*named(emulator, "New")) == []


def test_a_block_of_the_account_says_nothing_of_rights(amo, store, clock, emulator):
    emulator.faults.next(
        status=403, body="<h1>403 Forbidden</h1>", headers={"content-type": "text/html"}, times=9
    )
    with engine_of(amo, clock, store) as engine:
        result = engine.setup()
    assert (result.tagged, set(result.problems)) == ((), {"leads", "contacts"})


def test_a_new_row_carries_our_id_beside_the_tags_that_it_is_given(engine, emulator):
    plain = engine.records.leads.create(name="Plain")
    whole = engine.records.leads.create(name="Whole", _embedded={"tags": [{"name": "vip"}]})
    engine.push()
    for made, own in ((plain, []), (whole, ["vip"])):
        assert tags_of(*named(emulator, made["name"])) == [*own, f"EXT_UID {made.uid}"]


def test_a_create_whose_answer_was_lost_is_found_by_its_tag(engine, emulator, clock):
    made = lost(engine, emulator, effect=True)
    clock.advance(1)
    report = engine.push()
    [row] = named(emulator, "New")
    assert (engine.records.leads.get(made.uid)).remote_id == str(row["id"])
    assert (engine.status()).outbox == {"done": 1}
    assert report.entities["leads"].requests == 1, "one look at the newest rows"


def test_a_create_that_did_not_arrive_is_sent_again_once_after_the_last_look(engine, emulator, clock):
    lost(engine, emulator, effect=False)
    for wait in PROBES[:-1]:
        clock.advance(wait)
        engine.push()
        assert named(emulator, "New") == []
    clock.advance(PROBES[-1])
    engine.push()
    engine.push()
    assert len(named(emulator, "New")) == 1
    assert (engine.status()).outbox == {"done": 1}


def test_a_tag_without_its_row_is_left_to_a_person(engine, emulator, clock):
    made = lost(engine, emulator, effect=True)
    [row] = named(emulator, "New")
    emulator.ui.delete_lead(row["id"])
    looked_for(engine, clock)
    clock.advance(600)
    engine.push()
    [held] = engine.outbox(OpState.HELD)
    assert (held.uid, "no row carries it" in held.error) == (made.uid, True)
    assert len(posts(emulator)) == 1


def test_a_pull_that_meets_our_row_first_links_it(engine, emulator, clock):
    made = lost(engine, emulator, effect=True)
    told = []
    engine.on("lead.*", told.append)
    clock.advance(0.5)
    engine.pull()
    [row] = named(emulator, "New")
    assert (engine.records.leads.get(made.uid)).remote_id == str(row["id"])
    assert (engine.status()).outbox == {"done": 1}
    assert engine.records.leads.count() == len(emulator.leads)
    assert [event.name for event in told] == []
    assert len(posts(emulator)) == 1


def test_a_batch_of_which_some_rows_are_gone(engine, emulator, clock):
    made = [engine.records.leads.create(name=f"New {number}") for number in range(6)]
    emulator.faults.next(match="POST /api/v4/leads", lose_answer=True)
    engine.push()
    [gone] = named(emulator, "New 3")
    emulator.ui.delete_lead(gone["id"])
    clock.advance(1)
    report = engine.push()
    assert report.entities["leads"].requests == 1
    assert (engine.status()).outbox == {"done": 5, "unknown": 1}
    looked_for(engine, clock)
    assert [op.uid for op in engine.outbox(OpState.HELD)] == [made[3].uid]
    assert len(posts(emulator)) == 1


def test_the_tag_goes_with_the_next_edit_and_nobody_is_told(engine, emulator, clock):
    made = engine.records.leads.create(name="New", _embedded={"tags": [{"name": "vip"}]})
    engine.push()
    engine.pull()
    told = []
    engine.on("lead.*", told.append)
    writes = len(emulator.requests)
    engine.records.leads.update(made.uid, price=5)
    engine.push()
    assert len(emulator.requests) - writes == 1
    [row] = named(emulator, "New")
    assert (row["price"], tags_of(row)) == (5, ["vip"])
    clock.advance(5)
    engine.pull()
    assert [event.name for event in told] == []
    shown = (engine.records.leads.get(made.uid)).raw
    assert [tag["name"] for tag in shown["_embedded"]["tags"]] == ["vip"]
    assert "tags_to_delete" not in shown


def test_an_edit_that_sets_tags_itself_is_sent_as_it_is(amo, store, clock, emulator):
    engine = engine_of(amo, clock, store, on_local_delete=tag_deleted("deleted"))
    engine.setup()
    made = engine.records.leads.create(name="New")
    engine.push()
    engine.pull()
    engine.records.leads.delete(made.uid)
    engine.push()
    assert tags_of(*named(emulator, "New")) == [f"EXT_UID {made.uid}", "deleted"]


def test_an_administrator_s_setup_goes_over_to_the_field_and_what_is_under_way_is_found(
    engine, emulator, clock, store
):
    made = lost(engine, emulator, effect=True)
    with client_of(emulator, clock) as administrator:
        other = engine_of(administrator, clock, store)
        result = other.setup()
        assert (result.tagged, set(result.created)) == ((), {"leads", "contacts"})
        clock.advance(1)
        other.push()
        [row] = named(emulator, "New")
        assert (other.records.leads.get(made.uid)).remote_id == str(row["id"])
        later = other.records.leads.create(name="Later")
        other.push()
    [row] = named(emulator, "Later")
    assert tags_of(row) == []
    [field] = row["custom_fields_values"]
    assert field["values"][0]["value"] == later.uid


def test_what_was_sent_before_there_was_a_mark_is_held(amo, store, clock, emulator):
    engine = engine_of(amo, clock, store)
    made = engine.records.leads.create(name="New")
    emulator.faults.next(match="POST /api/v4/leads", lose_answer=True)
    with died():
        engine.push()
    clock.advance(60)
    other = engine_of(amo, clock, store)
    other.setup()
    looked_for(other, clock)
    assert [op.uid for op in other.outbox(OpState.HELD)] == [made.uid]
    assert len(named(emulator, "New")) == 1


def test_the_tag_is_named_before_the_first_pull(engine):
    found = {item.check: item for item in (engine.preflight(sizes=False)).findings}
    assert "a tag carries our ids" in found["marker of leads"].says
    assert "run setup again" in found["marker of leads"].fix
