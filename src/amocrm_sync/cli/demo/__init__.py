"""``amocrm-sync demo``: the main job end to end. :mod:`.embedded` on an emulated account, :mod:`.real` on yours."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.demo import embedded, real
from amocrm_sync.cli.output import Output


def demo(
    *,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where the database goes; a new temporary folder by default.")
    ] = None,
    leads: Annotated[int, typer.Option(help="Size of the emulated account.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same emulated account.")] = 1,
) -> None:
    """Connect, sync, map and listen, on an emulated account; with --account, the reading half of it on yours."""
    output = Output()
    place = folder or Path(tempfile.mkdtemp(prefix="amocrm-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    if account:
        with connect(account, token, proxy) as amo:
            real.play(output, amo, place)
    else:
        embedded.play(output, place, leads=leads, seed=seed)
