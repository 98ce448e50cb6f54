"""Stores that need no extra: tokens in memory, in a file, encrypted; what is synced in memory. Sync and async stand side by side."""

from amocrm_sync._async.stores import (
    AsyncEncryptedTokenStore,
    AsyncFileTokenStore,
    AsyncMemoryStateStore,
    AsyncMemoryTokenStore,
)
from amocrm_sync._async.stores.sync_memory import AsyncMemorySyncStore
from amocrm_sync._sync.stores import (
    EncryptedTokenStore,
    FileTokenStore,
    MemoryStateStore,
    MemoryTokenStore,
)
from amocrm_sync._sync.stores.sync_memory import MemorySyncStore

__all__ = [
    "AsyncEncryptedTokenStore",
    "AsyncFileTokenStore",
    "AsyncMemoryStateStore",
    "AsyncMemorySyncStore",
    "AsyncMemoryTokenStore",
    "EncryptedTokenStore",
    "FileTokenStore",
    "MemoryStateStore",
    "MemorySyncStore",
    "MemoryTokenStore",
]
