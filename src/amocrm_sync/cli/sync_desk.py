"""``amocrm-sync sync``, what people decide: push, reconcile, conflicts, dead letters, and the story of a record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import attrs
import typer

from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.cli.sync import REPORT_COLUMNS, DatabaseOption, app, open_engine, report_rows, shown_on
from amocrm_sync.sync import Op, OpState, SyncReport

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Change nothing; print the difference.")]
PLANNED_COLUMNS = ("entity", "remote_id", "uid", "operation", "fields", "before")
CONFLICT_COLUMNS = (
    "id",
    "opened",
    "entity",
    "uid",
    "field",
    "base",
    "local",
    "remote",
    "policy",
    "state",
    "by",
)
LETTER_COLUMNS = ("seq", "entity", "uid", "state", "fields", "attempts", "error")


@app.command()
def setup(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Make the field in which rows created from here carry their own id, or settle on a tag without the rights for it.

    Exits 1 if an entity got neither.
    """
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        result = engine.setup()
    rows = [
        {"entity": name, "field": field, "made": name in result.created}
        for name, field in result.markers.items()
    ]
    output.table(rows, ("entity", "field", "made"))
    for entity in result.tagged:
        output.warn(
            f"{entity}: marked by a tag, for this user may not make the field; "
            "an administrator may make the field: then run setup again"
        )
    for entity, problem in result.problems.items():
        output.warn(f"{entity}: {problem}")
    if result.problems:
        raise typer.Exit(1)


@app.command()
def push(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    dry_run: DryRunOption = False,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Send local edits to amoCRM. Exits 1 if some failed."""
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        report = engine.push(dry_run=dry_run)
    _show(report, Output(as_json=as_json), dry_run=dry_run)


@app.command()
def reconcile(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    entity: Annotated[list[str] | None, typer.Option(help="Only this; may be repeated.")] = None,
    dry_run: DryRunOption = False,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Compare every row with amoCRM's. Exits 1 if a part failed."""
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine, output.meter() as meter:
        report = engine.reconcile(entity, progress=shown_on(meter), dry_run=dry_run)
    _show(report, output, dry_run=dry_run)


@app.command()
def conflicts(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    state: Annotated[str | None, typer.Option(help="open, auto, resolved or ignored.")] = None,
    limit: Annotated[int, typer.Option(help="How many, oldest first.", min=1)] = 50,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Show what both sides have changed."""
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        found = engine.conflicts.list(state, limit=limit)
    rows = [{**attrs.asdict(item), "opened": datetime.fromtimestamp(item.opened_at, UTC)} for item in found]
    Output(as_json=as_json).table(rows, CONFLICT_COLUMNS, empty="no conflicts")


@app.command()
def resolve(
    conflict: Annotated[int, typer.Argument(help="The conflict's number.")],
    choice: Annotated[str, typer.Argument(help="local or remote.")],
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    by: Annotated[str | None, typer.Option(help="Who decides.")] = None,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Decide a conflict; `amocrm-sync sync push` sends what follows from it."""
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        decided = engine.conflicts.resolve(conflict, choice, by=by)
    output.line(f"{decided.entity} {decided.uid}: {decided.field} = {decided.value!r}")


@app.command("dead-letters")
def dead_letters(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Show edits that were given up, or wait for a person."""
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        found = engine.outbox(OpState.DEAD, OpState.HELD)
    Output(as_json=as_json).table([_letter(op) for op in found], LETTER_COLUMNS, empty="none")


@app.command()
def requeue(
    seq: Annotated[int, typer.Argument(help="The edit's number.")],
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Send an edit again with the next push."""
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        op = engine.requeue(seq)
    Output(as_json=as_json).table([_letter(op)], LETTER_COLUMNS)


@app.command()
def discard(
    seq: Annotated[int, typer.Argument(help="The edit's number.")],
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Give up an edit for good."""
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        op = engine.discard(seq)
    Output(as_json=as_json).table([_letter(op)], LETTER_COLUMNS)


@app.command()
def explain(
    entity: Annotated[str, typer.Argument(help="leads, contacts …")],
    key: Annotated[str, typer.Argument(help="amoCRM's id, or ours.")],
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Tell the story of one record: reads, edits, conflicts, decisions."""
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        story = engine.explain(entity, key)
    output.line(str(story))
    if as_json:
        output.table([attrs.asdict(moment) for moment in story.moments], ("at", "kind", "text"))


def _show(report: SyncReport, output: Output, *, dry_run: bool) -> None:
    if dry_run and output.as_json:
        output.table(report.planned, PLANNED_COLUMNS)
    elif dry_run:
        output.line(report.difference() or "nothing would change")
    else:
        output.table(report_rows(report), (*REPORT_COLUMNS[:1], "pushed", *REPORT_COLUMNS[1:]))
    for problem in report.problems:
        output.warn(f"{problem.entity}: {problem.message}")
    if not report.ok:
        raise typer.Exit(1)


def _letter(op: Op) -> dict[str, Any]:
    return {**{name: getattr(op, name) for name in LETTER_COLUMNS}, "state": op.state.value}
