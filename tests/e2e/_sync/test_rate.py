# Generated from tests/e2e/_async/test_rate.py by tools/unasync.py: edit that file instead.
"""Twenty at once against the emulator's rule: nobody is banned, hardly anybody refused, little is wasted.

``RATE_SECONDS`` says for how long (CI: a minute).
"""

from __future__ import annotations

import os

import pytest

from amocrm_sync import AmoCRM
from amocrm_sync._clock import SYSTEM_CLOCK
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync.testing import Emulator

pytestmark = [pytest.mark.anyio, pytest.mark.paced, pytest.mark.timeout(150)]

SECONDS = float(os.environ.get("RATE_SECONDS", "15"))
WORKERS = 20
RATE = 6.8


def test_twenty_workers():
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=10, pipelines=1)
    with emulator.serve() as server:
        with AmoCRM(server.base_url, token=emulator.long_lived_token()) as amo:
            end = SYSTEM_CLOCK.monotonic() + SECONDS

            def work(_: int) -> int:
                done = 0
                while SYSTEM_CLOCK.monotonic() < end:
                    amo.account.get()
                    done += 1
                return done

            began = SYSTEM_CLOCK.monotonic()
            counts = bounded_map(work, range(WORKERS), limit=WORKERS)
            took = SYSTEM_CLOCK.monotonic() - began
    refused = emulator.stats.rate_limited
    share = sum(counts) / (took * RATE)
    print(f"{sum(counts)} calls in {took:.1f} s: {share:.1%} of {RATE} rps, {refused} refused, {counts}")
    assert emulator.stats.bans == 0
    assert refused <= 0.01 * sum(counts)
    assert share >= 0.95
    assert max(counts) - min(counts) <= 3, "first come, first served"
