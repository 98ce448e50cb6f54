"""``amocrm-sync emulator``: an amoCRM account on this machine, for tests and for trying things."""

from __future__ import annotations

from typing import Annotated

import typer

from amocrm_sync.testing.command import run_emulator


def emulator(
    *,
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1,
    leads: Annotated[int, typer.Option(help="How many leads the account holds.", min=0)] = 2000,
    no_limit: Annotated[
        bool, typer.Option("--no-limit", help="Do not answer 429 or 403 to fast callers.")
    ] = False,
) -> None:
    """Serve an emulated account until interrupted. The first line of output is JSON that says how to reach it."""
    run_emulator(port, seed, leads, limit=not no_limit)
