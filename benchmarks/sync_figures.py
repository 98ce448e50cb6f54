"""What the sync costs and what it misses: each figure beside its bar, written to docs/reference/sync-figures.md.

``python -m benchmarks.sync_figures [PART …]`` measures some parts, or all; ``make bench-sync`` does all. Each figure is on the page
as soon as it is measured, in its part's section, so that a stop in the middle keeps the rest.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import attrs

from benchmarks import sync_figures_machine as machine
from benchmarks import sync_figures_virtual as virtual
from benchmarks.sync_figures_rows import Figure

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "sync-figures.md"
HEAD = """# Figures of the sync

Each figure stands beside its bar; `make bench-sync` measures them all, `python -m benchmarks.sync_figures scans` one part.

*On virtual time* means the real engine, client and limiter over the emulator with its rate limit on, and a clock that jumps: the
seconds are those that an account would see, whatever the machine was doing. *On this machine* means seconds of CPU of the
measured process, which other work on the machine makes a little worse.
"""


@attrs.frozen
class Part:
    """A section of the page.

    Attributes:
        title: Its heading.
        text: What is measured, and how.
        measure: Gives the figures; they are printed as they come.
    """

    title: str
    text: str
    measure: Callable[[], Iterable[Figure]]


PARTS = {
    "speed": Part(
        "A first pull of 100,000 leads",
        "On virtual time, with the async engine. *Efficiency* is the least time that seven requests a second allow for the "
        "pages (400 ÷ 7 s), by the time\nthat the pull took: the proof, the trash, the events and empty tails included. The "
        "limiter sends 6.8 a second, so 97 % is the most.",
        virtual.speed,
    ),
    "threads": Part(
        "The same with threads",
        "The sync engine on the machine's own clock, with a wire that takes 0.6 s: 4,000 leads on 400 pages of ten, so that the "
        "schedule is that\nof 100,000 and the work is not.",
        machine.threads,
    ),
    "applied": Part(
        "What a first pull costs the machine",
        "On this machine: the emulator is another process and answers as fast as it can, the limiter is off, the store is SQLite. "
        "*CPU* is that of\nthe pulling process, all threads. *Memory* is by how much its largest size grew from before the pull.",
        machine.applied,
    ),
    "scans": Part(
        "A hundred readings of 20,000 rows while people work",
        "On virtual time, at the level of pages: twelve deletions a minute and five changes a second while the list is read. "
        "*Missed* are rows that\nwere there from beginning to end and were not read, in all readings together; eighty pages hold "
        "the rows. A list in\nan order of the server's own cannot settle while rows leave at that rate: it is stored, said to be unproven, and nothing "
        "is taken for deleted.\nThe last lines are the whole engine, in an account whose filters are off: *buried alive* are rows taken for deleted "
        "that are not.",
        virtual.scans,
    ),
    "burst": Part(
        "A burst of webhooks",
        "On virtual time: 10,000 webhooks about 2,000 leads within ten seconds, at a latency of 0.3 s; the inbox is looked at "
        "every 1.5 s.",
        virtual.burst,
    ),
    "parse": Part(
        "Reading webhooks",
        "On this machine: bodies of 41 keys and 3 kB, no two alike, for seconds of CPU.",
        machine.parse,
    ),
    "push": Part(
        "A push of 10,000 edits",
        "Two edits of each of 5,000 leads, in requests.",
        machine.push,
    ),
}


def main() -> int:
    """Measure and write; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}; all by default"
    )
    parser.add_argument("--page", type=Path, default=PAGE)
    asked = parser.parse_args()
    unknown = [name for name in asked.parts if name not in PARTS]
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; there are {', '.join(PARTS)}")
    is_all_met = True
    for name in asked.parts or PARTS:
        figures = []
        for figure in PARTS[name].measure():
            print(name, figure.line(), flush=True)
            figures.append(figure)
            write(asked.page, PARTS[name], figures)
        is_all_met = is_all_met and all(figure.is_met for figure in figures)
    return 0 if is_all_met else 1


def write(page: Path, part: Part, figures: list[Figure]) -> None:
    """Put a part's section into the page, in the place that it has among the others."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    sections = {section.partition("\n")[0]: section for section in text.split("\n## ")[1:]}
    sections[part.title] = f"{part.title}\n\n{part.text}\n\n{table(figures)}\n\n{stamp()}\n"
    kept = [sections[each.title].strip() for each in PARTS.values() if each.title in sections]
    page.write_text(HEAD + "".join(f"\n## {section}\n" for section in kept), encoding="utf-8")


def table(figures: list[Figure]) -> str:
    """The figures as Markdown."""
    return "\n".join(["| | Bar | Measured | |", "|---|---|---|---|", *(figure.line() for figure in figures)])


def stamp() -> str:
    """When it was measured, and on what."""
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on {os.cpu_count()} cores; the load "
        f"average at the end was {os.getloadavg()[0]:.1f}."
    )


if __name__ == "__main__":
    sys.exit(main())
