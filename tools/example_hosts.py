"""The example hosts: what is asked of each over HTTP; as a script, each from its README's lines in a fresh environment.

``python tools/example_hosts.py`` builds the wheel, follows each README literally and drives what it started.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import services

ROOT = Path(__file__).resolve().parent.parent
HOSTS = {
    "fastapi": [sys.executable, "-m", "uvicorn", "app:app"],
    "flask": [sys.executable, "app.py"],
    "django": [sys.executable, "app.py"],
    "aiohttp": [sys.executable, "app.py"],
    "lambda": [sys.executable, "gateway.py"],
}
KEY, SECRET = "a-key-of-twenty-characters", "a-secret-of-the-webhook"
PATIENCE = 120.0


def drive(base: str, name: str) -> None:
    """Ask a host what every host must answer.

    Raises:
        AssertionError: It answers otherwise.
    """
    _is(_ask("GET", f"{base}/admin/crm/stats")[0], 401)
    status, stats = _ask("GET", f"{base}/admin/crm/stats", key=KEY)
    _is(status, 200)
    _is(stats["counts"]["leads"], 20)
    _is(_ask("POST", f"{base}/webhooks/amocrm/not-the-secret-of-it", form="leads[add][0][id]=1")[0], 404)
    status, receipt = _ask("POST", f"{base}/webhooks/amocrm/{SECRET}", form="leads[update][0][id]=10000001")
    _is((status, receipt["status"], receipt["processed"]), (200, "ok", 1))
    _is(_ask("GET", f"{base}/openapi.json", key=KEY)[0], 200)
    if name != "lambda":
        _is(_ask("POST", f"{base}/orders?title=A+villa", form="")[0], 201)


def _is(found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{found!r} instead of {wanted!r}")


def _ask(method: str, url: str, *, key: str | None = None, form: str | None = None) -> tuple[int, Any]:
    headers = {} if key is None else {"X-API-Key": key}
    body = None if form is None else form.encode()
    asked = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return answer.status, orjson.loads(answer.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, None


@contextmanager
def started(command: list[str], folder: Path, environment: Mapping[str, str], port: int) -> Iterator[str]:
    """A host, from the moment that it listens; its address.

    Raises:
        RuntimeError: It ended, or does not listen in time; with what it said.
    """
    with tempfile.TemporaryFile() as log:
        host = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=log, stderr=log, start_new_session=True
        )
        try:
            gives_up = time.monotonic() + PATIENCE
            while not _listens(port):
                if host.poll() is not None or time.monotonic() > gives_up:
                    log.seek(0)
                    raise RuntimeError(
                        f"{folder.name} does not start:\n{log.read().decode(errors='replace')}"
                    )
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(host.pid, signal.SIGKILL)
            host.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def readme_lines(name: str) -> list[str]:
    """The commands of an example's README, in order."""
    text = (ROOT / "examples" / name / "README.md").read_text(encoding="utf-8")
    return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]


def main() -> int:
    """Every example in a fresh environment of its own."""
    with tempfile.TemporaryDirectory() as made, services.postgres() as database:
        wheels = Path(made)
        build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels), str(ROOT)]
        subprocess.run(build, check=True)
        for name in sys.argv[1:] or HOSTS:
            began = time.monotonic()
            _follow(name, wheels, database)
            print(f"{name}: starts from its README and answers, {time.monotonic() - began:.0f} s")
    return 0


def _follow(name: str, wheels: Path, database: str) -> None:
    """Copy an example elsewhere and do as its README says, in one shell."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / name
        folder.mkdir()
        for path in (ROOT / "examples" / name).glob("*.py"):
            (folder / path.name).write_bytes(path.read_bytes())
        port = free_port()
        given = {"PATH": os.environ["PATH"], "HOME": place, "PORT": str(port), "LANG": "C.UTF-8"}
        given |= {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))}
        given["PIP_FIND_LINKS"] = f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}"
        databases = {"fastapi": database, "lambda": f"sqlite:///{place}/amo.db"}
        given |= {"DATABASE_URL": databases[name]} if name in databases else {}
        script = "set -e\n" + "\n".join(readme_lines(name))
        with started(["bash", "-c", script], folder, given, port) as base:
            drive(base, name)


if __name__ == "__main__":
    sys.exit(main())
