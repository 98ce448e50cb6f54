"""``amocrm-sync serve``: the administration page in a browser, on an emulated account or on yours."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from amocrm_sync import ConfigurationError
from amocrm_sync._core.hosts import parse_account
from amocrm_sync.adapters import wsgi
from amocrm_sync.cli import serving
from amocrm_sync.cli.account import INTEGRATION
from amocrm_sync.handlers import CRMConfig, CRMHandlers, SessionAuthenticator
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
        if account is None:
            emulator = Emulator(seed=seed, redirect_uri=address + CALLBACK)
            emulator.seed_account(leads=leads)
            origin = stack.enter_context(emulator.serve()).base_url
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="amocrm-serve-"))
            stores = serving.open_stores(db or f"sqlite:///{Path(folder) / 'amo.db'}")
            fill_in(stores, config_of(origin, emulator.client_id, emulator.client_secret, address))
            print(f"An emulated account with {leads} leads answers at {origin}", flush=True)
        else:
            origin = "kommo.com" if parse_account(account).host.endswith(".kommo.com") else "amocrm.ru"
            stores = serving.open_stores(db or DATABASE)
            fill_in(stores, config_of(account, *keys_of_environment(), address))
        connections = stack.enter_context(serving.connections(stores, origin))
        is_secure = address.startswith("https://")
        sessions = SessionAuthenticator(secrets.token_hex(32), secure=is_secure)
        handlers = CRMHandlers(
            connections=connections,
            configs=stores.configs,
            authenticate=sessions,
            secure_cookies=is_secure,
            rates=serving.RATES,
        )
        stack.enter_context(wsgi.worker(handlers))
        door = serving.Door(wsgi.app(handlers), sessions, address, tell=invite)
        server.run(door)


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
