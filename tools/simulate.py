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
        return _mutants()
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
    """A range of seeds; done chunks are in the figures already and are not run again."""
    from simulation.plan import Plan
    from simulation.world import run

    first, _, last = options.seeds.partition("..")
    figures = _load()
    part = figures.setdefault(
        options.store, {"done": [], "counts": {}, "failed": [], "seconds": 0.0, "cpu": 0.0}
    )
    failed = 0
    for start in range(int(first), int(last), CHUNK):
        stop = min(start + CHUNK, int(last))
        if not options.no_table and any(low <= start and stop <= high for low, high in part["done"]):
            continue
        began, counts, broken = time.process_time(), Counter(), []
        virtual = 0.0
        for seed in range(start, stop):
            outcome = run(Plan.draw(seed), store=options.store)
            counts.update(outcome.counts)
            virtual += outcome.seconds
            if outcome.violations:
                broken.append([seed, outcome.violations[0]])
                print(
                    f"seed {seed}: {outcome.violations[0]}\n  replay: python tools/simulate.py --seed {seed} --trace"
                )
        failed += len(broken)
        print(
            f"{start}..{stop}: {len(broken)} violations, {time.process_time() - began:.1f} s of CPU",
            flush=True,
        )
        if not options.no_table:
            figures = _load()
            part = figures.setdefault(options.store, {**part, "done": [], "counts": {}, "failed": []})
            part["done"] = _joined([*part["done"], [start, stop]])
            part["counts"] = dict(Counter(part["counts"]) + counts)
            part["failed"] = [*part["failed"], *broken]
            part["seconds"] = round(part["seconds"] + virtual)
            part["cpu"] = round(part["cpu"] + time.process_time() - began)
            part["commit"] = _commit()
            _keep(figures)
    return 1 if failed else 0


def _mutants() -> int:
    """How soon each mutant dies."""
    from simulation.mutants import MUTANTS

    figures, rows = _load(), []
    for mutant in MUTANTS:
        began = time.process_time()
        died = mutant.dies_at()
        seconds = round(time.process_time() - began, 1)
        at, how = (None, "") if died is None else (died[0], died[1].violations[0])
        rows.append({"name": mutant.name, "at": at, "how": how.partition(":")[0], "seconds": seconds})
        print(
            f"{mutant.name}: {'survives' if at is None else f'history {at}: {how}'} ({seconds} s)", flush=True
        )
    figures["mutants"] = rows
    _keep(figures)
    return 1 if any(row["at"] is None for row in rows) else 0


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
    parts = [(store, figures[store]) for store in ("memory", "sqlite") if store in figures]
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
            *(f"{1000 * part['cpu'] / n:.0f}" for (_, part), n in zip(parts, numbers, strict=True)),
        ],
        ["seeds", *(", ".join(f"{low}..{high}" for low, high in part["done"]) for _, part in parts)],
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _table_of_mutants(figures: dict[str, Any]) -> str:
    rows = [["taken out", "caught in history", "by", "seconds of CPU"], ["---", "---:", "---", "---:"]]
    rows += [
        [row["name"], "not caught" if row["at"] is None else str(row["at"]), row["how"], str(row["seconds"])]
        for row in figures.get("mutants", ())
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _commit() -> str:
    shown = subprocess.run(
        ["git", "log", "-1", "--format=%h"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
