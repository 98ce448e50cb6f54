"""Many processes and threads over one shared token store, tokens that live for seconds, and processes that are killed.

Used by the suite for a few seconds and by ``benchmarks/token_race.py`` for a minute.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs

from amocrm_sync import AmoCRMError, OAuthFlow, TokenKey
from amocrm_sync.testing import Emulator

Mode: TypeAlias = Literal["strict", "overlap"]

ACCESS_SECONDS = 4
LEASE, MARGIN, SHORTEST = 3.0, 0.5, 0.2
"""The library's lease of a minute, scaled to tokens that live for seconds."""
KILLED = -signal.SIGKILL

WORKER = """
import asyncio, os, random, signal, sys, threading, time
from amocrm_sync import AmoCRM, AsyncAmoCRM, OAuth

colour, store_text, base_url, folder, workers, lease, margin, shortest = sys.argv[1:]
if colour == "threads":
    from amocrm_sync._sync import exchange
    from amocrm_sync._sync.exchange import Exchange as Kind
else:
    from amocrm_sync._async import exchange
    from amocrm_sync._async.exchange import AsyncExchange as Kind
exchange.LEASE_SECONDS, exchange.MARGIN, exchange.SHORTEST_ATTEMPT = float(lease), float(margin), float(shortest)
send = Kind.send
flag = os.path.join(folder, "kill")

def doomed():
    try:
        os.unlink(flag)
    except FileNotFoundError:
        return None
    return random.choice(("before", "after"))

def die(when):
    open(os.path.join(folder, f"killed-{when}-{os.getpid()}"), "w").close()
    os.kill(os.getpid(), signal.SIGKILL)

def send_in_threads(self, *arguments, **options):
    doom = doomed()
    if doom == "before":
        die(doom)
    result = send(self, *arguments, **options)
    if doom == "after":
        die(doom)
    return result

async def send_in_tasks(self, *arguments, **options):
    doom = doomed()
    if doom == "before":
        die(doom)
    result = await send(self, *arguments, **options)
    if doom == "after":
        die(doom)
    return result

Kind.send = send_in_threads if colour == "threads" else send_in_tasks

def make_store():
    kind, _, where = store_text.partition("=")
    prefix = "Async" if colour == "tasks" else ""
    if kind == "file":
        from amocrm_sync import stores
        return getattr(stores, prefix + "FileTokenStore")(where)
    from amocrm_sync.stores import redis, sql
    if kind == "redis":
        return getattr(redis, prefix + "RedisTokenStore")(where)
    return getattr(sql, prefix + "SQLTokenStore")(where)

auth = OAuth("id", "sec", "https://example.com/cb", store=make_store())
out = open(os.path.join(folder, f"calls-{os.getpid()}"), "a", buffering=1)

def note(error=None):
    out.write("ok\\n" if error is None else f"{type(error).__name__}: {error}".replace("\\n", " ")[:300] + "\\n")

def in_threads():
    amo = AmoCRM(base_url, auth=auth, limiter=None)
    def work():
        while True:
            try:
                amo.account.get()
                note()
            except Exception as error:
                note(error)
            time.sleep(0.2)
    for _ in range(int(workers)):
        threading.Thread(target=work, daemon=True).start()
    sys.stdin.read()
    os._exit(0)

async def in_tasks():
    async with AsyncAmoCRM(base_url, auth=auth, limiter=None) as amo:
        async def work():
            while True:
                try:
                    await amo.account.get()
                    note()
                except Exception as error:
                    note(error)
                await asyncio.sleep(0.2)
        for_ever = [asyncio.ensure_future(work()) for _ in range(int(workers))]
        await asyncio.to_thread(sys.stdin.read)
        os._exit(0)

in_threads() if colour == "threads" else asyncio.run(in_tasks())
"""


