"""Two engines on one PostgreSQL, in threads: nothing is sent twice, a first contact is one, the host's session is ours too."""

from __future__ import annotations

import random
import threading
from contextlib import ExitStack

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from amocrm_sync import AmoCRM
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine
from amocrm_sync.testing import Emulator


@pytest.fixture
def emulator():
    emulator = Emulator(seed=1, rate_limit=False)
    emulator.seed_account(leads=60, pipelines=1)
    return emulator


@pytest.fixture
def engines(emulator, postgres_url):
    with ExitStack() as stack:
        made = []
        for seed in (1, 2):
            amo = AmoCRM(
                "demo", token=emulator.long_lived_token(), http_client=emulator.http_client(), limiter=None
            )
            config = SyncConfig(entities=("contacts", "leads"), push_batch=10)
            engine = SyncEngine(
                stack.enter_context(amo),
                SQLSyncStore(postgres_url),
                config=config,
                random=random.Random(seed),
            )
            made.append(stack.enter_context(engine))
        made[0].pull()
        made[0].setup()
        yield made


def at_once(*jobs):
    """Run jobs in threads beside each other; what they gave."""
    results = []
    threads = [threading.Thread(target=lambda job=job: results.append(job())) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(jobs)
    return results


def test_every_edit_is_sent_once_and_a_first_contact_is_one(engines, emulator):
    one, two = engines
    for lead in emulator.leads:
        one.records.leads.update(lead, price=6)
    before = len(emulator.requests)
    reports = at_once(one.push, two.push)
    assert sum(report.of("leads").pushed for report in reports) == 60
    sent = [request for request in emulator.requests[before:] if request.method == "PATCH"]
    assert len(sent) == 6, "sixty rows, ten a request"
    assert one.status().outbox == {"done": 60}
    assert all(row["price"] == 6 for row in emulator.leads.values())

    present = len(emulator.leads), len(emulator.contacts)
    leads = at_once(*(lambda engine=engine: engine.auto_create_lead("+79991112233") for engine in (one, two)))
    assert len({lead.id for lead in leads} - {None}) == 1
    assert (len(emulator.leads), len(emulator.contacts)) == (present[0] + 1, present[1] + 1)


def test_the_hosts_session(engines, emulator, postgres_url):
    one, two = engines
    lead, other = sorted(emulator.leads)[:2]
    database = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with Session(database) as session, session.begin():
        one.record_edit(session, "leads", lead, {"price": 99}, actor="anna")
    with Session(database) as session:
        one.record_edit(session, "leads", other, {"price": 99})
        session.rollback()
    database.dispose()
    two.push()
    assert (emulator.leads[lead]["price"], one.outbox()[-1].actor) == (99, "anna")
    assert emulator.leads[other]["price"] != 99
    assert len(one.outbox()) == 1
