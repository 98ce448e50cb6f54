"""A transfer holds parts and not files: the peak of a process that moves 20 MB both ways, in either colour."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from amocrm_sync.testing import Emulator

SIZE = 20 * 1024 * 1024
MOST = 5 * 1024 * 1024
"""Ten parts of half a megabyte; the file is four times that."""

START = """
import sys, tracemalloc
from amocrm_sync import AmoCRM, AsyncAmoCRM
url, token, source, target = sys.argv[1:]
tracemalloc.start()
"""
SYNC = """
with AmoCRM(url, token=token, limiter=None) as amo:
    amo.files.download(amo.files.upload(b"x", name="x"), target)  # what is imported and built once
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    amo.files.download(amo.files.upload(source), target)
    print(tracemalloc.get_traced_memory()[1] - before)
"""
ASYNC = """
import asyncio
async def main():
    async with AsyncAmoCRM(url, token=token, limiter=None) as amo:
        await amo.files.download(await amo.files.upload(b"x", name="x"), target)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        await amo.files.download(await amo.files.upload(source), target)
        print(tracemalloc.get_traced_memory()[1] - before)
asyncio.run(main())
"""


@pytest.mark.parametrize("code", [SYNC, ASYNC], ids=["sync", "async"])
def test_a_transfer_holds_parts_and_not_files(code, tmp_path):
    source, target = tmp_path / "source.bin", tmp_path / "target.bin"
    source.write_bytes(os.urandom(SIZE))
    emulator = Emulator(seed=1)
    with emulator.serve() as server:
        arguments = [server.base_url, emulator.long_lived_token(), str(source), str(target)]
        run = [sys.executable, "-c", START + code, *arguments]
        done = subprocess.run(run, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == source.read_bytes()
    assert int(done.stdout) < MOST
