"""The command line as a whole: its groups, and what an error becomes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from amocrm_sync import (
    AmoCRMError,
    AmoCRMTokenExpired,
    AuthorizationLost,
    ConfigurationError,
    NotConnectedError,
)
from amocrm_sync import __version__ as version
from amocrm_sync.cli import (
    auth,
    codegen,
    db,
    demo,
    emulator,
    export,
    mapping,
    proxy,
    serve,
    sync_desk,
    webhooks,
)

OK, FAILED, WRONG_USE, NOT_CONNECTED = 0, 1, 2, 3

app = typer.Typer(
    name="amocrm-sync",
    help="Connect to amoCRM / Kommo, keep a local copy in step, and look inside.",
    epilog="Exit codes: 0 ok, 1 failed, 2 wrong use, 3 not connected.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(auth.app, name="auth")
app.add_typer(sync_desk.app, name="sync")
app.add_typer(db.app, name="db")
app.add_typer(mapping.app, name="mapping")
app.add_typer(webhooks.app, name="webhooks")
app.command("codegen")(codegen.codegen)
app.command("demo")(demo.demo)
app.command("emulator")(emulator.emulator)
app.command("proxy")(proxy.proxy)
app.command("export")(export.export)
app.command("serve")(serve.serve)


def run(arguments: list[str]) -> int:
    """Run one command; the exit code is the answer."""
    try:
        app(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK
    except AmoCRMError as error:
        print(f"amocrm-sync: {error}", file=sys.stderr)
        return exit_code(error)
    return OK


def exit_code(error: AmoCRMError) -> int:
    """The exit code that stands for an error."""
    if isinstance(error, NotConnectedError | AuthorizationLost | AmoCRMTokenExpired):
        return NOT_CONNECTED
    if isinstance(error, ConfigurationError):
        return WRONG_USE
    return FAILED


def _print_version(value: bool) -> None:
    if value:
        print(f"amocrm-sync {version}")
        raise typer.Exit


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Connect to amoCRM / Kommo, keep a local copy in step, and look inside."""