@attrs.frozen(kw_only=True)
class Race:
    """What a race was.

    Attributes:
        store: ``file=<path>``, ``sql=<url>`` or ``redis=<url>``.
        make_store: The sync store of the same data, for the one who watches.
        colour: Threads or tasks inside each process.
        mode: What the server does with a spent refresh token.
        kills: Seconds between kills of the process that renews; 0: none.
    """

    store: str
    make_store: Callable[[], Any]
    colour: Literal["threads", "tasks"] = "threads"
    mode: Mode = "strict"
    kills: float = 0.0
    processes: int = 8
    workers: int = 8
    seconds: float = 60.0


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of it.

    Attributes:
        calls: Calls that were answered.
        failures: Failed calls, by error.
        refreshes: Exchanges of a refresh token.
        refused: Refused ones.
        most: Exchanges that half-lives of tokens explain: one each, and one to begin with.
        kills_before: Processes killed before the exchange.
        kills_after: Processes killed between the exchange and the save.
        losses: How often the connection was lost, and made anew by a person.
    """

    calls: int
    failures: Counter[str]
    refreshes: int
    refused: int
    most: int
    kills_before: int
    kills_after: int
    losses: int


def run(race: Race) -> Outcome:
    """Run a race against an emulator of its own."""
    emulator = Emulator(seed=7, rate_limit=False, refresh_mode=race.mode, access_ttl=ACCESS_SECONDS)
    store = race.make_store()
    with emulator.serve() as server, tempfile.TemporaryDirectory() as name:
        folder, keys = Path(name), (emulator.client_id, emulator.client_secret, emulator.redirect_uri)
        with OAuthFlow(*keys, store=store, domain=server.base_url) as flow:
            flow.exchange_code(emulator.authorization_code(), account=server.base_url)
            field = _Field(race, folder, server.base_url)
            field.wait()
            refreshes = emulator.stats.refreshes
            began = time.monotonic()
            try:
                losses = _watch(race, field, emulator, flow, server.base_url)
            finally:
                field.end()
            took = time.monotonic() - began
        lines = [line for path in folder.glob("calls-*") for line in path.read_text().splitlines()]
        killed = [path.name.split("-")[1] for path in folder.glob("killed-*")]
    return Outcome(
        calls=lines.count("ok"),
        failures=Counter(line.partition(":")[0] for line in lines if line != "ok"),
        refreshes=emulator.stats.refreshes - refreshes,
        refused=emulator.stats.token_refusals,
        most=int(took / (ACCESS_SECONDS / 2)) + 1,
        kills_before=killed.count("before"),
        kills_after=killed.count("after"),
        losses=losses,
    )


class _Field:
    """The processes of a race."""

    def __init__(self, race: Race, folder: Path, base_url: str) -> None:
        scaled = [str(value) for value in (LEASE, MARGIN, SHORTEST)]
        self._command = [sys.executable, "-c", WORKER, race.colour, race.store, base_url, str(folder)]
        self._command += [str(race.workers), *scaled]
        self.folder = folder
        self._all = [self._start() for _ in range(race.processes)]

    def wait(self) -> None:
        """Until every process has made a call."""
        gives_up = time.monotonic() + 60
        while sum(1 for path in self.folder.glob("calls-*") if path.stat().st_size) < len(self._all):
            if time.monotonic() > gives_up:
                raise RuntimeError("the processes of the race did not begin")
            time.sleep(0.1)

    def replace_the_killed(self) -> None:
        for index, process in enumerate(self._all):
            if process.poll() is not None:
                if process.returncode != KILLED:
                    raise RuntimeError(f"a process of the race ended with {process.returncode}")
                process.communicate()
                self._all[index] = self._start()

    def end(self) -> None:
        for process in self._all:
            process.kill()
            process.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdin=subprocess.PIPE)


def _watch(race: Race, field: _Field, emulator: Emulator, flow: OAuthFlow, base_url: str) -> int:
    """Kill, replace, and connect anew what was lost, until the time is over; how often it was lost."""
    key = TokenKey(emulator.client_id, base_url.partition("://")[2])
    store = race.make_store()
    end = time.monotonic() + race.seconds
    next_kill = time.monotonic() + race.kills if race.kills else end
    losses = 0
    while time.monotonic() < end:
        if time.monotonic() >= next_kill:
            (field.folder / "kill").touch()
            next_kill += race.kills
        field.replace_the_killed()
        try:
            record = store.load(key)
            if record is not None and record.last_error is not None:
                losses += 1
                flow.exchange_code(emulator.authorization_code(), account=base_url)
        except AmoCRMError as error:
            print(f"the watcher: {error}", file=sys.stderr)
        time.sleep(0.1)
    return losses
