"""``amocrm-sync sync``: a local copy of an account in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from amocrm_sync import AmoCRM
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Meter, Output
from amocrm_sync.sync import SyncEngine, SyncProgress, SyncReport, SyncStatus

app = typer.Typer(help="A local copy of an account in SQLite.", no_args_is_help=True)

DatabaseOption = Annotated[
    str, typer.Option("--db", envvar="AMOCRM_DB", help="SQLAlchemy address of the database.")
]

REPORT_COLUMNS = ("entity", "fetched", "created", "updated", "deleted", "unchanged", "errors", "seconds")
LOG_COLUMNS = ("at", "operation", "entity", "status", "seconds", "details")


@app.command()
def run(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    entity: Annotated[list[str] | None, typer.Option(help="Only this; may be repeated.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Pull into the database: all of it the first time, then what changed. Exits 1 if a part failed."""
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine, output.meter() as meter:
        report = engine.pull(entity, full=full, progress=shown_on(meter))
    output.table(report_rows(report), REPORT_COLUMNS)
    for problem in report.problems:
        output.warn(f"{problem.entity}: {problem.message}")
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def status(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Show what the database holds and what waits in it. Nothing is asked of amoCRM."""
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        state = engine.status()
    Output(as_json=as_json).table(status_rows(state), ("what", "value"))


@app.command()
def log(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    limit: Annotated[int, typer.Option(help="How many entries, newest first.", min=1)] = 50,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Show what was done, newest first."""
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        rows = log_rows(engine, limit=limit, whole=as_json)
    Output(as_json=as_json).table(rows, LOG_COLUMNS, empty="nothing has been done yet")


def open_engine(amo: AmoCRM, database: str) -> SyncEngine:
    """The sync engine of an account on a database.

    Raises:
        ConfigurationError: The extra ``sql`` is missing, or the address is not understood.
    """
    from amocrm_sync.stores.sql import SQLSyncStore

    return SyncEngine(amo, SQLSyncStore(database))


def shown_on(meter: Meter) -> Any:
    """A progress callback of the engine that moves a meter."""

    def show(progress: SyncProgress) -> None:
        meter.update(progress.entity, progress.fetched, 1.0 if progress.done else progress.fraction)

    return show


def report_rows(report: SyncReport) -> list[dict[str, Any]]:
    """What a run did, one row an entity."""
    return [
        {column: getattr(part, column, name) for column in (*REPORT_COLUMNS, "pushed")}
        for name, part in report.entities.items()
    ]


def status_rows(state: SyncStatus) -> list[dict[str, Any]]:
    """How things stand, one fact a row."""
    last = state.last_sync_at
    return [
        {"what": "last sync", "value": None if last is None else datetime.fromtimestamp(last, UTC)},
        *({"what": f"records: {name}", "value": count} for name, count in state.counts.items()),
        *({"what": f"outbox: {name}", "value": count} for name, count in state.outbox.items()),
        *({"what": f"inbox: {name}", "value": count} for name, count in state.inbox.items()),
        {"what": "conflicts", "value": state.conflicts},
        *({"what": f"seconds behind: {name}", "value": lag} for name, lag in state.lag.items() if lag),
        {"what": "errors within a day", "value": state.errors},
        *([{"what": "last error", "value": state.last_error}] if state.last_error else []),
    ]


def log_rows(engine: SyncEngine, *, limit: int, whole: bool = False) -> list[dict[str, Any]]:
    """The sync log, newest first; details in words unless they are wanted whole."""
    return [
        {
            "at": datetime.fromtimestamp(entry.at, UTC),
            "operation": entry.operation,
            "entity": entry.entity,
            "status": entry.status,
            "seconds": round(entry.seconds, 3),
            "details": entry.details if whole else in_words(entry.details),
        }
        for entry in engine.log(limit=limit)
    ]


def in_words(details: dict[str, Any]) -> str:
    """``fetched 250, created 3``: what is zero or empty is left out."""
    return ", ".join(f"{name} {value}" for name, value in details.items() if value)
