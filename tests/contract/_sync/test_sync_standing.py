# Generated from tests/contract/_async/test_sync_standing.py by tools/unasync.py: edit that file instead.
"""How things stand, and how far a run is: what a dashboard shows."""

from __future__ import annotations

from functools import partial

import pytest
from contract._sync.sync_parts import engine_over

from amocrm_sync.errors import ForbiddenError
from amocrm_sync.sync import SyncProgress

pytestmark = pytest.mark.anyio


engine_of = partial(engine_over, entities=("leads",), page_size=2)


def test_lag_of_each_queue(remote, world):
    world.add("leads")
    engine = engine_of(remote)
    assert (engine.status()).lag == {"edit": 0.0, "hint": 0.0, "event": 0.0, "pull": None}
    engine.pull()
    engine.records.leads.update(1, price=5)
    world.now_ += 40
    lag = (engine.status()).lag
    assert lag["edit"] == pytest.approx(40)
    assert lag["pull"] == pytest.approx(40, abs=2)
    engine.push()
    world.now_ += 7
    lag = (engine.status()).lag
    assert (lag["edit"], lag["hint"]) == (0.0, pytest.approx(7, abs=1)), "what was sent is to be read again"


def test_errors_of_the_last_day_and_the_newest_of_them(remote, world):
    engine = engine_of(remote, entities=("leads", "users"))
    remote.forbidden["users"] = ForbiddenError("administrators only", status=403)
    for _ in range(2):
        engine.pull()
        world.now_ += 60
    status = engine.status()
    assert status.errors == 2
    assert status.last_error.startswith("sync_users: ")
    assert "administrators only" in status.last_error
    world.now_ += 90_000
    assert (engine.status()).errors == 0


def test_how_near_the_limit_a_run_was(remote, world):
    for _ in range(12):
        world.add("leads")
    world.latency = 1.0
    engine = engine_of(remote)
    report = engine.pull()
    assert report.requests == sum(part.requests for part in report.entities.values()) > 6
    assert report.limit_time == pytest.approx(report.requests / 7)
    assert report.efficiency == pytest.approx(report.limit_time / report.seconds)
    engine.records.leads.update(1, price=5)
    engine.push()
    [row] = [row for row in engine.log() if row.operation == "push"]
    assert 0 < row.details["efficiency"] <= 1
    idle = engine.deliver()
    assert idle.efficiency is None


def test_progress_tells_how_long_the_rest_will_take(remote, world):
    for number in range(9):
        world.add(
            "leads", updated_at=int(world.now_) - 1000 + 100 * number, created_at=int(world.now_) - 2000
        )
    told = []
    engine_of(remote).pull(progress=told.append)
    seconds = [step.seconds for step in told]
    assert seconds == sorted(seconds)
    assert seconds[-1] > 0
    assert told[-1].remaining == 0.0


@pytest.mark.parametrize(
    ("fraction", "done", "remaining"),
    [(0.25, False, 30.0), (None, False, None), (0.0, False, None), (1.0, True, 0.0)],
)
def test_what_remains_goes_on_as_so_far(fraction, done, remaining):
    step = SyncProgress(entity="leads", fetched=1, fraction=fraction, done=done, seconds=10.0)
    assert step.remaining == remaining
