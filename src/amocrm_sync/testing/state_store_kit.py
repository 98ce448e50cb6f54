"""Conformance kits for state stores, in both colours."""

from amocrm_sync._async.testing_kits.states import check_async_state_store
from amocrm_sync._sync.testing_kits.states import check_state_store

__all__ = ["check_async_state_store", "check_state_store"]
