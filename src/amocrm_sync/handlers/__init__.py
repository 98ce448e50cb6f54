"""Every route that a host mounts: Request in, Response out, in both colours, on any framework.

Names are loaded when they are first used, so that a host that mounts only the webhook loads nothing of the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amocrm_sync._async.handlers.authenticators import (
        AsyncAnyOf,
        AsyncAPIKeyAuthenticator,
        AsyncJWTAuthenticator,
        AsyncSessionAuthenticator,
    )
    from amocrm_sync._async.handlers.configs import AsyncConfigStore, AsyncMemoryConfigStore
    from amocrm_sync._async.handlers.configured import AsyncConfiguredConnections
    from amocrm_sync._async.handlers.connections import (
        AsyncConnection,
        AsyncConnectionProvider,
        AsyncSingleConnection,
    )
    from amocrm_sync._async.handlers.handlers import AsyncCRMHandlers
    from amocrm_sync._async.handlers.options import AsyncOptions
    from amocrm_sync._async.handlers.quotas import AsyncMemoryQuotas, AsyncQuotas
    from amocrm_sync._core.handlers.access import Principal, Role
    from amocrm_sync._core.handlers.message import Request, Response
    from amocrm_sync._core.handlers.quota import Allowance
    from amocrm_sync._core.handlers.route import Group, Rate, Route
    from amocrm_sync._core.handlers.settings import CRMConfig
    from amocrm_sync._sync.handlers.authenticators import (
        AnyOf,
        APIKeyAuthenticator,
        JWTAuthenticator,
        SessionAuthenticator,
    )
    from amocrm_sync._sync.handlers.configs import ConfigStore, MemoryConfigStore
    from amocrm_sync._sync.handlers.configured import ConfiguredConnections
    from amocrm_sync._sync.handlers.connections import Connection, ConnectionProvider, SingleConnection
    from amocrm_sync._sync.handlers.handlers import CRMHandlers
    from amocrm_sync._sync.handlers.options import Options
    from amocrm_sync._sync.handlers.quotas import MemoryQuotas, Quotas

__all__ = [
    "APIKeyAuthenticator",
    "Allowance",
    "AnyOf",
    "AsyncAPIKeyAuthenticator",
    "AsyncAnyOf",
    "AsyncCRMHandlers",
    "AsyncConfigStore",
    "AsyncConfiguredConnections",
    "AsyncConnection",
    "AsyncConnectionProvider",
    "AsyncJWTAuthenticator",
    "AsyncMemoryConfigStore",
    "AsyncMemoryQuotas",
    "AsyncOptions",
    "AsyncQuotas",
    "AsyncSessionAuthenticator",
    "AsyncSingleConnection",
    "CRMConfig",
    "CRMHandlers",
    "ConfigStore",
    "ConfiguredConnections",
    "Connection",
    "ConnectionProvider",
    "Group",
    "JWTAuthenticator",
    "MemoryConfigStore",
    "MemoryQuotas",
    "Options",
    "Principal",
    "Quotas",
    "Rate",
    "Request",
    "Response",
    "Role",
    "Route",
    "SessionAuthenticator",
    "SingleConnection",
]

_CORE = {
    "Allowance": "quota",
    "CRMConfig": "settings",
    "Group": "route",
    "Principal": "access",
    "Rate": "route",
    "Request": "message",
    "Response": "message",
    "Role": "access",
    "Route": "route",
}
_SHELLS = {
    "APIKeyAuthenticator": "authenticators",
    "AnyOf": "authenticators",
    "CRMHandlers": "handlers",
    "ConfigStore": "configs",
    "ConfiguredConnections": "configured",
    "Connection": "connections",
    "ConnectionProvider": "connections",
    "JWTAuthenticator": "authenticators",
    "MemoryConfigStore": "configs",
    "MemoryQuotas": "quotas",
    "Options": "options",
    "Quotas": "quotas",
    "SessionAuthenticator": "authenticators",
    "SingleConnection": "connections",
}
"""Module of each sync name; its async twin is in the module of the same name on the other side."""


def __getattr__(name: str) -> Any:
    plain = name.removeprefix("Async")
    if name in _CORE:
        value = getattr(import_module(f"amocrm_sync._core.handlers.{_CORE[name]}"), name)
    elif plain in _SHELLS and name in __all__:
        half = "_sync" if plain == name else "_async"
        value = getattr(import_module(f"amocrm_sync.{half}.handlers.{_SHELLS[plain]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
