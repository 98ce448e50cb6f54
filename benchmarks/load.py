"""Webhooks under load: wrk at 1,000 a second against uvicorn and SQLite in WAL; then again, with kill -9 in the middle.

``make load`` runs it for a minute and writes docs/reference/load.md. It fails if the 99th percentile is over 50 ms, or
if a webhook that was answered with 200 is not in the inbox.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

HERE = Path(__file__).parent
SECRET = "secret-of-the-load-figures"
CONNECTIONS = 64
MOST_MS = 50.0


def main() -> int:
    """Both runs, their figures, and the page if it is asked for."""
    asked = arguments()
    if shutil.which("wrk") is None:
        print("wrk is not installed: apt-get install wrk", file=sys.stderr)
        return 1
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        steady, killed = measure(Path(folder), asked.rate, asked.seconds, asked.kill_seconds)
    print(table(steady, killed))
    if asked.page:
        asked.page.write_text(page(steady, killed, asked, busy), encoding="utf-8")
    reached = is_reached(steady, asked.rate, asked.seconds)
    return 0 if reached and not steady["lost"] and not killed["lost"] else 1


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="webhooks a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--kill-seconds", type=int, default=20, help="of the run with kill -9 in the middle")
    parser.add_argument("--page", type=Path, help="write the figures to this page")
    return parser.parse_args()


def measure(
    folder: Path, rate: int, seconds: int, kill_seconds: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of a steady run and of one in whose middle the host is killed; ``lost`` counts broken promises."""
    runs = []
    with listening() as listener:
        host = start(folder, listener)
        try:
            with wrk(folder, listener, rate, seconds, first=10_000_000) as load:
                runs.append(json.loads(load.communicate()[0].splitlines()[-1]))
            with wrk(folder, listener, rate, kill_seconds, first=50_000_000) as load:
                time.sleep(kill_seconds / 2)
                host.send_signal(signal.SIGKILL)
                host.wait()
                host = start(folder, listener)
                runs.append(json.loads(load.communicate()[0].splitlines()[-1]))
        finally:
            host.kill()
            host.wait()
    kept = inbox(folder / "load.db")
    for run, first in zip(runs, ("10000000", "50000000"), strict=True):
        answered = acknowledged(folder, first)
        run["acknowledged"], run["lost"] = len(answered), len(answered - kept)
    return runs[0], runs[1]


def is_reached(run: dict[str, Any], rate: int, seconds: int) -> bool:
    """Whether the pace was held, and the 99th percentile is what is promised."""
    return run["requests"] >= 0.99 * rate * seconds and run["p99_ms"] <= MOST_MS


@contextmanager
def listening() -> Iterator[socket.socket]:
    """The socket outlives the host, as systemd or a supervisor has it: what comes while it starts again waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        # uvicorn takes an inherited socket for one of the file system, and would leave Nagle's algorithm on: 40 ms each.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def start(folder: Path, listener: socket.socket) -> subprocess.Popen[bytes]:
    """The host, once it has taken a webhook, and so has its tables."""
    number = listener.fileno()
    command = [sys.executable, "-m", "uvicorn", "load_host:app", "--fd", str(number), "--no-access-log"]
    environment = {**os.environ, "LOAD_DB": str(folder / "load.db"), "PYTHONDEVMODE": ""}
    host = subprocess.Popen(
        [*command, "--log-level", "warning"], cwd=HERE, env=environment, pass_fds=[number]
    )
    first = urllib.request.Request(address(listener, SECRET), data=b"leads[status][0][id]=1", method="POST")
    try:
        with urllib.request.urlopen(first, timeout=30):
            return host
    except OSError:
        host.kill()
        raise


@contextmanager
def wrk(
    folder: Path, listener: socket.socket, rate: int, seconds: int, *, first: int
) -> Iterator[subprocess.Popen[str]]:
    """The load, which begins at once."""
    command = ["wrk", "-t", str(CONNECTIONS), "-c", str(CONNECTIONS), "-d", str(seconds), "--timeout", "20"]
    command += ["-s", str(HERE / "load.lua"), address(listener, SECRET)]
    command += ["--", str(rate), str(CONNECTIONS), str(first), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as load:
        try:
            yield load
        finally:
            load.kill()


def address(listener: socket.socket, secret: str) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks/amocrm/{secret}"


def inbox(path: Path) -> set[str]:
    """The leads whose webhooks are stored."""
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT body FROM amo_inbox").fetchall()
    database.close()
    return {parse_qs(bytes(body).decode())["leads[status][0][id]"][0] for (body,) in rows}


def acknowledged(folder: Path, first: str) -> set[str]:
    """The leads whose webhooks wrk saw answered with 200."""
    return {lead for path in folder.glob(f"{first}-*") for lead in path.read_text().split()}


def priority() -> str:
    """A sentence on how this process is scheduled, if that is not as usual."""
    if os.sched_getscheduler(0) == os.SCHED_OTHER:
        return ""
    return " All of it ran with real-time priority (`chrt`), which keeps other work off the cores, though not off the disk."


def table(steady: dict[str, Any], killed: dict[str, Any]) -> str:
    rows = [
        "| Run | webhooks/s | p50 | p99 | longest | answered 200 | of them not in the inbox |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, run in (("steady", steady), ("kill -9 in the middle", killed)):
        pace = run["requests"] / run["seconds"]
        times = " | ".join(f"{run[key]:.1f} ms" for key in ("p50_ms", "p99_ms", "max_ms"))
        rows.append(
            f"| {name}, {run['seconds']:.0f} s | {pace:.0f} | {times} | {run['acknowledged']} | {run['lost']} |"
        )
    return "\n".join(rows)


def page(steady: dict[str, Any], killed: dict[str, Any], asked: argparse.Namespace, busy: float) -> str:
    """The reference page."""
    held = (
        "The aim is held"
        if is_reached(steady, asked.rate, asked.seconds)
        else "The aim is missed in this run"
    )
    verdict = f"{held}: {asked.rate} webhooks a second with a 99th percentile of at most {MOST_MS:.0f} ms, and none lost."
    return f"""# Webhooks under load

Written by `make load`. {CONNECTIONS} connections of [wrk](https://github.com/wg/wrk) send {asked.rate} webhooks a second to one
uvicorn process with SQLite (WAL, `synchronous=FULL`), each with a lead of its own. Every answer of 200 is written down by
wrk and looked for in the inbox afterwards. In the second run the host is killed with SIGKILL in the middle and started
again on the same listening socket, so its percentiles hold the pause.

{table(steady, killed)}

{verdict}

Measured with Python {platform.python_version()} on {os.cpu_count()} cores, which wrk and the host share; the load average at the
beginning was {busy:.1f}. A request is due at a fixed time, whether the one before was slow or not, and wrk corrects its
percentiles for what it could not send meanwhile.{priority()}

The inbox is worked off by another process. A commit to the disk takes milliseconds, so webhooks that come in together share
one: a webhook that comes alone costs a commit, sixty at once cost little more. They have a connection of their own; SQLite's log is
folded into the database by a thread beside it, a megabyte at a time. The host is `benchmarks/load_host.py`, served by uvicorn as it
comes, without its faster parser and loop; it takes what was imported out of the search for garbage.

A load average far above the number of cores means that other work had most of them: take such a run as a lower bound of the pace,
and measure again on a quiet machine.
"""


if __name__ == "__main__":
    sys.exit(main())
