"""The figures of the sync that are measured on this machine's time and memory."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from amocrm_sync import AmoCRM, LocalRateLimiter
from amocrm_sync._http import family
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine
from amocrm_sync.testing import Emulator
from amocrm_sync.testing.emulator.http import Request
from amocrm_sync.webhooks import parse as read_webhook
from benchmarks.sync_figures_rows import Figure, at_least, at_most
from benchmarks.sync_push import push as push_edits
from benchmarks.webhooks import body, per_second

LIMIT = 7
CPU_SECONDS = 30.0
MEMORY_MB = 150.0
SIZES = (10_000, 100_000, 300_000)
FLAT_MB = 40.0
"""By so much the memory of the longest pull may differ from that of the shortest and still be called flat."""


def threads(*, leads: int = 4_000, page: int = 10, latency: float = 0.6) -> Iterator[Figure]:
    """A first pull of the sync engine in real time."""
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=leads, pipelines=1, contacts=50, companies=5, tasks=0, notes=0)
    config = SyncConfig(entities=("leads",), page_size=page)
    with (
        AmoCRM(
            "demo",
            token=emulator.long_lived_token(),
            http_client=_Wire(emulator, latency),
            limiter=LocalRateLimiter(),
        ) as amo,
        SyncEngine(amo, MemorySyncStore(), config=config) as engine,
    ):
        engine.status()
        before, started = len(emulator.requests), time.monotonic()
        engine.pull()
        seconds = time.monotonic() - started
        stored = engine.records.leads.count()
    more = f"{seconds:.1f} s, {len(emulator.requests) - before} requests, {stored:,} stored"
    figure = at_least(
        f"efficiency at {latency} s", ceil(leads / page) / LIMIT / seconds, 0.92, digits=3, more=more
    )
    yield Figure(figure.name, figure.bar, figure.measured, figure.is_met and stored == leads)


def applied() -> Iterator[Figure]:
    """First pulls of either engine into SQLite, from another process, as fast as it goes."""
    grown: dict[str, list[float]] = {"sync": [], "async": []}
    for leads in SIZES:
        with _emulator(leads) as (url, token):
            for colour, sizes in grown.items():
                found = _pulled(colour, url, token)
                if found["stored"] != leads:
                    raise RuntimeError(f"{found['stored']} leads are stored of {leads}")
                sizes.append(found["megabytes"])
                if leads == 100_000:
                    more = f"{found['seconds']:.0f} s in all"
                    yield at_most(
                        f"CPU, {colour}, {leads:,} leads",
                        found["cpu"],
                        CPU_SECONDS,
                        " s",
                        digits=1,
                        more=more,
                    )
                yield at_most(
                    f"memory, {colour}, {leads:,} leads", found["megabytes"], MEMORY_MB, " MB", digits=1
                )
    for colour, sizes in grown.items():
        name = f"memory, {colour}, the longest by the shortest"
        yield at_most(name, sizes[-1] - sizes[0], FLAT_MB, " MB more", digits=1)


def parse(*, seconds: float = 4.0) -> Iterator[Figure]:
    """Webhooks read by one core."""
    bodies = [body(number) for number in range(500)]
    size = f"{len(bodies[0]) / 1000:.1f} kB each"
    yield at_least(
        "webhooks a second, one core", per_second(read_webhook, bodies, seconds), 10_000, more=size
    )


def push() -> Iterator[Figure]:
    """Edits in as few requests as possible."""
    with TemporaryDirectory() as folder:
        found = push_edits(10_000, f"sqlite:///{Path(folder) / 'amo.db'}")
    more = f"{found['pushed']:,} edits, {found['cpu_seconds']} s of CPU with the emulator's"
    yield at_most("writes", found["writes"], 100, more=more)
    yield at_most("reads before them", found["reads_before"], 26)


class _Wire(family().Client):
    """The emulator behind a wire, half of the latency on the way there and half on the way back."""

    def __init__(self, emulator: Emulator, latency: float) -> None:
        super().__init__(trust_env=False, verify=False)
        self._emulator = emulator
        self._half = latency / 2

    def request(
        self, method: str, url: str, *, headers: dict[str, str], content: bytes = b"", **_options: Any
    ) -> Any:
        lowered = {name.lower(): value for name, value in headers.items()}
        time.sleep(self._half)
        answer = self._emulator.handle(
            Request(method=method, url=str(url), headers=lowered, body=content or b"")
        )
        time.sleep(self._half)
        return family().Response(answer.status, headers=list(answer.headers), content=answer.body)


@contextmanager
def _emulator(leads: int) -> Iterator[tuple[str, str]]:
    """An emulator with so many leads in a process of its own; its address and a token."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(leads, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("enough")
        process.join()


def _serve(leads: int, pipe: Connection) -> None:
    emulator = Emulator(seed=1, rate_limit=False)
    emulator.seed_account(leads=leads, pipelines=1, contacts=50, companies=5, tasks=0, notes=0)
    with emulator.serve() as server:
        pipe.send((server.base_url, emulator.long_lived_token()))
        pipe.recv()


def _pulled(colour: str, url: str, token: str) -> dict[str, float]:
    """A pull in a process that does nothing else."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.sync_figures_pull", colour, url, token, folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)
