"""What the sync store does in a second: webhook bodies in, work and edits claimed, leads applied.

``python -m benchmarks.sync_store [--postgres] [--leads 100000]`` prints one line of JSON for each figure, with the
machine's load beside it; ``--page`` measures both databases and writes the page. PostgreSQL is started for the run.
``received`` are bodies that threads hand in one by one, each durable before its thread hears of it; ``added`` are bodies
that come in groups.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from amocrm_sync._core.entities import stream_named
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind
from amocrm_sync._core.sync.records import Read
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sync.sync.group import GroupCommit
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncEngine
from amocrm_sync.testing import Emulator
from benchmarks.load import priority

GROUP = 500
THREADS = 64
TENANT = "bench"
BODY = b"leads[update][0][id]=%d&" + b"x" * 3_000


def added(url: str, bodies: int) -> float:
    """Bodies a second, in groups."""
    with closing(SQLSyncStore(url)) as store:
        store.prepare()
        items = [delivery(number) for number in range(bodies)]
        started = time.perf_counter()
        for place in range(0, bodies, GROUP):
            store.keep(TENANT, items[place : place + GROUP])
        return bodies / (time.perf_counter() - started)


def received(url: str, bodies: int) -> float:
    """Bodies a second, each by itself, from many threads that share commits."""
    with closing(SQLSyncStore(url)) as store:
        store.prepare()
        group: GroupCommit[Delivery, bool] = GroupCommit(lambda items: store.keep(TENANT, items))
        items = [delivery(number) for number in range(bodies)]

        def hand_in(place: int) -> None:
            for item in items[place::THREADS]:
                group.add(item)

        threads = [threading.Thread(target=hand_in, args=(place,)) for place in range(THREADS)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return bodies / (time.perf_counter() - started)


def claimed(url: str, records: int, edits_each: int) -> float:
    """Edits a second that two processes claim, read and finish."""
    with closing(SQLSyncStore(url)) as store:
        uids = [f"u{number:06}" for number in range(records)]
        for place in range(0, records, 5_000):
            part = uids[place : place + 5_000]
            with store.tx(TENANT) as tx:
                tx.outbox.add([edit(uid) for uid in part for _ in range(edits_each)])
                tx.work.mark(WorkKind.PUSH, "leads", part, 0.0)
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(3), context.Queue()
    workers = [context.Process(target=_worker, args=(url, ready, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.perf_counter()
    done = sum(results.get() for _ in workers)
    seconds = time.perf_counter() - started
    for worker in workers:
        worker.join()
    if done != records * edits_each:
        raise RuntimeError(f"{done} edits were claimed of {records * edits_each}")
    return done / seconds


def _worker(url: str, ready, results) -> None:  # type: ignore[no-untyped-def] # multiprocessing has no public types
    done = 0
    with closing(SQLSyncStore(url)) as store:
        store.prepare()
        ready.wait()
        while True:
            with store.tx(TENANT, lock=False) as tx:
                claims = tx.work.claim(WorkKind.PUSH, 1.0, str(os.getpid()), 1e9, GROUP)
                ops = tx.outbox.of("leads", [claim.key for claim in claims], OPEN_STATES)
            if not claims:
                break
            done += len(ops)
            with store.tx(TENANT, lock=False) as tx:
                tx.work.finish(claims)
    results.put(done)


def applied(url: str, leads: int) -> float:
    """Seconds of CPU that it costs to apply leads, in pages of 250."""
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=250, pipelines=1)
    pattern = list(emulator.leads.values())
    stream = stream_named("leads")
    with SyncEngine(None, SQLSyncStore(url)) as engine:
        engine.status()
        context = engine._context  # noqa: SLF001 - what a pull calls for each page
        report = SyncReport(kind="pull", run_id="bench", started_at=0.0)
        spent = 0.0
        for page in range(leads // 250):
            rows = [{**row, "id": page * 250 + place + 1} for place, row in enumerate(pattern)]
            started = time.process_time()
            with context.tx() as tx:
                context.apply(tx, stream, rows, Read(1.0 + page, 1.5 + page), report)
            spent += time.process_time() - started
        if engine.records.leads.count() != leads:
            raise RuntimeError("leads are missing")
    return spent


def delivery(number: int) -> Delivery:
    """A webhook body of 3 kB."""
    return Delivery(received_at=float(number), dedupe=f"{number:064}", body=BODY % number, content_type="")


def edit(uid: str) -> Op:
    """A local edit."""
    return Op(entity="leads", uid=uid, kind=OpKind.PATCH, fields={"price": 1}, made_at=1.0)


@contextmanager
def databases(*, postgres: bool):
    """New databases, one for each figure."""
    if not postgres:
        with TemporaryDirectory() as folder:
            yield lambda name: f"sqlite:///{folder}/{name}.db"
        return
    import psycopg

    sys.path.append(str(Path(__file__).parent.parent / "tools"))
    from services import postgres as server

    with server() as url:

        def made(name: str) -> str:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return url.removesuffix("postgres") + name

        yield made


def main() -> None:
    """Measure, print, and write the page if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--bodies", type=int, default=40_000)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument(
        "--page", type=Path, help="measure both databases, and write the figures to this page"
    )
    asked = parser.parse_args()
    if asked.page is None:
        measured("PostgreSQL" if asked.postgres else "SQLite", asked)
        return
    busy = os.getloadavg()[0]
    figures = {name: measured(name, asked) for name in ("SQLite", "PostgreSQL")}
    asked.page.write_text(page(figures, asked, busy), encoding="utf-8")


