# Generated from tests/contract/_async/test_sync_worker.py by tools/unasync.py: edit that file instead.
"""The worker: what is due is done, errors stay with their tenant, one process walks at a time, and stopping lets go."""

from __future__ import annotations

import time

import pytest
from contract._sync.sync_remote import FakeRemote
from sync_world import World

from amocrm_sync import AccountBlockedError, ConfigurationError
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine, SyncWorker, WorkKind

pytestmark = pytest.mark.anyio


class Machines:
    """Engines over one store and one world, each as on a machine of its own; real time."""

    def __init__(self) -> None:
        self.world = World(now_=time.time(), latency=0.0)
        self.store = MemorySyncStore()

    def engine(self, tenant: str = "one", **settings) -> SyncEngine:
        remote = FakeRemote(self.world, f"{tenant}.amocrm.ru")
        config = SyncConfig(entities=("leads",), tenant=tenant, marker=None, preread_after=None, **settings)
        return SyncEngine(None, self.store, remote=remote, config=config)


@pytest.fixture
def machines():
    return Machines()


def beside(worker, act) -> None:
    """Let a worker run while something is done; then stop it."""

    def stopping() -> None:
        try:
            act()
        finally:
            worker.stop()

    def go(job) -> None:
        job()

    bounded_map(go, [lambda: worker.run(signals=False), stopping], limit=2)


def until(engine, condition) -> None:
    """Wait for something to come true; a test that waits longer fails."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it never came true"
        inside_sleep(engine)


def inside_sleep(engine) -> None:
    engine._context.clock.sleep(0.02)


def test_it_pulls_pushes_and_stops(machines):
    machines.world.add("leads", 7, price=1)
    engine = machines.engine()
    worker = SyncWorker(engine, sweep=0.05, window=0.01)

    def act() -> None:
        def pulled() -> bool:
            return engine.records.leads.count() == 1

        until(engine, pulled)
        engine.records.leads.update(7, price=5)

        def pushed() -> bool:
            return machines.world.rows("leads")[7]["price"] == 5

        until(engine, pushed)
        assert worker.status().state == "working"
        assert worker.status().ok

    beside(worker, act)
    assert worker.status().state == "idle"
    assert {lane.kind for lane in worker.status().lanes} == set(WorkKind)
    with machines.store.tx("one", write=False) as tx:
        walk = tx.work.next_due(WorkKind.WALK)
    assert walk == pytest.approx(time.time() + 60, abs=11), "the turn is free, and the next pull is planned"


def test_a_period_is_counted_over_all_machines(machines):
    one, two = SyncWorker(machines.engine()), SyncWorker(machines.engine())
    first = one.run_once(kind=WorkKind.WALK)
    second = two.run_once(kind=WorkKind.WALK)
    assert [report.kind for report in first] == ["pull"]
    assert second == [], "the next pull is due in a minute, whoever does it"


def test_a_pull_that_is_asked_for_takes_the_turn_and_the_other_stops_at_its_next_page(machines):
    for number in range(1, 6):
        machines.world.add("leads", number)
    slow, fast = machines.engine(page_size=1), machines.engine(page_size=1)
    slow._context.open()
    assert slow._context.turn.take_when_due()
    assert not fast._context.turn.take_when_due(), "somebody living has it"

    report = fast.pull()
    assert report.stopped is None
    assert fast.records.leads.count() == 5

    machines.world.change("leads", 1, name="later")
    late = slow.pull()
    assert late.stopped == "another process has taken over"
    assert late.ok, "it is no failure"
    slow._context.turn.done(next_at=0.0)
    assert (slow.pull()).stopped is None, "asked again it takes the turn"


def test_a_failing_tenant_delays_no_other(machines):
    bad, good = machines.engine("bad"), machines.engine("good")
    machines.world.add("leads", 7)
    bad._context.remote.forbidden["leads"] = AccountBlockedError("403")
    worker = SyncWorker([bad, good], sweep=0.05, window=0.01)

    def act() -> None:
        def done() -> bool:
            lanes = {(lane.tenant, lane.kind): lane for lane in worker.status().lanes}
            return (
                lanes["bad", WorkKind.WALK].failures > 0
                and good.records.leads.count() == 1
                and lanes["good", WorkKind.PUSH].rounds > 3
            )

        until(good, done)
        assert not worker.status().ok
        [lane] = [lane for lane in worker.status().lanes if lane.failures]
        assert (lane.tenant, lane.kind) == ("bad", WorkKind.WALK)
        assert "403" in str(lane.error)

    beside(worker, act)
    with machines.store.tx("bad", write=False) as tx:
        assert tx.work.next_due(WorkKind.WALK) is not None, "it is tried again later"


def test_the_first_pull_after_the_hour_of_the_night_is_full(machines):
    engine = machines.engine()
    clock = ShiftedClock()
    engine._context.clock = clock
    worker = SyncWorker(engine, reconcile_hour=1)
    machines.world.add("leads", 7)
    worker.run_once(kind=WorkKind.WALK)
    worker.run_once(kind=WorkKind.WALK)
    fulls = []
    pull = engine.pull

    def watched(*args, **options):
        fulls.append(options["full"])
        return pull(*args, **options)

    engine.pull = watched
    clock.ahead = 86_400.0
    machines.world.now_ += 86_400.0
    worker.run_once(kind=WorkKind.WALK)
    clock.ahead += 61.0
    worker.run_once(kind=WorkKind.WALK)
    assert fulls == [True, False]


class ShiftedClock:
    """The machine's clock, ahead by a while."""

    ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


