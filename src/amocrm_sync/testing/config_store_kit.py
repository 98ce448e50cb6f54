"""Conformance kits for stores of settings, in both colours."""

from amocrm_sync._async.testing_kits.configs import check_async_config_store
from amocrm_sync._sync.testing_kits.configs import check_config_store

__all__ = ["check_async_config_store", "check_config_store"]
