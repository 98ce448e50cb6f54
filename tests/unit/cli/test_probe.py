"""``amocrm-sync probe``."""

from __future__ import annotations


def test_an_account_is_looked_at_and_asked(cli, account):
    found = cli("probe", "--json")
    assert found.code == 0
    told = found.json
    assert {row["check"] for row in told["findings"]} >= {"filters", "rights", "events", "webhooks"}
    assert told["rows"]["leads"] == len(account.leads)
    assert {row["answer"] for row in told["answers"]} >= {"yes"}
    assert all(request.method == "GET" for request in account.requests)


def test_people_get_tables_and_what_a_first_pull_takes(cli, account):
    shown = cli("probe", "--no-sizes")
    assert "What the documentation leaves open" in shown.out
    assert "first pull: about" in shown.out


def test_an_account_that_does_not_answer_is_a_failure(cli, account, monkeypatch):
    monkeypatch.setenv("AMOCRM_TOKEN", "not.a.token")
    failed = cli("probe")
    assert failed.code == 1
    assert "auth doctor" in failed.out
