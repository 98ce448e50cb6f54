"""The command line as a whole: its groups, and what an error becomes."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from amocrm_sync import (
    AmoCRMError,
    AmoCRMTokenExpired,
    AuthorizationLost,
    ConfigurationError,
    NotConnectedError,
)
from amocrm_sync import __version__ as version

OK, FAILED, WRONG_USE, NOT_CONNECTED = 0, 1, 2, 3

COMMANDS: dict[str, str] = {
    "auth": "auth:app",
    "sync": "sync_all:app",
    "db": "db:app",
    "mapping": "mapping:app",
    "webhooks": "webhooks:app",
    "codegen": "codegen:codegen",
    "demo": "demo:demo",
    "emulator": "emulator:emulator",
    "proxy": "proxy:proxy",
    "export": "export:export",
    "probe": "probe:probe",
    "serve": "serve:serve",
    "worker": "worker:worker",
}
"""Every command and group of commands: the module of this package that it stands in, and its name there."""


class _Commands(TyperGroup):
    """Loads a command when it is asked for: each needs other parts of the package, and most calls need one."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every name, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, or ``None``."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"amocrm_sync.cli.{module}"), name)
        parent = typer.Typer(add_completion=False)
        if isinstance(found, typer.Typer):
            parent.add_typer(found, name=cmd_name)
        else:
            parent.command(cmd_name)(found)
            parent.callback()(_root)  # with a callback, one command is a group as well
        return typer.main.get_group(parent).commands[cmd_name]


app = typer.Typer(
    cls=_Commands,
    name="amocrm-sync",
    help="Connect to amoCRM / Kommo, keep a local copy in step, and look inside.",
    epilog="Exit codes: 0 ok, 1 failed, 2 wrong use, 3 not connected.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


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
