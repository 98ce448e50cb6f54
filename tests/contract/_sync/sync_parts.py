# Generated from tests/contract/_async/sync_parts.py by tools/unasync.py: edit that file instead.
"""What the sync engine's tests are made of: engines that draw the same every time, clients of an emulator, and stores."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from contract._sync.sync_remote import FakeRemote
from sync_world import World

from amocrm_sync import AmoCRM
from amocrm_sync.mapping import StatusMapping
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine
from amocrm_sync.testing import Emulator, ManualClock


def engine_over(
    remote: FakeRemote | None, store: Any = None, mapping: StatusMapping | None = None, **config: Any
) -> SyncEngine:
    """An engine over a fake account, on the clock of its world; without one, an engine that knows no CRM."""
    return SyncEngine(
        None,
        store or MemorySyncStore(),
        mapping,
        config=SyncConfig(**config),
        clock=remote.world if remote is not None else World(),
        random=random.Random(1),
        remote=remote,
    )


def engine_with(amo: AmoCRM, clock: ManualClock, store: Any = None, **config: Any) -> SyncEngine:
    """An engine with a client."""
    return SyncEngine(
        amo,
        store or MemorySyncStore(),
        config=SyncConfig(**config),
        clock=clock,
        random=random.Random(1),
    )


def client_of(emulator: Emulator, clock: ManualClock, *, limiter: Any = None, **user: Any) -> AmoCRM:
    """A client of an emulated account; ``user`` says whose token it has."""
    token, client = emulator.long_lived_token(**user), emulator.http_client()
    return AmoCRM("demo", token=token, http_client=client, limiter=limiter, clock=clock)


def store_of(kind: str, folder: Path) -> Any:
    """A store by its name: ``memory``, or ``sqlite`` in a file of that folder."""
    return SQLSyncStore(f"sqlite:///{folder}/amo.db") if kind == "sqlite" else MemorySyncStore()
