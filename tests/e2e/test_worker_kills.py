"""Two workers and a receiver of webhooks on PostgreSQL, killed with signal 9 while edits run on both sides.

``SOAK_KILLS`` sets how many kills there are (CI: 20, ``make soak``: 200); the suite makes 4. The lease is 2 s here.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from fleet import LEASE, Fleet, People, engine_of, is_quiet, kill_and_check, wait_for

from amocrm_sync.testing import Emulator

KILLS = int(os.environ.get("SOAK_KILLS", "4"))

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(300 + 20 * KILLS)]


@pytest.fixture
def account():
    emulator = Emulator(seed=3, rate_limit=False)
    emulator.seed_account(leads=60, pipelines=1)
    with emulator.serve(port=0) as server:
        yield emulator, server.base_url


def test_nothing_is_lost_doubled_or_stuck(account, postgres_url, tmp_path):
    emulator, url = account
    token = emulator.long_lived_token()
    with engine_of(url, token, postgres_url) as engine, engine._context.remote._client as amo:
        engine.setup()
        engine.pull()
        with Fleet(url, token, postgres_url, url, tmp_path / "fleet.log") as fleet:
            people = People(fleet, engine, amo, sorted(emulator.leads), seed=11)
            tally = kill_and_check(fleet, people, KILLS, lambda: emulator.leads)
            print(tally)
            engine.pull()
            wait_for(lambda: is_quiet(engine), LEASE + 11)
            assert [fleet.stop(place) for place in (0, 1)] == [0, 0], "SIGTERM is an orderly end"

        remote = {lead: emulator.leads[lead]["price"] for lead in people.prices}
        assert remote == people.prices, "an edit was lost"
        local = {int(row.remote_id): row for row in engine.records.leads.list() if row.remote_id}
        assert {lead: local[lead]["price"] for lead in people.prices} == people.prices, "the copy is behind"
        names = Counter(row["name"] for row in emulator.leads.values())
        assert [names[name] for name in people.names] == [1] * len(people.names), (
            "a create was lost or doubled"
        )
        assert engine.dead_letters() == []
        assert engine.status().conflicts == 0
    assert tally.kills == KILLS
    assert tally.held >= KILLS / 2, "the dead must have held something, or nothing was shown"
    assert tally.longest_pause <= 2.0
    assert tally.longest_takeover <= LEASE + 1.0
