"""Threads, tasks and processes that share one token file refresh once, over a real socket, and no call fails."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Self

import attrs
import pytest

from amocrm_sync import AmoCRM, AsyncAmoCRM, OAuth, OAuthFlow, TokenKey
from amocrm_sync.stores import AsyncFileTokenStore, FileTokenStore
from amocrm_sync.testing import Emulator

THREADS = TASKS = 20
PROCESSES = 4
CALLS = 5

WORKER = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
from amocrm_sync import AmoCRM, AsyncAmoCRM, OAuth
from amocrm_sync.stores import AsyncFileTokenStore, FileTokenStore

colour, base_url, path = sys.argv[1:]

def oauth(store):
    return OAuth("id", "sec", "https://example.com/cb", store=store)

def in_threads():
    with AmoCRM(base_url, auth=oauth(FileTokenStore(path)), limiter=None) as amo:
        wait_for_the_start()
        with ThreadPoolExecutor(CALLS) as pool:
            return [one.result().id for one in [pool.submit(amo.account.get) for _ in range(CALLS)]]

async def in_tasks():
    async with AsyncAmoCRM(base_url, auth=oauth(AsyncFileTokenStore(path)), limiter=None) as amo:
        wait_for_the_start()
        return [one.id for one in await asyncio.gather(*[amo.account.get() for _ in range(CALLS)])]

def wait_for_the_start():
    print("ready", flush=True)
    sys.stdin.readline()

print(*(in_threads() if colour == "sync" else asyncio.run(in_tasks())))
""".replace("CALLS", str(CALLS))


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=5, rate_limit=False)


@pytest.fixture
def base_url(emulator) -> Iterator[str]:
    with emulator.serve() as server:
        yield server.base_url


@pytest.fixture(params=["by the clock", "by a 401"])
def path(request, emulator, base_url, tmp_path) -> Path:
    """A token file whose access token has just expired: known by its end, or noticed by the server's answer only."""
    path = tmp_path / "tokens.json"
    store = FileTokenStore(path)
    with OAuthFlow(
        emulator.client_id, emulator.client_secret, emulator.redirect_uri, store=store, domain=base_url
    ) as flow:
        flow.exchange_code(emulator.authorization_code(), account=base_url)
    emulator.expire_access_tokens()
    if request.param == "by the clock":
        key = TokenKey(emulator.client_id, base_url.removeprefix("http://"))
        record = store.load(key)
        assert record is not None
        assert store.swap(key, 1, attrs.evolve(record, expires_at=time.time() - 1, version=2))
    return path


def assert_refreshed_once(emulator: Emulator) -> None:
    """Hold what the server saw against the promise."""
    assert (emulator.stats.refreshes, emulator.stats.token_refusals) == (1, 0)
    assert set(emulator.stats.by_status) <= {200, 401}


def oauth(store) -> OAuth:
    return OAuth("id", "sec", "https://example.com/cb", store=store)


def from_threads(base_url: str, path: Path) -> list[int | None]:
    """One call from each thread, each with a client and a store of its own, all at once."""
    start = Barrier(THREADS)

    def call(_: int) -> int | None:
        with AmoCRM(base_url, auth=oauth(FileTokenStore(path)), limiter=None) as amo:
            start.wait()
            return amo.account.get().id

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, range(THREADS)))


async def from_tasks(base_url: str, path: Path) -> list[int | None]:
    """One call from each task, each with a client and a store of its own."""

    async def call() -> int | None:
        async with AsyncAmoCRM(base_url, auth=oauth(AsyncFileTokenStore(path)), limiter=None) as amo:
            return (await amo.account.get()).id

    return await asyncio.gather(*[call() for _ in range(TASKS)])


class Processes:
    """Workers that are ready to call and wait for the start."""

    def __init__(self, base_url: str, path: Path) -> None:
        self._all = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, colour, base_url, str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for colour in ("sync", "async") * (PROCESSES // 2)
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

    def results(self) -> list[int]:
        found: list[int] = []
        for process in self._all:
            out, problems = process.communicate(timeout=60)
            assert process.returncode == 0, problems
            found += map(int, out.split())
        return found


def test_twenty_threads_refresh_once(emulator, base_url, path):
    assert len(set(from_threads(base_url, path))) == 1
    assert_refreshed_once(emulator)


def test_twenty_threads_of_one_client_refresh_once(emulator, base_url, path):
    with (
        AmoCRM(base_url, auth=oauth(FileTokenStore(path)), limiter=None) as amo,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        assert len({account.id for account in pool.map(lambda _: amo.account.get(), range(THREADS * 3))}) == 1
    assert_refreshed_once(emulator)


def test_twenty_tasks_refresh_once(emulator, base_url, path):
    assert len(set(asyncio.run(from_tasks(base_url, path)))) == 1
    assert_refreshed_once(emulator)


def test_threads_tasks_and_processes_together_refresh_once(emulator, base_url, path):
    with Processes(base_url, path) as processes, ThreadPoolExecutor(2) as pool:
        processes.start()
        threads = pool.submit(from_threads, base_url, path)
        tasks = pool.submit(asyncio.run, from_tasks(base_url, path))
        ids = [*threads.result(), *tasks.result(), *processes.results()]
    assert (len(ids), len(set(ids))) == (THREADS + TASKS + PROCESSES * CALLS, 1)
    assert_refreshed_once(emulator)
