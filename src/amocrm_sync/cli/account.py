"""Which account a command works on, and as which integration: flags, or AMOCRM_* in the environment."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from amocrm_sync import AmoCRM, ConfigurationError, OAuth
from amocrm_sync._sync.stores.named import named_token_store

AccountOption = Annotated[
    str | None,
    typer.Option(
        "--account",
        envvar="AMOCRM_SUBDOMAIN",
        help='The account: "mycompany", "mycompany.kommo.com" or a full address.',
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="AMOCRM_TOKEN",
        help="A long-lived token. The environment is safer: a flag is visible to other users of the machine.",
    ),
]
ProxyOption = Annotated[
    str | None, typer.Option("--proxy", envvar="AMOCRM_PROXY", help="Address of an HTTP proxy.")
]

INTEGRATION = ("AMOCRM_CLIENT_ID", "AMOCRM_CLIENT_SECRET", "AMOCRM_REDIRECT_URI")


def connect(account: str | None, token: str | None, proxy: str | None = None) -> AmoCRM:
    """A client for the account that the flags or the environment name.

    Raises:
        ConfigurationError: Neither names one; the message says what to set.
    """
    if not account:
        raise ConfigurationError("which account? Give --account, or set AMOCRM_SUBDOMAIN")
    if token:
        return AmoCRM(account, token=token, proxy=proxy)
    return AmoCRM(account, auth=integration(), proxy=proxy)


def integration(store: str | None = None) -> OAuth:
    """The integration that the environment describes, with the store that keeps its tokens.

    Raises:
        ConfigurationError: A variable is missing; the message names it, and the token that would do instead.
    """
    client_id, client_secret, redirect_uri = integration_keys()
    return OAuth(client_id, client_secret, redirect_uri, store=named_token_store(store))


def integration_keys() -> tuple[str, ...]:
    """Id, secret and redirect address of the integration that the environment describes.

    Raises:
        ConfigurationError: As :func:`integration`.
    """
    missing = [name for name in INTEGRATION if not os.environ.get(name)]
    if missing:
        raise ConfigurationError(
            f"as whom? Give --token (or set AMOCRM_TOKEN), or set {', '.join(missing)} of your integration"
        )
    return tuple(os.environ[name] for name in INTEGRATION)
