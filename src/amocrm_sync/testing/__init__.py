"""Test your integration without amoCRM: a deterministic emulator of it, its faults, and a clock of your own.

Names are loaded on first use, so that the pytest plugin costs nothing in suites that do not touch it.
"""

from __future__ import annotations

import importlib
import typing

if typing.TYPE_CHECKING:
    from amocrm_sync.testing.clock import ManualClock
    from amocrm_sync.testing.config_store_kit import check_async_config_store, check_config_store
    from amocrm_sync.testing.deliver import Courier
    from amocrm_sync.testing.emulator.emulator import Emulator
    from amocrm_sync.testing.faults import Faults
    from amocrm_sync.testing.seed import seed_account
    from amocrm_sync.testing.server import Server, serve
    from amocrm_sync.testing.state_store_kit import check_async_state_store, check_state_store
    from amocrm_sync.testing.sync_store_kit import check_async_sync_store, check_sync_store
    from amocrm_sync.testing.token_store_kit import check_async_token_store, check_token_store

__all__ = [
    "Courier",
    "Emulator",
    "Faults",
    "ManualClock",
    "Server",
    "check_async_config_store",
    "check_async_state_store",
    "check_async_sync_store",
    "check_async_token_store",
    "check_config_store",
    "check_state_store",
    "check_sync_store",
    "check_token_store",
    "seed_account",
    "serve",
]

_HOMES = {
    "Courier": "amocrm_sync.testing.deliver",
    "Emulator": "amocrm_sync.testing.emulator.emulator",
    "Faults": "amocrm_sync.testing.faults",
    "ManualClock": "amocrm_sync.testing.clock",
    "Server": "amocrm_sync.testing.server",
    "check_async_config_store": "amocrm_sync.testing.config_store_kit",
    "check_async_state_store": "amocrm_sync.testing.state_store_kit",
    "check_async_sync_store": "amocrm_sync.testing.sync_store_kit",
    "check_async_token_store": "amocrm_sync.testing.token_store_kit",
    "check_config_store": "amocrm_sync.testing.config_store_kit",
    "check_state_store": "amocrm_sync.testing.state_store_kit",
    "check_sync_store": "amocrm_sync.testing.sync_store_kit",
    "check_token_store": "amocrm_sync.testing.token_store_kit",
    "seed_account": "amocrm_sync.testing.seed",
    "serve": "amocrm_sync.testing.server",
}


def __getattr__(name: str) -> typing.Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
