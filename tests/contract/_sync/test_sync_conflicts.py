# Generated from tests/contract/_async/test_sync_conflicts.py by tools/unasync.py: edit that file instead.
"""Conflicts from end to end: held, told, listed, decided by a person; and what is an echo and what is not."""

from __future__ import annotations

import pytest
from contract._sync.sync_parts import engine_over

from amocrm_sync._core.sync.echo import KEPT_FOR, echoes_of, is_own
from amocrm_sync._sync.sync.conflicts import detected_after
from amocrm_sync.errors import AmbiguousWriteError, ConfigurationError, NotFoundError
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import OpState

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(request, tmp_path):
    is_sql = getattr(request, "param", "memory") == "sqlite"
    made = SQLSyncStore(f"sqlite:///{tmp_path}/amo.db") if is_sql else MemorySyncStore()
    yield made
    made.close()


def filled(remote, store, **config):
    engine = engine_over(remote, store, entities=("leads",), **config)
    for _ in range(3):
        remote.world.add("leads", price=1)
    engine.pull()
    remote.world.now_ += 10
    return engine


@pytest.fixture
def held(remote, store, world):
    """A lead whose price both sides have changed, with the rule that a person decides."""
    engine = filled(remote, store, conflicts={"leads.price": "manual"})
    engine.records.leads.update(1, price=5, actor="anna")
    world.change("leads", 1, price=9)
    engine.push()
    return engine


