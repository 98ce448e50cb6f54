"""Doorbells over Celery (on a real Redis), taskiq, procrastinate and PostgreSQL: an edit is sent because it was rung for."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from amocrm_sync import AmoCRM, AsyncAmoCRM, ConfigurationError
from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.stores.sql import AsyncPostgresDoorbell, PostgresDoorbell, SQLSyncStore
from amocrm_sync.sync import AsyncSyncEngine, AsyncSyncWorker, SyncConfig, SyncEngine, SyncWorker, WorkKind
from amocrm_sync.testing import Emulator

CONFIG = SyncConfig(entities=("leads",))


@pytest.fixture
def emulator():
    emulator = Emulator(seed=1, rate_limit=False)
    emulator.seed_account(leads=3, pipelines=1)
    return emulator


def client(emulator, kind):
    return kind("demo", token=emulator.long_lived_token(), http_client=emulator.http_client(), limiter=None)


def wait_for(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def ring_and_roll_back(engine) -> None:
    with engine._context.tx() as tx:
        engine._context.ring(tx, WorkKind.PUSH)
        raise ZeroDivisionError


@pytest.fixture
def logging_as_it_is():
    """Celery's worker sets logging up for its whole process, unless somebody says that it is done."""
    from celery.signals import setup_logging

    def is_done(**_) -> None:
        """Nothing."""

    setup_logging.connect(is_done)
    yield
    setup_logging.disconnect(is_done)


@pytest.mark.usefixtures("logging_as_it_is")
@pytest.mark.filterwarnings("ignore")  # of Celery's own making, about its broker's connections
def test_celery_on_redis(emulator, redis_url, tmp_path):
    """A web process edits and rings; Celery's worker, over a real broker, sends. Rings come twice, and one is lost."""
    from celery import Celery
    from celery.contrib.testing.worker import start_worker

    from amocrm_sync.adapters.celery import CeleryDoorbell

    database = f"sqlite:///{tmp_path}/amo.db"
    app = Celery("host", broker=redis_url, broker_connection_retry_on_startup=True)
    with client(emulator, AmoCRM) as amo:
        theirs = SyncEngine(amo, SQLSyncStore(database), config=CONFIG)
        bell = CeleryDoorbell(app, lambda: SyncWorker(theirs, pull_every=None), delay=0.0)
        engine = SyncEngine(amo, SQLSyncStore(database), config=CONFIG, doorbell=bell)
        with engine, theirs:
            engine.pull()
            lead, other = sorted(emulator.leads)[:2]
            with start_worker(app, perform_ping_check=False, pool="solo", shutdown_timeout=20):
                engine.records.leads.update(lead, price=77)
                bell.ring(engine.tenant, WorkKind.PUSH)
                wait_for(lambda: emulator.leads[lead]["price"] == 77)
            theirs.records.leads.update(other, price=78)
            assert emulator.leads[other]["price"] != 78, "that ring was lost: this engine has no doorbell"
            app.tasks["amocrm_sync.ring"].apply()
            assert emulator.leads[other]["price"] == 78, "beat's sweep finds it"
            written = [entry for entry in emulator.requests if entry.method == "PATCH"]
            assert len(written) == 2, "a ring that comes twice sends nothing twice"
    assert app.conf.beat_schedule["amocrm_sync.ring"]["schedule"] == 30.0


def test_taskiq(emulator):
    from taskiq import InMemoryBroker

    from amocrm_sync.adapters.taskiq import TaskiqDoorbell

    async def main() -> None:
        broker = InMemoryBroker(await_inplace=True)
        async with client(emulator, AsyncAmoCRM) as amo:
            bell = TaskiqDoorbell(broker, lambda: AsyncSyncWorker(engine, pull_every=None))
            engine = AsyncSyncEngine(amo, AsyncMemorySyncStore(), config=CONFIG, doorbell=bell)
            await broker.startup()
            await engine.pull()
            await engine.records.leads.update(min(emulator.leads), price=77)
            await broker.shutdown()

    asyncio.run(main())
    assert emulator.leads[min(emulator.leads)]["price"] == 77


def test_procrastinate(emulator):
    from procrastinate import App
    from procrastinate.testing import InMemoryConnector

    from amocrm_sync.adapters.procrastinate import ProcrastinateDoorbell

    async def main() -> None:
        app = App(connector=InMemoryConnector())
        async with app.open_async(), client(emulator, AsyncAmoCRM) as amo:
            bell = ProcrastinateDoorbell(app, lambda: AsyncSyncWorker(engine, pull_every=None))
            engine = AsyncSyncEngine(amo, AsyncMemorySyncStore(), config=CONFIG, doorbell=bell)
            await engine.pull()
            await engine.records.leads.update(min(emulator.leads), price=76)
            await engine.records.leads.update(min(emulator.leads), price=77)
            assert len(app.connector.jobs) == 1, "rings that wait are one"
            await app.run_worker_async(wait=False, queues=["amocrm_sync"], install_signal_handlers=False)

    asyncio.run(main())
    assert emulator.leads[min(emulator.leads)]["price"] == 77


def test_postgresql_rings_with_the_commit(emulator, postgres_url):
    """A sweep of ten minutes: what is sent at once was rung for, and a rollback rings for nobody."""
    bell = PostgresDoorbell(postgres_url)
    with client(emulator, AmoCRM) as amo:
        theirs = SyncEngine(amo, SQLSyncStore(postgres_url), config=CONFIG, doorbell=bell)
        engine = SyncEngine(amo, SQLSyncStore(postgres_url), config=CONFIG, doorbell=bell)
        with engine, theirs:
            engine.pull()
            worker = SyncWorker(theirs, pull_every=None, sweep=600.0, window=0.0)
            heard = []
            theirs._context.doorbell = bell
            wake = worker.wake
            worker.wake = lambda *rung: (heard.append(rung), wake(*rung))
            thread = threading.Thread(target=worker.run, kwargs={"signals": False})
            thread.start()
            try:
                wait_for(lambda: heard == [(None, None)])
                with pytest.raises(ZeroDivisionError):
                    ring_and_roll_back(engine)
                engine.records.leads.update(min(emulator.leads), price=77)
                wait_for(lambda: emulator.leads[min(emulator.leads)]["price"] == 77)
                assert heard[1:] == [(engine.tenant, WorkKind.PUSH)]
            finally:
                worker.stop()
                thread.join(timeout=20)
            assert not thread.is_alive()


def test_a_doorbell_without_postgresql_is_refused():
    for kind in (PostgresDoorbell, AsyncPostgresDoorbell):
        with pytest.raises(ConfigurationError, match="LISTEN"):
            kind("sqlite:///amo.db")
