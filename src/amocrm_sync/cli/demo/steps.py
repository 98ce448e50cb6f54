"""The steps that work on any account: copy it, learn what its stages mean, show what was done."""

from __future__ import annotations

from pathlib import Path

from amocrm_sync.cli.mapping import COLUMNS as SUGGESTION_COLUMNS
from amocrm_sync.cli.mapping import suggestion_row
from amocrm_sync.cli.output import Output
from amocrm_sync.cli.sync import LOG_COLUMNS, REPORT_COLUMNS, log_rows, report_rows, shown_on
from amocrm_sync.sync import SyncEngine

THRESHOLD = 0.9
"""Suggestions of at least this confidence are applied without asking."""


def pull(output: Output, engine: SyncEngine) -> None:
    """Copy everything into the database, and count it."""
    with output.meter() as meter:
        report = engine.pull(progress=shown_on(meter))
    output.table(report_rows(report), REPORT_COLUMNS)
    for problem in report.problems:
        output.line(f"{problem.entity}: {problem.message}")
    output.line(f"{report.as_counts()['synced']} records in {report.seconds:.1f} s")


def map_stages(output: Output, engine: SyncEngine) -> None:
    """Suggest a status for every stage, and apply what is sure; the leads get their status from it."""
    result = engine.auto_apply(THRESHOLD)
    names = {pipeline["amo_pipeline_id"]: pipeline["name"] for pipeline in engine.records.pipelines.list()}
    suggestions = [(found, "yes") for found in result.applied]
    suggestions += [(unapplied.suggestion, "no") for unapplied in result.skipped]
    suggestions.sort(key=lambda pair: (pair[0].pipeline_id or 0, pair[0].sort or 0))
    rows = [
        {
            **suggestion_row(names.get(found.pipeline_id, ""), found),
            "reasons": found.reasons[0],
            "applied": applied,
        }
        for found, applied in suggestions
    ]
    output.table(rows, (*SUGGESTION_COLUMNS, "applied"))
    output.line(
        f"{len(result.applied)} applied at {THRESHOLD} and above, {len(result.skipped)} wait for a person"
    )


def show_log(output: Output, engine: SyncEngine) -> None:
    """What the engine wrote down, newest first."""
    output.table(log_rows(engine, limit=20), LOG_COLUMNS)


def show_place(output: Output, database: Path) -> None:
    """Where the copy is, and how to look into it."""
    output.heading("Done")
    output.line(f"The database: {database}")
    output.line(f"To look into it: sqlite3 {database} 'select name, price, status from amo_leads limit 5'")  # noqa: S608 - a line to read
