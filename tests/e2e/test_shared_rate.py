"""Processes share one rate limit through a real server, against the emulator's rule; one is killed, one is patient.

A minute of the same for every store: ``make soak-limiter``.
"""

from __future__ import annotations

import pytest
from rate_race import Crew, Processes

from amocrm_sync.testing import Emulator

pytestmark = [pytest.mark.paced, pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(params=["redis", "postgresql"])
def store(request) -> str:
    return request.getfixturevalue("redis_url" if request.param == "redis" else "postgres_url")


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=1)


def test_four_processes_share_the_rate_evenly_and_a_killed_one_leaves_its_share_to_the_rest(store, emulator):
    crews = [Crew(4), Crew(4), Crew(8), Crew(16)]
    with emulator.serve() as server, Processes(store, emulator, server.base_url, crews) as processes:
        processes.measure(1.0)
        even = processes.measure(10.0)
        processes.kill(0)
        left = processes.measure(6.0)
    print(even, f"evenness 1:{even.evenness:.2f}", left)
    assert even.bans == left.bans == 0
    assert even.refused + left.refused <= 0.01 * sum(even.counts + left.counts)
    assert even.share >= 0.95
    assert even.evenness <= 1.2
    assert left.share >= 0.95
    assert left.counts[0] == 0


def test_callers_of_another_process_go_before_background_sync(redis_url, emulator):
    crews = [Crew(4, "BACKGROUND"), Crew(4)]
    with emulator.serve() as server, Processes(redis_url, emulator, server.base_url, crews) as processes:
        processes.measure(1.0)
        busy = processes.measure(4.0)
        processes.kill(1)
        processes.measure(1.0)
        quiet = processes.measure(3.0)
    print(busy, quiet)
    assert busy.share >= 0.9
    assert busy.counts[0] <= 0.15 * busy.counts[1]
    assert quiet.share >= 0.9, "and has the rate to itself when they have gone"
