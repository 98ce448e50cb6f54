"""Processes that share a rate limit and call the emulator as fast as it lets them; what came of it.

``benchmarks/soak_limiter.py`` and the suite run the same processes, for a minute and for seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import IO, Self

import attrs

from amocrm_sync.testing import Emulator

RATE = 6.8

WORKER = """
import sys, threading
from amocrm_sync import AmoCRM
from amocrm_sync._core.call import Call, Priority

store, base_url, token, threads, priority = sys.argv[1:]
if store.startswith("redis"):
    from amocrm_sync.stores.redis import RedisRateLimiter as Limiter
else:
    from amocrm_sync.stores.sql import SQLRateLimiter as Limiter
amo = AmoCRM(base_url, token=token, limiter=Limiter(store), retry=None)
amo.account.get()
call = Call(
    method="GET", path="/api/v4/account", template="/api/v4/account",
    parse=lambda reply: reply.status, priority=Priority[priority],
)
print("ready", flush=True)
sys.stdin.readline()
lock = threading.Lock()

def work():
    while True:
        try:
            amo._engine.send(call)
            outcome = "ok"
        except Exception as error:
            outcome = type(error).__name__
        with lock:
            print(outcome, flush=True)

for _ in range(int(threads)):
    threading.Thread(target=work, daemon=True).start()
threading.Event().wait()
"""


@attrs.frozen(kw_only=True)
class Figures:
    """What a run gave.

    Attributes:
        counts: Successful calls of each process.
        refused: Calls that were answered with 429.
        share: Successful calls by what the rate allows.
        bans: How often the emulator has blocked the account.
        others: What else calls ended in.
    """

    counts: list[int]
    refused: int
    share: float
    bans: int
    others: list[str]

    @property
    def evenness(self) -> float:
        """The largest share by the smallest, of those who live."""
        alive = [count for count in self.counts if count]
        return max(alive, default=0) / min(alive, default=1)

    @property
    def refused_share(self) -> float:
        """429 by all calls."""
        return self.refused / max(1, self.refused + sum(self.counts))


@attrs.frozen
class Crew:
    """The callers of one process."""

    threads: int = 4
    priority: str = "INTERACTIVE"


class Processes:
    """Processes that are ready to call; each has its own number of threads."""

    def __init__(self, store: str, emulator: Emulator, base_url: str, crews: list[Crew]) -> None:
        token = emulator.long_lived_token()
        self._emulator = emulator
        self._all = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, store, base_url, token, str(crew.threads), crew.priority],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for crew in crews
        ]
        self._said: list[list[str]] = [[] for _ in crews]
        self._is_running = False
        for process in self._all:
            if _stream(process).readline() != "ready\n":
                self.__exit__()
                raise AssertionError("a process did not begin; what it wrote is above")
        self._readers = [
            threading.Thread(target=self._listen, args=(index,), daemon=True) for index in range(len(crews))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.kill()
            process.wait()
        for reader in getattr(self, "_readers", ()):
            reader.join()
        for process in self._all:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()

    def kill(self, index: int) -> None:
        """End it as ``kill -9`` does."""
        self._all[index].kill()
        self._all[index].wait()

    def measure(self, seconds: float) -> Figures:
        """What they do within so many seconds from now."""
        if not self._is_running:
            self._start()
        refused, before = self._emulator.stats.rate_limited, [len(said) for said in self._said]
        began = time.monotonic()
        time.sleep(seconds)
        said = [words[start:] for words, start in zip(self._said, before, strict=True)]
        took = time.monotonic() - began
        counts = [words.count("ok") for words in said]
        return Figures(
            counts=counts,
            refused=self._emulator.stats.rate_limited - refused,
            share=sum(counts) / (took * RATE),
            bans=self._emulator.stats.bans,
            others=sorted({word for words in said for word in words} - {"ok"}),
        )

    def _start(self) -> None:
        self._is_running = True
        for process in self._all:
            if process.stdin is not None:
                process.stdin.write("go\n")
                process.stdin.flush()

    def _listen(self, index: int) -> None:
        for line in _stream(self._all[index]):
            self._said[index].append(line.strip())


def load() -> str:
    """How busy the machine is, for the reader of a figure."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _stream(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise RuntimeError("the process has no output")
    return process.stdout
