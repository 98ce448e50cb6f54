"""Stores on SQL, both colours, and the tables for a host's own migrations. Needs the extra ``sql``."""

from amocrm_sync.errors import ConfigurationError

try:
    from amocrm_sync._async.handlers.configs_sql import AsyncSQLConfigStore
    from amocrm_sync._async.limiter_sql import AsyncSQLRateLimiter
    from amocrm_sync._async.stores.doorbell import AsyncPostgresDoorbell
    from amocrm_sync._async.stores.states_sql import AsyncSQLStateStore
    from amocrm_sync._async.stores.sync_sql import AsyncSQLSyncStore
    from amocrm_sync._async.stores.tokens_sql import AsyncSQLTokenStore
    from amocrm_sync._sqltables import metadata
    from amocrm_sync._sync.handlers.configs_sql import SQLConfigStore
    from amocrm_sync._sync.limiter_sql import SQLRateLimiter
    from amocrm_sync._sync.stores.doorbell import PostgresDoorbell
    from amocrm_sync._sync.stores.states_sql import SQLStateStore
    from amocrm_sync._sync.stores.sync_sql import SQLSyncStore
    from amocrm_sync._sync.stores.tokens_sql import SQLTokenStore
except ImportError as error:
    raise ConfigurationError(
        'a store on SQL needs an optional dependency: pip install "amocrm-sync[sql]"'
    ) from error

__all__ = [
    "AsyncPostgresDoorbell",
    "AsyncSQLConfigStore",
    "AsyncSQLRateLimiter",
    "AsyncSQLStateStore",
    "AsyncSQLSyncStore",
    "AsyncSQLTokenStore",
    "PostgresDoorbell",
    "SQLConfigStore",
    "SQLRateLimiter",
    "SQLStateStore",
    "SQLSyncStore",
    "SQLTokenStore",
    "metadata",
]
