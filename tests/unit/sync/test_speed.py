"""Figures of the pull, small; ``benchmarks/sync_figures.py`` makes the large ones."""

from __future__ import annotations

from contextlib import closing

import pytest
from simulation.churn import STRATEGIES, by_page_numbers, by_two_passes, scan
from simulation.speed import Field
from simulation.unfiltered import AccountWithoutFilters


@pytest.fixture(scope="module")
def field():
    """As many pages as 25,000 leads would have."""
    with closing(Field(leads=1_000, page=10)) as field:
        yield field


@pytest.mark.parametrize("latency", [0.3, 0.6, 1.0])
def test_a_first_pull_is_near_the_limit_and_never_over_it(field, latency):
    found = field.run(field.initial(latency))
    assert found.stored == found.leads == 1_000
    assert found.refused == 0
    assert found.requests <= 100 + 8
    assert (
        found.seconds <= 105 / 6.8 + 2 * latency + 0.3
    )  # the last page and the proof, three requests at once, are waited for


def test_four_hundred_pages_are_read_at_0_92_of_the_limit_from_a_second_away():
    with closing(Field(leads=4_000, page=10)) as field:
        found = field.run(field.initial(1.0))
    assert found.stored == found.leads
    assert found.efficiency >= 0.92


def test_a_first_pull_that_is_killed_goes_on_where_it_was(field):
    whole = field.run(field.initial(0.6))
    killed = field.run(field.initial(0.6, stop_after=whole.seconds / 2))
    assert killed.stored == killed.leads
    assert killed.requests <= whole.requests + 8  # the pages that were under way, and the trash once more


@pytest.mark.parametrize("filters", [True, False], ids=["filters on", "filters off"])
def test_nothing_is_buried_alive_while_people_work(filters):
    with closing(Field(leads=100, page=10, filters=filters)) as field:
        buried, wrong = field.run(field.reconciled(seed=1, deletes=1.0))
    assert (buried, wrong) == (0, 0)


def test_nothing_is_buried_alive_on_pages_of_250_without_filters():
    assert AccountWithoutFilters.of(2_000, seed=1).reconciled() == (0, 0)


def test_many_hooks_are_few_requests():
    with closing(Field(leads=200)) as field:
        found = field.run(field.burst(1_000, 4.0, latency=0.3, every=1.5))
    assert found.wrong == 0
    assert found.requests <= 8
    assert found.behind <= 5


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_no_row_is_missed_while_others_are_deleted_and_changed(strategy):
    assert sum(scan(strategy, 5_000, seed).missed for seed in range(4)) == 0


def test_two_passes_that_never_agree_say_so_and_end_soon():
    found = scan(by_two_passes, 20_000, seed=1)
    assert not found.is_settled
    assert found.requests <= 400


def test_page_after_page_would_miss_rows():
    assert sum(scan(by_page_numbers, 5_000, seed).missed for seed in range(10)) > 0
