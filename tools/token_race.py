"""Many processes and threads over one shared token store, tokens that live for seconds, and processes that are killed.

Used by the suite for a few seconds and by ``benchmarks/token_race.py`` for a minute.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Literal, TypeAlias

import attrs
from token_race_worker import make_store

from amocrm_sync import OAuthFlow, TokenKey
from amocrm_sync._core.jwt import jwt_hints
from amocrm_sync.protocols import TokenStore
from amocrm_sync.testing import Emulator

Mode: TypeAlias = Literal["strict", "overlap"]

ACCESS_SECONDS = 4
LEASE, MARGIN, SHORTEST = 3.0, 0.5, 0.2
"""The library's lease of a minute, scaled to tokens that live for seconds."""
KILLED = -signal.SIGKILL
DAY = 86_400

WORKER = Path(__file__).with_name("token_race_worker.py")


@attrs.frozen(kw_only=True)
class Race:
    """What a race was.

    Attributes:
        store: ``file=<path>``, ``sql=<url>``, ``redis=<url>`` or ``encrypted=<one of these>``.
        colour: Threads or tasks inside each process.
        ended_by: Access tokens end by the clock; or the server ends them without a word, and a 401 tells.
        mode: What the server does with a spent refresh token.
        kills: Seconds between kills of the process that renews, from the beginning on; 0: none.
        moments: When it is killed, in turn: before the exchange, or between the exchange and the save.
    """

    store: str
    colour: Literal["threads", "tasks"] = "threads"
    ended_by: Literal["clock", "server"] = "clock"
    mode: Mode = "strict"
    kills: float = 0.0
    moments: tuple[Literal["before", "after"], ...] = ("after", "before")
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
        most: Exchanges that are explained: one for each time that a token fell due (at half of its life, for it is
            renewed ahead; or when the server ended it), and one more.
        early: Calls that failed although the last access token would still have served.
        kills_before: Processes killed before the exchange.
        kills_after: Processes killed between the exchange and the save.
        losses: How often the connection was lost, and made anew by a person.
    """

    calls: int
    failures: Counter[str]
    refreshes: int
    refused: int
    most: int
    early: int
    kills_before: int
    kills_after: int
    losses: int


def run(race: Race) -> Outcome:
    """Run a race against an emulator of its own."""
    life = ACCESS_SECONDS if race.ended_by == "clock" else DAY
    emulator = Emulator(seed=7, rate_limit=False, refresh_mode=race.mode, access_ttl=life)
    store = make_store(race.store, "threads")
    with emulator.serve() as server, tempfile.TemporaryDirectory() as name:
        folder, keys = Path(name), (emulator.client_id, emulator.client_secret, emulator.redirect_uri)
        with OAuthFlow(*keys, store=store, domain=server.base_url) as flow:
            flow.exchange_code(emulator.authorization_code(), account=server.base_url)
            watcher = _Watcher(race, emulator, flow, store, server.base_url)
            field = _Field(race, folder, server.base_url)
            try:
                field.wait()
                watcher.watch(field)
            finally:
                field.end()
        lines = [line for path in folder.glob("calls-*") for line in path.read_text().splitlines()]
        killed = [path.name.split("-")[1] for path in folder.glob("killed-*")]
    failed = [line.partition(":")[0].split() for line in lines if line != "ok"]
    return Outcome(
        calls=lines.count("ok"),
        failures=Counter(name for _, _, name in failed),
        refreshes=emulator.stats.refreshes - watcher.refreshes_before,
        refused=emulator.stats.token_refusals,
        most=watcher.due + 1,
        early=sum(1 for began, ended, _ in failed if watcher.served(float(began), float(ended))),
        kills_before=killed.count("before"),
        kills_after=killed.count("after"),
        losses=len(watcher.losses),
    )


class _Field:
    """The processes of a race."""

    def __init__(self, race: Race, folder: Path, base_url: str) -> None:
        scaled = [str(value) for value in (LEASE, MARGIN, SHORTEST)]
        self._command = [sys.executable, str(WORKER), race.colour, race.store, base_url, str(folder)]
        self._command += [str(race.workers), *scaled]
        self.folder = folder
        self._all = [self._start() for _ in range(race.processes)]

    def wait(self) -> None:
        """Until every process has made a call."""
        gives_up = time.monotonic() + 180
        while sum(1 for path in self.folder.glob("calls-*") if path.stat().st_size) < len(self._all):
            if time.monotonic() > gives_up:
                raise RuntimeError("the processes of the race did not begin")
            time.sleep(0.1)

    def kill(self, moment: str) -> None:
        """Order the death of the process that renews next."""
        order = self.folder / "order"
        order.write_text(moment)
        order.rename(self.folder / "kill")

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


class _Watcher:
    """Kills, replaces the killed, ends access tokens, and connects anew what was lost."""

    def __init__(
        self, race: Race, emulator: Emulator, flow: OAuthFlow, store: TokenStore, base_url: str
    ) -> None:
        self._race, self._emulator, self._flow, self._store = race, emulator, flow, store
        self._base_url = base_url
        self._key = TokenKey(emulator.client_id, base_url.partition("://")[2])
        self.refreshes_before = 0
        self.due = 0
        self.losses: list[tuple[float, float]] = []
        """Of each loss: when the pair was issued, and when its access token ended, as surely as a client can know it.

        A client counts a life from when it sent the exchange, the server from when it answered, in whole seconds.
        """

    def watch(self, field: _Field) -> None:
        """Until the time of the race is over."""
        race, began = self._race, time.monotonic()
        self.refreshes_before = self._emulator.stats.refreshes
        end = began + race.seconds
        next_kill = began if race.kills else end
        next_end = began + ACCESS_SECONDS if race.ended_by == "server" else end
        moments = itertools.cycle(race.moments)
        while time.monotonic() < end:
            if time.monotonic() >= next_kill:
                field.kill(next(moments))
                next_kill += race.kills
            if time.monotonic() >= next_end:
                self._emulator.expire_access_tokens()
                self.due += 1
                next_end += ACCESS_SECONDS
            field.replace_the_killed()
            self._connect_what_was_lost()
            time.sleep(0.1)
        if race.ended_by == "clock":
            self.due = int((time.monotonic() - began) / (ACCESS_SECONDS / 2))

    def served(self, began: float, ended: float) -> bool:
        """Whether the access token of a pair that was lost later would have served a call all that time."""
        return any(issued <= began and ended < over for issued, over in self.losses)

    def _connect_what_was_lost(self) -> None:
        record = self._store.load(self._key)
        if record is not None and record.last_error is not None:
            by_server = jwt_hints(record.access_token).exp or 0.0
            self.losses.append((record.updated_at, min(by_server, record.expires_at or 0.0)))
            self._flow.exchange_code(self._emulator.authorization_code(), account=self._base_url)
