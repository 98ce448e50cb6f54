"""Processes that share a token store and are killed while they renew: who loses what. Longer: make soak-tokens."""

from __future__ import annotations

import attrs
import pytest
from token_race import Race, run

pytestmark = [pytest.mark.alone, pytest.mark.slow]


@pytest.fixture
def race(request, tmp_path) -> Race:
    """A short race over one of the stores: four processes, a token for every four seconds."""
    stores = {
        "file": lambda: f"file={tmp_path}/tokens.json",
        "sqlite": lambda: f"sql=sqlite:///{tmp_path}/amo.db",
        "postgresql": lambda: f"sql={request.getfixturevalue('postgres_url')}",
        "redis": lambda: f"redis={request.getfixturevalue('redis_url')}",
        "encrypted": lambda: f"encrypted=redis={request.getfixturevalue('redis_url')}",
    }
    return Race(store=stores[request.param](), processes=4, workers=4, seconds=5.0)


@pytest.mark.parametrize(
    ("race", "colour", "ended_by"),
    [
        ("postgresql", "threads", "clock"),
        ("redis", "tasks", "clock"),
        ("file", "threads", "server"),
        ("encrypted", "tasks", "server"),
    ],
    indirect=["race"],
)
def test_nobody_fails_and_nobody_refreshes_twice(race, colour, ended_by):
    outcome = run(attrs.evolve(race, colour=colour, ended_by=ended_by))
    print(outcome)
    assert outcome.calls > 100
    assert (outcome.failures, outcome.refused, outcome.losses) == ({}, 0, 0)
    assert 1 <= outcome.refreshes <= outcome.most


@pytest.mark.parametrize("race", ["postgresql"], indirect=True)
def test_kills_lose_nothing_while_a_spent_token_still_works(race):
    outcome = run(attrs.evolve(race, mode="overlap", kills=3.0, seconds=6.0))
    print(outcome)
    assert outcome.kills_after >= 1
    assert (outcome.failures, outcome.losses) == ({}, 0)


@pytest.mark.parametrize("race", ["sqlite"], indirect=True)
def test_where_it_works_once_only_a_kill_before_the_save_loses_it(race):
    outcome = run(attrs.evolve(race, mode="strict", kills=60.0, moments=("after",), seconds=7.5))
    print(outcome)
    assert outcome.losses == outcome.kills_after == 1
    assert set(outcome.failures) == {"AuthorizationLost"}
    assert outcome.early == 0, "the access token of a lost pair was used to its end"
