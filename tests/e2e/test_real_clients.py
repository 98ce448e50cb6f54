"""Clients that other people wrote, against the emulator's command: what they demand of amoCRM, it gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(os.environ.get("REAL_CLIENTS", ROOT.parent / "shared" / "clients"))
"""The clients' scripts lie beside the checkout, not in it."""

KRUKOV = SCRIPTS / "krukov_amocrm_api_client.py"
AMOCRM_JS = SCRIPTS / "amocrm_js_client.cjs"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]  # the first installs other people's packages


@pytest.fixture(scope="module")
def environments() -> dict[str, Any]:
    """The interpreters with the clients installed, as ``tools/real_clients.py`` makes them."""
    command = [sys.executable, str(ROOT / "tools" / "real_clients.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def emulator():
    """A fresh emulator in a process of its own; gives what its first line says."""
    command = [sys.executable, "-m", "amocrm_sync.testing.command", "--leads", "300", "--no-limit"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def run(command: list[str], emulator: dict[str, str], **environment: str) -> list[dict[str, Any]]:
    """Run a client's script; its steps, one dict each, the summary last."""
    done = subprocess.run(
        command,
        env={**os.environ, "AMO_BASE": emulator["base_url"], "AMO_TOKEN": emulator["token"], **environment},
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    steps = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert steps, done.stderr
    assert steps[-1]["step"] == "summary", done.stderr
    return steps


def available(script: Path, environments: dict[str, Any], kind: str) -> str:
    if not script.is_file():
        pytest.skip(
            f"NOT RUN: {script} is not there; set REAL_CLIENTS to the folder with the clients' scripts"
        )
    if environments[kind] is None:
        pytest.skip(f"NOT RUN: {environments['problems'][kind]}")
    return environments[kind]


def failures(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [step for step in steps if not step["ok"]]


@pytest.mark.parametrize("with_oauth", [False, True], ids=["long-lived-token", "oauth"])
def test_amocrm_api_from_pypi(environments, emulator, with_oauth):
    python = available(KRUKOV, environments, "python")
    code = {"AMO_CODE": emulator["code"]} if with_oauth else {}
    steps = run([python, str(KRUKOV)], emulator, PYTHONDONTWRITEBYTECODE="1", **code)
    assert failures(steps) == []
    assert ("oauth.init(code)" in {step["step"] for step in steps}) is with_oauth
    assert len(steps) > 15


def test_amocrm_js_from_npm(environments, emulator):
    folder = available(AMOCRM_JS, environments, "node")
    steps = run(["node", str(AMOCRM_JS)], emulator, AMO_NODE_DIR=folder, AMO_CODE=emulator["code"])
    assert failures(steps) == []
    assert {"oauth.code", "oauth.refresh(rotates)"} <= {step["step"] for step in steps}
