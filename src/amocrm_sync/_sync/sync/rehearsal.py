# Generated from src/amocrm_sync/_async/sync/rehearsal.py by tools/unasync.py: edit that file instead.
"""A dry run of a full pull: everything is read and compared, and each transaction is rolled back."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

import attrs

from amocrm_sync._clock import Clock
from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.listeners import Listeners
from amocrm_sync._sync.sync.protocols import SyncStore, SyncTx
from amocrm_sync._sync.sync.pull import Progress, Puller

_PLURALS = {entity.singular: name for name, entity in ENTITIES.items()}
_CHANGES = frozenset({"created", "updated", "deleted", "restored"})
"""The other actions only say more about one of these."""


class _RolledBackError(Exception):
    """Ends a transaction of a rehearsal."""


class RehearsalStore:
    """A store that keeps nothing: what a transaction wrote is gone when it ends."""

    def __init__(self, inner: SyncStore) -> None:
        self._inner = inner

    def prepare(self) -> None:
        """Make the tables, where they are missing."""
        self._inner.prepare()

    @contextmanager
    def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> Generator[SyncTx]:
        """A transaction that is rolled back."""
        try:
            with self._inner.tx(tenant, write=write, lock=lock) as transaction:
                yield transaction
                _roll_back()
        except _RolledBackError:
            pass

    def now(self, clock: Clock) -> float:
        """The store's time."""
        return self._inner.now(clock)

    def close(self) -> None:
        """Nothing of its own to close."""


class Notes(Listeners):
    """Notes down what would be told, in place of telling it."""

    def __init__(self, report: SyncReport) -> None:
        super().__init__()
        self._report = report
        self._seen: set[tuple[str, str | None]] = set()

    def tell(self, events: Iterable[SyncEvent]) -> None:
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


def rehearse(
    context: SyncContext, names: Sequence[str], report: SyncReport, progress: Progress | None
) -> None:
    """Pull everything as :meth:`SyncEngine.reconcile` does, and put what would change into ``report.planned``."""
    rehearsal = attrs.evolve(
        context, store=RehearsalStore(context.store), listeners=Notes(report), wanted_by={}
    )
    Puller(rehearsal).pull(names, report, full=True, progress=progress)
