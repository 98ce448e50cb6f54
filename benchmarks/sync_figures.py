"""What a pull costs: how near to the rate limit it reads, what it misses under churn, what webhooks cost; writes the page.

``python benchmarks/sync_figures.py [--scans 100] [--leads 100000] [--page docs/reference/sync-figures.md]``. All but the line
of SQLite is on virtual time: the real engine, client and limiter over the emulator, so the machine's load has no part in it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from simulation.churn import STRATEGIES, by_page_numbers, missed  # noqa: E402 - the path is set above
from simulation.speed import Field  # noqa: E402 - the same

from amocrm_sync import AmoCRM  # noqa: E402 - the same
from amocrm_sync.stores.sql import SQLSyncStore  # noqa: E402 - the same
from amocrm_sync.sync import SyncConfig, SyncEngine  # noqa: E402 - the same
from amocrm_sync.testing import Emulator, ManualClock  # noqa: E402 - the same

ROWS = 20_000
NAIVE = "page after page, once (for comparison)"
HEAD = """# Figures of the pull

Written by `benchmarks/sync_figures.py` on {day}. The engine, the client and its limiter are the real ones, over the emulator with its rate
limit on, on virtual time: seconds below are those that an account would see, whatever this machine was doing.

## A first pull of {leads:,} leads

*Efficiency* is the least time that seven requests a second allow for the pages (⌈leads ÷ 250⌉ ÷ 7 s), by the time it took. The limiter
sends 6.8 a second, so 97 % is the most. Requests are all of them: the proof, the trash and empty tails included.

| Latency | Leads stored | Requests | Refused (429) | Seconds | Efficiency |
|---|---|---|---|---|---|
"""


def initial(leads: int, latency: float, stop_after: float | None = None) -> str:
    """A line of the first table."""
    with closing(Field(leads)) as field:
        found = field.run(field.initial(latency, stop_after=stop_after))
    name = f"{latency} s" + (
        "" if stop_after is None else f", killed after {stop_after:.0f} s and begun again"
    )
    cells = [
        name,
        f"{found.stored:,}",
        found.requests,
        found.refused,
        f"{found.seconds:.1f}",
        f"{found.efficiency:.1%}",
    ]
    return _row(cells)


def churn(name: str, scans: int) -> str:
    """A line of the second table."""
    strategy = STRATEGIES.get(name, by_page_numbers)
    found = [missed(strategy, ROWS, seed) for seed in range(scans)]
    requests = [count for _, count in found]
    return _row([name, sum(count for count, _ in found), f"{sum(requests) / scans:.0f}", max(requests)])


def burst(hooks: int, entities: int) -> str:
    """The line of the webhooks."""
    with closing(Field(entities)) as field:
        found = field.run(field.burst(hooks, 10.0, latency=0.3, every=1.5))
    return _row(
        [f"{found.hooks:,}", f"{found.entities:,}", found.requests, f"{found.behind:.1f} s", found.wrong]
    )


def applied(leads: int) -> str:
    """Seconds of CPU that the engine needs to read and store all leads in SQLite, the emulator's own left out."""
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=leads, pipelines=1, contacts=50, companies=5, tasks=0, notes=0)
    theirs, handle = [0.0], emulator.handle

    def timed(request):
        started = time.process_time()
        answer = handle(request)
        theirs[0] += time.process_time() - started
        return answer

    emulator.handle = timed
    with (
        TemporaryDirectory() as folder,
        AmoCRM(
            "demo",
            token=emulator.long_lived_token(),
            http_client=emulator.http_client(),
            limiter=None,
            clock=clock,
        ) as amo,
        SyncEngine(
            amo,
            SQLSyncStore(f"sqlite:///{folder}/amo.db"),
            config=SyncConfig(entities=("leads",), events=False),
            clock=clock,
            random=random.Random(1),
        ) as engine,
    ):
        started = time.process_time()
        engine.pull()
        spent = time.process_time() - started
        stored = engine.records.leads.count()
    return f"{stored:,} leads: {spent - theirs[0]:.1f} s of CPU in the engine, the client and SQLite."


def work(scans: int, leads: int) -> list[tuple[str, Callable[[], str]]]:
    """What is to be measured, by the part of the page that it belongs to."""
    tasks: list[tuple[str, Callable[[], str]]] = [("applied", partial(applied, leads))]
    tasks += [("initial", partial(initial, leads, latency)) for latency in (1.0, 0.6, 0.3)]
    tasks.append(("initial", partial(initial, leads, 0.6, leads / 250 / 6.8 / 2)))
    tasks += [("churn", partial(churn, name, scans)) for name in (*STRATEGIES, NAIVE)]
    tasks.append(("burst", partial(burst, 10_000, 2_000)))
    return tasks


def page(lines: dict[str, list[str]], *, scans: int, leads: int) -> str:
    """The page."""
    return (
        HEAD.format(day=f"{datetime.now(UTC):%Y-%m-%d}", leads=leads)
        + "\n".join(lines["initial"])
        + f"\n\nApplying them to SQLite, on this machine's time: {lines['applied'][0]}\n"
        + f"\n## {scans} readings of {ROWS:,} rows while people work\n\n"
        + "Twelve deletions a minute and five changes a second while the list is read, at the level of pages. *Missed* are rows that were\n"
        + "there from beginning to end and were not read, in all readings together. Eighty pages hold the rows.\n\n"
        + "| Strategy | Missed | Requests, mean | Requests, most |\n|---|---|---|---|\n"
        + "\n".join(lines["churn"])
        + "\n\n## A burst of webhooks\n\nWithin ten seconds, at a latency of 0.3 s; the inbox is looked at every 1.5 s. *Behind* is how long after the last "
        + "webhook\neverything was stored.\n\n| Webhooks | Leads | Requests | Behind | Rows with a wrong value |\n|---|---|---|---|---|\n"
        + "\n".join(lines["burst"])
        + "\n"
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=100)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "reference" / "sync-figures.md")
    asked = parser.parse_args()
    lines: dict[str, list[str]] = {}
    with multiprocessing.Pool(2, maxtasksperchild=1) as pool:
        tasks = work(asked.scans, asked.leads)
        waiting = [(part, pool.apply_async(task)) for part, task in tasks]
        for part, result in waiting:
            lines.setdefault(part, []).append(result.get())
            print(part, lines[part][-1], flush=True)
    asked.page.write_text(page(lines, scans=asked.scans, leads=asked.leads), encoding="utf-8")


def _row(cells: list[object]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
