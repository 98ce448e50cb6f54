"""``amocrm-sync sync watch`` and ``webhooks replay``."""

from __future__ import annotations

import orjson
import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.cli import sync_watch
from amocrm_sync.testing import Faults

DB = ("--db", "sqlite:///amo.db")


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch):
    """The emulator counts nothing here, so nothing has to wait."""
    for module in ("sync", "sync_watch", "webhooks"):
        monkeypatch.setattr(
            f"amocrm_sync.cli.{module}.connect", lambda *_: AmoCRM.from_env(limiter=None), raising=True
        )


@pytest.fixture
def account(account):
    account.faults = Faults(rate_limit=False)
    return account


def test_each_change_is_a_line(cli, account, monkeypatch):
    lead = min(account.leads)
    monkeypatch.setattr(sync_watch, "_wait", lambda _: account.ui.edit("leads", lead, price=99))
    assert cli("sync", "run", *DB).code == 0
    shown = cli("sync", "watch", *DB, "--rounds", "2")
    assert shown.code == 0
    [line] = [line for line in shown.out.splitlines() if f"lead.updated {lead}" in line]
    assert "price" in line
    monkeypatch.setattr(sync_watch, "_wait", lambda _: account.ui.edit("leads", lead, price=98))
    told = [
        orjson.loads(line) for line in cli("sync", "watch", *DB, "--rounds", "2", "--json").out.splitlines()
    ]
    assert ("lead.updated", str(lead)) in {(row["event"], row["id"]) for row in told}


def test_ctrl_c_ends_it_in_peace(cli, account, monkeypatch):
    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sync_watch, "_wait", stop)
    ended = cli("sync", "watch", *DB)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "stopped")


@pytest.mark.parametrize("name", ["lead", "nothing"])
def test_a_saved_body_is_taken_as_if_it_had_just_come(cli, account, tmp_path, name):
    lead = min(account.leads)
    assert cli("sync", "run", *DB).code == 0
    account.ui.edit("leads", lead, name="Edited by a person")
    saved = tmp_path / "body"
    saved.write_text(f"leads[update][0][id]={lead}" if name == "lead" else "account[id]=1")
    rows = cli("webhooks", "replay", str(saved), *DB, "--json").json
    assert [(row["entity"], row["updated"]) for row in rows] == ([("leads", 1)] if name == "lead" else [])


def test_a_file_that_is_not_there_is_wrong_use(cli, account):
    assert cli("webhooks", "replay", "nowhere", *DB).code == 2
