"""Token stores, state stores, rate limiters and counts of requests on Redis, both colours. Needs the extra ``redis``."""

from amocrm_sync.errors import ConfigurationError

try:
    from amocrm_sync._async.handlers.quotas_redis import AsyncRedisQuotas
    from amocrm_sync._async.limiter_redis import AsyncRedisRateLimiter
    from amocrm_sync._async.stores.states_redis import AsyncRedisStateStore
    from amocrm_sync._async.stores.tokens_redis import AsyncRedisTokenStore
    from amocrm_sync._sync.handlers.quotas_redis import RedisQuotas
    from amocrm_sync._sync.limiter_redis import RedisRateLimiter
    from amocrm_sync._sync.stores.states_redis import RedisStateStore
    from amocrm_sync._sync.stores.tokens_redis import RedisTokenStore
except ImportError as error:
    raise ConfigurationError(
        'a store on Redis needs an optional dependency: pip install "amocrm-sync[redis]"'
    ) from error

__all__ = [
    "AsyncRedisQuotas",
    "AsyncRedisRateLimiter",
    "AsyncRedisStateStore",
    "AsyncRedisTokenStore",
    "RedisQuotas",
    "RedisRateLimiter",
    "RedisStateStore",
    "RedisTokenStore",
]
