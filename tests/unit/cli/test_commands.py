"""What each command prints and does, on an emulated account."""

from __future__ import annotations

import io
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

BODY = b"leads[status][0][id]=7&leads[status][0][status_id]=142&account[id]=1&account[subdomain]=demo"


def test_mapping_suggest_reads_the_account(cli, account):
    rows = cli("mapping", "suggest", "--json").json
    stages = [stage for pipeline in account.pipelines for stage in account.stages(pipeline).values()]
    assert {row["stage_id"] for row in rows} == {stage["id"] for stage in stages}
    assert len(rows) == len(stages)
    won = [row for row in rows if row["stage_id"] == 142]
    assert {row["status"] for row in won} == {"CLOSED"}
    assert all(row["reasons"] for row in rows)
    assert all(entry.method == "GET" for entry in account.requests)


def test_mapping_suggest_prints_a_table(cli, account):
    lines = cli("mapping", "suggest").out.splitlines()
    assert lines[0].split() == ["pipeline", "stage_id", "stage", "status", "confidence", "reasons"]
    assert any(" 142 " in line and " CLOSED " in line for line in lines)


def test_mapping_suggest_reads_a_file(cli, tmp_path):
    file = tmp_path / "stages.csv"
    file.write_text("\ufeffid,name,type,sort\n142,Успешно,0,10\n,Переговоры,,\n", encoding="utf-8")
    rows = cli("mapping", "suggest", "--csv", str(file), "--json").json
    assert [(row["stage_id"], row["stage"], row["status"]) for row in rows] == [
        (142, "Успешно", "CLOSED"),
        (None, "Переговоры", "IN_PROGRESS"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("title\nx\n", 'has no column "name"; its columns are title'),
        ("name,id\nNew,first\n", "line 2: id is not a whole number: 'first'"),
        (None, "cannot read"),
    ],
)
def test_a_file_that_is_wrong_is_2_and_says_where(cli, tmp_path, content, words):
    file = tmp_path / "stages.csv"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    result = cli("mapping", "suggest", "--csv", str(file))
    assert result.code == 2
    assert words in result.err


def test_webhooks_are_subscribed_and_listed(cli, account):
    assert cli("webhooks", "list").out == "no webhooks\n"
    made = cli("webhooks", "subscribe", "https://example.com/hook", "add_lead", "update_lead", "--json").json
    assert made[0]["destination"] == "https://example.com/hook"
    listed = cli("webhooks", "list", "--json").json
    assert [(row["destination"], sorted(row["settings"])) for row in listed] == [
        ("https://example.com/hook", ["add_lead", "update_lead"])
    ]
    assert [row["destination"] for row in account.subscriptions.values()] == ["https://example.com/hook"]


def test_webhooks_parse_reads_a_file(cli, tmp_path):
    (tmp_path / "body").write_bytes(BODY)
    [event] = cli("webhooks", "parse", "body", "--json").json
    assert (event["entity"], event["action"], event["id"], event["account"]) == (
        "lead",
        "status",
        "7",
        "demo",
    )
    assert event["fields"]["status_id"] == "142"
    assert cli("webhooks", "parse", "body").out.splitlines()[1].split()[:4] == ["lead", "status", "7", "demo"]


def test_webhooks_parse_reads_standard_input(cli, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BODY)))
    assert cli("webhooks", "parse", "-", "--json").json[0]["id"] == "7"


def test_webhooks_parse_recognises_json(cli, tmp_path):
    (tmp_path / "body").write_bytes(b' {"leads": {"add": [{"id": 5}]}, "account": {"id": 1}}')
    assert cli("webhooks", "parse", "body", "--json").json[0]["id"] == "5"


def test_webhooks_parse_is_1_when_a_part_is_unreadable(cli, tmp_path):
    (tmp_path / "body").write_bytes(b"{broken")
    result = cli("webhooks", "parse", "body")
    assert result.code == 1
    assert result.err.startswith("amocrm-sync: ")


def test_webhooks_parse_is_2_without_the_file(cli):
    result = cli("webhooks", "parse", "nowhere")
    assert result.code == 2
    assert result.err == "amocrm-sync: cannot read nowhere: No such file or directory\n"


