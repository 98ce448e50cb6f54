"""Commands about what people decide: setup, push, reconcile, conflicts, dead letters, a record's story."""

from __future__ import annotations

import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine
from amocrm_sync.testing.emulator.rules.people import add_user, full_rights

DB = ("--db", "sqlite:///amo.db")


@pytest.fixture
def engine(cli, account):
    """The engine on the database that the commands use; conflicts over a price are for a person."""
    with AmoCRM.from_env(limiter=None) as amo:
        config = SyncConfig(entities=("leads",), conflicts={"leads.price": "manual"})
        with SyncEngine(amo, SQLSyncStore("sqlite:///amo.db"), config=config) as engine:
            engine.pull()
            yield engine


def test_the_marker_field_is_made_once(cli, account, engine):
    first = cli("sync", "setup", *DB, "--json").json
    assert {row["entity"]: row["made"] for row in first} == {
        "contacts": True,
        "leads": True,
        "companies": True,
    }
    assert engine.setup().created == ()


def test_without_the_right_to_make_it_a_tag_is_used_and_said_to_be(cli, account, monkeypatch):
    user = add_user(account.state, {"name": "Anna", "email": "anna@example.com"}, rights=full_rights())
    monkeypatch.setenv("AMOCRM_TOKEN", account.long_lived_token(user_id=user["id"]))
    result = cli("sync", "setup", *DB)
    assert result.code == 0
    assert "leads: marked by a tag" in result.err
    assert "run setup again" in result.err


def test_a_push_is_shown_before_it_is_done(cli, account, engine):
    lead = min(account.leads)
    engine.records.leads.update(lead, name="Edited")
    shown = cli("sync", "push", *DB, "--dry-run")
    assert "-> 'Edited'" in shown.out
    assert account.leads[lead]["name"] != "Edited"
    assert cli("sync", "push", *DB).code == 0
    assert account.leads[lead]["name"] == "Edited"
    assert "nothing would change" in cli("sync", "push", *DB, "--dry-run").out


def test_a_reconcile_is_shown_before_it_is_done(cli, account, engine):
    lead = min(account.leads)
    account.ui.edit("leads", lead, name="Edited by a person")
    shown = cli("sync", "reconcile", "--entity", "leads", *DB, "--dry-run", "--json").json
    assert [(row["remote_id"], row["operation"]) for row in shown] == [(str(lead), "update")]
    rows = cli("sync", "reconcile", "--entity", "leads", *DB, "--json").json
    assert rows[0]["updated"] == 1


def test_a_conflict_is_listed_decided_and_told(cli, account, engine):
    lead = min(account.leads)
    engine.records.leads.update(lead, price=111, actor="anna")
    account.ui.edit("leads", lead, price=222)
    engine.pull(full=True)
    [row] = cli("sync", "conflicts", "--state", "open", *DB, "--json").json
    assert (row["local"], row["remote"]) == (111, 222)
    [held] = cli("sync", "dead-letters", *DB, "--json").json
    assert (held["state"], held["fields"]) == ("held", {"price": 111})
    assert cli("sync", "requeue", str(held["seq"]), *DB).code != 0
    assert "price = 111" in cli("sync", "resolve", str(row["id"]), "local", *DB, "--by", "boss").out
    cli("sync", "push", *DB)
    assert account.leads[lead]["price"] == 111
    story = cli("sync", "explain", "leads", str(lead), *DB).out
    assert "by anna" in story
    assert "boss took local" in story
    assert cli("sync", "explain", "leads", "1", *DB).code == 1


def test_a_dead_letter_is_requeued_and_discarded(cli, account, engine):
    engine.records.leads.update(min(account.leads), name="x", status_id=1)
    assert cli("sync", "push", *DB).code == 1
    [dead] = cli("sync", "dead-letters", *DB, "--json").json
    assert dead["state"] == "dead"
    assert cli("sync", "requeue", str(dead["seq"]), *DB, "--json").json[0]["state"] == "pending"
    assert cli("sync", "push", *DB).code == 1
    assert cli("sync", "discard", str(dead["seq"]), *DB, "--json").json[0]["error"] == "discarded"
