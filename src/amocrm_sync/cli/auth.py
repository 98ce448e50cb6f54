"""``amocrm-sync auth``: connect an account by hand, and see whether it still is."""

from __future__ import annotations

import sys
import webbrowser
from typing import Annotated
from urllib.parse import urlsplit

import typer

from amocrm_sync import ConfigurationError, NotConnectedError, OAuthFlow
from amocrm_sync._core.connection import Connection
from amocrm_sync._loopback import CallbackListener, listen_address
from amocrm_sync.cli.account import AccountOption, ProxyOption, integration, token_file
from amocrm_sync.cli.doctor import doctor
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.stores import FileTokenStore

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
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Print the address of the consent page. The code that it leads to goes to: auth login --code."""
    with flow(domain=domain, proxy=proxy) as oauth:
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
    account: AccountOption = None,
    owner: OwnerOption = "",
    domain: DomainOption = "amocrm.ru",
    listen: Annotated[
        str | None, typer.Option(help="HOST:PORT that the redirect address leads to (a tunnel's end).")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the browser; else only print the address.")] = True,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the browser.")] = 300.0,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Connect an account and keep its tokens in AMOCRM_TOKEN_FILE: through the browser, or with a code at hand."""
    output = Output(as_json=as_json)
    with flow(domain=domain, proxy=proxy) as oauth:
        if code is None:
            connection = _through_the_browser(oauth, owner, listen, wait, opens=browser)
        elif account:
            connection = oauth.exchange_code(code, account=account, owner=owner)
        else:
            raise ConfigurationError("which account gave the code? Give --account, or set AMOCRM_SUBDOMAIN")
    if as_json:
        output.json(
            {"domain": connection.domain, "expires_at": connection.expires_at, "file": str(token_file())}
        )
    else:
        output.line(f"connected to {connection.domain}; the tokens are in {token_file()}")


def _through_the_browser(
    oauth: OAuthFlow, owner: str, listen: str | None, wait: float, *, opens: bool
) -> Connection:
    """Send the browser to the consent page, and wait for it to come back here."""
    redirect_uri = integration().redirect_uri
    listener = CallbackListener(listen_address(redirect_uri, listen), urlsplit(redirect_uri).path)
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
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Show the stored connection without asking amoCRM. Exits 3 unless it is connected."""
    with flow(proxy=proxy) as oauth:
        state = oauth.status(owner, account=account)
    row = {column: getattr(state, column) for column in STATUS_COLUMNS}
    Output(as_json=as_json).table([row], STATUS_COLUMNS)
    if state.state != "connected":
        raise NotConnectedError(state.error or "there are no tokens: begin with amocrm-sync auth url")


def flow(*, domain: str = "amocrm.ru", proxy: str | None = None) -> OAuthFlow:
    """The OAuth flow of the integration in the environment."""
    keys = integration()
    store = FileTokenStore(token_file())
    return OAuthFlow(
        keys.client_id, keys.client_secret, keys.redirect_uri, store=store, domain=domain, proxy=proxy
    )
