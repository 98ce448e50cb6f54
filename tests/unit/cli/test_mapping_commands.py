"""``amocrm-sync mapping``: suggest, apply, show, set."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from amocrm_sync.cli.mapping import STYLES, confidence_style, status_style
from amocrm_sync.cli.output import Output


@pytest.fixture
def first(account):
    """A pipeline and one of its own stages."""
    pipeline = next(iter(account.pipelines))
    stage = next(s for s in account.stages(pipeline).values() if s["id"] not in {142, 143} and s["type"] == 0)
    return pipeline, stage["id"]


def test_apply_writes_what_is_sure_and_says_what_waits(cli, account):
    rows = cli("mapping", "apply", "--json").json
    assert {row["result"] for row in rows} <= {"applied", "skipped"}
    assert all((row["confidence"] >= 0.9) == (row["result"] == "applied") for row in rows)
    assert all(row["why"] for row in rows)
    shown = cli("mapping", "show", "--json").json
    assert {(row["pipeline_id"], row["stage_id"], row["status"]) for row in shown} == {
        (row["pipeline_id"], row["stage_id"], row["status"]) for row in rows if row["result"] == "applied"
    }
    assert {row["set_by"] for row in shown} == {"suggestion"}


def test_a_dry_run_says_the_same_and_writes_nothing(cli, account):
    dry = cli("mapping", "apply", "--dry-run")
    assert "nothing was written (dry run)" in dry.out
    assert cli("mapping", "show", "--json").json == []
    assert "mapping apply" in cli("mapping", "show").out
    assert cli("mapping", "apply", "--dry-run", "--json").json == cli("mapping", "apply", "--json").json


def test_the_limit_decides_what_waits(cli, account):
    rows = cli("mapping", "apply", "--min-confidence", "1", "--dry-run", "--json").json
    assert {row["result"] for row in rows} == {"skipped"}
    assert all("is below 1.00" in row["why"] for row in rows)
    assert cli("mapping", "apply", "--min-confidence", "2").code == 2


def test_what_a_person_sets_is_shown_as_theirs_and_survives_apply(cli, first):
    pipeline, stage = first
    assert cli("mapping", "set", str(stage), "MINE", "--pipeline", str(pipeline)).code == 0
    applied = cli("mapping", "apply", "--json").json
    mine = next(row for row in applied if (row["pipeline_id"], row["stage_id"]) == (pipeline, stage))
    assert (mine["result"], mine["why"]) == ("skipped", "A person has set this stage.")
    shown = cli("mapping", "show", "--json").json
    row = next(row for row in shown if (row["pipeline_id"], row["stage_id"]) == (pipeline, stage))
    assert (row["status"], row["set_by"], row["confidence"]) == ("MINE", "a person", None)


def test_an_applied_mapping_reaches_the_leads_that_are_stored(cli, account):
    assert cli("sync", "run").code == 0
    out = cli("mapping", "apply").out
    assert " stored rows changed" in out
    assert "; 0 stored rows" not in out
    assert "; 0 stored rows changed" in cli("mapping", "apply").out


@pytest.mark.parametrize("command", ["suggest", "apply", "show"])
def test_every_table_says_how_to_override(cli, account, command):
    assert "amocrm-sync mapping set STAGE_ID STATUS" in cli("mapping", command).out


def test_show_and_set_ask_nothing_of_amocrm(cli, account, first):
    account.requests.clear()
    cli("mapping", "show")
    cli("mapping", "set", str(first[1]), "NEW", "--pipeline", str(first[0]))
    assert list(account.requests) == []


def test_confidence_has_colours_in_a_terminal():
    assert [confidence_style({"confidence": value}) for value in (0.95, 0.8, 0.5, None)] == [
        "green", "yellow", "red", "bold",
    ]  # fmt: skip
    assert status_style({"status": "MINE"}) != status_style({"status": "NEW"})
    output = Output()
    output.console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=100)
    rows = [{"confidence": 0.95, "status": "NEW"}, {"confidence": 0.5, "status": "CLOSED"}]
    output.table(rows, ("status", "confidence"), styles=STYLES)
    text = output.console.file.getvalue()
    assert "\x1b[32m      0.95" in text
    assert "\x1b[31m      0.50" in text
