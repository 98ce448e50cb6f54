"""Four processes share one rate limit through a real server, against the emulator's rule; one is killed meanwhile."""

from __future__ import annotations

import threading

import pytest
from rate_processes import Processes

from amocrm_sync.testing import Emulator

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(120)]

SECONDS = 20.0


@pytest.fixture(params=["redis", "postgresql"])
def store(request) -> str:
    return request.getfixturevalue("redis_url" if request.param == "redis" else "postgres_url")


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=1)


def test_four_processes_share_the_rate_evenly(store, emulator):
    with emulator.serve() as server, Processes(store, emulator, server.base_url, [4, 4, 8, 16]) as processes:
        figures = processes.run(SECONDS)
    print(figures, f"evenness 1:{figures.evenness:.2f}")
    assert figures.bans == 0
    assert figures.refused <= 0.01 * sum(figures.counts)
    assert figures.share >= 0.95
    assert figures.evenness <= 1.2


def test_a_killed_process_leaves_its_share_to_the_rest(store, emulator):
    with emulator.serve() as server, Processes(store, emulator, server.base_url, [4] * 4) as processes:
        killer = threading.Timer(5.0, processes.kill, [0])
        killer.start()
        figures = processes.run(SECONDS)
        killer.join()
    print(figures)
    assert figures.bans == 0
    assert figures.share >= 0.95
    assert figures.counts[0] < min(figures.counts[1:])
