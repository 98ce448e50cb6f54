"""What the sync engine's tests are made of: engines that draw the same every time, clients of an emulator, and stores."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from contract._async.sync_remote import AsyncFakeRemote
from sync_world import World

from amocrm_sync import AsyncAmoCRM
from amocrm_sync.mapping import StatusMapping
from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.stores.sql import AsyncSQLSyncStore
from amocrm_sync.sync import AsyncSyncEngine, SyncConfig
from amocrm_sync.testing import Emulator, ManualClock


def engine_over(
    remote: AsyncFakeRemote | None, store: Any = None, mapping: StatusMapping | None = None, **config: Any
) -> AsyncSyncEngine:
    """An engine over a fake account, on the clock of its world; without one, an engine that knows no CRM."""
    return AsyncSyncEngine(
        None,
        store or AsyncMemorySyncStore(),
        mapping,
        config=SyncConfig(**config),
        clock=remote.world if remote is not None else World(),
        random=random.Random(1),
        remote=remote,
    )


def engine_with(amo: AsyncAmoCRM, clock: ManualClock, store: Any = None, **config: Any) -> AsyncSyncEngine:
    """An engine with a client."""
    return AsyncSyncEngine(
        amo,
        store or AsyncMemorySyncStore(),
        config=SyncConfig(**config),
        clock=clock,
        random=random.Random(1),
    )


def client_of(emulator: Emulator, clock: ManualClock, *, limiter: Any = None, **user: Any) -> AsyncAmoCRM:
    """A client of an emulated account; ``user`` says whose token it has."""
    token, client = emulator.long_lived_token(**user), emulator.http_client()
    return AsyncAmoCRM("demo", token=token, http_client=client, limiter=limiter, clock=clock)


def store_of(kind: str, folder: Path) -> Any:
    """A store by its name: ``memory``, or ``sqlite`` in a file of that folder."""
    return AsyncSQLSyncStore(f"sqlite:///{folder}/amo.db") if kind == "sqlite" else AsyncMemorySyncStore()
