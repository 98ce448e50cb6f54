"""Figures of the pull, small; ``benchmarks/sync_figures.py`` makes the large ones."""

from __future__ import annotations

from contextlib import closing

import pytest
from simulation.churn import STRATEGIES, by_page_numbers, missed
from simulation.speed import Field


@pytest.fixture(scope="module")
def field():
    with closing(Field(leads=2_500)) as field:
        yield field


@pytest.mark.parametrize("latency", [0.6])
def test_a_first_pull_is_near_the_limit_and_never_over_it(field, latency):
    found = field.run(field.initial(latency))
    assert found.stored == found.leads == 2_500
    assert found.refused == 0
    assert found.requests <= 10 * 1.5
    assert (
        found.seconds <= 10 / 6.8 + 5 * latency
    )  # the two ends and the proof wait for answers, whatever the length


def test_a_first_pull_that_is_killed_goes_on_where_it_was(field):
    whole = field.run(field.initial(0.6))
    killed = field.run(field.initial(0.6, stop_after=whole.seconds / 2))
    assert killed.stored == killed.leads
    assert killed.requests <= whole.requests + 8  # the pages that were under way, and the trash once more


def test_many_hooks_are_few_requests():
    with closing(Field(leads=200)) as field:
        found = field.run(field.burst(1_000, 4.0, latency=0.3, every=1.5))
    assert found.wrong == 0
    assert found.requests <= 8
    assert found.behind <= 5


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_no_row_is_missed_while_others_are_deleted_and_changed(strategy):
    assert sum(missed(strategy, 5_000, seed)[0] for seed in range(4)) == 0


def test_page_after_page_would_miss_rows():
    assert sum(missed(by_page_numbers, 5_000, seed)[0] for seed in range(10)) > 0
