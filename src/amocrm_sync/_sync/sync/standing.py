# Generated from src/amocrm_sync/_async/sync/standing.py by tools/unasync.py: edit that file instead.
"""How things stand, counted in the local store."""

from __future__ import annotations

from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.shapes import as_object
from amocrm_sync._core.sync.conflicts import OPEN
from amocrm_sync._core.sync.reports import SyncStatus
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sync.sync.context import SyncContext


def standing(context: SyncContext) -> SyncStatus:
    """Count what there is."""
    with context.tx(write=False) as tx:
        cursors = tx.cursors.all()
        counts = {name: tx.records.count(name, {}) for name in ENTITIES}
        version = tx.clock.now()
        outbox, inbox = tx.outbox.counts(), tx.inbox.counts()
        pause = as_object((tx.tenant.settings()).get("pause"))
        work, conflicts = tx.work.counts(), tx.conflicts.counts()
    reached = [cursor.updated_at for cursor in cursors if cursor.reached is not None and cursor.walk is None]
    return SyncStatus(
        last_sync_at=max(reached, default=None),
        cursors={cursor.stream: cursor.reached for cursor in cursors},
        outbox=outbox,
        inbox={**inbox, "hints": work.get(WorkKind.PULL, 0)},
        conflicts=conflicts.get(OPEN, 0),
        counts={name: number for name, number in counts.items() if number},
        version=version,
        paused_until=pause.get("until") if pause.get("until", 0.0) > context.clock.now() else None,
    )
