"""Races for one refresh token over every shared store, printed and written to docs/reference/token-races.md.

``python benchmarks/token_race.py [seconds]``: 8 processes with 8 threads (or tasks) each, a minute for each line.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import services  # noqa: E402 - found by the line above
from token_race import ACCESS_SECONDS, LEASE, Outcome, Race, run  # noqa: E402 - found by the line above

PAGE = ROOT / "docs" / "reference" / "token-races.md"
HEAD = """# Races for a refresh token

{processes} processes with {workers} threads (or tasks) each share one connection, without a rate limit, for {seconds:.0f} s a line,
against the emulator over sockets. A refresh token works once (*strict*), or until its successor is used (*overlap*).

An access token lives {access} s, and the lease is scaled from 60 s to {lease:.0f} s with it. It is renewed ahead, at half of its life: that
is when it falls *due*. Where it says *401*, it is good for a day by its own account, and the server ends it after {access} s without a word:
all callers meet the 401 at once. *Due* is how often that was, and *exchanges* may be one more.

Where it says *killed*, the process that holds the lease gets kill -9 every 5 s, in turn between the exchange and the save and before
the exchange; a new process takes its place. The others wait for the lease to end. In *strict* mode nobody can survive a kill between exchange and
save: the new pair has died with the process, calls go on to the end of the old access token, then end in `AuthorizationLost` until a
person connects anew. Each such loss must be one of these kills; *early* are calls that failed although the old access token still served
(its life counts from the sending of the exchange that brought it: a client knows no better).

`make soak-tokens` writes this page.

| Store | Variant | Calls | Due | Exchanges | Refused | Killed before, after | Connections lost | Failed calls | Early |
|---|---|---|---|---|---|---|---|---|---|
"""


def line(store: str, variant: str, outcome: Outcome) -> str:
    """One row of the table."""
    failures = ", ".join(f"{count} {name}" for name, count in sorted(outcome.failures.items())) or "0"
    kills = f"{outcome.kills_before}, {outcome.kills_after}"
    cells = [store, variant, outcome.calls, outcome.most - 1, outcome.refreshes, outcome.refused, kills]
    return "| " + " | ".join(map(str, [*cells, outcome.losses, failures, outcome.early])) + " |"


def variants(base: Race) -> dict[str, Race]:
    """What is run over each store."""
    killed = attrs.evolve(base, kills=5.0)
    always = {"threads": base, "threads, killed, overlap": attrs.evolve(killed, mode="overlap")}
    if base.store.startswith("encrypted"):
        return always  # the rest is what the store below does
    return {
        **always,
        "threads, killed, strict": killed,
        "tasks": attrs.evolve(base, colour="tasks"),
        "tasks, 401": attrs.evolve(base, colour="tasks", ended_by="server"),
    }


def main(seconds: float) -> None:
    """Run every race, print its line, write the page."""
    with tempfile.TemporaryDirectory() as name, services.postgres() as postgres, services.redis() as redis:
        stores = {
            "file": f"file={name}/tokens.json",
            "SQLite": f"sql=sqlite:///{name}/amo.db",
            "PostgreSQL": f"sql={postgres}",
            "Redis": f"redis={redis}",
            "encrypted, over a file": f"encrypted=file={name}/encrypted.json",
        }
        base = Race(store="", seconds=seconds)
        lines: list[str] = []
        for label, store in stores.items():
            for variant, race in variants(attrs.evolve(base, store=store)).items():
                lines.append(line(label, variant, run(race)))
                print(lines[-1], flush=True)
    head = HEAD.format(
        processes=base.processes, workers=base.workers, seconds=seconds, access=ACCESS_SECONDS, lease=LEASE
    )
    PAGE.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
