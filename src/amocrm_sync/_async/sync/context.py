"""What all parts of the sync share: the store, amoCRM, time, and the one way in which a read enters the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import attrs

from amocrm_sync._async.sync.listeners import AsyncListeners
from amocrm_sync._async.sync.protocols import AsyncRemote, AsyncSyncStore, AsyncSyncTx
from amocrm_sync._clock import Clock, Random
from amocrm_sync._core.entities import Stream
from amocrm_sync._core.sync.config import SyncConfig
from amocrm_sync._core.sync.events import SyncEvent, events_of
from amocrm_sync._core.sync.planner import Plan, plan, stamped
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Incoming, Read, Record, Row, Uuid7, children_of, incoming
from amocrm_sync._core.sync.reports import SyncLogEntry, SyncReport
from amocrm_sync._core.sync.stages import StageResolver
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.errors import ConfigurationError


@attrs.define(kw_only=True)
class AsyncSyncContext:
    """The parts that every run needs."""

    store: AsyncSyncStore
    remote: AsyncRemote | None
    tenant: str
    config: SyncConfig
    clock: Clock
    random: Random
    uids: Uuid7
    stages: StageResolver
    listeners: AsyncListeners = attrs.field(factory=AsyncListeners)

    @property
    def crm(self) -> AsyncRemote:
        """The account; asked for by whatever cannot do without.

        Raises:
            ConfigurationError: The engine was made without a client.
        """
        if self.remote is None:
            raise ConfigurationError(
                "client: this engine was made without one and keeps local records only; "
                "give SyncEngine an AmoCRM client to pull and push"
            )
        return self.remote

    def tx(self, *, write: bool = True, lock: bool = True) -> AbstractAsyncContextManager[AsyncSyncTx]:
        """A transaction on this tenant's data; without a lock, on its queues and ledgers only."""
        return self.store.tx(self.tenant, write=write, lock=lock)

    def new_uid(self) -> str:
        """An id for a new record."""
        return self.uids.make(self.clock.now())

    def stored(self, record: Record) -> Stored:
        """A record with the row of its typed table."""
        return Stored(record=record, row=project(record, self.stages.status_of))

    async def apply(
        self,
        tx: AsyncSyncTx,
        stream: Stream,
        rows: Sequence[Row],
        read: Read,
        report: SyncReport,
        *,
        missing: Mapping[str, str] | None = None,
    ) -> list[SyncEvent]:
        """Store what was read, in the caller's transaction; the events to tell once it is committed.

        ``missing`` are remote ids that are proven gone, with the reason.
        """
        entity = stream.entity
        seen = [incoming(stream, row) for row in rows]
        events = await self.apply_seen(
            tx, entity.name, seen, read, report, missing=missing, stream=stream.key
        )
        if entity.children is not None:
            children = [child for row in rows for child in children_of(entity, row)]
            events += await self.apply_seen(tx, entity.children, children, read, report)
        return events

    async def apply_seen(
        self,
        tx: AsyncSyncTx,
        entity: str,
        seen: Sequence[Incoming],
        read: Read,
        report: SyncReport,
        *,
        missing: Mapping[str, str] | None = None,
        stream: str | None = None,
    ) -> list[SyncEvent]:
        """The same for one entity; rows that came too late are marked to be read again from ``stream``."""
        missing = missing or {}
        known = await tx.records.by_remote(entity, [*(item.remote_id for item in seen), *missing])
        decided = plan(known, seen, read, entity=entity, new_uid=self.new_uid, missing=missing)
        steps = [step for step in decided.steps if step.changes]
        if steps:
            version = await tx.clock.next()
            steps = [stamped(step, version) for step in steps]
            await tx.records.put([self.stored(step.after) for step in steps if step.after is not None])
        await tx.records.touch(entity, decided.touched, read.ended)
        if stream is not None:
            await tx.work.mark(WorkKind.PULL, stream, decided.stale, self.clock.now())
        await self._count(tx, entity, decided, report)
        return [event for step in steps for event in events_of(step, self.stages.status_of)]

    async def _count(self, tx: AsyncSyncTx, entity: str, decided: Plan, report: SyncReport) -> None:
        """Add to the report, and put conflicts into the log: nobody else would know of them."""
        counts, part = decided.counts(), report.of(entity)
        part.created += counts["created"]
        part.updated += counts["updated"] + counts["restored"]
        part.deleted += counts["deleted"]
        part.unchanged += counts["unchanged"] + counts["stale"]
        part.conflicts += len(decided.conflicts)
        for conflict in decided.conflicts:
            details = {name: getattr(conflict, name) for name in ("uid", "field", "base", "local", "remote")}
            await self.log(tx, report, "conflict", entity, details)

    async def log(
        self,
        tx: AsyncSyncTx,
        report: SyncReport,
        operation: str,
        entity: str,
        details: dict[str, Any],
        *,
        is_error: bool = False,
        seconds: float = 0.0,
    ) -> None:
        """Append a row to the sync log."""
        entry = SyncLogEntry(
            run_id=report.run_id,
            at=self.clock.now(),
            operation=operation,
            entity=entity,
            status="error" if is_error else "ok",
            details=details,
            seconds=seconds,
        )
        await tx.log.add([entry])
