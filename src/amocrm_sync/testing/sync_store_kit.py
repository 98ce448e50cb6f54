"""Conformance kits for sync stores, in both colours."""

from amocrm_sync._async.testing_kits.sync_store import check_async_sync_store
from amocrm_sync._sync.testing_kits.sync_store import check_sync_store

__all__ = ["check_async_sync_store", "check_sync_store"]
