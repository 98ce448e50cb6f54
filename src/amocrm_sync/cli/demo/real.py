"""The reading half of the demo, on a real account: nothing is written to amoCRM."""

from __future__ import annotations

from pathlib import Path

from amocrm_sync import AmoCRM
from amocrm_sync.cli.demo.steps import map_stages, pull, show_log, show_place
from amocrm_sync.cli.output import Output
from amocrm_sync.cli.sync import open_engine


def play(output: Output, amo: AmoCRM, folder: Path) -> None:
    """Copy the account, suggest what its stages mean, show the log."""
    database = folder / "amo.db"
    output.heading("1. The account")
    account = amo.account.get()
    output.line(f"{account.name} at {amo.base_url}; everything here only reads")
    with open_engine(amo, f"sqlite:///{database}") as engine:
        output.heading("2. Copy it into SQLite")
        pull(output, engine)
        output.heading("3. What the stages mean")
        map_stages(output, engine)
        output.heading("4. What was done")
        show_log(output, engine)
    show_place(output, database)
