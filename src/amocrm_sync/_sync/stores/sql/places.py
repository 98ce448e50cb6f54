# Generated from src/amocrm_sync/_async/stores/sql/places.py by tools/unasync.py: edit that file instead.
"""Links, the clock, cursors, stages and the tenant itself, on SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.stored import Link, StageRow
from amocrm_sync._sqlrows import chunks, cursor_of, row_of, value_of
from amocrm_sync._sync.stores.sql.scope import SQLScope


class SQLLinks:
    """See :class:`LinkFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = table = scope.tables.link
        self._ends = (table.c.from_entity, table.c.from_uid, table.c.to_entity, table.c.to_remote_id)

    def put(self, links: Sequence[Link]) -> None:
        """See :class:`LinkFacet`."""
        self._scope.require_lock()
        self._scope.upsert(self._table, [{**row_of(link), "meta": dict(link.meta)} for link in links])

    def of(
        self, entity: str, uids: Iterable[str], to_entity: str | None = None, *, deleted: bool = False
    ) -> list[Link]:
        """See :class:`LinkFacet`."""
        also = [] if to_entity is None else [self._table.c.to_entity == to_entity]
        also.append(self._table.c.from_entity == entity)
        return self._links(self._table.c.from_uid, uids, also, deleted=deleted)

    def to(self, to_entity: str, remote_ids: Iterable[str], *, deleted: bool = False) -> list[Link]:
        """See :class:`LinkFacet`."""
        also = [self._table.c.to_entity == to_entity]
        return self._links(self._table.c.to_remote_id, remote_ids, also, deleted=deleted)

    def _links(
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
            found += [value_of(Link, row) for row in self._scope.rows(query)]
        return sorted(found, key=_ends)

    def changed_since(
        self, version: int, *, limit: int, after: tuple[str, str, str, str] | None = None
    ) -> list[Link]:
        """See :class:`LinkFacet`."""
        place = (self._table.c.version, *self._ends)
        query = self._scope.select(self._table).order_by(*place).limit(limit)
        if after is None:
            query = query.where(self._table.c.version > version)
        else:
            query = query.where(sa.tuple_(*place) > sa.tuple_(version, *after))
        return [value_of(Link, row) for row in self._scope.rows(query)]


def _ends(link: Link) -> tuple[str, str, str, str]:
    return link.from_entity, link.from_uid, link.to_entity, link.to_remote_id


class SQLClock:
    """See :class:`ClockFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope

    def next(self) -> int:
        """See :class:`ClockFacet`. The counter's row is locked until the commit, so versions commit in order."""
        self._scope.require_lock()
        return self._scope.raised("version")

    def now(self) -> int:
        """See :class:`ClockFacet`."""
        table = self._scope.tables.clock
        version: int | None = self._scope.scalar(self._scope.select(table, table.c.version))
        return version or 0


class SQLCursors:
    """See :class:`CursorFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.cursor

    def load(self, stream: str) -> Cursor:
        """See :class:`CursorFacet`."""
        row = self._scope.one(self._scope.select(self._table).where(self._table.c.stream == stream))
        return Cursor(stream=stream) if row is None else cursor_of(row)

    def save(self, cursor: Cursor) -> None:
        """See :class:`CursorFacet`."""
        row = {"stream": cursor.stream, "state": cursor.state(), "updated_at": cursor.updated_at}
        self._scope.upsert(self._table, [row])

    def all(self) -> list[Cursor]:
        """See :class:`CursorFacet`."""
        query = self._scope.select(self._table).order_by(self._table.c.stream)
        return [cursor_of(row) for row in self._scope.rows(query)]


class SQLTenant:
    """See :class:`TenantFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.tenant

    def bind(self, account: str) -> str:
        """See :class:`TenantFacet`."""
        table = self._table
        self._change({"account": sa.func.coalesce(table.c.account, account)}, account=account)
        bound: str = (self._row())["account"]
        return bound

    def epoch(self) -> str:
        """See :class:`TenantFacet`."""
        epoch: str = (self._row()).get("epoch", "")
        return epoch

    def new_epoch(self, epoch: str) -> None:
        """See :class:`TenantFacet`."""
        self._change({"epoch": epoch}, epoch=epoch)

    def settings(self) -> dict[str, Any]:
        """See :class:`TenantFacet`."""
        settings: dict[str, Any] = (self._row()).get("settings", {})
        return settings

    def save_settings(self, settings: Mapping[str, Any]) -> None:
        """See :class:`TenantFacet`."""
        self._change({"settings": dict(settings)}, settings=dict(settings))

    def _row(self) -> Mapping[Any, Any]:
        return self._scope.one(self._scope.select(self._table)) or {}

    def _change(self, changed: Mapping[str, Any], **new: Any) -> None:
        first: dict[str, Any] = {"account": None, "epoch": "", "settings": {}, **new}
        self._scope.upsert(self._table, [first], changed=lambda _: dict(changed))


class SQLStages:
    """See :class:`StageFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.stage_mapping

    def save(self, stages: Iterable[StageRow]) -> None:
        """See :class:`StageFacet`."""
        self._scope.run(self._scope.delete(self._table))
        columns = ("pipeline_id", "stage_id", "status")
        self._scope.insert(
            self._table,
            [
                {"place": place, "details": dict(stage), **{name: stage[name] for name in columns}}
                for place, stage in enumerate(stages)
            ],
        )

    def load(self) -> list[StageRow]:
        """See :class:`StageFacet`."""
        query = self._scope.select(self._table).order_by(self._table.c.place)
        return [row["details"] for row in self._scope.rows(query)]
