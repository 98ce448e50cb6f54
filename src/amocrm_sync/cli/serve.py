"""``amocrm-sync serve``: the administration page in a browser, on an emulated account or on yours."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from amocrm_sync import AmoCRMTokenExpired, ConfigurationError, NotConnectedError
from amocrm_sync._core.hosts import parse_account
from amocrm_sync.adapters import wsgi
from amocrm_sync.cli import serving
from amocrm_sync.cli.account import INTEGRATION, TokenOption, connect
from amocrm_sync.handlers import CRMConfig, CRMHandlers, SessionAuthenticator
from amocrm_sync.sync import SyncEngine
from amocrm_sync.testing import Emulator

DATABASE = "sqlite:///amo.db"
CALLBACK = "/admin/crm/callback"


def serve(
    *,
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            envvar="AMOCRM_SUBDOMAIN",
            help="Your account; without it, an emulated one in this process.",
        ),
    ] = None,
    token: TokenOption = None,
    db: Annotated[
        str | None,
        typer.Option(
            "--db",
            envvar="AMOCRM_DB",
            help=f"SQLAlchemy address of the database: {DATABASE}, or for the emulated account a temporary file.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 for any free one.", min=0, max=65535)] = 8765,
    url: Annotated[
        str | None, typer.Option("--url", help="The address that browsers use, behind a proxy or a tunnel.")
    ] = None,
    leads: Annotated[int, typer.Option(help="How many leads the emulated account holds.", min=1)] = 500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same emulated account.")] = 1,
) -> None:
    """Serve the administration page. The address that is printed signs one browser in, once."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving.Server(host, port))
        address = checked(url or server.url)
        if token:
            served = by_token(stack, account, token, db or DATABASE)
        elif account:
            served = by_consent(stack, account, db or DATABASE, address)
        else:
            served = emulated(stack, db, address, leads=leads, seed=seed)
        is_secure = address.startswith("https://")
        sessions = SessionAuthenticator(secrets.token_hex(32), secure=is_secure)
        handlers = CRMHandlers(**served, authenticate=sessions, secure_cookies=is_secure, rates=serving.RATES)
        stack.enter_context(wsgi.worker(handlers))
        door = serving.Door(wsgi.app(handlers), sessions, address, tell=invite)
        server.run(door)


def by_token(stack: contextlib.ExitStack, account: str | None, token: str, db: str) -> dict[str, Any]:
    """What the handlers serve of an account whose long-lived token is at hand: there is nothing to consent to.

    Raises:
        ConfigurationError: The account is not named, or the token is none.
        NotConnectedError: amoCRM does not take the token.
    """
    amo = stack.enter_context(connect(account, token))
    try:
        card = amo.account.get()
    except AmoCRMTokenExpired as error:
        raise NotConnectedError(
            f"--token (or AMOCRM_TOKEN): {account} refuses it ({error.message}); make a new one in the keys tab of "
            "the integration"
        ) from None
    engine = stack.enter_context(SyncEngine(amo, serving.open_copy(db), config=serving.SYNC))
    return {"client": amo, "engine": engine, "account_id": card.id}


def by_consent(stack: contextlib.ExitStack, account: str, db: str, address: str) -> dict[str, Any]:
    """What the handlers serve of an account that somebody connects on the page."""
    domain = "kommo.com" if parse_account(account).host.endswith(".kommo.com") else "amocrm.ru"
    stores = serving.open_stores(db)
    fill_in(stores, config_of(account, *keys_of_environment(), address))
    return {
        "connections": stack.enter_context(serving.connections(stores, domain)),
        "configs": stores.configs,
    }


def emulated(
    stack: contextlib.ExitStack, db: str | None, address: str, *, leads: int, seed: int
) -> dict[str, Any]:
    """What the handlers serve of an account that is made here, and ends with the process."""
    emulator = Emulator(seed=seed, redirect_uri=address + CALLBACK)
    emulator.seed_account(leads=leads)
    origin = stack.enter_context(emulator.serve()).base_url
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="amocrm-serve-"))
    stores = serving.open_stores(db or f"sqlite:///{Path(folder) / 'amo.db'}")
    fill_in(stores, config_of(origin, emulator.client_id, emulator.client_secret, address))
    print(f"An emulated account with {leads} leads answers at {origin}", flush=True)
    return {
        "connections": stack.enter_context(serving.connections(stores, origin)),
        "configs": stores.configs,
    }


def checked(address: str) -> str:
    """The address that browsers use, without a slash at the end.

    Raises:
        ConfigurationError: The session would travel in the clear, and amoCRM would not send anybody back there.
    """
    if not address.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ConfigurationError(
            f"--url: {address} is neither https nor this machine; put a proxy with https before it and give its address"
        )
    return address.rstrip("/")


def config_of(account: str, client_id: str, client_secret: str, address: str) -> CRMConfig:
    """The settings to begin with."""
    return CRMConfig.model_validate(
        {
            "subdomain": account,
            "client_id": client_id,
            "client_secret": client_secret,
            "redirect_uri": address + CALLBACK,
        }
    )


def keys_of_environment() -> tuple[str, str]:
    """Id and secret of the integration, where the environment has them; the form asks for them otherwise."""
    import os

    client_id, client_secret, _ = INTEGRATION
    return os.environ.get(client_id, ""), os.environ.get(client_secret, "")


def fill_in(stores: serving.Stores, config: CRMConfig) -> None:
    """Save settings where there are none.

    Raises:
        ConfigurationError: The database holds those of another account.
    """
    stored = stores.configs.load("")
    if stored is None:
        stores.configs.save("", None, config.model_copy(update={"version": 1}))
    elif stored.subdomain and stored.subdomain != config.subdomain:
        raise ConfigurationError(
            f"--db: it holds the settings of {stored.subdomain}; name another database for {config.subdomain}"
        )


def invite(url: str) -> None:
    """Say where to go."""
    print(f"Open in your browser (works once): {url}", flush=True)
