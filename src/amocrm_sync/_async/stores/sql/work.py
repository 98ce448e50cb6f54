"""Work that waits to be done, on SQL: claimed with leases, and fenced by their tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import sqlalchemy as sa

from amocrm_sync._async.stores.sql.scope import AsyncSQLScope
from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync._sqlrows import chunks, claim_of

_FREE: dict[str, Any] = {
    "lease_owner": None,
    "lease_until": None,
    "lease_token": None,
    "lease_generation": None,
}
_TURN = "work"


class AsyncSQLWork:
    """See :class:`AsyncWorkFacet`.

    A claim passes over rows that others have locked, so it never waits. All other changes take turns (see
    :meth:`AsyncSQLScope.turn`), for two that touch the same rows in another order would deadlock. The priority is
    stored with the opposite sign, so that the indexes, which rise, give what is to be done first without a sort.
    """

    def __init__(self, scope: AsyncSQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.work

    async def mark(
        self, kind: WorkKind, stream: str, keys: Iterable[str], due_at: float, prio: int = 0
    ) -> None:
        """See :class:`AsyncWorkFacet`."""
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return
        await self._scope.turn(_TURN)
        numbers = await self._scope.numbers(len(wanted))
        rows = [
            {"kind": kind.value, "stream": stream, "key": key, "generation": generation}
            | {"prio": -prio, "due_at": due_at, "attempts": 0, "error": None}
            for key, generation in zip(wanted, numbers, strict=True)
        ]
        await self._scope.upsert(self._table, rows, changed=self._marked)

    def _marked(self, new: Any) -> dict[str, Any]:
        """What becomes of a row that is marked again."""
        old = self._table.c
        was_due_earlier = sa.and_(old.lease_token.is_(None), old.due_at < new.due_at)
        return {
            "generation": new.generation,
            "due_at": sa.case((was_due_earlier, old.due_at), else_=new.due_at),
            "prio": sa.case((old.prio < new.prio, old.prio), else_=new.prio),
        }

    async def claim(self, kind: WorkKind, now: float, owner: str, until: float, limit: int) -> list[Claim]:
        """See :class:`AsyncWorkFacet`."""
        table = self._table
        free = sa.or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
        order = (table.c.prio, table.c.due_at, table.c.generation)
        due = self._scope.select(table).where(table.c.kind == kind.value, table.c.due_at <= now, free)
        due = due.order_by(*order).with_for_update(skip_locked=True)
        first = await self._scope.one(due.limit(1))
        if first is None:
            return []
        rows = await self._scope.rows(due.where(table.c.stream == first["stream"]).limit(limit))
        [token] = await self._scope.numbers(1)
        lease: dict[str, Any] = {"lease_owner": owner, "lease_until": until, "lease_token": token}
        taken = [claim_of({**row, **lease, "prio": -row["prio"]}) for row in rows]
        for chunk in chunks(claim.key for claim in taken):
            mine = self._rows(kind, first["stream"], chunk)
            await self._scope.run(mine.values(**lease, lease_generation=table.c.generation))
        return taken

    async def held(self, claims: Iterable[Claim]) -> list[Claim]:
        """See :class:`AsyncWorkFacet`."""
        await self._scope.turn(_TURN)
        wanted, table = list(claims), self._table
        mine: set[tuple[WorkKind, str, str, int | None]] = set()
        for kind, stream, token, keys in _groups(wanted):
            query = self._scope.select(table, table.c.key).where(
                table.c.kind == kind.value,
                table.c.stream == stream,
                table.c.lease_token == token,
                table.c.key.in_(keys),
            )
            found = (await self._scope.run(query.order_by(table.c.key).with_for_update())).scalars()
            mine |= {(kind, stream, key, token) for key in found}
        return [claim for claim in wanted if (claim.kind, claim.stream, claim.key, claim.lease_token) in mine]

    async def finish(self, claims: Iterable[Claim]) -> None:
        """See :class:`AsyncWorkFacet`."""
        await self._scope.turn(_TURN)
        table = self._table
        for kind, stream, token, keys in _groups(claims):
            done = self._scope.delete(table).where(
                table.c.kind == kind.value,
                table.c.stream == stream,
                table.c.lease_token == token,
                table.c.key.in_(keys),
                table.c.lease_generation == table.c.generation,
            )
            if (await self._scope.run(done)).rowcount < len(keys):
                await self._scope.run(self._mine(kind, stream, token, keys).values(_FREE))

    async def retry(self, claims: Iterable[Claim], due_at: float, error: str) -> None:
        """See :class:`AsyncWorkFacet`."""
        table = self._table
        same = table.c.lease_generation == table.c.generation
        due = sa.case((same, due_at), else_=table.c.due_at)
        await self._change(claims, {**_FREE, "attempts": table.c.attempts + 1, "due_at": due, "error": error})

    async def release(self, claims: Iterable[Claim]) -> None:
        """See :class:`AsyncWorkFacet`."""
        await self._change(claims, _FREE)

    async def extend(self, claims: Iterable[Claim], until: float) -> list[Claim]:
        """See :class:`AsyncWorkFacet`."""
        mine = await self.held(claims)
        await self._change(mine, {"lease_until": until})
        return [attrs.evolve(claim, lease_until=until) for claim in mine]

    async def _change(self, claims: Iterable[Claim], values: dict[str, Any]) -> None:
        await self._scope.turn(_TURN)
        for kind, stream, token, keys in _groups(claims):
            await self._scope.run(self._mine(kind, stream, token, keys).values(values))

    async def counts(self) -> dict[WorkKind, int]:
        """See :class:`AsyncWorkFacet`."""
        counted = await self._scope.counts(self._table, self._table.c.kind)
        return {WorkKind(kind): number for kind, number in counted.items()}

    async def next_due(self, kind: WorkKind) -> float | None:
        """See :class:`AsyncWorkFacet`."""
        table = self._table
        later = sa.case((table.c.lease_until > table.c.due_at, table.c.lease_until), else_=table.c.due_at)
        query = self._scope.select(table, sa.func.min(later)).where(table.c.kind == kind.value)
        moment: float | None = await self._scope.scalar(query)
        return moment

    def _mine(self, kind: WorkKind, stream: str, token: int, keys: list[str]) -> sa.Update:
        return self._rows(kind, stream, keys).where(self._table.c.lease_token == token)

    def _rows(self, kind: WorkKind, stream: str, keys: list[str]) -> sa.Update:
        table = self._table
        return self._scope.update(table).where(
            table.c.kind == kind.value, table.c.stream == stream, table.c.key.in_(keys)
        )


def _groups(claims: Iterable[Claim]) -> Iterator[tuple[WorkKind, str, int, list[str]]]:
    """The keys that one statement can speak of: of one stream and one lease."""
    groups: dict[tuple[WorkKind, str, int], set[str]] = {}
    for claim in claims:
        if claim.lease_token is not None:
            groups.setdefault((claim.kind, claim.stream, claim.lease_token), set()).add(claim.key)
    for (kind, stream, token), keys in groups.items():
        for chunk in chunks(sorted(keys)):
            yield kind, stream, token, chunk