class TestManual:
    def test_the_edit_is_held_and_somebody_is_told(self, remote, store, world):
        engine = filled(remote, store, conflicts="manual")
        told = []
        engine.on("conflict.opened", told.append)
        engine.records.leads.update(1, price=5)
        world.change("leads", 1, price=9)
        engine.push()
        assert world.rows("leads")[1]["price"] == 9
        assert (engine.records.leads.get(1))["price"] == 5, "the host still sees its edit"
        [conflict] = engine.conflicts.list("open")
        assert (conflict.base, conflict.local, conflict.remote) == (1, 5, 9)
        assert [event.after["local"] for event in told] == [5]
        assert (engine.status()).conflicts == 1
        assert engine.conflicts.get(conflict.id) == conflict

    def test_it_waits_for_as_long_as_it_takes_and_other_fields_go_on(self, held, remote, world):
        held.records.leads.update(1, name="Bath")
        for _ in range(3):
            world.now_ += 10_000
            held.push()
            held.pull()
        assert (world.rows("leads")[1]["price"], world.rows("leads")[1]["name"]) == (9, "Bath")
        assert len(held.conflicts.list()) == 1
        assert [op.state for op in held.outbox(OpState.HELD)] == [OpState.HELD]

    @pytest.mark.parametrize("store", ["memory", "sqlite"], indirect=True)
    def test_local(self, held, world):
        [conflict] = held.conflicts.list()
        decided = held.conflicts.resolve(conflict.id, "local", by="boss")
        assert (decided.state, decided.resolution, decided.value, decided.by) == (
            "resolved",
            "local",
            5,
            "boss",
        )
        held.push()
        assert world.rows("leads")[1]["price"] == 5
        assert held.conflicts.list("open") == []

    def test_remote(self, held, remote, world):
        [conflict] = held.conflicts.list()
        held.conflicts.resolve(conflict.id, "remote")
        assert (held.records.leads.get(1))["price"] == 9
        writes = len(remote.writes)
        held.push()
        assert len(remote.writes) == writes
        assert set((held.status()).outbox) == {"superseded"}

    def test_merged_fields(self, held, world):
        [conflict] = held.conflicts.list()
        held.conflicts.resolve(conflict.id, {"price": 7, "name": "agreed"})
        held.push()
        assert (world.rows("leads")[1]["price"], world.rows("leads")[1]["name"]) == (7, "agreed")

    @pytest.mark.parametrize("store", ["memory", "sqlite"], indirect=True)
    def test_a_custom_field_is_named_as_the_conflict_names_it(self, remote, store, world):
        def field(value):
            return [{"field_id": 601003, "values": [{"value": value}]}]

        engine = filled(remote, store, conflicts="manual")
        world.change("leads", 1, custom_fields_values=field("Oak"))
        engine.pull()
        engine.records.leads.update(1, custom_fields_values=field("Ash"))
        world.now_ += 10
        world.change("leads", 1, custom_fields_values=field("Elm"))
        engine.push()
        [conflict] = engine.conflicts.list("open")
        assert conflict.field == "custom_fields_values.601003"
        decided = engine.conflicts.resolve(conflict.id, {conflict.field: [{"value": "Pine"}]})
        engine.push()
        assert world.rows("leads")[1]["custom_fields_values"] == field("Pine")
        assert (decided.resolution, decided.value) == ("merged", [{"value": "Pine"}])

    @pytest.mark.parametrize("store", ["memory"], indirect=True)
    def test_merged_fields_decide_about_the_conflicts_own(self, held):
        [conflict] = held.conflicts.list()
        with pytest.raises(ConfigurationError, match=r"about 'price'; give that field a value"):
            held.conflicts.resolve(conflict.id, {"name": "agreed"})
        assert (held.conflicts.get(conflict.id)).state == "open"

    def test_a_decision_for_local_does_not_overwrite_what_came_later(self, held, world):
        """Between decision and push somebody writes again: that is another conflict."""
        [conflict] = held.conflicts.list()
        held.conflicts.resolve(conflict.id, "local")
        world.now_ += 10
        world.change("leads", 1, price=11)
        held.push()
        [later] = held.conflicts.list("open")
        assert (later.base, later.local, later.remote) == (9, 5, 11)
        assert world.rows("leads")[1]["price"] == 11

    def test_it_is_settled_when_both_sides_come_to_the_same(self, held, world):
        world.now_ += 10
        world.change("leads", 1, price=5)
        held.pull()
        [conflict] = held.conflicts.list()
        assert (conflict.state, conflict.value) == ("ignored", 5)
        assert set((held.status()).outbox) == {"done"}

    def test_discarding_the_edit_settles_it(self, held):
        [edit] = held.outbox(OpState.HELD)
        with pytest.raises(ConfigurationError, match="resolve"):
            held.requeue(edit.seq)
        held.discard(edit.seq)
        assert [item.state for item in held.conflicts.list()] == ["ignored"]
        assert (held.records.leads.get(1))["price"] == 9

    def test_what_cannot_be_decided(self, held):
        [conflict] = held.conflicts.list()
        with pytest.raises(ConfigurationError, match="'local', 'remote'"):
            held.conflicts.resolve(conflict.id, "mine")
        with pytest.raises(ConfigurationError, match="edit waits"):
            held.conflicts.ignore(conflict.id)
        held.conflicts.resolve(conflict.id, "local", by="boss")
        with pytest.raises(ConfigurationError, match="boss has decided"):
            held.conflicts.resolve(conflict.id, "remote")
        with pytest.raises(NotFoundError, match="999"):
            held.conflicts.get(999)

    def test_two_fields_of_one_edit_are_decided_one_by_one(self, remote, store, world):
        engine = filled(remote, store, conflicts="manual")
        engine.records.leads.update(1, price=5, name="Ours")
        world.change("leads", 1, price=9, name="Theirs")
        engine.push()
        price, name = sorted(engine.conflicts.list(), key=lambda item: item.field, reverse=True)
        engine.conflicts.resolve(price.id, "local")
        engine.push()
        assert (world.rows("leads")[1]["price"], world.rows("leads")[1]["name"]) == (5, "Theirs")
        engine.conflicts.resolve(name.id, "remote")
        engine.push()
        assert (world.rows("leads")[1]["name"], (engine.records.leads.get(1))["name"]) == (
            "Theirs",
            "Theirs",
        )


