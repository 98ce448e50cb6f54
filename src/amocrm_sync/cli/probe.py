"""``amocrm-sync probe``: what an account allows, and what it does where the documentation is silent."""

from __future__ import annotations

from typing import Annotated, Any

import attrs
import typer

from amocrm_sync import AmoCRM
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.cli.sync import open_engine
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import Preflight, SyncEngine

FINDINGS = ("check", "state", "says", "fix")
ANSWERS = ("question", "answer", "seen", "setting")


def probe(
    *,
    db: Annotated[
        str | None,
        typer.Option("--db", envvar="AMOCRM_DB", help="The copy whose settings are looked at too."),
    ] = None,
    webhook_url: Annotated[
        str | None, typer.Option(help="Where your host takes webhooks: is it subscribed?")
    ] = None,
    sizes: Annotated[bool, typer.Option(help="Find out how long the lists are.")] = True,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Look at an account before it is synced, and ask it what the documentation leaves open. Only reads.

    Exits 1 if a sync could not begin.
    """
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, _engine(amo, db) as engine:
        found = engine.preflight(webhook_url=webhook_url, sizes=sizes)
        answers = engine.probe() if found.ok else ()
    findings = [attrs.asdict(finding) for finding in found.findings]
    asked = [attrs.asdict(answer) for answer in answers]
    if as_json:
        output.json({"findings": findings, "answers": asked, **_sizes(found)})
    else:
        output.heading(f"What {found.account} allows")
        output.table(findings, FINDINGS)
        output.heading("What the documentation leaves open")
        output.table(asked, ANSWERS, empty="not asked: the account cannot be synced")
        output.line(str(found).rpartition("\n")[2])
    if not found.ok:
        raise typer.Exit(1)


def _engine(amo: AmoCRM, db: str | None) -> SyncEngine:
    """The engine of the copy; without one, of nothing."""
    return SyncEngine(amo, MemorySyncStore()) if db is None else open_engine(amo, db)


def _sizes(found: Preflight) -> dict[str, Any]:
    return {"ok": found.ok, "rows": dict(found.rows), "requests": found.requests, "seconds": found.seconds}