def measured(database: str, asked: argparse.Namespace) -> dict[str, float]:
    """The figures of one database."""
    measures = {
        "inbox added /s": lambda url: added(url, asked.bodies),
        "inbox received /s": lambda url: received(url, asked.bodies),
        "edits claimed /s": lambda url: claimed(url, asked.records, 3),
        "leads applied, CPU s": lambda url: applied(url, asked.leads),
    }
    figures = {}
    with databases(postgres=database == "PostgreSQL") as made:
        for number, (name, measure) in enumerate(measures.items()):
            figures[name] = round(measure(made(f"bench_{number}")), 1)
            load = round(os.getloadavg()[0], 1)
            print(json.dumps({"database": database, name: figures[name], "load": load}), flush=True)
    return figures


AIMS = {
    "inbox added /s": {"SQLite": 20_000, "PostgreSQL": 8_000},
    "edits claimed /s": {"SQLite": 20_000, "PostgreSQL": 20_000},
}
"""Least of what is promised."""


def page(figures: dict[str, dict[str, float]], asked: argparse.Namespace, busy: float) -> str:
    """The reference page."""
    what = {
        "inbox added /s": "webhook bodies stored in a second, 500 to a commit",
        "inbox received /s": f"webhook bodies stored in a second, handed in one by one by {THREADS} threads",
        "edits claimed /s": "local edits that two workers claim, read and finish in a second",
        "leads applied, CPU s": f"seconds of CPU to apply {asked.leads:,} leads, in pages of 250",
    }
    rows = ["| | " + " | ".join(figures) + " |", "|---|" + "---:|" * len(figures)]
    for name, said in what.items():
        values = (
            _shown(values[name], AIMS.get(name, {}).get(database)) for database, values in figures.items()
        )
        rows.append(f"| {said} | {' | '.join(values)} |")
    table = "\n".join(rows)
    return f"""# What the sync store does in a second

Written by `make bench-store` with Python {platform.python_version()} on {os.cpu_count()} cores, which the database shares; the load average at the
beginning was {busy:.1f}. A body is a form of 3 kB, and what is stored is durable: SQLite with `synchronous=FULL`, PostgreSQL
with its defaults. Each worker is a process; CPU is that of this process, without the database server's.{priority()}

{table}

In brackets: the least that is promised. A load average far above the number of cores means that other work had most of
them; take such a run as a lower bound.
"""


def _shown(value: float, least: int | None) -> str:
    return f"{value:.1f}" if value < 1_000 else f"{value:,.0f}" + (f" ({least:,})" if least else "")


if __name__ == "__main__":
    main()
