"""``amocrm-sync auth``: connect an account by hand, and see whether it still is."""

from __future__ import annotations

import sys
import webbrowser
from typing import Annotated
from urllib.parse import urlsplit

import typer

from amocrm_sync import AmoCRMError, ConfigurationError, NotConnectedError, OAuth, OAuthFlow
from amocrm_sync._core.connection import Connection, ConnectionStatus
from amocrm_sync._core.hosts import parse_account
from amocrm_sync._loopback import CallbackListener, listen_address
from amocrm_sync._sync.stores.named import named_state_store
from amocrm_sync.cli.account import AccountOption, ProxyOption, integration
from amocrm_sync.cli.doctor import doctor
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.cli.token_store import StoreOption
from amocrm_sync.protocols import StateStore

app = typer.Typer(help="Connect an account by hand, and see whether it still is.", no_args_is_help=True)

app.command("doctor")(doctor)

STATUS_COLUMNS = ("state", "domain", "account_id", "user", "expires_at", "error")

OwnerOption = Annotated[str, typer.Option(help="Your own user or tenant id.")]
DomainOption = Annotated[
    str, typer.Option(help='Whose consent page: "amocrm.ru", "kommo.com", or the origin of an emulator.')
]


@app.command()
def url(
    *,
    domain: DomainOption = "amocrm.ru",
    owner: OwnerOption = "",
    store: StoreOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Print the address of the consent page. What it leads back with goes to: auth login --code … --state …."""
    with flow(integration(store), domain=domain, proxy=proxy, states=named_state_store(store)) as oauth:
        request = oauth.authorization_url(owner)
    output = Output(as_json=as_json)
    if as_json:
        output.json({"url": request.url, "state": request.state})
    else:
        output.line(request.url)


@app.command()
def login(
    code: Annotated[
        str | None,
        typer.Option(help="The code from the redirect address; without it the browser is sent for one."),
    ] = None,
    *,
    state: Annotated[
        str | None,
        typer.Option(
            help="The state from the redirect address: it must be one of auth url, unused, for this owner."
        ),
    ] = None,
    account: AccountOption = None,
    owner: OwnerOption = "",
    domain: DomainOption = "amocrm.ru",
    listen: Annotated[
        str | None, typer.Option(help="HOST:PORT that the redirect address leads to (a tunnel's end).")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the browser; else only print the address.")] = True,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the browser.")] = 300.0,
    store: StoreOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Connect an account and keep its tokens in the store: through the browser, or with a code at hand."""
    output = Output(as_json=as_json)
    if state is not None and code is None:
        raise ConfigurationError("--state goes with the --code that came with it")
    keys = integration(store)
    with flow(keys, domain=domain, proxy=proxy, states=named_state_store(store)) as oauth:
        if code is None:
            address = listen_address(keys.redirect_uri, listen)
            listener = CallbackListener(address, urlsplit(keys.redirect_uri).path)
            connection = _through_the_browser(oauth, owner, listener, wait, opens=browser)
        elif account and state is not None:
            callback = {"code": code, "state": state, "referer": parse_account(account).host}
            connection = oauth.handle_callback(callback, owner=owner)
        elif account:
            connection = oauth.exchange_code(code, account=account, owner=owner)
        else:
            raise ConfigurationError("which account gave the code? Give --account, or set AMOCRM_SUBDOMAIN")
    if as_json:
        output.json(
            {"domain": connection.domain, "expires_at": connection.expires_at, "store": repr(keys.store)}
        )
    else:
        output.line(f"connected to {connection.domain}; the tokens are in {keys.store!r}")


def _through_the_browser(
    oauth: OAuthFlow, owner: str, listener: CallbackListener, wait: float, *, opens: bool
) -> Connection:
    """Send the browser to the consent page, and wait for it to come back here."""
    request = oauth.authorization_url(owner)
    print(f"consent here: {request.url}", file=sys.stderr, flush=True)
    if opens:
        webbrowser.open(request.url)
    return oauth.handle_callback(listener.wait(wait))


@app.command()
def status(
    *,
    account: AccountOption = None,
    owner: OwnerOption = "",
    store: StoreOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Show the stored connection without asking amoCRM. Exits 3 unless it is connected."""
    with flow(integration(store), proxy=proxy) as oauth:
        state = oauth.status(owner, account=account)
    _show(state, as_json=as_json)
    if state.state != "connected":
        raise NotConnectedError(state.error or "there are no tokens: begin with amocrm-sync auth url")


@app.command()
def refresh(
    *,
    account: AccountOption = None,
    owner: OwnerOption = "",
    store: StoreOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Renew the tokens now, whatever their age."""
    with flow(integration(store), proxy=proxy) as oauth:
        _show(oauth.refresh(owner, account=account), as_json=as_json)


@app.command()
def keepalive(
    *,
    owner: Annotated[list[str] | None, typer.Option(help="As often as there are owners.")] = None,
    days: Annotated[float, typer.Option(help="Renew what is older than this.")] = 30.0,
    store: StoreOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Renew connections that rest: refresh tokens die after three months. For a daily timer. Exits 1 if one failed."""
    with flow(integration(store), proxy=proxy) as oauth:
        results = oauth.keepalive_all(owner or [""], after=days * 86_400)
    rows = [
        {
            "owner": name,
            "renewed": result is True,
            "error": str(result) if isinstance(result, AmoCRMError) else "",
        }
        for name, result in results.items()
    ]
    Output(as_json=as_json).table(rows, ("owner", "renewed", "error"))
    if any(row["error"] for row in rows):
        raise typer.Exit(1)


@app.command()
def disconnect(
    *,
    account: AccountOption = None,
    owner: OwnerOption = "",
    store: StoreOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Forget the tokens. amoCRM cannot revoke them: it says until when the access token still works."""
    with flow(integration(store), proxy=proxy) as oauth:
        works_until = oauth.disconnect(owner, account=account)
    output = Output(as_json=as_json)
    if as_json:
        output.json({"works_until": works_until})
    elif works_until is None:
        output.line("there was nothing to forget")
    else:
        output.line(
            f"forgotten; the access token works until {works_until:%Y-%m-%d %H:%M} UTC, unless the integration is "
            "switched off in the account"
        )


def flow(
    keys: OAuth, *, domain: str = "amocrm.ru", proxy: str | None = None, states: StateStore | None = None
) -> OAuthFlow:
    """The OAuth flow of an integration."""
    return OAuthFlow(
        keys.client_id,
        keys.client_secret,
        keys.redirect_uri,
        store=keys.store,
        states=states,
        domain=domain,
        proxy=proxy,
    )


def _show(state: ConnectionStatus, *, as_json: bool) -> None:
    row = {column: getattr(state, column) for column in STATUS_COLUMNS}
    Output(as_json=as_json).table([row], STATUS_COLUMNS)
