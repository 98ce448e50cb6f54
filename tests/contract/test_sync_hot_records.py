"""Ten records that two workers and two writers fight over, on PostgreSQL: order per record, nothing twice, no deadlock."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict

import orjson
from contract.test_sync_two_engines import at_once
from fleet import wait_for

from amocrm_sync import AmoCRM
from amocrm_sync.stores.sql import PostgresDoorbell, SQLSyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine, SyncWorker
from amocrm_sync.testing import Emulator

EDITS = 60
"""By each of the two writers."""


def test_ten_hot_records(postgres_url):
    emulator = Emulator(seed=1, rate_limit=False)
    emulator.seed_account(leads=10, pipelines=1)
    token = emulator.long_lived_token()
    leads = sorted(emulator.leads)
    lasts: dict[int, list[int]] = {}
    sent = prices_sent(emulator)
    clients = [
        AmoCRM("demo", token=token, http_client=emulator.http_client(), limiter=None) for _ in range(4)
    ]
    config = SyncConfig(entities=("leads",), preread_after=None)
    engines = [
        SyncEngine(amo, SQLSyncStore(postgres_url), config=config, doorbell=PostgresDoorbell(postgres_url))
        for amo in clients
    ]
    engines[0].pull()
    workers = [SyncWorker(engine, pull_every=None, sweep=1.0, window=0.0) for engine in engines[:2]]
    threads = [threading.Thread(target=worker.run, kwargs={"signals": False}) for worker in workers]
    for thread in threads:
        thread.start()

    def write(engine, mine, seed):
        rng = random.Random(seed)
        for number in range(EDITS):
            lead = rng.choice(mine)
            engine.records.leads.update(lead, price=seed * 100_000 + number)
            lasts.setdefault(lead, []).append(seed * 100_000 + number)

    began = time.monotonic()
    at_once(
        lambda: write(engines[2], leads[:5], 1),
        lambda: write(engines[3], leads[5:], 2),
    )
    try:
        wait_for(lambda: not set(engines[0].status().outbox) - {"done", "superseded"}, 30)
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join(timeout=30)
    assert {lead: prices[-1] for lead, prices in sent.items()} == {
        lead: prices[-1] for lead, prices in lasts.items()
    }
    for prices in sent.values():
        assert prices == sorted(set(prices)), "in the order in which they were made, none twice"
    assert [lane.error for worker in workers for lane in worker.status().lanes] == [None] * 8, "no deadlock"
    assert all(worker.status().ok for worker in workers)
    print(
        f"{2 * EDITS} edits of 10 records: {sum(map(len, sent.values()))} sent, {time.monotonic() - began:.1f} s"
    )
    for engine, amo in zip(engines, clients, strict=True):
        engine.close()
        amo.close()


def prices_sent(emulator):
    """The prices that are written from now on, by lead, as they come."""
    sent = defaultdict(list)
    handle = emulator.handle

    def watch(request):
        if request.method == "PATCH":
            for row in orjson.loads(request.body):
                sent[row["id"]].append(row["price"])
        return handle(request)

    emulator.handle = watch
    return sent
