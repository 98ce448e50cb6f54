"""Four processes under one shared rate limit, printed and written to docs/reference/rate-limits.md.

``python benchmarks/soak_limiter.py [seconds]``: a minute for each line, three lines for each store.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import services  # noqa: E402 - found by the line above
from rate_race import RATE, Crew, Figures, Processes, load  # noqa: E402 - the same

from amocrm_sync.testing import Emulator  # noqa: E402 - the same

PAGE = ROOT / "docs" / "reference" / "rate-limits.md"
CREWS = [Crew(threads) for threads in (4, 4, 8, 16)]
HEAD = """# One rate limit for many processes

Four processes with 4, 4, 8 and 16 threads share a limiter and call as fast as it lets them, {seconds:.0f} s a line, against the
emulator over sockets. Its rule: more than seven requests of an integration in a second are answered with 429, and 20 such
answers within 10 s are a ban. *Calendar* counts whole seconds of the server's clock, *sliding* the last second at any moment, which
is stricter than what is known of amoCRM: there the 429 slow the limiter down as they should.

*Used* is successful calls by the {rate} a second that the limiter aims at. *Shares* is what the processes got, and the largest by the
smallest. In the lines *one killed*, one of the four gets kill -9 before the line begins.

A line with a 429 uses less than the rate for its own minutes: each lowers it by a fifth, and it grows back by one per cent a minute. Where
the load is several times the number of cores, a request can arrive a tenth of a second late, which is enough for a 429.

`make soak-limiter` writes this page; this run was on {day}, and *load* is the machine's load average at the end of the line.

| Store | Variant | Calls | Used | 429 | Bans | Shares | Load |
|---|---|---|---|---|---|---|---|
"""


def line(store: str, variant: str, figures: Figures) -> str:
    shares = f"{', '.join(map(str, figures.counts))} (1 : {figures.evenness:.2f})"
    refused = f"{figures.refused} ({figures.refused_share:.1%})"
    cells = [
        store,
        variant,
        sum(figures.counts),
        f"{figures.share:.1%}",
        refused,
        figures.bans,
        shares,
        load(),
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def lines(label: str, store: str, seconds: float) -> Iterator[str]:
    """The three lines of one store."""
    with field(store, "calendar") as processes:
        yield line(label, "calendar", processes.measure(seconds))
        processes.kill(0)
        yield line(label, "calendar, one killed", processes.measure(seconds))
    with field(store, "sliding") as processes:
        yield line(label, "sliding", processes.measure(seconds))


@contextmanager
def field(store: str, window: Literal["calendar", "sliding"]) -> Generator[Processes]:
    """The processes of a line, ready to call an emulator that counts in this way."""
    emulator = Emulator(seed=1, rate_window=window)
    with emulator.serve() as server, Processes(store, emulator, server.base_url, CREWS) as processes:
        yield processes


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name, services.postgres() as postgres, services.redis() as redis:
        stores = {"Redis": redis, "PostgreSQL": postgres, "SQLite": f"sqlite:///{name}/amo.db"}
        found: list[str] = []
        for label, store in stores.items():
            for text in lines(label, store, seconds):
                found.append(text)
                print(text, flush=True)
    head = HEAD.format(seconds=seconds, rate=RATE, day=f"{datetime.now(UTC):%Y-%m-%d}")
    PAGE.write_text(head + "\n".join(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
