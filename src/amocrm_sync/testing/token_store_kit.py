"""Conformance kits for token stores, in both colours."""

from amocrm_sync._async.testing_kits.tokens import check_async_token_store
from amocrm_sync._sync.testing_kits.tokens import check_token_store

__all__ = ["check_async_token_store", "check_token_store"]
