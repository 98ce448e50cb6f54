"""Processes that share a token store and are killed while they renew: who loses what. Longer: make soak-tokens."""

from __future__ import annotations

import attrs
import pytest
from token_race import Race, run

from amocrm_sync.stores.redis import RedisTokenStore
from amocrm_sync.stores.sql import SQLTokenStore

pytestmark = [pytest.mark.alone, pytest.mark.slow]


@pytest.fixture(params=["postgresql", "redis"])
def race(request) -> Race:
    """A short race: four processes, seven seconds, a token for every four of them."""
    url = request.getfixturevalue("redis_url" if request.param == "redis" else "postgres_url")
    if request.param == "redis":
        text, make_store = f"redis={url}", lambda: RedisTokenStore(url)
    else:
        text, make_store = f"sql={url}", lambda: SQLTokenStore(url)
    return Race(store=text, make_store=make_store, processes=4, workers=4, seconds=7.0)


@pytest.mark.parametrize("colour", ["threads", "tasks"])
def test_nobody_fails_and_nobody_refreshes_twice(race, colour):
    outcome = run(attrs.evolve(race, colour=colour))
    print(outcome)
    assert outcome.calls > 100
    assert (outcome.failures, outcome.refused, outcome.losses) == ({}, 0, 0)
    assert 2 <= outcome.refreshes <= outcome.most


def test_kills_lose_nothing_while_a_spent_token_still_works(race):
    outcome = run(attrs.evolve(race, mode="overlap", kills=3.0, seconds=10.0))
    print(outcome)
    assert outcome.kills_before + outcome.kills_after >= 1
    assert (outcome.failures, outcome.losses) == ({}, 0)


def test_where_it_works_once_only_a_kill_before_the_save_loses_it(race):
    outcome = run(attrs.evolve(race, mode="strict", kills=3.0, seconds=10.0))
    print(outcome)
    assert outcome.losses <= outcome.kills_after
    assert set(outcome.failures) <= {"AuthorizationLost"}
