"""The way that ``make record-cassettes`` goes, against an account on a socket: record, look inside, replay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from amocrm_sync.testing import Emulator

REPLAYED = Path(__file__).parent / "_sync" / "test_cassettes.py"


def suite(folder, *arguments, **account):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(REPLAYED), *arguments]
    return subprocess.run(
        command,
        env={**os.environ, "AMO_CASSETTES": str(folder), **account},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_recorded_from_an_account_and_replayed_without_it(tmp_path):
    emulator = Emulator(seed=3)
    emulator.seed_account(leads=8, contacts=4, tasks=3)
    token = emulator.long_lived_token()
    with emulator.serve(port=0) as server:
        recorded = suite(
            tmp_path,
            "--record-mode=rewrite",
            "-k",
            "httpx-loose",
            AMOCRM_SUBDOMAIN=server.base_url,
            AMOCRM_TOKEN=token,
        )
    assert recorded.returncode == 0, recorded.stdout
    cassettes = list(tmp_path.glob("*.yaml"))
    assert len(cassettes) == 8
    assert not any(token in path.read_text(encoding="utf-8") for path in cassettes)
    assert not any("127.0.0.1" in path.read_text(encoding="utf-8") for path in cassettes)
    replayed = suite(tmp_path)
    assert replayed.returncode == 0, replayed.stdout


def test_recording_without_an_account_says_what_is_missing(tmp_path):
    refused = suite(tmp_path, "--record-mode=rewrite", "-k", "httpx-loose and account")
    assert refused.returncode == 1
    assert "AMOCRM_SUBDOMAIN" in refused.stdout
