"""``amocrm-sync auth doctor``: what is wrong with a connection, and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

import attrs
import typer

from amocrm_sync import ConfigurationError, OAuth, OAuthFlow
from amocrm_sync._core.hosts import parse_account
from amocrm_sync._doctor import Doctor
from amocrm_sync._http import HTTP
from amocrm_sync._sync.stores.named import named_token_store
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, integration_keys
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.cli.token_store import BrokenStore, StoreOption
from amocrm_sync.protocols import TokenStore

COLUMNS = ("check", "state", "says", "fix")


def doctor(
    *,
    account: AccountOption = None,
    token: TokenOption = None,
    owner: Annotated[str, typer.Option(help="Your own user or tenant id.")] = "",
    code: Annotated[
        str | None,
        typer.Option(
            help="A code that login refused: why. It is sent once more; a good one connects the account."
        ),
    ] = None,
    store: StoreOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Look for every known cause of trouble, and print its fix. Spends no refresh token. Exits 1 on trouble."""
    if not account:
        raise ConfigurationError("which account? Give --account, or set AMOCRM_SUBDOMAIN")
    host = parse_account(account)
    oauth = None if token else OAuth(*integration_keys(), store=_store(store), owner=owner)
    http = HTTP.open(base_url=host.base_url, proxy=proxy)
    connect = None if oauth is None or code is None else _connects(oauth, host.base_url, code, proxy)
    used = proxy or os.environ.get("HTTPS_PROXY")
    try:
        findings = list(Doctor(host, http, oauth, token, used, connect).examine())
    finally:
        http.close()
    Output(as_json=as_json).table([attrs.asdict(finding) for finding in findings], COLUMNS)
    if any(finding.state == "trouble" for finding in findings):
        raise typer.Exit(1)


def _store(named: str | None) -> TokenStore:
    """The store; one that cannot be opened is a finding like the others."""
    try:
        return named_token_store(named)
    except ConfigurationError as error:
        return BrokenStore(error)


def _connects(oauth: OAuth, account: str, code: str, proxy: str | None) -> Callable[[], object]:
    def connect() -> object:
        keys = (oauth.client_id, oauth.client_secret, oauth.redirect_uri)
        with OAuthFlow(*keys, store=oauth.store, proxy=proxy) as flow:
            return flow.exchange_code(code, account=account, owner=oauth.owner)

    return connect
