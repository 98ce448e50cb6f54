"""A dry run of a full pull: everything is read and compared, and each transaction is rolled back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.listeners import AsyncListeners
from amocrm_sync._async.sync.protocols import AsyncSyncStore, AsyncSyncTx
from amocrm_sync._async.sync.pull import AsyncPuller, Progress
from amocrm_sync._clock import Clock
from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.reports import SyncReport

_PLURALS = {entity.singular: name for name, entity in ENTITIES.items()}
_CHANGES = frozenset({"created", "updated", "deleted", "restored"})
"""The other actions only say more about one of these."""


class _RolledBackError(Exception):
    """Ends a transaction of a rehearsal."""


class AsyncRehearsalStore:
    """A store that keeps nothing: what a transaction wrote is gone when it ends."""

    def __init__(self, inner: AsyncSyncStore) -> None:
        self._inner = inner

    async def prepare(self) -> None:
        """Make the tables, where they are missing."""
        await self._inner.prepare()

    @asynccontextmanager
    async def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> AsyncGenerator[AsyncSyncTx]:
        """A transaction that is rolled back."""
        try:
            async with self._inner.tx(tenant, write=write, lock=lock) as transaction:
                yield transaction
                _roll_back()
        except _RolledBackError:
            pass

    async def now(self, clock: Clock) -> float:
        """The store's time."""
        return await self._inner.now(clock)

    async def aclose(self) -> None:
        """Nothing of its own to close."""


class AsyncNotes(AsyncListeners):
    """Notes down what would be told, in place of telling it."""

    def __init__(self, report: SyncReport) -> None:
        super().__init__()
        self._report = report
        self._seen: set[tuple[str, str | None]] = set()

    async def tell(self, events: Iterable[SyncEvent]) -> None:
        """Each change once, though a row may be read twice."""
        for event in events:
            key = (event.name, event.remote_id)
            if event.action not in _CHANGES or event.entity not in _PLURALS or key in self._seen:
                continue
            self._seen.add(key)
            is_deletion = event.action == "deleted"
            self._report.planned.append(
                {
                    "entity": _PLURALS[event.entity],
                    "uid": event.uid,
                    "remote_id": event.remote_id,
                    "operation": event.action.removesuffix("d"),
                    "fields": {} if is_deletion else {name: event.after.get(name) for name in event.changed},
                    "before": {name: event.before.get(name) for name in event.changed},
                }
            )


def _roll_back() -> None:
    raise _RolledBackError


async def rehearse(
    context: AsyncSyncContext, names: Sequence[str], report: SyncReport, progress: Progress | None
) -> None:
    """Pull everything as :meth:`AsyncSyncEngine.reconcile` does, and put what would change into ``report.planned``."""
    rehearsal = attrs.evolve(
        context, store=AsyncRehearsalStore(context.store), listeners=AsyncNotes(report), wanted_by={}
    )
    await AsyncPuller(rehearsal).pull(names, report, full=True, progress=progress)
