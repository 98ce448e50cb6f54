"""CPU and memory of listing 20,000 leads: this library beside a raw loop of httpx and ``json``.

Run: ``python benchmarks/list_leads.py [--rounds 5] [--floor] [--check]``. Both sides list the same pages of the same
server in processes of their own, in turns, and read id, name, price and updated_at of every lead. CPU seconds are
compared, for wall time is noisy; each round gives one ratio, and the median of the rounds is the result.

``--check`` ends with 1 where the ratio is above the target. ``--floor`` adds what parsing costs without the client: raw
httpx and ``parse_page``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from _server import environment, folder, serve

TARGET = 0.75
"""Most CPU that a typed lead may cost, as a share of the raw loop."""

LISTING, HOLDING = "list_leads", "hold_leads"
BASELINE, CLIENT, FLOOR = "httpx + json", "amocrm-sync", "httpx + parse_page"
ON_HTTPX2 = "amocrm-sync (httpx2)"
"""The client over httpx2, which it prefers where that is installed; the ratio that counts is that over httpx itself."""


def main() -> int:
    """Measure, print the table, and say whether the target is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--floor", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--measure", choices=[CLIENT, ON_HTTPX2, FLOOR], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure)
        return 0
    sides = [BASELINE, CLIENT, ON_HTTPX2, *([FLOOR] if given.floor else [])]
    with serve(given.leads) as base_url:
        rounds = [{side: run(side, base_url) for side in sides} for _ in range(given.rounds)]
    ratio = report(rounds, sides)
    met = ratio <= TARGET
    print(
        f"\nCPU per lead, {CLIENT} / {BASELINE}: {ratio:.2f} (target: at most {TARGET}) {'met' if met else 'MISSED'}"
    )
    return 1 if given.check and not met else 0


def run(side: str, base_url: str) -> dict[str, dict[str, Any]]:
    """One side in a process of its own: figures by operation."""
    script = [str(folder() / "baseline_httpx.py")] if side == BASELINE else [__file__, "--measure", side]
    command = [sys.executable, str(Path(__file__).with_name("_settled.py")), *script]
    done = subprocess.run(command, env=environment(base_url), capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    figures = {row["op"]: row for row in rows}
    wrong = [row["error"] for row in rows if "error" in row]
    if done.returncode or wrong or LISTING not in figures:
        raise SystemExit(f"{side} failed: {wrong or done.stderr}")
    return figures


def report(rounds: list[dict[str, dict[str, dict[str, Any]]]], sides: list[str]) -> float:
    """Print medians and ratios; the CPU ratio of the client is the answer."""
    print(
        f"{'':20} {'us CPU/lead':>12} {'ratio':>6} {'(min-max)':>12} {'peak MB, all held':>18} {'ratio':>6}"
    )
    ratio = 1.0
    for side in sides:
        cpu = [cpu_per_item(figures[side]) for figures in rounds]
        ratios = [cpu_per_item(figures[side]) / cpu_per_item(figures[BASELINE]) for figures in rounds]
        held = median(figures[side][HOLDING]["peak_rss_mb"] for figures in rounds)
        base = median(figures[BASELINE][HOLDING]["peak_rss_mb"] for figures in rounds)
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
        print(
            f"{side:20} {median(cpu):12.1f} {median(ratios):6.2f} {spread:>12} {held:18.0f} {held / base:6.2f}"
        )
        if side == CLIENT:
            ratio = median(ratios)
    return ratio


def cpu_per_item(figures: dict[str, dict[str, Any]]) -> float:
    """Microseconds of CPU for one lead of the listing."""
    return float(figures[LISTING]["cpu_seconds"] / figures[LISTING]["items"] * 1e6)


def measure(side: str) -> None:
    """The measured process: list once dropping each lead, then once holding all of them."""
    sys.path.insert(0, str(folder()))
    from common import BASE
    from common import run as timed

    walk = floor(BASE) if side == FLOOR else client(BASE, "httpx" if side == CLIENT else "httpx2")

    def touch() -> int:
        count = 0
        for lead in walk():
            _ = (lead.id, lead.name, lead.price, lead.updated_at)
            count += 1
        return count

    timed(LISTING, touch)
    timed(HOLDING, lambda: len(list(walk())))


Walk = Callable[[], Iterator[Any]]
"""Gives the leads. Made by functions that import and open a client first: on neither side is that part of listing."""


def client(base_url: str, family: str) -> Walk:
    """The leads by the library, as a host lists them, over one family of the HTTP library."""
    from amocrm_sync import AmoCRM, _http

    _http.FAMILIES = (family,)
    leads = AmoCRM(base_url, token="x", limiter=None).leads
    return lambda: iter(leads.list(with_=["contacts"]))


def floor(base_url: str) -> Walk:
    """The leads by raw httpx and the page parser alone."""
    import httpx

    from amocrm_sync.models import Lead, parse_page

    http = httpx.Client(timeout=30, trust_env=False)

    def walk() -> Iterator[Any]:
        url: str | None = f"{base_url}/api/v4/leads?limit=250&with=contacts"
        while url:
            page = parse_page(http.get(url).content, "leads", Lead)
            items, url = page.items, page.next_url
            del page  # a page that outlives the next one costs a quarter more: the two do not fit the cache
            yield from items
            del items

    return walk


if __name__ == "__main__":
    sys.exit(main())
