"""``amocrm-sync webhooks``: subscribe, list, and read a body that arrived."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from amocrm_sync import ConfigurationError
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.cli.sync import REPORT_COLUMNS, DatabaseOption, open_engine, report_rows
from amocrm_sync.models import Webhook
from amocrm_sync.webhooks import WebhookEvent
from amocrm_sync.webhooks import parse as parse_body

app = typer.Typer(help="Subscribe, list, and read webhooks.", no_args_is_help=True)

SUBSCRIPTION_COLUMNS = ("id", "destination", "settings", "disabled")
EVENT_COLUMNS = ("entity", "action", "id", "account", "fields")


@app.command("list")
def list_(
    *,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Show the account's subscriptions."""
    with connect(account, token, proxy) as amo:
        rows = [_subscription(hook) for hook in amo.webhooks.list()]
    Output(as_json=as_json).table(rows, SUBSCRIPTION_COLUMNS, empty="no webhooks")


@app.command()
def subscribe(
    destination: Annotated[str, typer.Argument(help="The address that amoCRM shall call.")],
    events: Annotated[list[str], typer.Argument(help="What to be told of, such as add_lead update_lead.")],
    *,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Subscribe an address to events; the same address again replaces its events."""
    with connect(account, token, proxy) as amo:
        hook = amo.webhooks.subscribe(destination, events)
    Output(as_json=as_json).table([_subscription(hook)], SUBSCRIPTION_COLUMNS)


@app.command()
def parse(
    file: Annotated[str, typer.Argument(help="A file with the body of a webhook; - reads standard input.")],
    *,
    content_type: Annotated[
        str | None,
        typer.Option(help="Its content type; without it JSON is recognised."),
    ] = None,
    as_json: JSONOption = False,
) -> None:
    """Show the events in a webhook's body. Exits 1 if a part of it could not be read."""
    output = Output(as_json=as_json)
    events = parse_body(_read(file), content_type=content_type)
    output.table([_event(event, whole=as_json) for event in events], EVENT_COLUMNS, empty="no events")
    for problem in events.problems:
        output.warn(f"{problem.place or 'the body'}: {problem.reason}")
    if events.problems:
        raise typer.Exit(1)


@app.command()
def replay(
    files: Annotated[
        list[str], typer.Argument(help="Files with bodies of webhooks; - reads standard input.")
    ],
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    content_type: Annotated[
        str | None, typer.Option(help="Their content type; without it JSON is recognised.")
    ] = None,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Feed saved bodies into a copy, as if they had just arrived: what they point at is read again and stored.

    Exits 1 if a part of a body could not be read, or a row not be fetched.
    """
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        receipts = [engine.receive(_read(file), content_type) for file in files]
        report = engine.process_inbox()
    output.table(report_rows(report), REPORT_COLUMNS, empty="nothing of what is synced was in them")
    for problem in report.problems:
        output.warn(f"{problem.entity}: {problem.message}")
    if not report.ok or any(receipt.errors for receipt in receipts):
        raise typer.Exit(1)


def _subscription(hook: Webhook) -> dict[str, Any]:
    return {column: getattr(hook, column) for column in SUBSCRIPTION_COLUMNS}


def _event(event: WebhookEvent, *, whole: bool) -> dict[str, Any]:
    """An event as a row; in a table the fields are named, in JSON they are whole."""
    return {
        "entity": event.entity,
        "action": event.action,
        "id": event.id,
        "account": event.account.subdomain or event.account.id,
        "fields": dict(event.fields) if whole else ", ".join(event.fields),
    }


def _read(file: str) -> bytes:
    """The bytes of a file, or of standard input."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {file}: {error.strerror}") from error