def test_sync_run_fills_the_database_and_then_reads_changes(cli, account, tmp_path):
    first = {row["entity"]: row for row in cli("sync", "run", "--db", "sqlite:///x.db", "--json").json}
    assert first["leads"]["created"] == 20
    lead_id = next(iter(account.leads))
    account.ui.edit("leads", lead_id, price=77)
    second = {row["entity"]: row for row in cli("sync", "run", "--db", "sqlite:///x.db", "--json").json}
    assert second["leads"]["created"] == 0
    assert second["leads"]["updated"] == 1
    with sqlite3.connect(tmp_path / "x.db") as database:
        rows = database.execute("select price from amo_leads where amo_lead_id = ?", [lead_id]).fetchall()
    database.close()
    assert rows == [(77,)]


def test_sync_run_takes_some_entities(cli, account):
    rows = cli("sync", "run", "--entity", "users", "--entity", "roles", "--json").json
    assert {row["entity"] for row in rows} == {"users", "roles"}


def test_sync_run_of_an_unknown_entity_is_2(cli, account):
    result = cli("sync", "run", "--entity", "dogs")
    assert result.code == 2
    assert "dogs" in result.err


def test_sync_run_outside_a_terminal_says_lines_without_escapes(cli, account):
    result = cli("sync", "run", "--entity", "users")
    assert "\x1b" not in result.out
    assert "  users: 6\n" in result.out


def test_sync_status_and_log_ask_nothing_of_amocrm(cli, account):
    cli("sync", "run")
    asked = len(account.requests)
    status = {row["what"]: row["value"] for row in cli("sync", "status", "--json").json}
    log = cli("sync", "log", "--json").json
    assert status["records: leads"] == 20
    assert status["last sync"]
    assert {"sync_leads", "sync_users"} <= {row["operation"] for row in log}
    assert log[0]["at"] >= log[-1]["at"]
    assert len(account.requests) == asked


def test_sync_log_is_limited(cli, account):
    cli("sync", "run")
    assert len(cli("sync", "log", "--limit", "2", "--json").json) == 2


@pytest.fixture
def integration(account, monkeypatch):
    """The keys of the emulated integration in the environment, instead of a token."""
    monkeypatch.delenv("AMOCRM_TOKEN")
    monkeypatch.setenv("AMOCRM_CLIENT_ID", account.client_id)
    monkeypatch.setenv("AMOCRM_CLIENT_SECRET", account.client_secret)
    monkeypatch.setenv("AMOCRM_REDIRECT_URI", account.redirect_uri)
    return account


def test_auth_url_is_the_consent_page_with_a_state(cli, integration):
    answer = cli("auth", "url", "--domain", "kommo.com", "--json").json
    query = parse_qs(urlsplit(answer["url"]).query)
    assert answer["url"].startswith("https://www.kommo.com/oauth?")
    assert query["client_id"] == [integration.client_id]
    assert query["state"] == [answer["state"]]
    assert integration.client_secret not in parse_qs(answer["url"])


def test_auth_login_connects_and_status_says_so(cli, integration):
    before = cli("auth", "status")
    assert before.code == 3
    assert "disconnected" in before.out
    login = cli("auth", "login", "--code", integration.authorization_code(), "--json")
    assert login.code == 0
    assert "amocrm-tokens.json" in login.json["store"]
    assert cli("auth", "status", "--json").json[0]["state"] == "connected"
    assert cli("webhooks", "list").out == "no webhooks\n"


def test_auth_login_with_a_bad_code_is_1_and_says_what_to_check(cli, integration):
    result = cli("auth", "login", "--code", "never-issued")
    assert result.code == 1
    assert "code" in result.err
    assert "never-issued" not in result.err


def test_auth_keeps_its_tokens_where_it_is_told(cli, integration, monkeypatch, tmp_path):
    monkeypatch.setenv("AMOCRM_TOKEN_FILE", str(tmp_path / "elsewhere.json"))
    cli("auth", "login", "--code", integration.authorization_code())
    assert (tmp_path / "elsewhere.json").stat().st_mode & 0o777 == 0o600


def test_emulator_introduces_itself_on_its_first_line_and_ends_on_a_signal():
    command = [str(Path(sys.executable).with_name("amocrm-sync")), "emulator", "--leads", "3", "--no-limit"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        hello = json.loads(process.stdout.readline())
        assert hello["base_url"].startswith("http://127.0.0.1:")
        assert (hello["client_id"], hello["client_secret"]) == ("id", "sec")
        assert set(hello) == {"base_url", "token", "client_id", "client_secret", "redirect_uri", "code"}
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        process.stdout.close()
