"""Races for one refresh token over every shared store, printed and written to docs/reference/token-races.md.

``python benchmarks/token_race.py [seconds]``: 8 processes with 8 threads (or tasks) each, a minute for each line.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import services  # noqa: E402 - found by the line above
from token_race import ACCESS_SECONDS, LEASE, Outcome, Race, run  # noqa: E402

from amocrm_sync.stores import FileTokenStore  # noqa: E402
from amocrm_sync.stores.redis import RedisTokenStore  # noqa: E402
from amocrm_sync.stores.sql import SQLTokenStore  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "token-races.md"
HEAD = """# Races for a refresh token

{processes} processes with {workers} threads (or tasks) each share one connection, without a rate limit, for {seconds:.0f} s a line,
against the emulator over sockets. An access token lives {access} s, and the lease is scaled from 60 s to {lease:.0f} s with it. A refresh
token works once (*strict*), or until its successor is used (*overlap*). Where it says *killed*, the process that is
renewing gets kill -9 every 5 s, before the exchange or between the exchange and the save, by chance.

A token is renewed at half of its life, so *half-lives* is how many exchanges are to be expected. In *strict* mode nobody can
survive a kill between exchange and save: the new pair has died with the process, calls go on to the end of the access token, then end
in `AuthorizationLost` until a person connects anew. Each such loss must be one of these kills.

`make soak-tokens` writes this page.

| Store | Variant | Calls | Exchanges | Half-lives | Refused | Killed before, after | Connections lost | Failed calls |
|---|---|---|---|---|---|---|---|---|
"""


def line(store: str, variant: str, outcome: Outcome) -> str:
    failures = ", ".join(f"{count} {name}" for name, count in sorted(outcome.failures.items())) or "0"
    kills = f"{outcome.kills_before}, {outcome.kills_after}"
    cells = [store, variant, outcome.calls, outcome.refreshes, outcome.most, outcome.refused, kills]
    return "| " + " | ".join(map(str, [*cells, outcome.losses, failures])) + " |"


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name, services.postgres() as postgres, services.redis() as redis:
        stores: dict[str, tuple[str, Callable[[], Any]]] = {
            "file": (f"file={name}/tokens.json", lambda: FileTokenStore(f"{name}/tokens.json")),
            "SQLite": (f"sql=sqlite:///{name}/amo.db", lambda: SQLTokenStore(f"sqlite:///{name}/amo.db")),
            "PostgreSQL": (f"sql={postgres}", lambda: SQLTokenStore(postgres)),
            "Redis": (f"redis={redis}", lambda: RedisTokenStore(redis)),
        }
        lines: list[str] = []
        race = Race(store="", make_store=FileTokenStore, seconds=seconds)
        for label, (text, make_store) in stores.items():
            base = attrs.evolve(race, store=text, make_store=make_store)
            for variant, one in {
                "threads": base,
                "tasks": attrs.evolve(base, colour="tasks"),
                "threads, killed, overlap": attrs.evolve(base, kills=5.0, mode="overlap"),
                "threads, killed, strict": attrs.evolve(base, kills=5.0),
            }.items():
                lines.append(line(label, variant, run(one)))
                print(lines[-1], flush=True)
        head = HEAD.format(
            processes=race.processes,
            workers=race.workers,
            seconds=seconds,
            access=ACCESS_SECONDS,
            lease=LEASE,
        )
        PAGE.write_text(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
