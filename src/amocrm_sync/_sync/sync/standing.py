# Generated from src/amocrm_sync/_async/sync/standing.py by tools/unasync.py: edit that file instead.
"""How things stand, counted in the local store."""

from __future__ import annotations

from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.shapes import as_object
from amocrm_sync._core.sync.conflicts import OPEN
from amocrm_sync._core.sync.outbox import OPEN_STATES
from amocrm_sync._core.sync.reports import SyncLogEntry, SyncStatus
from amocrm_sync._core.sync.retention import DAY
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sync.sync.context import SyncContext

_ROWS = 200
"""Rows of the log that are looked at for errors."""
_QUEUES = {"hint": WorkKind.PULL, "event": WorkKind.SINK}


def standing(context: SyncContext) -> SyncStatus:
    """Count what there is."""
    with context.tx(write=False) as tx:
        cursors = tx.cursors.all()
        counts = {name: tx.records.count(name, {}) for name in ENTITIES}
        version = tx.clock.now()
        outbox, inbox = tx.outbox.counts(), tx.inbox.counts()
        pause = as_object((tx.tenant.settings()).get("pause"))
        work, conflicts = tx.work.counts(), tx.conflicts.counts()
        waiting = tx.outbox.in_states(OPEN_STATES, limit=1)
        due = {name: tx.work.next_due(kind) for name, kind in _QUEUES.items()}
        log = tx.log.list(_ROWS)
    now = context.clock.now()
    errors = [entry for entry in log if entry.status == "error" and now - entry.at < DAY]
    reached = [cursor.updated_at for cursor in cursors if cursor.reached is not None and cursor.walk is None]
    last = max(reached, default=None)
    lag: dict[str, float | None] = {
        "edit": max(0.0, now - waiting[0].made_at) if waiting else 0.0,
        **{name: 0.0 if moment is None else max(0.0, now - moment) for name, moment in due.items()},
        "pull": None if last is None else max(0.0, now - last),
    }
    return SyncStatus(
        last_sync_at=last,
        lag=lag,
        errors=len(errors),
        last_error=_words(errors[0]) if errors else None,
        cursors={cursor.stream: cursor.reached for cursor in cursors},
        outbox=outbox,
        inbox={**inbox, "hints": work.get(WorkKind.PULL, 0)},
        conflicts=conflicts.get(OPEN, 0),
        counts={name: number for name, number in counts.items() if number},
        version=version,
        paused_until=pause.get("until") if pause.get("until", 0.0) > context.clock.now() else None,
    )


def _words(entry: SyncLogEntry) -> str:
    return f"{entry.operation}: {entry.details.get('error', 'failed')}"
