# Generated from tests/unit/handlers/_async/test_shared_runs.py by tools/unasync.py: edit that file instead.
"""A sync that one process was asked for is told about by every other process on the same store."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from unit.handlers._sync.world import ACCOUNT, OWNER, PLENTY, config, known, request

from amocrm_sync._sync._primitives import Event
from amocrm_sync._sync.handlers import runs
from amocrm_sync.errors import AccountBlockedError
from amocrm_sync.handlers import (
    Allowance,
    ConfiguredConnections,
    CRMHandlers,
    MemoryConfigStore,
)
from amocrm_sync.stores import MemoryTokenStore
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.testing import Emulator, ManualClock

pytestmark = pytest.mark.anyio


@attrs.define
class Process:
    """One of a host's processes: its own handlers, engine and connections to the database."""

    handlers: CRMHandlers
    engine: Any
    store: SQLSyncStore

    def ask(self, method: str, path: str, who: str = "own", **more: Any) -> Any:
        return self.handlers.handle(request(method, path, who, **more))

    def hold_up(self, error: Exception | None = None) -> Event:
        """Let pulls wait for the event, after telling that they have begun; then fail, if they shall."""
        go_on, pull = Event(), self.engine.pull

        def slow(names, *, progress=None, **more):
            pull(("users",), progress=progress)
            go_on.wait()
            if error is not None:
                raise error
            return pull(names, progress=progress, **more)

        self.engine.pull = slow
        return go_on


@attrs.define
class Fleet:
    """Two processes of a host."""

    clock: ManualClock
    here: Process
    there: Process


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'amo.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def fleet(database):
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=3, pipelines=1)
    configs, tokens = MemoryConfigStore(), MemoryTokenStore()
    assert configs.save(OWNER, None, config())
    processes = []
    for _ in range(2):
        store = SQLSyncStore(database)
        connections = ConfiguredConnections(
            configs,
            tokens=tokens,
            store=store,
            http_client=emulator.http_client(),
            limiter=None,
            default_owner=OWNER,
            clock=clock,
        )
        if not processes:
            flow = (connections.get(OWNER)).flow
            flow.exchange_code(emulator.authorization_code(), account=ACCOUNT, owner=OWNER)
        handlers = CRMHandlers(
            connections=connections,
            configs=configs,
            authenticate=known,
            clock=clock,
            rates=PLENTY,
            failures=Allowance(10_000),
            patience=0.01,
        )
        processes.append(Process(handlers, (connections.get(OWNER)).engine, store))
    yield Fleet(clock, *processes)
    for process in processes:
        process.store.close()


def begin(process: Process, path: str = "/integrations/amo-crm/sync-users") -> tuple[str, Any]:
    """Ask for a sync that takes long; where to ask for it, and its run."""
    begun = process.ask("POST", path)
    assert begun.status == 202
    run_id = begun.json()["runId"]
    return f"/admin/crm/sync/runs/{run_id}", process.handlers.runs.find(run_id, OWNER)


def test_another_process_tells_how_it_stands_and_how_it_ended(fleet):
    go_on = fleet.here.hold_up()
    where, run = begin(fleet.here)
    seen = (fleet.there.ask("GET", where)).json()
    assert (seen["kind"], seen["status"], seen["finished_at"]) == ("users", "running", None)
    go_on.set()
    assert run.notes.wait(10)
    ended = fleet.there.ask("GET", where)
    assert ended.json() == (fleet.here.ask("GET", where)).json()
    assert (ended.json()["status"], ended.json()["report"]["users"]["errors"]) == ("done", 0)
    assert [item["entity"] for item in ended.json()["progress"]] == ["users"]


def test_only_its_owner_is_told(fleet):
    go_on = fleet.here.hold_up()
    where, run = begin(fleet.here)
    assert (fleet.there.ask("GET", where, "other")).status == 404
    assert (fleet.there.ask("GET", "/admin/crm/sync/runs/of-nobody")).status == 404
    go_on.set()
    assert run.notes.wait(10)


def test_its_failure_is_told_without_what_is_not_for_hosts(fleet):
    go_on = fleet.here.hold_up(AccountBlockedError("403 from 10.0.0.7", status=403))
    where, run = begin(fleet.here)
    go_on.set()
    assert run.notes.wait(10)
    told = fleet.there.ask("GET", where)
    assert told.json()["status"] == "failed"
    assert told.json()["error"]
    assert b"10.0.0.7" not in told.body


def test_how_far_it_has_come_is_noted_while_it_goes_on(fleet, monkeypatch):
    monkeypatch.setattr(runs, "BEAT", 0.02)
    go_on = fleet.here.hold_up()
    where, run = begin(fleet.here)
    for _ in range(200):
        seen = (fleet.there.ask("GET", where)).json()
        if seen["progress"]:
            break
        run.job.wait(0.02)
    assert (seen["status"], seen["progress"][0]["entity"]) == ("running", "users")
    go_on.set()
    assert run.notes.wait(10)
    rows = [row for row in fleet.there.engine.log(50) if row.run_id == run.run_id]
    assert (rows[0].operation, rows[0].status, rows[-1].status) == ("run", "ok", "running")


def test_a_run_whose_process_has_died_does_not_run_for_ever(fleet):
    go_on = fleet.here.hold_up()
    where, run = begin(fleet.here)
    fleet.clock.advance(59)
    assert (fleet.there.ask("GET", where)).json()["status"] == "running"
    fleet.clock.advance(2)
    told = (fleet.there.ask("GET", where)).json()
    assert told["status"] == "failed"
    assert "has not been heard of for 61 s" in told["error"]
    go_on.set()
    assert run.notes.wait(10)


def test_a_short_sync_leaves_no_note(fleet):
    fleet.here.handlers.options = attrs.evolve(fleet.here.handlers.options, patience=30.0)
    assert (fleet.here.ask("POST", "/integrations/amo-crm/sync-users")).status == 200
    assert [row.operation for row in fleet.here.engine.log(50) if row.operation == "run"] == []
