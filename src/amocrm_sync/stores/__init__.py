"""Stores that need no extra: tokens in memory, in a file, encrypted. Sync and async stand side by side."""

from amocrm_sync._async.stores import (
    AsyncEncryptedTokenStore,
    AsyncFileTokenStore,
    AsyncMemoryStateStore,
    AsyncMemoryTokenStore,
    AsyncStateStore,
)
from amocrm_sync._sync.stores import (
    EncryptedTokenStore,
    FileTokenStore,
    MemoryStateStore,
    MemoryTokenStore,
    StateStore,
)

__all__ = [
    "AsyncEncryptedTokenStore",
    "AsyncFileTokenStore",
    "AsyncMemoryStateStore",
    "AsyncMemoryTokenStore",
    "AsyncStateStore",
    "EncryptedTokenStore",
    "FileTokenStore",
    "MemoryStateStore",
    "MemoryTokenStore",
    "StateStore",
]
