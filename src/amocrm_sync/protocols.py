"""Every extension point of the library on one page, in both colours.

Implement one of these to plug in your own part; ``amocrm_sync.testing`` ships conformance kits for the stores.
"""

from amocrm_sync._async.protocols import (
    AsyncAuthenticator,
    AsyncLease,
    AsyncRateLimiter,
    AsyncStateStore,
    AsyncTokenStore,
)
from amocrm_sync._clock import Clock, Random
from amocrm_sync._sync.protocols import Authenticator, Lease, RateLimiter, StateStore, TokenStore

__all__ = [
    "AsyncAuthenticator",
    "AsyncLease",
    "AsyncRateLimiter",
    "AsyncStateStore",
    "AsyncTokenStore",
    "Authenticator",
    "Clock",
    "Lease",
    "Random",
    "RateLimiter",
    "StateStore",
    "TokenStore",
]
