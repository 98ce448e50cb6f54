"""What pushing costs: 10,000 edits of 5,000 leads, in requests and in seconds of CPU.

``python -m benchmarks.sync_push [--edits 10000]`` prints one line of JSON. The emulator is in the same process, on
virtual time, so that the seconds are those of the engine, the store and the emulator, and no request waits.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from amocrm_sync import AmoCRM
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine
from amocrm_sync.testing import Emulator, ManualClock


def push(edits: int, url: str) -> dict[str, float]:
    """Make two edits of each record, push them, and count."""
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=edits // 2, pipelines=1)
    token = emulator.long_lived_token()
    with AmoCRM("demo", token=token, http_client=emulator.http_client(), limiter=None, clock=clock) as amo:
        config = SyncConfig(entities=("leads",))
        with SyncEngine(
            amo, SQLSyncStore(url), config=config, clock=clock, random=random.Random(1)
        ) as engine:
            engine.pull()
            clock.advance(60)
            for lead in emulator.leads:
                engine.records.leads.update(lead, price=77_001)
                engine.records.leads.update(lead, name=f"Lead {lead}")
            before, started = len(emulator.requests), time.process_time()
            report = engine.push()
            seconds = time.process_time() - started
    asked = emulator.requests[before:]
    writes = sum(request.method == "PATCH" for request in asked)
    return {
        "edits": edits,
        "pushed": report.entities["leads"].pushed,
        "writes": writes,
        "reads_before": len(asked) - writes,
        "cpu_seconds": round(seconds, 2),
    }


def main() -> None:
    """Run once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=10_000)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        print(json.dumps(push(asked.edits, f"sqlite:///{Path(folder) / 'amo.db'}")))


if __name__ == "__main__":
    main()
