"""Forgetting what is over: a few rows at a time, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._core.sync.echo import KEPT_FOR

PRUNED = "pruned_through"
"""The setting that says up to which version deletions are forgotten."""
_EVERY = 3600.0
_LOTS = 8
"""Of 256 first runs of a process, so many do a round."""
_BATCH = 500
_BATCHES = 20
"""Most batches of one kind in a round; what is left goes with the next one, a minute later."""
_SOON = 60.0

_KINDS = ("inbox", "activity", "log", "edits", "events", "conflicts")


class AsyncPrunable(Protocol):
    """A part of the store whose old rows can go."""

    async def prune(self, before: float, limit: int | None = None) -> int:
        """Drop rows of before a moment, at most so many; how many."""
        ...


@attrs.define
class AsyncHousekeeper:
    """Keeps the store of one engine small. Any number of processes may do it beside each other."""

    context: AsyncSyncContext
    _next_at: float | None = None

    async def when_due(self, run_id: str) -> None:
        """Do a round if the last one of this process, or its beginning, is an hour ago.

        A process that ends after one run (a cron job, a function) does one now and then: ``run_id`` draws the lot.
        """
        now = self.context.clock.now()
        if self._next_at is None:
            self._next_at = now if int(run_id[-2:], 16) < _LOTS else now + _EVERY
        if now < self._next_at:
            return
        self._next_at = now + _EVERY
        dropped = await self.prune()
        if max(dropped.values()) >= _BATCH * _BATCHES:
            self._next_at = now + _SOON

    async def prune(self) -> dict[str, int]:
        """One round; how many rows of each kind were dropped."""
        retention = attrs.asdict(self.context.config.retention)
        kept = {"echo": KEPT_FOR, "answers": self.context.config.offline.kept}
        kept |= {kind: retention[kind] for kind in _KINDS if retention[kind] is not None}
        if "conflicts" in kept:
            kept["conflicts"] = max(kept["conflicts"], KEPT_FOR)
        dropped = dict.fromkeys([*kept, "tombstones"], 0)
        for _ in range(_BATCHES):
            numbers = await self._batch(kept)
            for kind, number in numbers.items():
                dropped[kind] += number
            kept = {kind: kept[kind] for kind, number in numbers.items() if number >= _BATCH}
            if not kept or self.context.is_draining:
                break
        if retention["tombstones"] is not None:
            dropped["tombstones"] = await self._tombstones(retention["tombstones"])
        return dropped

    async def _batch(self, kept: Mapping[str, float]) -> dict[str, int]:
        """Some rows of each kind, in one short transaction."""
        now = self.context.clock.now()
        async with self.context.tx(lock=False) as tx:
            parts: dict[str, AsyncPrunable] = {
                "echo": tx.echo,
                "inbox": tx.inbox,
                "activity": tx.activity,
                "log": tx.log,
                "edits": tx.outbox,
                "events": tx.sinks,
                "conflicts": tx.conflicts,
            }
            numbers = {
                kind: await parts[kind].prune(now - seconds, _BATCH)
                for kind, seconds in kept.items()
                if kind in parts
            }
            if "answers" in kept:
                numbers["answers"] = await tx.mutations.forget(now - kept["answers"], _BATCH)
        return numbers

    async def _tombstones(self, seconds: float) -> int:
        """Deleted records, and in the same transaction the version that devices must have seen; batches of them."""
        before = self.context.clock.now() - max(seconds, self.context.config.offline.kept)
        total = 0
        for _ in range(_BATCHES):
            async with self.context.tx() as tx:
                versions = await tx.records.prune(before, _BATCH)
                settings = await tx.tenant.settings()
                if versions and max(versions) > settings.get(PRUNED, 0):
                    await tx.tenant.save_settings({**settings, PRUNED: max(versions)})
            total += len(versions)
            if len(versions) < _BATCH or self.context.is_draining:
                break
        return total
