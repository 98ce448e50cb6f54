"""``amocrm-sync sync watch``: keep a copy in step while somebody looks on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from amocrm_sync._clock import SYSTEM_CLOCK
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.cli.sync import DatabaseOption, app, open_engine
from amocrm_sync.sync import SyncEvent


@app.command()
def watch(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    every: Annotated[float, typer.Option(help="Seconds between two rounds.", min=1.0)] = 30.0,
    rounds: Annotated[int, typer.Option(help="End after so many rounds; 0 for never.", min=0)] = 0,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Pull, send and deliver again and again, and print a line for each change, until Ctrl-C.

    With --json each line is an object. It exits with 1 if the last round failed.
    """
    output = Output(as_json=as_json)
    number, ok = 0, True
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        engine.on("*", _shown(output))
        try:
            while not rounds or number < rounds:
                if number:
                    _wait(every)
                report = engine.run()
                number, ok = number + 1, report.ok
                for problem in report.problems:
                    output.warn(f"{problem.entity}: {problem.message}")
        except KeyboardInterrupt:
            output.line("stopped")
    if not ok:
        raise typer.Exit(1)


def _wait(seconds: float) -> None:
    SYSTEM_CLOCK.sleep(seconds)


def _shown(output: Output) -> Callable[[SyncEvent], None]:
    """A callback that prints a change: when, what, which row, which fields."""

    def show(event: SyncEvent) -> None:
        now = datetime.now(UTC)
        if output.as_json:
            output.json(
                {
                    "at": now,
                    "event": event.name,
                    "id": event.remote_id,
                    "uid": event.uid,
                    "changed": event.changed,
                }
            )
        else:
            what = f"{event.name} {event.remote_id or event.uid}"
            changed = event.changed if event.before else ()
            output.line(f"{now:%H:%M:%S}  {what}  {', '.join(changed)}".rstrip())

    return show
