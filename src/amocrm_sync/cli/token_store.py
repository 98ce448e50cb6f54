"""Which stores of tokens and states a command works on: a flag, or the environment."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from amocrm_sync import ConfigurationError
from amocrm_sync.protocols import StateStore, TokenStore
from amocrm_sync.stores import EncryptedTokenStore, FileStateStore, FileTokenStore

TOKEN_FILE = "amocrm-tokens.json"  # noqa: S105 - a file name
KINDS = "a file, sqlite:///amo.db, postgresql://user@host/database, or redis://host:6379/0"

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="AMOCRM_TOKEN_STORE",
        help=f"Where tokens are kept: {KINDS}. The environment is safer for an address with a password.",
    ),
]


def token_store(named: str | None) -> TokenStore:
    """The store that a flag names, or AMOCRM_TOKEN_STORE, or the file AMOCRM_TOKEN_FILE; encrypted if AMOCRM_TOKEN_KEYS is set.

    Raises:
        ConfigurationError: There is no such kind of store, or it cannot be used as it is.
    """
    text = _named(named)
    keys = [key.strip() for key in os.environ.get("AMOCRM_TOKEN_KEYS", "").split(",") if key.strip()]
    store = _open(text)
    return EncryptedTokenStore(store, keys=keys) if keys else store


def state_store(named: str | None) -> StateStore:
    """Where states wait for their callbacks: beside the tokens.

    Raises:
        ConfigurationError: As :func:`token_store`.
    """
    text = _named(named)
    scheme = _scheme(text)
    if scheme in ("sqlite", "postgresql", "postgres"):
        from amocrm_sync.stores.sql import SQLStateStore

        return SQLStateStore(text)
    if scheme in ("redis", "rediss", "unix"):
        from amocrm_sync.stores.redis import RedisStateStore

        return RedisStateStore(text)
    return FileStateStore(text.removeprefix("file://") + ".states")


def _named(flag: str | None) -> str:
    return flag or os.environ.get("AMOCRM_TOKEN_STORE") or os.environ.get("AMOCRM_TOKEN_FILE") or TOKEN_FILE


def _scheme(text: str) -> str:
    return text.partition(":")[0].partition("+")[0] if "://" in text else "file"


def _open(text: str) -> TokenStore:
    """The kind of store is the scheme; what has none is a file. Imported when named, for the extras are optional."""
    scheme = _scheme(text)
    if scheme == "file":
        return FileTokenStore(text.removeprefix("file://"))
    if scheme in ("sqlite", "postgresql", "postgres"):
        from amocrm_sync.stores.sql import SQLTokenStore

        return SQLTokenStore(text)
    if scheme in ("redis", "rediss", "unix"):
        from amocrm_sync.stores.redis import RedisTokenStore

        return RedisTokenStore(text)
    raise ConfigurationError(f"--store: {scheme!r} is no kind of token store: name {KINDS}")


class BrokenStore:
    """Stands for a store that could not be opened, for the one who looks for the cause: every use raises it."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def load(self, *_: Any, **__: Any) -> Any:
        """Fails."""
        raise self._error

    swap = delete = lease = load
