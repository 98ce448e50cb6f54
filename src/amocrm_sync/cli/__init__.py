"""The ``amocrm-sync`` command. It needs the extra ``cli`` (typer, rich)."""

from __future__ import annotations

import sys
from importlib import import_module

__all__ = ["main"]

_WRONG_USE = 2


def main() -> None:
    """Run the command line and exit: 0 ok, 1 failed, 2 wrong use, 3 not connected."""
    try:
        import_module("rich")  # commands are loaded one by one, and each prints with it
        from amocrm_sync.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"typer", "rich"}:
            raise
        print(
            'amocrm-sync: the command line needs typer and rich: pip install "amocrm-sync[cli]"',
            file=sys.stderr,
        )
        sys.exit(_WRONG_USE)
    sys.exit(run(sys.argv[1:]))
