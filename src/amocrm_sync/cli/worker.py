"""``amocrm-sync worker``: everything that an account's copy needs, until SIGTERM."""

from __future__ import annotations

import contextlib
import logging
from typing import Annotated

import typer

from amocrm_sync import AmoCRM, TransportError
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.cli.sync import REPORT_COLUMNS, DatabaseOption, report_rows
from amocrm_sync.sync import SyncEngine, SyncReport, SyncWorker, WorkerStatus


def worker(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    pull_every: Annotated[float, typer.Option(help="Seconds between two pulls, over all workers.")] = 60.0,
    reconcile_hour: Annotated[
        int, typer.Option(help="Hour (UTC) after which the first pull is a full one; -1 for never.")
    ] = 1,
    lease: Annotated[
        float, typer.Option(help="Seconds until work of a dead worker is taken up.", min=1.0)
    ] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Process webhooks, send edits, deliver events and pull, until SIGTERM or Ctrl-C; then exit with 0.

    Any number may run beside each other on one PostgreSQL; they share its rate limit. With --once it exits with 1 if
    something failed.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("httpx", "httpx2"):
        logging.getLogger(library).setLevel(logging.WARNING)
    with contextlib.ExitStack() as stack:
        engine = _engine(stack, stack.enter_context(connect(account, token, proxy)), db, lease)
        hour = None if reconcile_hour < 0 else reconcile_hour
        working = SyncWorker(engine, pull_every=pull_every, reconcile_hour=hour)
        if once:
            _tell(working.run_once(), working.status(), Output(as_json=as_json))
        else:
            working.run()


def _engine(stack: contextlib.ExitStack, amo: AmoCRM, db: str, lease: float) -> SyncEngine:
    """The engine; on PostgreSQL with its doorbell, and with the rate limit that all workers of a database share.

    Raises:
        TransportError: The database does not answer.
    """
    from sqlalchemy.exc import DBAPIError

    from amocrm_sync.stores.sql import PostgresDoorbell, SQLRateLimiter, SQLSyncStore
    from amocrm_sync.sync import SyncConfig

    store, config = SQLSyncStore(db), SyncConfig(lease=lease)
    if db.startswith("postgres"):
        limiter = stack.enter_context(contextlib.closing(SQLRateLimiter(db)))
        engine = SyncEngine(
            amo.with_options(limiter=limiter), store, config=config, doorbell=PostgresDoorbell(db)
        )
    else:
        engine = SyncEngine(amo, store, config=config)
    try:
        return stack.enter_context(engine)
    except DBAPIError as error:
        raise TransportError(f"--db: the database does not answer as it should: {error.orig}") from error


def _tell(reports: list[SyncReport], status: WorkerStatus, output: Output) -> None:
    whole = SyncReport(kind="worker", run_id="", started_at=0.0)
    for report in reports:
        whole.merge(report)
    output.table(report_rows(whole), REPORT_COLUMNS)
    for problem in whole.problems:
        output.warn(f"{problem.entity}: {problem.message}")
    for lane in status.lanes:
        if lane.error is not None:
            output.warn(f"{lane.kind.value}: {lane.error}")
    if not whole.ok or not status.ok:
        raise typer.Exit(1)
