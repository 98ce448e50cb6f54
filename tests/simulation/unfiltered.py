"""The whole engine over the list that people work on, in an account that ignores filters: is anything buried alive?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import attrs
from simulation.churn import LATENCY, Churn

from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.sync import AsyncSyncEngine, PageQuery, RemotePage, SyncConfig


@attrs.define
class Unfiltered:
    """amoCRM and its clock: every filter is ignored, every request takes its time, and people work meanwhile."""

    churn: Churn
    account: str = "demo.amocrm.ru"

    def now(self) -> float:
        return self.churn.now

    def monotonic(self) -> float:
        return self.churn.now

    async def asleep(self, seconds: float) -> None:
        self.churn.until(self.churn.now + seconds)

    async def page(self, _stream: Any, query: PageQuery) -> RemotePage:
        def read() -> tuple[list[dict[str, Any]], bool]:
            ids: Sequence[int] = self.churn.ids
            if query.trash:
                ids = sorted(int(row.id) for row in self.churn.left)
            size = query.limit or len(ids)
            start = (query.page - 1) * size
            found = [{**self._row(row_id), "is_deleted": query.trash} for row_id in ids[start : start + size]]
            return found, len(ids) > start + size

        return RemotePage(*await self._answer(read))

    async def one(self, _stream: Any, wire_id: int) -> dict[str, Any] | None:
        return await self._answer(lambda: self._row(wire_id) if wire_id in self.churn else None)

    async def events(self, _first: int, _last: int, _page: int) -> RemotePage:
        return RemotePage([], False)

    async def _answer(self, read: Any) -> Any:
        self.churn.requests += 1
        await self.asleep(LATENCY / 2)
        answer = read()
        await self.asleep(LATENCY / 2)
        return answer

    def _row(self, row_id: int) -> dict[str, Any]:
        churn = self.churn
        return {
            "id": row_id,
            "name": f"row {row_id}",
            "created_at": churn.created[row_id],
            "updated_at": churn.updated[row_id],
        }


@attrs.define
class AccountWithoutFilters:
    """An account, and an engine that has all of it."""

    remote: Unfiltered
    engine: AsyncSyncEngine

    @classmethod
    def of(cls, rows: int, seed: int) -> AccountWithoutFilters:
        """Rows that are all there, and pulled while nobody works."""
        remote = Unfiltered(Churn.of(rows, seed))
        engine = AsyncSyncEngine(
            None,
            AsyncMemorySyncStore(),
            config=SyncConfig(entities=("leads",)),
            clock=remote,
            random=Random(seed),
            remote=remote,
        )
        deletes, updates = remote.churn.rates(0.0, 0.0)
        asyncio.run(engine.pull())
        remote.churn.rates(deletes, updates)
        return cls(remote, engine)

    def reconciled(self) -> tuple[int, int]:
        """Rows buried alive by a reconcile while people work; and rows not in step after another, when they have gone."""
        asyncio.run(self.engine.reconcile())
        buried = len(set(self.remote.churn.ids) - self._kept())
        self.remote.churn.rates(0.0, 0.0)
        asyncio.run(self.engine.reconcile())
        return buried, len(self._kept() ^ set(self.remote.churn.ids))

    def _kept(self) -> set[int]:
        leads = asyncio.run(self.engine.records.leads.list())
        return {lead["amo_lead_id"] for lead in leads}
