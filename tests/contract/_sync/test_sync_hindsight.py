# Generated from tests/contract/_async/test_sync_hindsight.py by tools/unasync.py: edit that file instead.
"""A write that replaced what nobody here had seen: the account's log of events shows it afterwards."""

from __future__ import annotations

import pytest
from contract._sync.sync_parts import engine_with

from amocrm_sync._core.sync.replaced import Replaced, replaced_by
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=4, pipelines=1)
    return emulator


@pytest.fixture
def engine(amo, clock):
    """An engine that writes without looking, so that it replaces what it has not seen."""
    with engine_with(amo, clock, entities=("leads",), preread_after=None) as engine:
        engine.pull()
        clock.advance(60)
        yield engine


def edited_on_both_sides(engine, emulator, clock):
    lead = min(emulator.leads)
    emulator.ui.edit("leads", lead, price=777)
    clock.advance(5)
    engine.records.leads.update(lead, price=100)
    engine.records.leads.update(lead, price=200)
    engine.push()
    return lead


def test_what_our_write_replaced_is_a_conflict_that_can_be_taken_back(engine, emulator, clock):
    told = []
    engine.on("conflict.opened", told.append)
    lead = edited_on_both_sides(engine, emulator, clock)
    assert emulator.leads[lead]["price"] == 200
    clock.advance(30)
    engine.pull()
    [conflict] = engine.conflicts.list()
    assert (conflict.field, conflict.local, conflict.remote) == ("price", 200, 777)
    assert conflict.policy == "detected_after"
    assert [event.after["remote"] for event in told] == [777]
    assert "777" in str(engine.explain("leads", lead))
    engine.conflicts.resolve(conflict.id, "remote", by="anna")
    engine.push()
    assert emulator.leads[lead]["price"] == 777


def test_it_is_seen_once_however_often_the_log_is_read(engine, emulator, clock):
    edited_on_both_sides(engine, emulator, clock)
    for _ in range(3):
        clock.advance(1)
        engine.pull()
    assert len(engine.conflicts.list()) == 1


def test_a_write_over_what_we_knew_is_none(engine, emulator, clock):
    lead = min(emulator.leads)
    engine.records.leads.update(lead, price=100, name="Ours")
    engine.push()
    clock.advance(30)
    emulator.ui.edit("leads", lead, price=300)
    clock.advance(30)
    engine.pull()
    assert engine.conflicts.list() == []


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        (
            "sale_field_changed",
            [{"sale_field_value": {"sale": 1}}],
            [{"sale_field_value": {"sale": 2}}],
            [Replaced("price", 1, 2)],
        ),
        (
            "lead_status_changed",
            [{"lead_status": {"id": 5, "pipeline_id": 1}}],
            [{"lead_status": {"id": 6, "pipeline_id": 1}}],
            [Replaced("status_id", 5, 6)],
        ),
        (
            "custom_field_601_value_changed",
            [],
            [{"custom_field_value": {"field_id": 601, "text": "x"}}],
            [Replaced("custom_fields_values.601", None, [{"value": "x"}])],
        ),
        ("name_field_changed", [], [], []),
        ("entity_tag_added", [], [{"tag": {"name": "vip"}}], []),
        ("sale_field_changed", "nonsense", None, []),
    ],
)
def test_fields_of_an_event(kind, before, after, expected):
    assert list(replaced_by({"type": kind, "value_before": before, "value_after": after})) == expected
