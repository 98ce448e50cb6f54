# Generated from tests/contract/_async/test_sync_events.py by tools/unasync.py: edit that file instead.
"""The account's log of events: what lists do not show is read again, and who did what is kept."""

from __future__ import annotations

import pytest
from contract._sync.sync_parts import engine_with

from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock)
    emulator.seed_account(leads=6, pipelines=1)
    return emulator


@pytest.fixture
def engine(amo, clock):
    with engine_with(amo, clock, entities=("leads", "tasks")) as engine:
        engine.pull()
        clock.advance(60)
        yield engine


def test_a_task_that_was_deleted_without_a_webhook_is_gone_after_the_next_pull(engine, emulator, clock):
    task_id = min(emulator.tasks)
    emulator.ui.delete_task(task_id)
    clock.advance(60)
    engine.pull()
    found = engine.records.tasks.get(task_id)
    assert found.deleted_at is not None
    assert found["amo_task_id"] is None


def test_who_changed_what_is_in_the_activity_once_however_often_it_is_read(engine, emulator, clock):
    lead_id = min(emulator.leads)
    emulator.ui.edit("leads", lead_id, price=777)
    engine.pull()
    engine.pull()
    clock.advance(60)
    engine.pull()
    rows = [row for row in engine.activity("leads", lead_id) if row.source == "event"]
    [changed] = [row for row in rows if row.event == "sale_field_changed"]
    assert changed.after == [{"sale_field_value": {"sale": 777}}]
    assert changed.actor


def test_a_first_pull_takes_no_history(engine):
    assert engine.activity() == []


def test_the_log_can_be_left_alone(amo, emulator, clock):
    with engine_with(amo, clock, entities=("leads",), events=False) as engine:
        engine.pull()
        engine.pull()
    assert not [entry for entry in emulator.requests if entry.path == "/api/v4/events"]