def test_rings_wake_it_and_neither_loss_nor_repetition_changes_the_result(machines):
    """A sweep of ten minutes: whatever is done in time was rung for."""
    rings = []

    class Bell:
        is_transactional = False

        def ring(self, tenant, kind, *, tx=None) -> None:
            rings.append((tenant, kind))
            if kind is WorkKind.PUSH:
                worker.wake(tenant, kind)
                worker.wake(tenant, kind)

    engine = machines.engine()
    engine._context.doorbell = Bell()
    worker = SyncWorker(engine, sweep=600.0, window=0.01)
    machines.world.add("leads", 7, price=1)

    def act() -> None:
        def pulled() -> bool:
            return engine.records.leads.count() == 1

        until(engine, pulled)
        engine.records.leads.update(7, price=5)

        def pushed() -> bool:
            return machines.world.rows("leads")[7]["price"] == 5

        until(engine, pushed)
        assert (engine.receive(b"leads[update][0][id]=7")).processed == 1
        assert rings[-1] == ("one", WorkKind.PULL), "a webhook rings"
        assert (engine.status()).inbox["new"] == 1, "nobody has heard it"
        worker.run_once(kind=WorkKind.PULL)
        assert (engine.status()).inbox.get("new", 0) == 0, "the next look finds it"

    beside(worker, act)
    assert len([kind for _, kind in rings if kind is WorkKind.PUSH]) == 1


def test_a_doorbell_that_fails_costs_a_line_in_the_log(machines, caplog):
    class Broken:
        is_transactional = False

        def ring(self, tenant, kind, *, tx=None) -> None:
            raise ConnectionError("the broker is away")

    engine = machines.engine()
    engine._context.doorbell = Broken()
    machines.world.add("leads", 7)
    engine.pull()
    engine.records.leads.update(7, price=5)
    assert "the broker is away" in caplog.text
    engine.push()
    assert machines.world.rows("leads")[7]["price"] == 5


def test_a_drained_engine_begins_nothing(machines):
    machines.world.add("leads", 7, price=1)
    engine = machines.engine()
    engine.pull()
    engine.records.leads.update(7, price=5)
    engine._context.is_draining = True
    assert (engine.push()).of("leads").pushed == 0
    assert (engine.pull()).stopped == "this process was told to end"
    engine._context.is_draining = False
    assert (engine.push()).of("leads").pushed == 1


def test_what_a_worker_refuses(machines):
    with pytest.raises(ConfigurationError, match="at least one"):
        SyncWorker([])
    with pytest.raises(ConfigurationError, match="two of one"):
        SyncWorker([machines.engine(), machines.engine()])
    with pytest.raises(ConfigurationError, match="pull_every"):
        SyncWorker(machines.engine(), pull_every=0)
    with pytest.raises(ConfigurationError, match="reconcile_hour"):
        SyncWorker(machines.engine(), reconcile_hour=24)
