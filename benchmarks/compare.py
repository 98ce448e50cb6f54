"""This library beside raw httpx and the other Python clients: list, hold, create, update, and what a start costs.

Run: ``python benchmarks/compare.py [--rounds 5] [--no-peers] [--page docs/reference/benchmarks.md] [--check]``. Every
client runs in a process and an environment of its own against one server, in turns: a round runs each client once,
and gives the ratio of its CPU to that of raw httpx and ``json`` in the same round. The median of the rounds counts.
A client that cannot be installed, or fails, is named with its reason. ``--check`` ends with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from _server import environment, folder, serve
from _venvs import python, versions

HERE = Path(__file__).parent
BASELINE = "httpx + json"
OWN, OWN_ASYNC = "amocrm-sync", "amocrm-sync, async"
OWN_READ, OWN_MODELS = "amocrm-sync, records read", "amocrm-sync, models written"
CLIENTS: dict[str, tuple[str, list[str]]] = {
    BASELINE: ("own", ["{bench}/baseline_httpx.py"]),
    OWN: ("own", [str(HERE / "_own.py")]),
    OWN_ASYNC: ("own", [str(HERE / "_own.py"), "--async"]),
    OWN_READ: ("own", [str(HERE / "_own.py"), "--read"]),
    OWN_MODELS: ("own", [str(HERE / "_own.py"), "--models"]),
    "aioamocrm 0.1.1": ("aioamocrm", ["{bench}/peer_aioamocrm.py"]),
    "amocrm-api 2.6.1": ("amocrm-api", ["{bench}/peer_amocrm_api.py"]),
    "amocrm-api-wrapper 1.0.1": ("amocrm-api-wrapper", ["{bench}/peer_amocrm_api_wrapper.py"]),
    "amocrm-sdk 0.4.0": ("amocrm-sdk", ["{bench}/peer_amocrm_sdk.py"]),
    "amochka 0.7.0": ("amochka", ["{bench}/peer_amochka.py"]),
}
OPERATIONS = {
    "list_leads": "List 20,000 leads, dropping each",
    "hold_leads": "Hold 20,000 leads",
    "create_leads": "Create 10,000 leads",
    "update_leads": "Update 10,000 leads",
}
STARTS = {
    "import httpx": "import httpx",
    "import amocrm_sync": "import amocrm_sync",
    'AmoCRM("x", token="t")': "from amocrm_sync import AmoCRM; AmoCRM('x', token='t')",
}
TARGETS = {"list_leads": 0.75, "hold_leads": 1.05, "create_leads": 1.5, "import": 2.0, "client": 3.0}
"""Most that this library may cost, as a share of raw httpx and json; ``hold_leads`` is memory, the others CPU."""

Figures = dict[str, dict[str, Any]]
Round = dict[str, Figures | str]


def main() -> int:
    """Measure, print the tables, write the page, and say which targets are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--starts", type=int, default=21, help="cold processes for each line of the start table"
    )
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--page", type=Path, help="write the tables into this page")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    names = [name for name in CLIENTS if not given.no_peers or CLIENTS[name][0] == "own"]
    with serve(20_000) as base_url:
        rounds = [{name: measured(name, base_url) for name in names} for _ in range(given.rounds)]
    starts = cold_starts(given.starts)
    results = verdicts(rounds, starts)
    text = "\n\n".join(
        [*(table(operation, rounds) for operation in OPERATIONS), start_table(starts), target_table(results)]
    )
    print(text)
    if given.page:
        given.page.write_text(page(text, given.rounds, given.starts), encoding="utf-8")
    return 1 if given.check and not all(value <= TARGETS[name] for name, value in results.items()) else 0


def measured(name: str, base_url: str) -> Figures | str:
    """One client in a process of its own: figures by operation, or why there are none."""
    venv, arguments = CLIENTS[name]
    try:
        interpreter = python(venv)
    except RuntimeError as error:
        return f"could not be installed: {error}"
    script = [part.format(bench=folder()) for part in arguments]
    command = [str(interpreter), str(HERE / "_settled.py"), *script]
    env = {**environment(base_url), "BENCH_WRITES": "10000"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=600)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not rows:
        reason = f"failed: {(done.stderr.strip().splitlines() or ['no output'])[-1]}"
        if venv == "own":
            raise SystemExit(f"{name} {reason}")
        return reason
    return {row["op"]: row for row in rows}


def ratios(operation: str, name: str, rounds: list[Round], value: str = "cpu_seconds") -> list[float]:
    """A client's figure over the baseline's, round by round."""
    found: list[float] = []
    for one in rounds:
        mine, base = figure(one, name, operation), figure(one, BASELINE, operation)
        if mine and base and "error" not in mine:
            found.append(mine[value] / base[value])
    return found


def figure(one: Round, name: str, operation: str) -> dict[str, Any] | None:
    figures = one[name]
    return None if isinstance(figures, str) else figures.get(operation)


