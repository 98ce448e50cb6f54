"""The way that ``make record-cassettes`` goes, against an account on a socket: record, look inside, replay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cassettes_config import FOLDER

from amocrm_sync import AmoCRM
from amocrm_sync.testing import Emulator

REPLAYED = sorted(map(str, (Path(__file__).parent / "_sync").glob("test_cassettes*.py")))
OTHER_MODE = "customer_statuses.yaml"
"""Customers are kept by segments or by periods: no account answers for both at a time."""


def suite(folder, *arguments, **account):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *REPLAYED, *arguments]
    return subprocess.run(
        command,
        env={**os.environ, "AMO_CASSETTES": str(folder), **account},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_recorded_from_an_account_and_replayed_without_it(tmp_path):
    emulator = Emulator(seed=3, rate_limit=False)
    emulator.seed_account(leads=8, contacts=4, tasks=3)
    token = emulator.long_lived_token()
    with emulator.serve(port=0) as server:
        with AmoCRM(server.base_url, token=token, limiter=None) as amo:
            make_what_cannot_be_deleted(amo, emulator)
        recorded = suite(
            tmp_path,
            "--record-mode=rewrite",
            "-k",
            "httpx-loose and not statuses_of_customers",
            AMOCRM_SUBDOMAIN=server.base_url,
            AMOCRM_TOKEN=token,
        )
    assert recorded.returncode == 0, recorded.stdout
    cassettes = list(tmp_path.glob("*.yaml"))
    assert {path.name for path in cassettes} == {path.name for path in FOLDER.glob("*.yaml")} - {OTHER_MODE}
    assert not any(token in path.read_text(encoding="utf-8") for path in cassettes)
    assert not any("127.0.0.1" in path.read_text(encoding="utf-8") for path in cassettes)
    replayed = suite(tmp_path, "-k", "not statuses_of_customers")
    assert replayed.returncode == 0, replayed.stdout


def make_what_cannot_be_deleted(amo, emulator):
    """A talk and a button, which the tests only read."""
    channel = emulator.chat_channel
    with amo.amojo(channel.id, channel.secret) as amojo:
        amojo.connect()
        amojo.send_message("c-1", "Hello", sender={"id": "u-1", "name": "Ann"}, msgid="m-1")
    amo.website_buttons.create(amo.pipelines.list().first().id, is_used_in_app=True)


def test_recording_without_an_account_says_what_is_missing(tmp_path):
    refused = suite(tmp_path, "--record-mode=rewrite", "-k", "httpx-loose and test_account")
    assert refused.returncode == 1
    assert "AMOCRM_SUBDOMAIN" in refused.stdout
