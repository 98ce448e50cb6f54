"""A run of the engine from its beginning to its end: the report, its span, and the figures that it leaves behind."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.housekeeping import AsyncHousekeeper
from amocrm_sync._async.sync.identity import AsyncIdentity
from amocrm_sync._async.sync.pull import AsyncPuller
from amocrm_sync._async.sync.strands import side_by_side
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.conflicts import OPEN
from amocrm_sync._core.sync.outbox import OPEN_STATES, OpState
from amocrm_sync._core.sync.reports import LIMIT, SyncReport

_BETWEEN_LOOKS = 15.0
"""Seconds between two counts of the queues: they are read from the store."""
_TIDYING = ("push", "deliver")
"""Runs after which what is over may be forgotten: those that every worker and every round has."""
_OUTCOMES = ("created", "updated", "deleted", "unchanged", "pushed", "conflicts")


@attrs.define
class AsyncRuns:
    """Begins and ends the runs of an engine."""

    context: AsyncSyncContext
    house: AsyncHousekeeper = attrs.field(init=False)
    identity: AsyncIdentity = attrs.field(init=False)
    _looked_at: float | None = None

    def __attrs_post_init__(self) -> None:
        self.house = AsyncHousekeeper(self.context)
        self.identity = AsyncIdentity(self.context)

    @asynccontextmanager
    async def of(self, kind: str) -> AsyncGenerator[SyncReport]:
        """A run of that kind; what is done within it belongs into the report."""
        context = self.context
        await context.open()
        report = SyncReport(kind=kind, run_id=context.new_uid(), started_at=context.clock.now())
        attributes = {"amocrm.tenant": context.tenant, "amocrm.run.id": report.run_id}
        with context.telemetry.span(f"amocrm.sync {kind}", attributes) as span:
            try:
                yield report
            finally:
                report.finished_at = context.clock.now()
                counts = report.as_counts()
                span.set_attribute("amocrm.synced", counts["synced"])
                span.set_attribute("amocrm.errors", counts["errors"])
        if kind in _TIDYING:
            await self.house.when_due(report.run_id)
        if context.telemetry.is_on and kind != "run":
            self._tell(report)
            await self._look()

    async def entities(
        self, names: Sequence[str], report: SyncReport, puller: AsyncPuller, **asked: Any
    ) -> None:
        """Pull one entity after the other, each in a span with its strategy."""
        beside = await self.identity.check(again=bool(asked.get("full")))
        for name in names:
            about = {"amocrm.entity": name, "amocrm.strategy": entity_named(name).strategy.value}
            with self.context.telemetry.span("amocrm.sync.entity", about):
                await puller.pull((name,), report, beside=beside, **asked)
        if beside is not None and beside.is_open:
            await side_by_side(beside)

    def _tell(self, report: SyncReport) -> None:
        """Add a run's figures up."""
        telemetry, tenant = self.context.telemetry, self.context.tenant
        requests = 0
        for entity, part in report.entities.items():
            own = {"amocrm.tenant": tenant, "amocrm.entity": entity}
            requests += part.requests
            for outcome in _OUTCOMES:
                number = int(getattr(part, outcome))
                if number:
                    telemetry.count("amocrm.sync.rows", number, {**own, "amocrm.outcome": outcome})
            if part.requests:
                telemetry.count("amocrm.sync.requests", part.requests, {**own, "amocrm.run": report.kind})
        for problem in report.problems:
            about = {"amocrm.entity": problem.entity, "amocrm.operation": problem.operation}
            telemetry.count("amocrm.sync.errors", 1, {"amocrm.tenant": tenant, **about})
        if requests and report.seconds > 0:
            share = min(1.0, requests / LIMIT / report.seconds)
            telemetry.gauge(
                "amocrm.sync.efficiency", share, {"amocrm.tenant": tenant, "amocrm.run": report.kind}
            )

    async def _look(self) -> None:
        """Count the queues, not after every small run."""
        context, now = self.context, self.context.clock.monotonic()
        if self._looked_at is not None and now - self._looked_at < _BETWEEN_LOOKS:
            return
        self._looked_at = now
        async with context.tx(write=False) as tx:
            inbox, work = await tx.inbox.counts(), await tx.work.counts()
            outbox, conflicts = await tx.outbox.counts(), await tx.conflicts.counts()
            oldest = await tx.outbox.in_states(OPEN_STATES, limit=1)
            cursors = await tx.cursors.all()
        depths = {
            "inbox": inbox.get("new", 0),
            "outbox": sum(outbox.get(state.value, 0) for state in OPEN_STATES),
            "dead": outbox.get(OpState.DEAD.value, 0),
            "conflicts": conflicts.get(OPEN, 0),
            **{f"work.{kind.value}": number for kind, number in work.items()},
        }
        tenant = {"amocrm.tenant": context.tenant}
        for queue, depth in depths.items():
            context.telemetry.gauge("amocrm.sync.queue.depth", depth, {**tenant, "amocrm.queue": queue})
        lags = {"edit": context.clock.now() - oldest[0].made_at if oldest else 0.0}
        reached = [cursor.updated_at for cursor in cursors if cursor.reached is not None]
        if reached:
            lags["pull"] = context.clock.now() - max(reached)
        for what, lag in lags.items():
            context.telemetry.gauge("amocrm.sync.lag", max(0.0, lag), {**tenant, "amocrm.of": what})
