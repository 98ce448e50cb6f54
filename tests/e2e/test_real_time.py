"""A short history in real time on PostgreSQL: two workers that are killed, faults, edits on both sides (see reliability.md).

``SIMULATE_SECONDS`` makes it longer; ``make simulate-postgres`` runs it for ten minutes.
"""

from __future__ import annotations

import asyncio
import os

import psycopg
import pytest
from simulation.checks import Violation
from simulation.machine import Machine
from simulation.real_time import RealWorld, plan_of, run

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(600)]

SECONDS = float(os.environ.get("SIMULATE_SECONDS", "10"))


def test_no_promise_is_broken(postgres_url, tmp_path):
    outcome = run(SECONDS, postgres_url, tmp_path, seed=1)
    print(outcome)
    assert outcome.violations == (), (tmp_path / "workers.log").read_text()[-5000:]
    assert outcome.counts["crashes"] + outcome.counts.get("stalls", 0) >= 1, "a worker was to be hindered"
    assert outcome.counts["edits"] >= 3, "the host's users were to work, however slow the machine is"
    assert outcome.counts["changes in amoCRM"] >= 3


@pytest.fixture
def world(postgres_url, tmp_path):
    """A world with two leads of the host's that wait to be created, and with nobody at work."""
    with asyncio.Runner() as runner:
        world = RealWorld(plan_of(1, seed=1), runner.get_loop(), postgres_url, tmp_path)
        host = Machine(world, "host")

        async def begin() -> None:
            await world.store.prepare()
            await world.watch_commits()
            for number in range(2):
                await host.engine.records.leads.create(name=f"lead {number}")

        async def end() -> None:
            await host.close()
            await world.store.aclose()

        runner.run(begin())
        world.runner = runner
        yield world
        runner.run(end())


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("UPDATE amo_record SET read_fence = read_fence - 1", "I5"),
        ("UPDATE amo_work SET generation = generation - 1", "I6"),
        ("INSERT INTO amo_work SELECT * FROM taken", "I6"),
    ],
)
def test_the_database_sees_what_goes_back(world, statement, promise):
    with psycopg.connect(world.database, autocommit=True) as connection:
        connection.execute("CREATE TABLE taken AS SELECT * FROM amo_work")
        if statement.startswith("INSERT"):
            connection.execute("DELETE FROM amo_work")
        assert world._broken() == []
        connection.execute(statement)
    assert {broken.partition(":")[0] for broken in world._broken()} == {promise}


def test_what_is_rolled_back_was_never_broken(world):
    with psycopg.connect(world.database) as connection:
        connection.execute("UPDATE amo_record SET read_fence = -1")
        connection.rollback()
    assert world._broken() == []


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        (
            "UPDATE amo_record SET remote_id = '7', deleted_at = 1, delete_reason = 'trash' WHERE version = 1",
            "I14",
        ),
        ("UPDATE amo_record SET local = NULL", "I9"),
    ],
)
def test_a_sample_sees_what_must_not_be(world, statement, promise):
    async def look() -> None:
        world.is_rough = True
        await world._sample()

    with psycopg.connect(world.database, autocommit=True) as connection:
        connection.execute(statement)
    with pytest.raises(Violation, match=promise):
        world.runner.run(look())
