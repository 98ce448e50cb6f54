"""Prepare two amoCRM clients that other people wrote, so that the emulator can be tried against them.

``python tools/real_clients.py`` makes ``.cache/real-clients/`` with a virtual environment that has amocrm-api (PyPI)
and a folder of node modules that has amocrm-js (npm), at the versions named below. What is there already is kept.
It prints one JSON object: ``python`` and ``node`` (a path, or null) and ``problems`` (why a path is null).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".cache" / "real-clients"
PYPI = "amocrm-api==2.6.1"
NPM = "amocrm-js@3.6.0"
TIMEOUT = 300


def prepare_python() -> Path:
    """The interpreter of a virtual environment with the Python client.

    Raises:
        RuntimeError: It could not be installed.
    """
    home = HOME / PYPI.replace("==", "-")
    python = home / "bin" / "python"
    stamp = home / ".ready"
    if not stamp.exists():
        venv.create(home, with_pip=True, clear=True)
        run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYPI])
        stamp.touch()
    return python


def prepare_node() -> Path:
    """The folder whose ``node_modules`` has the JavaScript client.

    Raises:
        RuntimeError: There is no node or npm, or it could not be installed.
    """
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        raise RuntimeError(f"{' and '.join(missing)} not found on PATH")
    home = HOME / NPM.replace("@", "-")
    stamp = home / ".ready"
    if not stamp.exists():
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(home), NPM])
        stamp.touch()
    return home


def run(command: list[str]) -> None:
    """Run a command to its end.

    Raises:
        RuntimeError: It failed; the message has the last of what it said.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{' '.join(command)}: no end after {TIMEOUT} s") from error
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-500:]}")


def main() -> int:
    """Prepare both; the exit code is 1 if either is missing."""
    found: dict[str, str | None] = {"python": None, "node": None}
    problems: dict[str, str] = {}
    for name, prepare in (("python", prepare_python), ("node", prepare_node)):
        try:
            found[name] = str(prepare())
        except RuntimeError as error:
            problems[name] = str(error)
    print(json.dumps({**found, "problems": problems}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
