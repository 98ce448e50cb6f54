"""Kill -9 in the middle of a pull of 20,000 leads: the next pull goes on, and ends with exactly the server's rows.

A real process, a real socket, a real file. The server is the emulator in this process; it counts the requests, so the
test can say how many pages the kill has cost.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import orjson
import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.slow

LEADS = 20_000
FEWER = 12_000
"""More than five kills let through."""

IN_FLIGHT = 4
"""Pages under way at a time where the server answers at once."""
PAGES = LEADS // 250

PULL = textwrap.dedent(
    """
    import sys
    from amocrm_sync import AmoCRM
    from amocrm_sync.stores.sql import SQLSyncStore
    from amocrm_sync.sync import SyncConfig, SyncEngine

    url, token, database = sys.argv[1:]
    with AmoCRM(url, token=token, limiter=None) as amo:
        engine = SyncEngine(amo, SQLSyncStore(database), config=SyncConfig(entities=("leads",)))
        print("pulling", flush=True)
        print(engine.pull().as_counts(), flush=True)
    """
)


@contextmanager
def account(leads: int) -> Iterator[tuple[Emulator, str]]:
    """An account of its own, and where it is served."""
    emulator = Emulator(seed=7, rate_limit=False)
    emulator.seed_account(leads=leads, contacts=50, companies=5, tasks=5, notes=5, pipelines=2)
    with emulator.serve(port=0) as server:
        yield emulator, server.base_url


class KillAfter:
    """Kills a process with signal 9 so many seconds after its n-th request of leads.

    At once means: while it waits for the answer. A little later it parses, or is in the middle of a transaction.
    """

    def __init__(self, emulator: Emulator, pages: int, delay: float) -> None:
        self._emulator = emulator
        self._handle = emulator.handle
        self._left = pages
        self._delay = delay
        self._lock = threading.Lock()
        self.victim: subprocess.Popen[str] | None = None
        self.killed = threading.Event()

    def __enter__(self) -> Self:
        self._emulator.handle = self._watch
        return self

    def __exit__(self, *_: object) -> None:
        self._emulator.handle = self._handle

    def _watch(self, request):
        with self._lock:
            if "/leads" in request.path:
                self._left -= 1
            if self._left == 0 and self.victim is not None:
                threading.Timer(self._delay, self._kill, [self.victim.pid]).start()
        return self._handle(request)

    def _kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.killed.set()


def start(url: str, token: str, database: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PULL, url, token, database], stdout=subprocess.PIPE, text=True
    )


def pull_and_kill(
    emulator: Emulator, url: str, token: str, database: str, *, pages: int, delay: float = 0.0
) -> None:
    """Start a pull in another process and kill it at a given page."""
    with KillAfter(emulator, pages, delay) as killer:
        process = start(url, token, database)
        killer.victim = process
        output, _ = process.communicate(timeout=60)
    assert killer.killed.is_set(), "the pull ended before it was to be killed"
    assert process.returncode == -signal.SIGKILL
    assert output == "pulling\n", "the pull had finished already"


def finish(url: str, token: str, database: str):
    """Pull to the end in this process; the report and every record."""
    with AmoCRM(url, token=token, limiter=None) as amo:
        store = SQLSyncStore(database)
        engine = SyncEngine(amo, store, config=SyncConfig(entities=("leads",)))
        report = engine.pull()
        records = engine.records.leads.list(deleted=True)
        store.close()
    return report, records


def served(emulator: Emulator, url: str, token: str) -> dict[str, dict]:
    """What the API itself says it has, read page by page in id order while nobody works."""
    rows: dict[str, dict] = {}
    with AmoCRM(url, token=token, limiter=None) as amo:
        number, more = 1, True
        while more:
            params = {"page": number, "limit": 250, "with": "contacts,loss_reason", "order": {"id": "asc"}}
            answer = amo.request("GET", "/api/v4/leads", params=params)
            rows |= {str(row["id"]): row for row in answer["_embedded"]["leads"]}
            number, more = number + 1, "next" in answer["_links"]
    for row in rows.values():
        row.pop("_links", None)
    return rows


def pages_asked(emulator: Emulator, since: int) -> int:
    return sum(entry.path == "/api/v4/leads" for entry in emulator.requests[since:])


def same(records, rows: dict[str, dict]) -> None:
    """The live records are the server's rows: ids and content."""
    live = {record.remote_id: record.raw for record in records if record.deleted_at is None}
    assert live.keys() == rows.keys()
    different = [
        key for key in rows if orjson.dumps(live[key], option=2) != orjson.dumps(rows[key], option=2)
    ]
    assert different == []


def test_a_killed_pull_goes_on_where_it_was(tmp_path):
    with account(LEADS) as (emulator, url):
        token, database = emulator.long_lived_token(), f"sqlite:///{tmp_path}/amo.db"
        pull_and_kill(emulator, url, token, database, pages=PAGES // 2)
        before = len(emulator.requests)
        report, records = finish(url, token, database)
        asked = pages_asked(emulator, before)
        assert report.ok
        same(records, served(emulator, url, token))
    already = LEADS - report.entities["leads"].created
    assert already >= (PAGES // 2 - IN_FLIGHT - 1) * 250, "what was committed before the kill was not kept"
    closing = 5
    assert asked <= PAGES - PAGES // 2 + IN_FLIGHT + closing, f"{asked} pages for the rest of {PAGES}"


def test_kills_again_and_again_while_people_work(tmp_path):
    """Five kills at random places; between them leads are edited, created, deleted and restored."""
    rng = random.Random(5)
    deleted: list[int] = []
    with account(FEWER) as (emulator, url):
        token, database = emulator.long_lived_token(), f"sqlite:///{tmp_path}/amo.db"
        with AmoCRM(url, token=token, limiter=None) as amo:
            for _ in range(5):
                place = {"pages": rng.randint(3, 9), "delay": rng.uniform(0.0, 0.08)}
                pull_and_kill(emulator, url, token, database, **place)
                deleted += people_work(amo, emulator, rng)
        report, records = finish(url, token, database)
        assert report.ok
        rows = served(emulator, url, token)
        same(records, rows)
        assert not rows.keys() & {str(number) for number in deleted}


def people_work(amo: AmoCRM, emulator: Emulator, rng: random.Random) -> list[int]:
    """A handful of changes, anywhere among the rows; the ids that were deleted."""
    ids = sorted(emulator.leads)
    chosen = rng.sample(ids, 12)
    amo.request(
        "PATCH",
        "/api/v4/leads",
        json=[{"id": number, "price": rng.randint(1, 10**6)} for number in chosen[:8]],
    )
    amo.request("POST", "/api/v4/leads", json=[{"name": "made between two kills"}])
    for number in chosen[8:]:
        emulator.ui.delete_lead(number)
    emulator.ui.restore_lead(chosen[8])
    return chosen[9:]
