"""``amocrm-sync worker``: works until it is told to stop, and says what is wrong with what it was given."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine

DB = ("--db", "sqlite:///amo.db")


def test_once_does_what_is_due_and_workers_share_the_rate_limit(cli, account, postgres_url):
    """The pull and, on the second run, an edit that was made meanwhile; the next pull is due in a minute."""
    db = ("--db", postgres_url)
    rows = cli("worker", "--once", *db, "--json").json
    assert {row["entity"]: row["created"] for row in rows}["leads"] == 20
    lead = min(account.leads)
    with (
        AmoCRM.from_env(limiter=None) as amo,
        SyncEngine(amo, SQLSyncStore(postgres_url), config=SyncConfig()) as engine,
    ):
        engine.records.leads.update(lead, price=4321)
    again = cli("worker", "--once", *db, "--json")
    assert again.code == 0
    assert account.leads[lead]["price"] == 4321
    with psycopg.connect(postgres_url) as connection:
        [(key,)] = connection.execute("SELECT key FROM amo_pace WHERE key LIKE '%|%'").fetchall()
    assert key.startswith("127.0.0.1:"), "the slots are those of the database"


def test_once_says_what_failed_and_exits_with_1(cli, account, monkeypatch):
    monkeypatch.setenv("AMOCRM_TOKEN", "not-a-token-of-the-account")
    result = cli("worker", "--once", *DB)
    assert result.code == 1
    assert "walk: AmoCRMTokenExpired" in result.err
    assert "not-a-token-of-the-account" not in result.err + result.out


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--db", "amo.db"], "write sqlite:///amo.db or postgresql://user:password@host/name"),
        (["--db", "mysql://root:hunter2@db/amo"], "SQLite and PostgreSQL are spoken here, not mysql"),
        (["--pull-every", "0"], "pull_every: seconds, more than 0"),
        (["--reconcile-hour", "24"], "reconcile_hour: 0 to 23 (UTC)"),
        (["--lease", "0"], "Invalid value for '--lease': Input should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_named_with_its_fix(cli, account, flags, words):
    result = cli("worker", "--once", *flags)
    assert result.code == 2
    assert words in result.err
    assert "hunter2" not in result.err


def test_a_database_that_is_away_is_a_failure_without_its_password(cli, account):
    result = cli("worker", "--once", "--db", "postgresql://amo:hunter2@127.0.0.1:9/amo")
    assert result.code == 1
    assert "127.0.0.1" in result.err
    assert "hunter2" not in result.err + result.out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_sigterm_is_an_orderly_end(account, tmp_path):
    code = "from amocrm_sync.cli import main; main()"
    command = [sys.executable, "-c", code, "worker", "--db", f"sqlite:///{tmp_path / 'amo.db'}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ.copy()) as worker:
        said = [worker.stderr.readline()]
        while "working for" not in said[-1]:
            assert said[-1], said
            said.append(worker.stderr.readline())
        while not account.stats.requests:
            assert worker.poll() is None
            time.sleep(0.01)  # it is in the middle of its first pull then
        worker.send_signal(signal.SIGTERM)
        _, rest = worker.communicate(timeout=20)
    assert worker.returncode == 0, rest
    assert "stopping: what is under way is finished first" in rest
    assert "stopped: nothing is held" in rest
