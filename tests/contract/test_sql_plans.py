"""How SQLite, which nobody tells how many rows there are, answers what is asked of every row: counts and forgetting."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from amocrm_sync._sqltyped import LONG
from amocrm_sync.stores.sql import SQLSyncStore


@pytest.fixture
def plans_of(tmp_path):
    """What SQLite does for each statement of a call that touches a table."""
    path = tmp_path / "amo.db"
    told = []

    def note(*asked):
        told.append(asked[2:4])

    def plans(ask, table):
        told.clear()
        with store.tx("t") as tx:
            ask(tx)
        asked = [(statement, values) for statement, values in told if table in statement]
        with closing(sqlite3.connect(path)) as connection:
            rows = [connection.execute(f"EXPLAIN QUERY PLAN {text}", values) for text, values in asked]
            return [row[3] for steps in rows for row in steps]

    with closing(SQLSyncStore(f"sqlite:///{path}")) as store:
        store.prepare()
        sa.event.listen(sa.Engine, "before_cursor_execute", note)
        yield plans
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("entity", sorted(LONG))
def test_live_rows_are_counted_and_skipped_without_their_json(plans_of, entity):
    index = f"SEARCH amo_{entity} USING INDEX amo_{entity}_live (tenant_id=?)"
    counted = plans_of(lambda tx: tx.records.count(entity, {}), f"amo_{entity}")
    assert counted == [index.replace("INDEX", "COVERING INDEX")]
    assert plans_of(lambda tx: tx.records.find(entity, {}, limit=9, offset=900), f"amo_{entity}") == [index]


def test_tombstones_are_found_among_the_tombstones(plans_of):
    first, *_ = plans_of(lambda tx: tx.records.prune(5.0, 9), "amo_record")
    assert first == "SEARCH amo_record USING INDEX amo_record_deleted (tenant_id=? AND deleted_at<?)"


@pytest.mark.parametrize(
    ("table", "prune"),
    [
        ("conflict", lambda tx: tx.conflicts.prune(5.0, 9)),
        ("inbox", lambda tx: tx.inbox.prune(5.0, 9)),
        ("outbox", lambda tx: tx.outbox.prune(5.0, 9)),
        ("activity", lambda tx: tx.activity.prune(5.0, 9)),
        ("sync_log", lambda tx: tx.log.prune(5.0, 9)),
    ],
)
def test_what_is_forgotten_goes_by_its_number(plans_of, table, prune):
    first, *rest = plans_of(prune, f"amo_{table}")
    assert first == f"SEARCH amo_{table} USING INTEGER PRIMARY KEY (rowid=?)"
    assert not [step for step in rest if step.startswith("SCAN")]
