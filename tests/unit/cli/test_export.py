"""``amocrm-sync export``: what the files hold, and that a stop at any moment costs nothing but time."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.cli.spool import Spool

WHAT = {"account": "a", "entity": "leads", "with": [], "page_size": 2}


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


@pytest.fixture
def days(account) -> int:
    """A birthday on two leads, set through the API, and a formula in a name."""
    with AmoCRM(os.environ["AMOCRM_SUBDOMAIN"], token=os.environ["AMOCRM_TOKEN"], limiter=None) as amo:
        field = amo.leads.custom_fields.create(name="Delivery", type="date")
        first, second = amo.leads.list(order={"id": "asc"}).to_list(max_items=2)
        first.custom_fields.set("Delivery", date(2026, 3, 9))
        first.name = "=1+1"
        amo.leads.update(first)
        second.custom_fields.set("Delivery", date(2026, 3, 10))
        second.name = "+7 912 000"
        amo.leads.update(second)
    return field.id


def test_json_lines_are_the_records(account, cli, tmp_path):
    done = cli("export", "leads", "--out", "leads.jsonl", "--page-size", "7")
    assert done.code == 0
    assert "20 leads in leads.jsonl" in done.out
    rows = lines(tmp_path / "leads.jsonl")
    assert [row["id"] for row in rows] == sorted(account.leads)
    assert {row["name"] for row in rows} == {lead["name"] for lead in account.leads.values()}
    assert [path.name for path in tmp_path.iterdir()] == ["leads.jsonl"], "nothing else is left"


def test_csv_has_a_column_a_field(account, days, cli, tmp_path):
    assert cli("export", "leads", "--out", "leads.csv", "--with", "contacts").code == 0
    rows = table(tmp_path / "leads.csv")
    assert len(rows) == 20
    assert [row["Delivery"] for row in rows[:3]] == ["2026-03-09", "2026-03-10", ""], "no day is shifted"
    assert rows[0]["name"] == "'=1+1", "a spreadsheet runs nothing"
    assert rows[1]["name"] == "+7 912 000"
    assert datetime.fromisoformat(rows[0]["created_at"]).tzinfo is not None
    assert {"id", "price", "tags", "contacts_ids", "status_id"} <= set(rows[0])
    assert not {"embedded", "custom_fields_values", "tags_to_add"} & set(rows[0])


def test_parquet_has_types(account, days, cli, tmp_path):
    assert cli("export", "leads", "--format", "parquet", "--out", "leads.bin").code == 0
    frame = pl.read_parquet(tmp_path / "leads.bin")
    assert frame.height == 20
    assert frame.schema["id"] == pl.Int64
    assert frame.schema["created_at"] == pl.Datetime("us", "UTC")
    assert frame["Delivery"].to_list()[:3] == [date(2026, 3, 9), date(2026, 3, 10), None]


@pytest.mark.parametrize("entity", ["contacts", "companies", "tasks", "customers", "users", "events"])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_every_kind_and_format_is_written(account, cli, tmp_path, entity, ending):
    assert cli("export", entity, "--out", f"x.{ending}").code == 0
    assert (tmp_path / f"x.{ending}").exists()


def test_json_tells_what_was_written(account, cli):
    done = cli("export", "leads", "--out", "x.csv", "--json")
    assert done.json == {"entity": "leads", "rows": 20, "file": "x.csv"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pigs", "--out", "x.csv"], "one of leads"),
        (["leads", "--out", "x.txt"], "--format"),
        (["leads", "--out", "no/such/x.csv"], "no folder"),
    ],
)
def test_wrong_use_is_named(account, cli, arguments, message):
    done = cli("export", *arguments)
    assert done.code == 2
    assert message in done.err


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_an_export_that_stops_goes_on_where_it_stopped(account, cli, tmp_path, ending):
    whole = cli("export", "leads", "--out", f"whole.{ending}", "--page-size", "3")
    assert whole.code == 0
    before = account.stats.requests
    spool_rows = stop_after_two_pages(account, tmp_path / f"x.{ending}")
    assert spool_rows == 6
    assert not (tmp_path / f"x.{ending}").exists(), "half a file is never shown"
    done = cli("export", "leads", "--out", f"x.{ending}", "--page-size", "3")
    assert "going on after 6 leads" in done.out
    assert (tmp_path / f"x.{ending}").read_bytes() == (tmp_path / f"whole.{ending}").read_bytes()
    assert account.stats.requests - before <= 2 + 7 + 1, "what was there is not read again"


def stop_after_two_pages(account, out: Path) -> int:
    """What a kill between the second page and the third leaves."""
    url = os.environ["AMOCRM_SUBDOMAIN"]
    what = {"account": url, "entity": "leads", "with": [], "page_size": 3}
    with AmoCRM(url, token=os.environ["AMOCRM_TOKEN"]) as amo, Spool.open(out, what) as spool:
        for number, page in enumerate(amo.leads.list(limit=3, order={"id": "asc"}).pages(), start=1):
            spool.add([lead.raw for lead in page.items])
            if number == 2:
                break
        return spool.rows


def test_a_killed_process_leaves_each_row_once(account, cli, tmp_path):
    """The process is killed while it reads; the rerun's file is that of a run without a kill."""
    script = Path(sys.executable).with_name("amocrm-sync")
    command = [str(script), "export", "leads", "--out", "k.jsonl", "--page-size", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    state = tmp_path / ".k.jsonl.state"
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        if state.exists() and json.loads(state.read_bytes())["pages"] >= 5:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was to be killed in its work"
    assert not (tmp_path / "k.jsonl").exists()
    done = cli("export", "leads", "--out", "k.jsonl", "--page-size", "1")
    assert done.code == 0, done.err
    assert "going on" in done.out
    assert [row["id"] for row in lines(tmp_path / "k.jsonl")] == sorted(account.leads)


def test_a_line_that_was_half_written_is_cut_off(tmp_path):
    out = tmp_path / "x.jsonl"
    with Spool.open(out, WHAT) as spool:
        spool.add([{"id": 1}, {"id": 2}])
    with (tmp_path / ".x.jsonl.part").open("ab") as data:
        data.write(b'{"id": 3}\n{"id')
    with Spool.open(out, WHAT) as spool:
        assert (spool.rows, spool.next_page) == (2, 1), "the last page is read again"
        spool.add([{"id": 1}, {"id": 2}])
        spool.add([{"id": 3}])
        assert [json.loads(line) for line in spool] == [{"id": 1}, {"id": 2}, {"id": 3}]


def test_another_export_to_the_same_file_is_refused(tmp_path):
    with Spool.open(tmp_path / "x.csv", WHAT) as spool:
        spool.add([{"id": 1}])
    with pytest.raises(Exception, match="another export") as caught:
        Spool.open(tmp_path / "x.csv", {**WHAT, "entity": "contacts"})
    assert ".x.csv.state" in str(caught.value)


def test_what_is_read_to_the_end_is_not_read_again(tmp_path):
    with Spool.open(tmp_path / "x.csv", WHAT) as spool:
        spool.add([{"id": 1}])
        spool.finish()
    with Spool.open(tmp_path / "x.csv", WHAT) as spool:
        assert (spool.is_whole, spool.rows) == (True, 1)
        spool.remove()
    assert list(tmp_path.iterdir()) == []
