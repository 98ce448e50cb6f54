"""A history of the sync in real time: PostgreSQL, two workers that are killed and stopped, faults, people on both sides.

python tools/simulate_postgres.py --seconds 600    # adds its line to docs/reference/reliability.md
python tools/simulate_postgres.py --seconds 20 --no-table
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "reliability.md"
COLUMNS = (
    ("edits", "Edits here"),
    ("changes in amoCRM", "Changes in amoCRM"),
    ("requests", "Requests"),
    ("crashes", "Kills"),
    ("stalls", "Stood still"),
    ("refused", "Refused"),
    ("lost answers", "Answers lost"),
    ("requests lost on their way", "Requests lost"),
    ("limited", "429"),
    ("unknown outcomes", "Unknown outcomes"),
    ("refreshes", "Refreshes"),
    ("webhooks", "Webhooks"),
    ("webhooks lost", "Hooks lost"),
    ("webhooks twice", "Hooks twice"),
    ("conflicts", "Conflicts"),
)


def main() -> int:
    """Live through it; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1, help="of the faults; real time never replays exactly")
    parser.add_argument("--no-table", action="store_true", help="print only; leave the page as it is")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
    logging.disable(logging.CRITICAL)
    import services
    from simulation.real_time import run

    folder = Path(tempfile.mkdtemp(prefix="simulate-postgres-"))
    with services.postgres() as database:
        outcome = run(options.seconds, database, folder, seed=options.seed)
    for name, title in COLUMNS:
        print(f"{title}: {outcome.counts.get(name, 0):,}")
    print(
        f"load of the machine: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores; log: {folder}/workers.log"
    )
    for violation in outcome.violations:
        print(f"VIOLATION {violation}")
    if not options.no_table:
        _keep([f"{options.seconds:.0f}", str(len(outcome.violations))], outcome.counts)
    return 1 if outcome.violations else 0


def _keep(first: list[str], counts: dict[str, int]) -> None:
    """Write the figures of this run between the marks of the page."""
    rows = [
        ["Seconds", "**Violations**", *(title for _, title in COLUMNS)],
        ["---:"] * (len(COLUMNS) + 2),
        [*first, *(f"{counts.get(name, 0):,}" for name, _ in COLUMNS)],
    ]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    page = PAGE.read_text()
    head, _, rest = page.partition("<!-- real time -->\n")
    _, _, tail = rest.partition("<!-- end of real time -->")
    PAGE.write_text(f"{head}<!-- real time -->\n{table}<!-- end of real time -->{tail}")


if __name__ == "__main__":
    sys.exit(main())
