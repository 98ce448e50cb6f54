"""Processes that share a rate limit and call the emulator as fast as it lets them; what came of it."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Self

import attrs

from amocrm_sync.testing import Emulator

RATE = 6.8

WORKER = """
import sys, threading, time
from amocrm_sync import AmoCRM
from amocrm_sync.stores.redis import RedisRateLimiter
from amocrm_sync.stores.sql import SQLRateLimiter

store, base_url, token, threads = sys.argv[1:]
limiter = RedisRateLimiter(store) if store.startswith("redis") else SQLRateLimiter(store)
amo = AmoCRM(base_url, token=token, limiter=limiter, retry=None)
amo.account.get()
print("ready", flush=True)
sys.stdin.readline()
lock = threading.Lock()

def work():
    while True:
        try:
            amo.account.get()
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
    """

    counts: list[int]
    refused: int
    share: float
    bans: int
    others: list[str]

    @property
    def evenness(self) -> float:
        """The largest share by the smallest."""
        return max(self.counts) / max(1, min(self.counts))


class Processes:
    """Processes that are ready to call; each has its own number of threads."""

    def __init__(self, store: str, emulator: Emulator, base_url: str, threads: list[int]) -> None:
        token = emulator.long_lived_token()
        self._emulator = emulator
        self._all = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, store, base_url, token, str(count)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for count in threads
        ]
        for process in self._all:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise AssertionError(process.communicate(timeout=30)[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._all:
            process.kill()
            process.communicate()

    def start(self) -> None:
        for process in self._all:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def kill(self, index: int) -> None:
        """kill -9."""
        self._all[index].kill()
        self._all[index].wait()

    def run(self, seconds: float) -> Figures:
        """Let them call for a while, then end them."""
        before = self._emulator.stats.rate_limited
        began = time.monotonic()
        self.start()
        time.sleep(seconds)
        took = time.monotonic() - began
        refused = self._emulator.stats.rate_limited - before
        for process in self._all:
            process.kill()
        said = [process.communicate()[0].split() for process in self._all]
        counts = [words.count("ok") for words in said]
        return Figures(
            counts=counts,
            refused=refused,
            share=sum(counts) / (took * RATE),
            bans=self._emulator.stats.bans,
            others=sorted({word for words in said for word in words} - {"ok"}),
        )
