"""How things stand, counted in the local store."""

from __future__ import annotations

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.shapes import as_object
from amocrm_sync._core.sync.conflicts import OPEN
from amocrm_sync._core.sync.reports import SyncStatus
from amocrm_sync._core.sync.work import WorkKind


async def standing(context: AsyncSyncContext) -> SyncStatus:
    """Count what there is."""
    async with context.tx(write=False) as tx:
        cursors = await tx.cursors.all()
        counts = {name: await tx.records.count(name, {}) for name in ENTITIES}
        version = await tx.clock.now()
        outbox, inbox = await tx.outbox.counts(), await tx.inbox.counts()
        pause = as_object((await tx.tenant.settings()).get("pause"))
        work, conflicts = await tx.work.counts(), await tx.conflicts.counts()
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
