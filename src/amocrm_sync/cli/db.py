"""``amocrm-sync db``: the tables of the local copy."""

from __future__ import annotations

from typing import Annotated

import typer

from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.errors import ConfigurationError

app = typer.Typer(help="The tables of the local copy.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``upgrade`` a command of its own, though it is the only one."""


@app.command()
def upgrade(
    *,
    url: Annotated[
        str, typer.Option("--url", "--db", envvar="AMOCRM_DB", help="SQLAlchemy address of the database.")
    ] = "sqlite:///amo.db",
    prefix: Annotated[str, typer.Option(help="What the names of the tables begin with.")] = "amo_",
    as_json: JSONOption = False,
) -> None:
    """Bring the tables to the version that this package works with; make them where there are none."""
    output = Output(as_json=as_json)
    before, now = _migrate(url, prefix)
    if as_json:
        output.json({"prefix": prefix, "before": before, "now": now})
    elif before == now:
        output.line(f"the tables {prefix}… have version {now} already")
    elif before is None:
        output.line(f"the tables {prefix}… are made, version {now}")
    else:
        output.line(f"the tables {prefix}… had version {before}, and have {now}")


def _migrate(url: str, prefix: str) -> tuple[str | None, str]:
    try:
        from amocrm_sync._sqlmigrate import upgrade as migrate  # the extra may be missing
    except ImportError as error:
        raise ConfigurationError(
            'a store on SQL needs an optional dependency: pip install "amocrm-sync[sql]"'
        ) from error
    return migrate(url, prefix=prefix)
