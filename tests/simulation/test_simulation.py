"""The engine, the stores and the emulator on one virtual clock, under faults: what was promised holds in every history.

``make simulate SEEDS=a..b`` runs many more; how is in docs/reference/reliability.md.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from simulation.mutants import MUTANTS
from simulation.plan import HOT, Plan
from simulation.regressions import REGRESSIONS
from simulation.shrink import shrunk
from simulation.world import run

TOOL = Path(__file__).resolve().parents[2] / "tools" / "simulate.py"
HISTORIES = int(os.environ.get("SIMULATED_HISTORIES", "40"))
ON_SQLITE = int(os.environ.get("SIMULATED_ON_SQLITE", "3"))


@pytest.fixture(autouse=True)
def quiet_log(caplog):
    caplog.set_level(logging.CRITICAL)


def test_every_history_keeps_every_promise():
    counts = Counter()
    for seed in range(HISTORIES):
        outcome = run(Plan.draw(seed))
        assert outcome.violations == (), f"python tools/simulate.py --seed {seed} --trace"
        counts.update(outcome.counts)
    for what in (
        "crashes",
        "stalls",
        "lost answers",
        "refused",
        "conflicts",
        "webhooks lost",
        "webhooks twice",
    ):
        assert counts[what] > 0, f"no history had {what}"
    assert counts["patches"] > HISTORIES


def test_the_same_on_sqlite():
    for seed in range(1_000_000, 1_000_000 + ON_SQLITE):
        outcome = run(Plan.draw(seed), store="sqlite")
        assert outcome.violations == (), f"python tools/simulate.py --seed {seed} --store sqlite --trace"


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda regression: regression.name)
def test_what_failed_once_fails_no_more(regression):
    assert run(regression.plan).violations == ()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_safeguard_taken_out_is_noticed_and_the_engine_with_it_lives_through_the_same(mutant):
    died = mutant.dies_at(mutant.known)
    assert died is not None, f"{mutant.limit} histories, and nobody missed it"
    number, history = died
    assert history.violations
    assert run(mutant.plan(number)).violations == ()


def replay(seed: int) -> bytes:
    return subprocess.run(
        [sys.executable, TOOL, "--seed", str(seed), "--trace"], capture_output=True, check=True, timeout=100
    ).stdout


def test_a_seed_replays_byte_for_byte_in_another_process():
    first, again = replay(11), replay(11)
    assert len(first.splitlines()) > 100
    assert first == again
    assert replay(12) != first


def test_a_trace_is_the_same_within_one_process():
    digests = {run(Plan.draw(5)).digest for _ in range(2)}
    assert len(digests) == 1


def test_a_failing_history_is_made_smaller():
    [mutant] = [mutant for mutant in MUTANTS if mutant.name == "hint generation restarts"]
    with mutant.at_work():
        plan = mutant.plan(1)
        [violation, *_] = run(plan).violations
        small, left = shrunk(plan, violation, lambda each: run(each).violations)
    assert left[0].partition(":")[0] == violation.partition(":")[0]
    assert small.crash == small.lose == small.list_lag == 0.0
    assert small.seconds < plan.seconds
    assert run(small).violations == ()


def test_reading_before_writing_makes_silent_overwrites_rarer():
    def rate(preread: float | None) -> float:
        counts = Counter()
        for seed in range(12):
            counts.update(run(Plan(seed=seed, preread=preread, **HOT)).counts)
        return counts["silent overwrites"] / counts["patches"]

    assert rate(0.0) < rate(None)
