"""Links, the clock, cursors, stages and the tenant itself, on SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from amocrm_sync._async.stores.sql.scope import AsyncSQLScope
from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.stored import Link, StageRow
from amocrm_sync._sqlrows import chunks, cursor_of, row_of, value_of


class AsyncSQLLinks:
    """See :class:`AsyncLinkFacet`."""

    def __init__(self, scope: AsyncSQLScope) -> None:
        self._scope = scope
        self._table = table = scope.tables.link
        self._ends = (table.c.from_entity, table.c.from_uid, table.c.to_entity, table.c.to_remote_id)

    async def put(self, links: Sequence[Link]) -> None:
        """See :class:`AsyncLinkFacet`."""
        self._scope.require_lock()
        await self._scope.upsert(self._table, [{**row_of(link), "meta": dict(link.meta)} for link in links])

    async def of(
        self, entity: str, uids: Iterable[str], to_entity: str | None = None, *, deleted: bool = False
    ) -> list[Link]:
        """See :class:`AsyncLinkFacet`."""
        also = [] if to_entity is None else [self._table.c.to_entity == to_entity]
        also.append(self._table.c.from_entity == entity)
        return await self._links(self._table.c.from_uid, uids, also, deleted=deleted)

    async def to(self, to_entity: str, remote_ids: Iterable[str], *, deleted: bool = False) -> list[Link]:
        """See :class:`AsyncLinkFacet`."""
        also = [self._table.c.to_entity == to_entity]
        return await self._links(self._table.c.to_remote_id, remote_ids, also, deleted=deleted)

    async def _links(
        self,
        column: sa.Column[Any],
        keys: Iterable[str],
        also: list[sa.ColumnElement[bool]],
        *,
        deleted: bool,
    ) -> list[Link]:
        if not deleted:
            also.append(self._table.c.deleted.is_(sa.false()))
        found: list[Link] = []
        for chunk in chunks(keys):
            query = self._scope.select(self._table).where(column.in_(chunk), *also)
            found += [value_of(Link, row) for row in await self._scope.rows(query)]
        return sorted(found, key=_ends)

    async def changed_since(
        self, version: int, *, limit: int, after: tuple[str, str, str, str] | None = None
    ) -> list[Link]:
        """See :class:`AsyncLinkFacet`."""
        place = (self._table.c.version, *self._ends)
        query = self._scope.select(self._table).order_by(*place).limit(limit)
        if after is None:
            query = query.where(self._table.c.version > version)
        else:
            query = query.where(sa.tuple_(*place) > sa.tuple_(version, *after))
        return [value_of(Link, row) for row in await self._scope.rows(query)]


def _ends(link: Link) -> tuple[str, str, str, str]:
    return link.from_entity, link.from_uid, link.to_entity, link.to_remote_id


class AsyncSQLClock:
    """See :class:`AsyncClockFacet`."""

    def __init__(self, scope: AsyncSQLScope) -> None:
        self._scope = scope

    async def next(self) -> int:
        """See :class:`AsyncClockFacet`. The counter's row is locked until the commit, so versions commit in order."""
        self._scope.require_lock()
        return await self._scope.raised("version")

    async def now(self) -> int:
        """See :class:`AsyncClockFacet`."""
        table = self._scope.tables.clock
        version: int | None = await self._scope.scalar(self._scope.select(table, table.c.version))
        return version or 0


class AsyncSQLCursors:
    """See :class:`AsyncCursorFacet`."""

    def __init__(self, scope: AsyncSQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.cursor

    async def load(self, stream: str) -> Cursor:
        """See :class:`AsyncCursorFacet`."""
        row = await self._scope.one(self._scope.select(self._table).where(self._table.c.stream == stream))
        return Cursor(stream=stream) if row is None else cursor_of(row)

    async def save(self, cursor: Cursor) -> None:
        """See :class:`AsyncCursorFacet`."""
        row = {"stream": cursor.stream, "state": cursor.state(), "updated_at": cursor.updated_at}
        await self._scope.upsert(self._table, [row])

    async def all(self) -> list[Cursor]:
        """See :class:`AsyncCursorFacet`."""
        query = self._scope.select(self._table).order_by(self._table.c.stream)
        return [cursor_of(row) for row in await self._scope.rows(query)]


class AsyncSQLTenant:
    """See :class:`AsyncTenantFacet`."""

    def __init__(self, scope: AsyncSQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.tenant

    async def bind(self, account: str) -> str:
        """See :class:`AsyncTenantFacet`."""
        table = self._table
        await self._change({"account": sa.func.coalesce(table.c.account, account)}, account=account)
        bound: str = (await self._row())["account"]
        return bound

    async def epoch(self) -> str:
        """See :class:`AsyncTenantFacet`."""
        epoch: str = (await self._row()).get("epoch", "")
        return epoch

    async def new_epoch(self, epoch: str) -> None:
        """See :class:`AsyncTenantFacet`."""
        await self._change({"epoch": epoch}, epoch=epoch)

    async def settings(self) -> dict[str, Any]:
        """See :class:`AsyncTenantFacet`."""
        settings: dict[str, Any] = (await self._row()).get("settings", {})
        return settings

    async def save_settings(self, settings: Mapping[str, Any]) -> None:
        """See :class:`AsyncTenantFacet`."""
        await self._change({"settings": dict(settings)}, settings=dict(settings))

    async def _row(self) -> Mapping[Any, Any]:
        return await self._scope.one(self._scope.select(self._table)) or {}

    async def _change(self, changed: Mapping[str, Any], **new: Any) -> None:
        first: dict[str, Any] = {"account": None, "epoch": "", "settings": {}, **new}
        await self._scope.upsert(self._table, [first], changed=lambda _: dict(changed))


class AsyncSQLStages:
    """See :class:`AsyncStageFacet`."""

    def __init__(self, scope: AsyncSQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.stage_mapping

    async def save(self, stages: Iterable[StageRow]) -> None:
        """See :class:`AsyncStageFacet`."""
        await self._scope.run(self._scope.delete(self._table))
        columns = ("pipeline_id", "stage_id", "status")
        await self._scope.insert(
            self._table,
            [
                {"place": place, "details": dict(stage), **{name: stage[name] for name in columns}}
                for place, stage in enumerate(stages)
            ],
        )

    async def load(self) -> list[StageRow]:
        """See :class:`AsyncStageFacet`."""
        query = self._scope.select(self._table).order_by(self._table.c.place)
        return [row["details"] for row in await self._scope.rows(query)]
