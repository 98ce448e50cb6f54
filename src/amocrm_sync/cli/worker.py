"""``amocrm-sync worker``: everything that an account's copy needs, until SIGTERM."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from amocrm_sync import AmoCRM
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.cli.sync import REPORT_COLUMNS, DatabaseOption, report_rows
from amocrm_sync.sync import SyncEngine, SyncReport, SyncWorker


def worker(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    pull_every: Annotated[float, typer.Option(help="Seconds between two pulls, over all workers.")] = 60.0,
    reconcile_hour: Annotated[
        int, typer.Option(help="Hour (UTC) after which the first pull is a full one; -1 for never.")
    ] = 1,
    lease: Annotated[float, typer.Option(help="Seconds until work of a dead worker is taken up.")] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Process webhooks, send edits, deliver events and pull, until SIGTERM or Ctrl-C; then exit with 0.

    Any number may run beside each other on one PostgreSQL. With --once it exits with 1 if something failed.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with connect(account, token, proxy) as amo, _engine(amo, db, lease) as engine:
        hour = None if reconcile_hour < 0 else reconcile_hour
        working = SyncWorker(engine, pull_every=pull_every, reconcile_hour=hour)
        if once:
            _tell(working.run_once(), Output(as_json=as_json))
            return
        working.run()


def _engine(amo: AmoCRM, db: str, lease: float) -> SyncEngine:
    """The engine, with PostgreSQL's own doorbell where there is one."""
    from amocrm_sync.stores.sql import PostgresDoorbell, SQLSyncStore
    from amocrm_sync.sync import SyncConfig

    bell = PostgresDoorbell(db) if db.startswith("postgres") else None
    return SyncEngine(amo, SQLSyncStore(db), config=SyncConfig(lease=lease), doorbell=bell)


def _tell(reports: list[SyncReport], output: Output) -> None:
    whole = SyncReport(kind="worker", run_id="", started_at=0.0)
    for report in reports:
        whole.merge(report)
    output.table(report_rows(whole), REPORT_COLUMNS)
    for problem in whole.problems:
        output.warn(f"{problem.entity}: {problem.message}")
    if not whole.ok:
        raise typer.Exit(1)
