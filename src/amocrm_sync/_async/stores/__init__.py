"""Stores of the wheel, async colour; ``amocrm_sync.stores`` is the public door."""

from amocrm_sync._async.stores.encrypted import AsyncEncryptedTokenStore
from amocrm_sync._async.stores.states import AsyncFileStateStore, AsyncMemoryStateStore
from amocrm_sync._async.stores.tokens import AsyncFileTokenStore, AsyncMemoryTokenStore

__all__ = [
    "AsyncEncryptedTokenStore",
    "AsyncFileStateStore",
    "AsyncFileTokenStore",
    "AsyncMemoryStateStore",
    "AsyncMemoryTokenStore",
]
