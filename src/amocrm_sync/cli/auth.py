"""``amocrm-sync auth``: connect an account by hand, and see whether it still is."""

from __future__ import annotations

from typing import Annotated

import typer

from amocrm_sync import ConfigurationError, NotConnectedError, OAuthFlow
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
    code: Annotated[str, typer.Option(help="The code from the redirect address, at most 20 minutes old.")],
    *,
    account: AccountOption = None,
    owner: OwnerOption = "",
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Exchange a code for tokens and keep them in AMOCRM_TOKEN_FILE."""
    if not account:
        raise ConfigurationError("which account gave the code? Give --account, or set AMOCRM_SUBDOMAIN")
    with flow(proxy=proxy) as oauth:
        connection = oauth.exchange_code(code, account=account, owner=owner)
    output = Output(as_json=as_json)
    if as_json:
        output.json(
            {"domain": connection.domain, "expires_at": connection.expires_at, "file": str(token_file())}
        )
    else:
        output.line(f"connected to {connection.domain}; the tokens are in {token_file()}")


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
