"""Every extension point of the library on one page, in both colours.

Implement one of these to plug in your own part; ``amocrm_sync.testing`` ships conformance kits for the stores.
"""

from amocrm_sync._async.protocols import (
    AsyncAuthenticator,
    AsyncBlockRegister,
    AsyncLease,
    AsyncRateLimiter,
    AsyncStateStore,
    AsyncTokenStore,
)
from amocrm_sync._clock import Clock, Random
from amocrm_sync._core.blocks import Block
from amocrm_sync._sync.protocols import (
    Authenticator,
    BlockRegister,
    Lease,
    RateLimiter,
    StateStore,
    TokenStore,
)

__all__ = [
    "AsyncAuthenticator",
    "AsyncBlockRegister",
    "AsyncLease",
    "AsyncRateLimiter",
    "AsyncStateStore",
    "AsyncTokenStore",
    "Authenticator",
    "Block",
    "BlockRegister",
    "Clock",
    "Lease",
    "Random",
    "RateLimiter",
    "StateStore",
    "TokenStore",
]
