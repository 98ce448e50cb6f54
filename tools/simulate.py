"""Histories of the sync engine under faults: run many, replay one, shrink one that fails, see the mutants die.

python tools/simulate.py 0..2000                 # a table; the figures are kept beside docs/reference/reliability.md
python tools/simulate.py 0..500 --store sqlite
python tools/simulate.py --seed 7 --trace        # one history, line by line: the same bytes every time
python tools/simulate.py --seed 7 --shrink       # the smallest plan that still fails
python tools/simulate.py --mutants               # how soon each mutant is caught
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "docs" / "reference" / "reliability.json"
PAGE = ROOT / "docs" / "reference" / "reliability.md"
CHUNK = 50
HASHING = "0"
"""Sets of strings have the same order in every process, or a seed would not replay."""

COLUMNS = (
    ("edits", "local edits"),
    ("phones' edits", "edits on phones"),
    ("changes in amoCRM", "changes in amoCRM"),
    ("patches", "patches carried out"),
    ("creates", "creates"),
    ("crashes", "crashes"),
    ("stalls", "machines that stood still"),
    ("refused", "requests refused"),
    ("lost answers", "answers lost after the effect"),
    ("unknown outcomes", "writes of unknown outcome"),
    ("limited", "429"),
    ("bans", "bans"),
    ("refreshes", "refreshes of the token"),
    ("webhooks", "webhooks"),
    ("webhooks lost", "webhooks lost"),
    ("webhooks twice", "webhooks twice"),
    ("conflicts", "conflicts"),
    ("requests", "requests"),
    ("silent overwrites", "silent overwrites"),
    ("created again after a deletion", "created again after a deletion"),
)


def main() -> int:
    """Do what the command line says; 1 if a promise was broken."""
    options = _options()
    if os.environ.get("PYTHONHASHSEED") != HASHING:
        os.execve(  # noqa: S606 - the same program, with hashing that replays
            sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": HASHING}
        )
    sys.path.insert(0, str(ROOT / "tests"))
    logging.disable(logging.CRITICAL)
    if options.mutants:
        return _mutants(options)
    if options.add is not None:
        return _take(options.add)
    if options.seed is not None:
        return _one(options)
    return _many(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "seeds", nargs="?", default="0..200", help="a..b: seeds from a up to b, b not among them"
    )
    parser.add_argument("--store", choices=("memory", "sqlite"), default="memory")
    parser.add_argument("--seed", type=int, help="one history")
    parser.add_argument("--trace", action="store_true", help="with --seed: print every step")
    parser.add_argument(
        "--shrink", action="store_true", help="with --seed: find the smallest plan that fails"
    )
    parser.add_argument("--mutants", action="store_true", help="see the mutants die")
    parser.add_argument("--add", type=Path, help="figures of another checkout, to be added to those here")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--no-table", action="store_true", help="print only; leave the page as it is")
    return parser.parse_args()


def _one(options: argparse.Namespace) -> int:
    """One history, with its trace or shrunk."""
    from simulation.plan import Plan
    from simulation.shrink import shrunk
    from simulation.world import run

    plan = Plan.draw(options.seed)
    outcome = run(plan, store=options.store, keep_trace=options.trace)
    for line in outcome.trace:
        print(line)
    print(f"seed {options.seed}: trace {outcome.digest}, {outcome.seconds:.0f} virtual seconds")
    for violation in outcome.violations:
        print(f"VIOLATION {violation}")
    if options.shrink and outcome.violations:
        small, left = shrunk(
            plan, outcome.violations[0], lambda each: run(each, store=options.store).violations
        )
        print(f"shrunk to {small}\n{left}")
    return 1 if outcome.violations else 0


def _many(options: argparse.Namespace) -> int:
    """A range of seeds; those in the figures are not run again. A kill loses the chunks under way."""
    first, _, last = options.seeds.partition("..")
    done = [] if options.no_table else _part(_load(), options.store)["done"]
    chunks = _missing(int(first), int(last), done)
    failed, parent, commit = 0, os.getpid(), _commit()
    with ProcessPoolExecutor(options.jobs) as pool:
        runs = [pool.submit(_chunk, options.store, low, high, parent) for low, high in chunks]
        for run in as_completed(runs):
            chunk = run.result()
            failed += len(chunk["failed"])
            for seed, violation in chunk["failed"]:
                again = f"python tools/simulate.py --seed {seed} --store {options.store} --trace"
                print(f"seed {seed}: {violation}\n  replay: {again}")
            [[low, high]] = chunk["done"]
            print(
                f"{low}..{high}: {len(chunk['failed'])} violations, {chunk['cpu']:.1f} s of CPU", flush=True
            )
            if not options.no_table:
                figures = _load()
                _add(_part(figures, options.store), chunk | {"commits": {commit: high - low}})
                _keep(figures)
    return 1 if failed else 0


def _missing(first: int, last: int, done: list[list[int]]) -> list[tuple[int, int]]:
    """What is left of a range, in chunks."""
    chunks: list[tuple[int, int]] = []
    for low, high in [*sorted(done), [last, last]]:
        end = min(low, last)
        chunks += [(start, min(start + CHUNK, end)) for start in range(first, end, CHUNK)]
        first = max(first, high)
    return chunks


def _chunk(store: str, low: int, high: int, parent: int) -> dict[str, Any]:
    """Some histories, in a process of its own; it ends with the one that asked for them."""
    from simulation.plan import Plan
    from simulation.world import run

    began, counts, failed, virtual = time.process_time(), Counter[str](), [], 0.0
    for seed in range(low, high):
        if os.getppid() != parent:
            os._exit(1)
        outcome = run(Plan.draw(seed), store=store)
        counts.update(outcome.counts)
        virtual += outcome.seconds
        failed += [[seed, outcome.violations[0]]] if outcome.violations else []
    spent = time.process_time() - began
    return {"done": [[low, high]], "counts": counts, "failed": failed, "seconds": virtual, "cpu": spent}


def _part(figures: dict[str, Any], store: str) -> dict[str, Any]:
    """The figures of one store; those that are kept of versions before a new check have a part of their own."""
    nothing = {"done": [], "counts": {}, "failed": [], "seconds": 0.0, "cpu": 0.0, "commits": {}}
    part: dict[str, Any] = figures.setdefault(store, nothing)
    return part


def _add(part: dict[str, Any], more: dict[str, Any]) -> None:
    """Figures of other seeds to those that are there."""
    part["done"] = _joined([*part["done"], *more["done"]])
    part["failed"] = sorted([*part["failed"], *more["failed"]])
    for name in ("seconds", "cpu"):
        part[name] = round(part[name] + more[name], 1)
    for name in ("counts", "commits"):
        part[name] = dict(Counter(part[name]) + Counter(more[name]))


def _take(other: Path) -> int:
    """Add what another checkout has run; seeds that are here already must not be among them."""
    figures, others = _load(), json.loads(other.read_text())
    for store in ("memory", "sqlite"):
        if others.get(store, {}).get("done"):
            part, more = _part(figures, store), others[store]
            if any(low < end and start < high for low, high in part["done"] for start, end in more["done"]):
                print(f"{store}: {more['done']} overlaps with {part['done']}")
                return 1
            _add(part, more)
    _keep(figures)
    return 0


def _mutants(options: argparse.Namespace) -> int:
    """How soon each mutant dies, and what the read before a write is worth."""
    from simulation.mutants import MUTANTS

    rows = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for row in pool.map(_mutant, range(len(MUTANTS))):
            rows.append(row)
            died = "survives" if row["at"] is None else f"history {row['at']}: {row['how']}"
            print(f"{row['name']}: {died} ({row['seconds']} s)", flush=True)
        reads = list(pool.map(_overwritten, (0.0, 2.0, None)))
    print("silently overwritten, of 100 patches:", *reads)
    figures = _load()
    figures |= {"mutants": rows, "preread": dict(zip(("always", "2 s", "never"), reads, strict=True))}
    _keep(figures)
    return 1 if any(row["at"] is None for row in rows) else 0


def _mutant(place: int) -> dict[str, Any]:
    from simulation.mutants import MUTANTS

    mutant, began = MUTANTS[place], time.process_time()
    died = mutant.dies_at()
    at, how = (None, "") if died is None else (died[0], died[1].violations[0].partition(":")[0])
    lives = at is not None and not run_as_it_is(mutant, at)
    return {
        "name": mutant.name,
        "at": at,
        "how": how,
        "lives": lives,
        "seconds": round(time.process_time() - began, 1),
    }


def run_as_it_is(mutant: Any, number: int) -> tuple[str, ...]:
    """What the engine with all its safeguards breaks in the same history: nothing."""
    from simulation.world import run

    violations: tuple[str, ...] = run(mutant.plan(number)).violations
    return violations


def _overwritten(preread: float | None) -> float:
    """Values of people that were replaced unseen, of 100 patches, where much is changed on both sides."""
    from simulation.plan import HOT, Plan
    from simulation.world import run

    counts = Counter[str]()
    for seed in range(60):
        counts.update(run(Plan(seed=seed, preread=preread, **HOT)).counts)
    return round(100 * counts["silent overwrites"] / counts["patches"], 1)


def _joined(ranges: list[list[int]]) -> list[list[int]]:
    joined: list[list[int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], high)
        else:
            joined.append([low, high])
    return joined


def _load() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    return figures


def _keep(figures: dict[str, Any]) -> None:
    """Write the figures, and the tables of the page between their marks."""
    FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    page = PAGE.read_text()
    for name, table in (("histories", _histories(figures)), ("mutants", _table_of_mutants(figures))):
        head, _, rest = page.partition(f"<!-- {name} -->\n")
        _, _, tail = rest.partition(f"<!-- end of {name} -->")
        page = f"{head}<!-- {name} -->\n{table}<!-- end of {name} -->{tail}"
    PAGE.write_text(page)


def _histories(figures: dict[str, Any]) -> str:
    parts = [(store, part) for store, part in sorted(figures.items()) if "done" in part]
    numbers = [sum(high - low for low, high in part["done"]) for _, part in parts]
    rows = [
        ["", *(f"store: {store}" for store, _ in parts)],
        ["---", *("---:" for _ in parts)],
        ["histories", *(f"{number:,}" for number in numbers)],
        ["**violations**", *(f"**{len(part['failed'])}**" for _, part in parts)],
        *([title, *(f"{part['counts'].get(name, 0):,}" for _, part in parts)] for name, title in COLUMNS),
        ["hours of virtual time", *(f"{part['seconds'] / 3600:,.0f}" for _, part in parts)],
        [
            "CPU per history, ms",
            *(f"{1000 * part['cpu'] / max(n, 1):.0f}" for (_, part), n in zip(parts, numbers, strict=True)),
        ],
        ["commits", *(", ".join(_commits(part)) for _, part in parts)],
        ["seeds", *(", ".join(f"{low}..{high}" for low, high in part["done"]) for _, part in parts)],
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _commits(part: dict[str, Any]) -> list[str]:
    """Which versions ran, and how many histories of each."""
    return [f"{commit} ({number:,})" for commit, number in part.get("commits", {}).items()]


def _table_of_mutants(figures: dict[str, Any]) -> str:
    head = ["taken out", "caught in history", "by", "with it, the same history", "seconds of CPU"]
    rows = [head, ["---", "---:", "---", "---", "---:"]]
    for row in figures.get("mutants", ()):
        at = "not caught" if row["at"] is None else str(row["at"])
        rows.append([row["name"], at, row["how"], "holds" if row["lives"] else "fails", str(row["seconds"])])
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    if "preread" in figures:
        table += (
            "\nSilently overwritten, of 100 patches, where both sides change the same few rows all the time: "
        )
        reads = (f"{rate} when rows are read before a write {when}" for when, rate in _rates(figures))
        table += ", ".join(reads) + ".\n"
    return table


def _rates(figures: dict[str, Any]) -> list[tuple[str, float]]:
    words = {"always": "always", "2 s": "if what we know is older than 2 s", "never": "never"}
    return [(words[name], rate) for name, rate in figures["preread"].items()]


def _commit() -> str:
    shown = subprocess.run(
        ["git", "log", "-1", "--format=%h"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
