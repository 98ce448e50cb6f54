"""Stores that need no extra: tokens and states in memory or in a file, tokens encrypted; what is synced in memory. Sync and async stand side by side."""

from amocrm_sync._async.stores import (
    AsyncEncryptedTokenStore,
    AsyncFileStateStore,
    AsyncFileTokenStore,
    AsyncMemoryStateStore,
    AsyncMemoryTokenStore,
)
from amocrm_sync._async.stores.sync_memory import AsyncMemorySyncStore
from amocrm_sync._sync.stores import (
    EncryptedTokenStore,
    FileStateStore,
    FileTokenStore,
    MemoryStateStore,
    MemoryTokenStore,
)
from amocrm_sync._sync.stores.sync_memory import MemorySyncStore

__all__ = [
    "AsyncEncryptedTokenStore",
    "AsyncFileStateStore",
    "AsyncFileTokenStore",
    "AsyncMemoryStateStore",
    "AsyncMemorySyncStore",
    "AsyncMemoryTokenStore",
    "EncryptedTokenStore",
    "FileStateStore",
    "FileTokenStore",
    "MemoryStateStore",
    "MemorySyncStore",
    "MemoryTokenStore",
]
