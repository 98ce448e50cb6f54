"""The server that benchmarks list from: where it lies, and how it is started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def folder() -> Path:
    """The folder with ``server.py`` and ``baseline_httpx.py``: ``AMO_BENCH_DIR``, or ``shared/bench`` beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "bench"
    found = Path(os.environ.get("AMO_BENCH_DIR") or beside)
    missing = [
        name for name in ("server.py", "baseline_httpx.py", "common.py") if not (found / name).is_file()
    ]
    if missing:
        raise SystemExit(
            f"{found} has no {', '.join(missing)}: set AMO_BENCH_DIR to the folder of the bench server"
        )
    return found


def environment(base_url: str) -> dict[str, str]:
    """The environment of a measured process: the server's address, and no proxy in between."""
    kept = {name: value for name, value in os.environ.items() if name.upper() not in PROXIES}
    return {**kept, "AMO_BASE": base_url, "NO_PROXY": "*", "no_proxy": "*"}


@contextmanager
def serve(leads: int) -> Iterator[str]:
    """A running server with so many leads; gives its base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(folder() / "server.py"), "--port", str(port), "--leads", str(leads)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not process.stdout.readline().startswith("ready"):
            raise SystemExit(f"the bench server did not start: {' '.join(command)}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
