"""The demo as a newcomer sees it: one command, in a pipe and in a terminal, on the emulator and on an account."""

from __future__ import annotations

import os
import pty
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from amocrm_sync.testing import Emulator

COMMAND = str(Path(sys.executable).with_name("amocrm-sync"))
LIMIT = 60.0
"""Seconds that a warm start may take."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The whole demo in a pipe: what it printed, how long it took, where it left its files."""
    folder = tmp_path_factory.mktemp("demo")
    began = time.monotonic()
    done = subprocess.run(
        [COMMAND, "demo", "--folder", str(folder)], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, time.monotonic() - began, folder


def query(folder: Path, sql: str) -> list[tuple]:
    database = sqlite3.connect(folder / "amo.db")
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def test_it_ends_within_a_minute(played):
    assert played[1] < LIMIT


def test_every_step_is_there_in_order(played):
    headings = re.findall(r"^(?:\d\. .*|Done)$", played[0], flags=re.MULTILINE)
    assert headings == [
        "1. An account",
        "2. Connect",
        "3. Copy the account into SQLite",
        "4. What the stages mean",
        "5. Listen",
        "6. Send a change back",
        "7. What was done",
        "Done",
    ]


def test_the_copy_has_what_the_account_has(played):
    twin = Emulator(seed=1)
    twin.seed_account(leads=2000)
    out, _, folder = played
    deleted_in_the_demo = 1
    assert query(folder, "select count(*) from amo_leads where deleted_at is null") == [
        (2000 - deleted_in_the_demo,)
    ]
    for table in ("contacts", "companies", "tasks", "notes", "users"):
        expected = len(getattr(twin, table))
        assert query(folder, f"select count(*) from amo_{table}") == [(expected,)]
        assert re.search(rf"^{table} +{expected} +{expected} ", out, flags=re.MULTILINE)


def test_suggestions_are_shown_with_confidence_and_reason_and_applied(played):
    out, _, folder = played
    rows = re.findall(r"(NEW|IN_PROGRESS|CLOSED) +(\d\.\d\d) +(\S.*\S) +(yes|no)$", out, flags=re.MULTILINE)
    assert len(rows) >= 20
    assert all((float(confidence) >= 0.9) is (applied == "yes") for _, confidence, _, applied in rows)
    assert {applied for *_, applied in rows} == {"yes", "no"}
    statuses = dict(query(folder, "select status, count(*) from amo_leads group by status"))
    assert statuses["CLOSED"] > 0
    assert statuses["IN_PROGRESS"] > 0


def test_webhooks_came_over_http_and_the_database_followed(played):
    out, _, folder = played
    [arrived] = re.findall(r"^Webhooks arrived: (.*)$", out, flags=re.MULTILINE)
    for name in ("lead.update", "lead.status", "lead.delete"):
        assert name in arrived
    deleted = re.search(r"lead\.delete (\d+)", arrived)[1]
    moved = re.search(r"lead\.status (\d+)", arrived)[1]
    assert query(folder, f"select stage_id, status from amo_leads where amo_lead_id = {moved}") == [
        (142, "CLOSED")
    ]
    assert query(folder, f"select count(*) from amo_leads where amo_lead_id = {deleted}") == [(0,)]


def test_the_local_change_went_back(played):
    out, _, folder = played
    assert "Pushed; in amoCRM it costs 200000" in out
    assert query(folder, "select count(*) from amo_leads where price = 200000") != [(0,)]


def test_the_log_and_the_place_are_printed(played):
    out, _, folder = played
    for operation in ("sync_leads", "process_inbox", "update_lead"):
        assert operation in out
    assert f"The database: {folder / 'amo.db'}" in out


def test_it_prints_no_secret_and_stores_none_in_the_open(played):
    out, _, folder = played
    stored = (folder / "tokens.json").read_text(encoding="utf-8")
    for text in (out, stored):
        assert "eyJ" not in text, "a JWT begins like this"
        assert "client_secret" not in text


def test_in_a_pipe_there_are_plain_lines(played):
    assert not set(played[0]) & set("\x1b\r━┃│")


def test_in_a_terminal_there_are_bars_and_frames(tmp_path):
    out = in_a_terminal([COMMAND, "demo", "--leads", "300", "--folder", str(tmp_path)])
    assert "━" in out
    assert "┃" in out
    assert str(tmp_path / "amo.db") in re.sub(r"\s", "", out)


def test_on_an_account_of_ones_own_it_only_reads(tmp_path):
    emulator = Emulator(seed=3)
    emulator.seed_account(leads=40, pipelines=2)
    with emulator.serve() as server:
        environment = {
            **os.environ,
            "AMOCRM_SUBDOMAIN": server.base_url,
            "AMOCRM_TOKEN": emulator.long_lived_token(),
        }
        done = subprocess.run(
            [COMMAND, "demo", "--folder", str(tmp_path)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert {entry.method for entry in emulator.requests} == {"GET"}
    assert query(tmp_path, "select count(*) from amo_leads") == [(40,)]
    assert "everything here only reads" in done.stdout
    assert "applied at 0.9" in done.stdout


def in_a_terminal(command: list[str]) -> str:
    """What a command writes when its output is a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160"}
    process = subprocess.Popen(
        command, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, env=environment
    )
    os.close(theirs)
    pieces = []
    try:
        while piece := os.read(ours, 65536):
            pieces.append(piece)
    except OSError:  # Linux says EIO when the other side is closed
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) == 0
    return b"".join(pieces).decode()
