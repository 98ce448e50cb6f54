"""PostgreSQL, Redis and other programs for the tests: from Debian's packages, started on free ports and stopped after.

Node and npm come with them, for the clients written in JavaScript, and Chromium, for the administration page.

``python tools/services.py`` installs what is missing (as root, with apt-get) and shows that both start.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = {
    "postgresql": "PostgreSQL",
    "redis-server": "Redis",
    "nodejs": "Node",
    "npm": "npm",
    "chromium": "Chromium",
    "wrk": "wrk",
}
POSTGRES_BINARIES = Path("/usr/lib/postgresql")
START_SECONDS = 60.0
ROOT = 0


class MissingServiceError(Exception):
    """A server is not installed; the message says how to install it."""


def postgres_folder() -> Path | None:
    """Where the programs of the newest installed PostgreSQL are."""
    found = sorted(POSTGRES_BINARIES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).parent if elsewhere else None


def missing() -> list[str]:
    """Debian's names of the packages that are not here."""
    here = {
        "postgresql": postgres_folder() is not None,
        "redis-server": shutil.which("redis-server") is not None,
        "wrk": shutil.which("wrk") is not None,
        "nodejs": shutil.which("node") is not None,
        "npm": shutil.which("npm") is not None,
        "chromium": shutil.which("chromium") is not None,
    }
    return [package for package in PACKAGES if not here[package]]


def install() -> None:
    """Install what is missing, where that is possible.

    Raises:
        MissingServiceError: It is not: no root, or no apt-get.
    """
    absent = missing()
    if not absent:
        return
    if os.geteuid() != ROOT or not shutil.which("apt-get"):
        raise MissingServiceError(f"as root: apt-get install {' '.join(absent)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *absent]):
        subprocess.run(["apt-get", *command], check=True, env=environment, stdout=subprocess.DEVNULL)


@contextmanager
def postgres() -> Generator[str]:
    """A PostgreSQL of one's own; its URL. Its data are gone afterwards.

    Raises:
        MissingServiceError: It is not installed.
    """
    programs = postgres_folder()
    if programs is None:
        raise MissingServiceError("PostgreSQL is not installed: make services")
    with _folder("postgres") as folder:
        port = _free_port()
        make = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            "tests",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run([*make, "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, **_as("postgres"))
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"]
        command = [programs / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, *options]
        ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "tests"]
        with _running([str(part) for part in command], [str(part) for part in ready], "postgres", folder):
            yield f"postgresql://tests@127.0.0.1:{port}/postgres"


@contextmanager
def redis() -> Generator[str]:
    """A Redis of one's own; its URL.

    Raises:
        MissingServiceError: It is not installed.
    """
    server, client = shutil.which("redis-server"), shutil.which("redis-cli")
    if server is None or client is None:
        raise MissingServiceError("Redis is not installed: make services")
    with _folder("redis") as folder:
        port = str(_free_port())
        command = [server, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        with _running(command, [client, "-p", port, "ping"], "redis", folder):
            yield f"redis://127.0.0.1:{port}/0"


def chromium() -> Path:
    """The browser's program.

    Raises:
        MissingServiceError: It is not installed.
    """
    program = shutil.which("chromium")
    if program is None:
        raise MissingServiceError("Chromium is not installed: make services")
    return Path(program)


@contextmanager
def _folder(user: str) -> Generator[Path]:
    """A folder that the server's user may write to."""
    path = Path(tempfile.mkdtemp(prefix=f"amocrm-{user}-"))
    try:
        if os.geteuid() == ROOT:
            shutil.chown(path, user, user)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _running(command: list[str], ready: list[str], user: str, folder: Path) -> Generator[None]:
    """A server that answers, until the block ends."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **_as(user))
    try:
        gives_up = time.monotonic() + START_SECONDS
        while subprocess.run(ready, capture_output=True, check=False).returncode:
            if process.poll() is not None or time.monotonic() > gives_up:
                said = (folder / "log").read_text(errors="replace")
                raise RuntimeError(f"{command[0]} did not start:\n{said}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _as(user: str) -> dict[str, object]:
    """PostgreSQL refuses to run as root; packages bring a user for it."""
    return {"user": user, "group": user, "extra_groups": [], "cwd": "/"} if os.geteuid() == ROOT else {}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> int:
    """Install and try."""
    try:
        install()
        with postgres() as database, redis() as cache:
            print(f"both servers start: {database}, {cache}")
    except MissingServiceError as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
