"""Stores of tokens and states by the address that a flag or the environment names."""

from __future__ import annotations

from amocrm_sync._async.protocols import AsyncStateStore, AsyncTokenStore
from amocrm_sync._async.stores.encrypted import AsyncEncryptedTokenStore
from amocrm_sync._async.stores.states import AsyncFileStateStore
from amocrm_sync._async.stores.tokens import AsyncFileTokenStore
from amocrm_sync._environment import expecting_extra, file_path, kind_of, token_keys, token_place


def named_token_store(place: str | None = None) -> AsyncTokenStore:
    """The store at ``place``, or where the environment says; encrypted if ``AMOCRM_TOKEN_KEYS`` is set.

    Raises:
        ConfigurationError: There is no such kind of store, it cannot be used as it is, or its extra is not installed.
    """
    store, keys = _opened(place or token_place()), token_keys()
    return AsyncEncryptedTokenStore(store, keys=keys) if keys else store


def named_state_store(place: str | None = None) -> AsyncStateStore:
    """Where states wait for their callbacks: beside the tokens.

    Raises:
        ConfigurationError: As :func:`named_token_store`.
    """
    place = place or token_place()
    kind = kind_of(place)
    if kind == "file":
        return AsyncFileStateStore(file_path(place) + ".states")
    with expecting_extra(kind):
        if kind == "sql":
            from amocrm_sync._async.stores.states_sql import AsyncSQLStateStore

            return AsyncSQLStateStore(place)
        from amocrm_sync._async.stores.states_redis import AsyncRedisStateStore

        return AsyncRedisStateStore(place)


def _opened(place: str) -> AsyncTokenStore:
    """Imported when named, for the extras are optional."""
    kind = kind_of(place)
    if kind == "file":
        return AsyncFileTokenStore(file_path(place))
    with expecting_extra(kind):
        if kind == "sql":
            from amocrm_sync._async.stores.tokens_sql import AsyncSQLTokenStore

            return AsyncSQLTokenStore(place)
        from amocrm_sync._async.stores.tokens_redis import AsyncRedisTokenStore

        return AsyncRedisTokenStore(place)
