"""Stores that need no extra: tokens in memory, in a file, encrypted. Sync and async stand side by side."""

from amocrm_sync._async.stores import (
    AsyncEncryptedTokenStore,
    AsyncFileTokenStore,
    AsyncMemoryStateStore,
    AsyncMemoryTokenStore,
)
from amocrm_sync._sync.stores import (
    EncryptedTokenStore,
    FileTokenStore,
    MemoryStateStore,
    MemoryTokenStore,
)

__all__ = [
    "AsyncEncryptedTokenStore",
    "AsyncFileTokenStore",
    "AsyncMemoryStateStore",
    "AsyncMemoryTokenStore",
    "EncryptedTokenStore",
    "FileTokenStore",
    "MemoryStateStore",
    "MemoryTokenStore",
]
