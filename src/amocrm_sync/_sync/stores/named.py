# Generated from src/amocrm_sync/_async/stores/named.py by tools/unasync.py: edit that file instead.
"""Stores of tokens and states by the address that a flag or the environment names."""

from __future__ import annotations

from amocrm_sync._environment import expecting_extra, file_path, kind_of, token_keys, token_place
from amocrm_sync._sync.protocols import StateStore, TokenStore
from amocrm_sync._sync.stores.encrypted import EncryptedTokenStore
from amocrm_sync._sync.stores.states import FileStateStore
from amocrm_sync._sync.stores.tokens import FileTokenStore


def named_token_store(place: str | None = None) -> TokenStore:
    """The store at ``place``, or where the environment says; encrypted if ``AMOCRM_TOKEN_KEYS`` is set.

    Raises:
        ConfigurationError: There is no such kind of store, it cannot be used as it is, or its extra is not installed.
    """
    store, keys = _opened(place or token_place()), token_keys()
    return EncryptedTokenStore(store, keys=keys) if keys else store


def named_state_store(place: str | None = None) -> StateStore:
    """Where states wait for their callbacks: beside the tokens.

    Raises:
        ConfigurationError: As :func:`named_token_store`.
    """
    place = place or token_place()
    kind = kind_of(place)
    if kind == "file":
        return FileStateStore(file_path(place) + ".states")
    with expecting_extra(kind):
        if kind == "sql":
            from amocrm_sync._sync.stores.states_sql import SQLStateStore

            return SQLStateStore(place)
        from amocrm_sync._sync.stores.states_redis import RedisStateStore

        return RedisStateStore(place)


def _opened(place: str) -> TokenStore:
    """Imported when named, for the extras are optional."""
    kind = kind_of(place)
    if kind == "file":
        return FileTokenStore(file_path(place))
    with expecting_extra(kind):
        if kind == "sql":
            from amocrm_sync._sync.stores.tokens_sql import SQLTokenStore

            return SQLTokenStore(place)
        from amocrm_sync._sync.stores.tokens_redis import RedisTokenStore

        return RedisTokenStore(place)
