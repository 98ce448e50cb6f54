"""``amocrm-sync auth doctor``: what is wrong with a connection, and what to do."""

from __future__ import annotations

import os

import attrs
import typer

from amocrm_sync import ConfigurationError
from amocrm_sync._core.hosts import parse_account
from amocrm_sync._doctor import Doctor
from amocrm_sync._http import HTTP
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, integration
from amocrm_sync.cli.output import JSONOption, Output

COLUMNS = ("check", "state", "says", "fix")


def doctor(
    *,
    account: AccountOption = None,
    token: TokenOption = None,
    owner: str = typer.Option("", help="Your own user or tenant id."),
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Look for every known cause of trouble, and print its fix. Spends no code and no refresh token. Exits 1 on trouble."""
    if not account:
        raise ConfigurationError("which account? Give --account, or set AMOCRM_SUBDOMAIN")
    host = parse_account(account)
    oauth = None if token else attrs.evolve(integration(), owner=owner)
    http = HTTP.open(base_url=host.base_url, proxy=proxy)
    try:
        used = proxy or os.environ.get("HTTPS_PROXY")
        findings = list(Doctor(host, http, oauth, token, used).examine())
    finally:
        http.close()
    Output(as_json=as_json).table([attrs.asdict(finding) for finding in findings], COLUMNS)
    if any(finding.state == "trouble" for finding in findings):
        raise typer.Exit(1)
