"""The figures of the sync that are on virtual time: the same on every machine."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from simulation.churn import STRATEGIES, Scanned, by_page_numbers, scan
from simulation.speed import Field
from simulation.unfiltered import AccountWithoutFilters

from benchmarks.sync_figures_rows import Figure, at_least, at_most

LEADS = 100_000
EFFICIENCY = 0.92
EXTRA = 0.02
SCANS = 100
ROWS = 20_000
FEW = 120
"""Leads of the emulator: there the client, the limiter and the trash are at work as well."""
NAIVE = "page after page, once (for comparison)"


def speed() -> Iterator[Figure]:
    """First pulls at three latencies, and one that is killed half way."""
    with closing(Field(LEADS)) as field:
        for latency in (0.3, 0.6, 1.0):
            found = field.run(field.initial(latency))
            more = f"{found.seconds:.1f} s, {found.requests} requests, {found.refused} refused, {found.stored:,} stored"
            figure = at_least(f"efficiency at {latency} s", found.efficiency, EFFICIENCY, digits=3, more=more)
            yield Figure(
                figure.name, figure.bar, figure.measured, figure.is_met and found.stored == found.leads
            )
            if latency == 0.6:
                whole = found
        killed = field.run(field.initial(0.6, stop_after=whole.seconds / 2))
        extra = killed.requests - whole.requests
        more = f"{extra} requests of {whole.requests}"
        yield at_most(
            "extra requests after a kill half way, at 0.6 s",
            100 * extra / whole.requests,
            100 * EXTRA,
            " %",
            digits=1,
            more=more,
        )


def scans() -> Iterator[Figure]:
    """Rows missed by each strategy, and records buried alive."""
    with multiprocessing.Pool(2) as pool:
        for name in (*STRATEGIES, NAIVE):
            found = pool.map(partial(_scan, name), range(SCANS))
            lost, requests = sum(each.missed for each in found), [each.requests for each in found]
            settled = sum(each.is_settled for each in found)
            told = "" if settled == SCANS else f"; {settled} of {SCANS} settled, the others said so"
            measured = f"{lost} missed{told} ({sum(requests) / SCANS:.0f} requests, at most {max(requests)})"
            is_ours = name != NAIVE
            yield Figure(name, "0 missed" if is_ours else "", measured, not (is_ours and lost))
        for name, reconcile in (
            (f"{SCANS} reconciles of {ROWS:,} rows, filters off", _without_filters),
            (f"the same of {FEW} leads over the emulator", _over_the_emulator),
        ):
            found = pool.map(reconcile, range(SCANS), chunksize=1)
            buried, wrong = (sum(counts) for counts in zip(*found, strict=True))
            measured = f"{buried} buried alive, {wrong} not in step after another"
            yield Figure(name, "0 buried alive", measured, not (buried or wrong))


def burst() -> Iterator[Figure]:
    """Many webhooks about few rows."""
    with closing(Field(2_000)) as field:
        found = field.run(field.burst(10_000, 10.0, latency=0.3, every=1.5))
    yield at_most("requests that fetch", found.requests, 40)
    yield at_most("all applied, after the last webhook", found.behind, 5.0, " s", digits=1)
    yield at_most("rows with a wrong value", found.wrong, 0)


def _scan(name: str, seed: int) -> Scanned:
    return scan(STRATEGIES.get(name, by_page_numbers), ROWS, seed)


def _without_filters(seed: int) -> tuple[int, int]:
    return AccountWithoutFilters.of(ROWS, seed).reconciled()


def _over_the_emulator(seed: int) -> tuple[int, int]:
    with closing(Field(FEW, seed=seed + 1, page=10, filters=False)) as field:
        return field.run(field.reconciled(seed))
