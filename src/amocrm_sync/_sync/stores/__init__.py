# Generated from src/amocrm_sync/_async/stores/__init__.py by tools/unasync.py: edit that file instead.
"""Stores of the wheel, async colour; ``amocrm_sync.stores`` is the public door."""

from amocrm_sync._sync.stores.encrypted import EncryptedTokenStore
from amocrm_sync._sync.stores.states import FileStateStore, MemoryStateStore
from amocrm_sync._sync.stores.tokens import FileTokenStore, MemoryTokenStore

__all__ = [
    "EncryptedTokenStore",
    "FileStateStore",
    "FileTokenStore",
    "MemoryStateStore",
    "MemoryTokenStore",
]
