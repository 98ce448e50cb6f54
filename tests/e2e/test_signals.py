"""A process that is told to end in the middle of a renewal saves the pair first; a real process, real signals."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from amocrm_sync import OAuthFlow, TokenKey
from amocrm_sync.stores import FileTokenStore
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")

PROCESS = """
import signal, sys
import anyio
from amocrm_sync import AmoCRM, AsyncAmoCRM, OAuth
from amocrm_sync.stores import AsyncFileTokenStore, FileTokenStore

kind, base_url, path = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and so would we

def wait():
    print("rotated", flush=True)
    sys.stdin.readline()

class Slow(FileTokenStore):
    def swap(self, *arguments):
        wait()
        return super().swap(*arguments)

class AsyncSlow(AsyncFileTokenStore):
    async def swap(self, *arguments):
        await anyio.to_thread.run_sync(wait)
        return await super().swap(*arguments)

def oauth(store):
    return OAuth("id", "sec", "https://example.com/cb", store=store)

def in_the_main_thread():
    with AmoCRM(base_url, auth=oauth(Slow(path)), limiter=None) as amo:
        amo.account.get()
        print("answered", flush=True)

async def in_a_task():
    async with AsyncAmoCRM(base_url, auth=oauth(AsyncSlow(path)), limiter=None) as amo:
        await amo.account.get()
        await anyio.sleep(0)
        print("answered", flush=True)

in_the_main_thread() if kind == "thread" else anyio.run(in_a_task, backend=kind)
"""


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=5, rate_limit=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("kind", ["thread", "asyncio", "trio"])
def test_the_pair_is_saved_and_then_the_signal_acts(emulator, tmp_path, kind, number):
    path = tmp_path / "tokens.json"
    store = FileTokenStore(path)
    with (
        emulator.serve() as server,
        OAuthFlow(
            "id", emulator.client_secret, emulator.redirect_uri, store=store, domain=server.base_url
        ) as flow,
    ):
        connection = flow.exchange_code(emulator.authorization_code(), account=server.base_url)
        key = TokenKey("id", connection.domain)
        old = store.load(key)
        emulator.expire_access_tokens()
        command = [sys.executable, "-c", PROCESS, kind, server.base_url, str(path)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "rotated\n"
            process.send_signal(number)
            out, problems = process.communicate("go on\n", timeout=30)
        assert process.returncode == -number, problems
        assert "answered" not in out, "the signal acted before anything else went on"
        new = store.load(key)
        assert old is not None
        assert new is not None
        assert new.refresh_token != old.refresh_token
        assert flow.access_token() == new.access_token
        assert flow.refresh().state == "connected"  # at once: the lease was given back
    assert (emulator.stats.refreshes, emulator.stats.token_refusals) == (2, 0)