def table(operation: str, rounds: list[Round]) -> str:
    """The clients of one operation."""
    lines = [
        f"## {OPERATIONS[operation]}",
        "",
        "| Client | CPU, ratio | (min to max) | µs of CPU each | peak MB | memory, ratio | requests |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    return "\n".join(lines + [line for name in rounds[0] if (line := row(operation, name, rounds))])


def row(operation: str, name: str, rounds: list[Round]) -> str:
    if isinstance(failure := rounds[0][name], str):
        return f"| {name} | {failure[:120]} | | | | | |"
    found = [figures for one in rounds if (figures := figure(one, name, operation))]
    if not found:
        return ""
    if "error" in found[0]:
        return f"| {name} | failed: {found[0]['error'][:120]} | | | | | |"
    cpu, memory = ratios(operation, name, rounds), ratios(operation, name, rounds, "peak_rss_mb")
    each = median(figures["cpu_seconds"] / figures["items"] * 1e6 for figures in found)
    held = median(figures["peak_rss_mb"] for figures in found)
    return (
        f"| {name} | {median(cpu):.2f} | {min(cpu):.2f} to {max(cpu):.2f} | {each:.1f} | {held:.0f} | "
        f"{median(memory):.2f} | {found[0]['requests']:,} |"
    )


def cold_starts(times: int) -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds of a fresh process, without what an empty one costs: medians, in turns."""
    interpreter, codes = str(python("own")), {"": "pass", **STARTS}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in codes}
    for _ in range(times):
        for name, code in codes.items():
            found[name].append(one_start([interpreter, "-c", code]))
    wall, cpu = ({name: median(pair[side] for pair in found[name]) for name in codes} for side in (0, 1))
    return {name: (wall[name] - wall[""], cpu[name] - cpu[""]) for name in STARTS}


def one_start(command: list[str]) -> tuple[float, float]:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start_table(starts: dict[str, tuple[float, float]]) -> str:
    base = starts["import httpx"]
    lines = ["## Cold start", "", "| | wall ms | ratio | CPU ms | ratio |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| `{name}` | {1e3 * wall:.0f} | {wall / base[0]:.2f} | {1e3 * cpu:.0f} | {cpu / base[1]:.2f} |"
        for name, (wall, cpu) in starts.items()
    ]
    return "\n".join(lines)


def verdicts(rounds: list[Round], starts: dict[str, tuple[float, float]]) -> dict[str, float]:
    """The figures that have a target; of a start, the worse of wall and CPU."""
    base, imported, client = starts.values()
    return {
        "list_leads": median(ratios("list_leads", OWN, rounds)),
        "hold_leads": median(ratios("hold_leads", OWN, rounds, "peak_rss_mb")),
        "create_leads": median(ratios("create_leads", OWN, rounds)),
        "import": max(mine / theirs for mine, theirs in zip(imported, base, strict=True)),
        "client": max(mine / theirs for mine, theirs in zip(client, base, strict=True)),
    }


def target_table(results: dict[str, float]) -> str:
    titles = {
        **OPERATIONS,
        "hold_leads": "Hold 20,000 leads, memory",
        "import": "`import amocrm_sync`",
        "client": '`AmoCRM("x", token="t")`',
    }
    lines = ["## Targets", "", "| | measured | target | |", "|---|---:|---:|---|"]
    lines += [
        f"| {titles[name]} | {value:.2f} | ≤ {TARGETS[name]:.2f} | {'met' if value <= TARGETS[name] else '**missed**'} |"
        for name, value in results.items()
    ]
    return "\n".join(lines)


def page(text: str, rounds: int, starts: int) -> str:
    """The page of the reference."""
    cores, day = os.cpu_count(), datetime.now(UTC).date()
    packages = versions("own", "amocrm-sync", "httpx", "pydantic", "orjson")
    return f"""# Benchmarks

Written by `make bench` on {day}: {cores} cores ({platform.machine()}), {platform.system()}, Python
{platform.python_version()}, {packages}. Medians of {rounds} rounds; {starts} cold processes for a start.

**Ratios are what counts.** Seconds depend on the machine and on what else it does; a ratio compares two processes of
the same round, one after the other, on the same server. 1.00 is a loop of httpx and the standard library's `json` over
dicts. CPU is that of the client's process. Limiters are off: with a real account, seven requests a second and the
number of requests decide how long a job takes.

Garbage is collected before each operation, on every side: a full collection goes over all that a process has imported
and would fall on whichever operation is running when it is due. What is collected within an operation counts.

Records have 2.1 kB, a page or batch has 250 of them where the client can do that. Making the records that are written
is measured on every side. Lists give models. Writes do on each side what the raw loop does: dicts in, answers parsed and
counted. This library makes the stored records when `result.succeeded` is first looked at: *records read* has that in
its figures, and *models written* makes and sends `Lead` objects as well. amocrm-api-wrapper was patched, for its GET
fails as released.

Batches are as many requests as those of the raw loop. One more, once for a client, reads the definitions of custom
fields, which values are checked against; the bench server has none, so that the check itself is not in the figures.

{text}
"""


if __name__ == "__main__":
    sys.exit(main())
