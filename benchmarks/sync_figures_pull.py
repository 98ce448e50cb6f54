"""The measured process of ``sync_figures``: one first pull into SQLite, by either engine; prints one line of JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from amocrm_sync import AmoCRM, AsyncAmoCRM
from amocrm_sync.stores.sql import AsyncSQLSyncStore, SQLSyncStore
from amocrm_sync.sync import AsyncSyncEngine, SyncConfig, SyncEngine

CONFIG = SyncConfig(entities=("leads",))


def pull(url: str, token: str, folder: str) -> dict[str, float]:
    """By the sync engine."""
    with (
        AmoCRM(url, token=token, limiter=None) as amo,
        SyncEngine(amo, SQLSyncStore(f"sqlite:///{folder}/amo.db"), config=CONFIG) as engine,
    ):
        engine.pull(limit=1)  # what is imported and opened once is not part of it
        before = standing()
        engine.pull()
        return spent(before, engine.records.leads.count())


async def pull_async(url: str, token: str, folder: str) -> dict[str, float]:
    """By the async engine."""
    async with (
        AsyncAmoCRM(url, token=token, limiter=None) as amo,
        AsyncSyncEngine(amo, AsyncSQLSyncStore(f"sqlite:///{folder}/amo.db"), config=CONFIG) as engine,
    ):
        await engine.pull(limit=1)
        before = standing()
        await engine.pull()
        return spent(before, await engine.records.leads.count())


def standing() -> tuple[float, float, float]:
    """Seconds of CPU, seconds, and the largest size of the process so far in MB."""
    return time.process_time(), time.monotonic(), _largest_size()


def _largest_size() -> float:
    """In MB. Not ``ru_maxrss``: that begins at the size of the process which started this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) / 1024


def spent(before: tuple[float, float, float], stored: int) -> dict[str, float]:
    """What went by since."""
    cpu, seconds, size = (now - then for now, then in zip(standing(), before, strict=True))
    return {"cpu": cpu, "seconds": seconds, "megabytes": size, "stored": stored}


if __name__ == "__main__":
    colour, *given = sys.argv[1:]
    print(json.dumps(asyncio.run(pull_async(*given)) if colour == "async" else pull(*given)))