class TestRules:
    def test_a_decision_of_a_rule_can_be_taken_back_by_a_person(self, remote, store, world):
        engine = filled(remote, store, conflicts="remote")
        engine.records.leads.update(1, price=5)
        world.change("leads", 1, price=9)
        engine.push()
        [conflict] = engine.conflicts.list("auto")
        assert (engine.records.leads.get(1))["price"] == 9
        engine.conflicts.resolve(conflict.id, "local")
        engine.push()
        assert world.rows("leads")[1]["price"] == 5

    def test_an_unknown_patch_over_which_somebody_wrote_is_a_conflict(self, remote, store, world):
        engine = filled(remote, store, conflicts="remote", preread_after=None)
        engine.records.leads.update(1, price=5)

        def lost(stream, items, time_left):
            del remote.update
            world.change("leads", 1, price=9)
            raise AmbiguousWriteError("no answer")

        remote.update = lost
        engine.push()
        [conflict] = engine.conflicts.list()
        assert (conflict.local, conflict.remote, conflict.resolution) == (5, 9, "remote")
        assert (engine.status()).outbox == {"superseded": 1}

    def test_an_edit_made_behind_one_that_arrived_without_an_answer_is_in_conflict_with_nobody(
        self, remote, store, world
    ):
        engine = filled(remote, store, conflicts="remote", preread_after=0.0)
        engine.records.leads.update(1, price=5)

        def lost(stream, items, time_left):
            del remote.update
            world.change("leads", 1, price=5)
            engine.records.leads.update(1, price=6)
            raise AmbiguousWriteError("no answer")

        remote.update = lost
        for _ in range(3):
            world.now_ += 60
            engine.push()
        assert engine.conflicts.list() == []
        assert (engine.status()).outbox == {"done": 2}
        assert world.rows("leads")[1]["price"] == 6

    def test_what_our_write_replaced_unseen_is_kept(self, remote, store, world):
        engine = filled(remote, store)
        record = engine.records.leads.get(1)
        context = engine._context
        with context.tx() as tx:
            known = (tx.records.by_uid("leads", [record.uid]))[record.uid]
            seen = {"base": 1, "local": 5, "at": world.now_}
            assert detected_after(context, tx, known, "price", remote=1, **seen) == []
            [event] = detected_after(context, tx, known, "price", remote=7, **seen)
        [conflict] = engine.conflicts.list()
        assert (conflict.policy, conflict.remote, conflict.value) == ("detected_after", 7, 5)
        assert event.name == "conflict.opened"
        engine.conflicts.resolve(conflict.id, "remote")
        engine.push()
        assert world.rows("leads")[1]["price"] == 7


class TestEchoes:
    def test_a_person_who_sets_a_value_back_is_no_echo(self, remote, store, world):
        engine = filled(remote, store)
        told = []
        engine.on("lead.updated", lambda event: told.append(event.after["price"]))
        engine.records.leads.update(1, price=5)
        engine.push()
        engine.process_inbox()
        assert told == [], "our own write comes back"
        for price in (8, 5):
            world.now_ += 3600
            world.change("leads", 1, price=price)
            engine.pull()
        assert told == [8, 5], "theirs, though we wrote 5 within the day"

    def test_a_list_that_is_behind_our_write_changes_nothing_and_is_read_again(self, remote, store, world):
        engine = filled(remote, store)
        old = dict(world.rows("leads")[1])
        told = []
        engine.on("*", told.append)
        engine.records.leads.update(1, price=5)
        engine.push()
        new, world.rows("leads")[1] = world.rows("leads")[1], old
        engine.process_inbox()
        assert (engine.records.leads.get(1))["price"] == 5
        world.rows("leads")[1] = new
        world.now_ += 3
        engine.process_inbox()
        assert (engine.records.leads.get(1))["price"] == 5
        assert told == []
        assert (engine.status()).inbox["hints"] == 0

    def test_the_ledger_tells_our_change_from_the_same_one_made_by_a_person(self):
        ledger = echoes_of(
            "leads", "1", {"price": 5, "custom_fields_values": [{"field_id": 3, "values": []}]}, 100.0
        )
        assert [row.field for row in ledger] == ["price", "custom_fields_values.3"]
        assert is_own(ledger, "price", "5", changed_at=101.0)
        assert not is_own(ledger, "price", 6, changed_at=101.0)
        assert not is_own(ledger, "price", 5, changed_at=100.0 + KEPT_FOR / 2)
