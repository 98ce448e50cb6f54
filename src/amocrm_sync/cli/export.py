"""``amocrm-sync export``: all records of one kind into a file, and on from where it was stopped."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from amocrm_sync import AmoCRM, ConfigurationError
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Meter, Output
from amocrm_sync.cli.spool import Spool
from amocrm_sync.cli.tables import WRITERS

PAGE = 250
IN_ORDER = ("leads", "contacts", "companies", "tasks")
"""Kinds whose list can be read by id, so that a record made meanwhile comes last."""
ENTITIES = (*IN_ORDER, "customers", "users", "events")


class Format(StrEnum):
    """What a file can be."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def export(
    entity: Annotated[str, typer.Argument(help=f"One of: {', '.join(ENTITIES)}.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="The file; it appears when it is whole.")],
    kind: Annotated[
        Format | None, typer.Option("--format", help="By the ending of --out where not given.")
    ] = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="What to bring along; may repeat.")
    ] = None,
    page_size: Annotated[int, typer.Option(min=1, max=PAGE, help="Records a request.")] = PAGE,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Write all records of one kind into a file.

    CSV and Parquet have a column a field, custom fields under their titles; JSON Lines has records as the API gave
    them. What was read is kept beside the file until it is whole: after a stop, the same command goes on.
    """
    if entity not in ENTITIES:
        raise ConfigurationError(f"entity: one of {', '.join(ENTITIES)} is needed, not {entity!r}")
    output, chosen = Output(as_json=as_json), kind or _format_of(out)
    with connect(account, token, proxy) as amo, output.meter() as meter:
        what = {
            "account": amo.base_url,
            "entity": entity,
            "with": with_ or [],
            "page_size": min(page_size, getattr(amo, entity).max_limit),
        }
        with Spool.open(out, what) as spool:
            if spool.rows:
                output.line(f"going on after {spool.rows} {entity}")
            _read(amo, spool, meter)
            written = WRITERS[chosen](spool, out, getattr(amo, entity).model, lambda: _timezone(amo))
            spool.remove()
    output.json({"entity": entity, "rows": written, "file": str(out)}) if as_json else output.line(
        f"{written} {entity} in {out}"
    )


def _read(amo: AmoCRM, spool: Spool, meter: Meter) -> None:
    """Bring every page that is not there yet."""
    entity, size = spool.what["entity"], spool.what["page_size"]
    options: dict[str, Any] = {"limit": size, "page": spool.next_page}
    if entity in IN_ORDER:
        options["order"] = {"id": "asc"}
    if spool.what["with"]:
        options["with_"] = spool.what["with"]
    if spool.is_whole:
        return
    meter.update(entity, spool.rows)
    pager = getattr(amo, entity).list(**options)
    for page in pager.pages():
        spool.add([item.raw for item in page.items])
        meter.update(entity, spool.rows)
    if pager.quarantined:
        first = pager.quarantined[0]
        raise ConfigurationError(
            f"{len(pager.quarantined)} records could not be read, the first: {first.reason}"
        )
    spool.finish()
    meter.update(entity, spool.rows, 1.0)


def _timezone(amo: AmoCRM) -> ZoneInfo | None:
    """Where the account's days begin."""
    name = amo.account.get(with_=["datetime_settings"]).timezone
    return ZoneInfo(name) if name else None


def _format_of(out: Path) -> Format:
    ending = out.suffix.removeprefix(".").lower()
    if ending not in list(Format):
        raise ConfigurationError(f"--format: {out.name} does not say which; give one of {', '.join(Format)}")
    return Format(ending)
