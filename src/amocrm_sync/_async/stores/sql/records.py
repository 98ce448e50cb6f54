"""Records with their typed rows, on SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from amocrm_sync._async.stores.sql.scope import AsyncSQLScope
from amocrm_sync._core.sync.outbox import OPEN_STATES
from amocrm_sync._core.sync.records import LOCAL, Record
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._sqlrows import chunks, condition, record_of, record_row


class AsyncSQLRecords:
    """See :class:`AsyncRecordFacet`."""

    def __init__(self, scope: AsyncSQLScope) -> None:
        self._scope = scope
        self._record = scope.tables.record
        self._typed = scope.tables.typed

    async def by_remote(self, entity: str, remote_ids: Iterable[str]) -> dict[str, Record]:
        """See :class:`AsyncRecordFacet`."""
        found = await self._records(entity, self._record.c.remote_id, remote_ids)
        return {record.remote_id: record for record in found if record.remote_id is not None}

    async def by_ref(self, entity: str, refs: Iterable[str]) -> dict[str, Record]:
        """See :class:`AsyncRecordFacet`."""
        found = await self._records(entity, self._record.c.local_ref, refs)
        return {record.local_ref: record for record in found if record.local_ref is not None}

    async def by_uid(self, entity: str, uids: Iterable[str]) -> dict[str, Record]:
        """See :class:`AsyncRecordFacet`."""
        return {record.uid: record for record in await self._records(entity, self._record.c.uid, uids)}

    async def _records(self, entity: str, column: sa.Column[Any], keys: Iterable[str]) -> list[Record]:
        found: list[Record] = []
        for chunk in chunks(keys):
            query = self._joined(entity, self._typed[entity].c.raw).where(column.in_(chunk))
            found += [record_of(row) for row in await self._scope.rows(query)]
        return found

    def _joined(self, entity: str, *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """The records of an entity, each with columns of its typed row."""
        record, typed = self._record, self._typed[entity]
        both = sa.and_(typed.c.tenant_id == record.c.tenant_id, typed.c.uid == record.c.uid)
        query = sa.select(record, *more).select_from(record.join(typed, both))
        return query.where(record.c.tenant_id == self._scope.tenant, record.c.entity == entity)

    async def put(self, stored: Sequence[Stored]) -> None:
        """See :class:`AsyncRecordFacet`."""
        self._scope.require_lock()
        await self._scope.upsert(self._record, [record_row(item.record) for item in stored])
        by_entity: dict[str, list[dict[str, Any]]] = {}
        for item in stored:
            row = {"uid": item.record.uid, **item.row, "raw": item.record.base}
            by_entity.setdefault(item.record.entity, []).append(row)
        for entity, rows in by_entity.items():
            await self._scope.upsert(self._typed[entity], rows)

    async def touch(self, entity: str, remote_ids: Iterable[str], fence: float) -> None:
        """See :class:`AsyncRecordFacet`."""
        self._scope.require_lock()
        table = self._record
        for chunk in chunks(remote_ids):
            change = self._scope.update(table).where(table.c.entity == entity, table.c.remote_id.in_(chunk))
            await self._scope.run(change.values(read_fence=fence))

    async def unseen(self, entity: str, before: float, prefix: str = "") -> list[str]:
        """See :class:`AsyncRecordFacet`."""
        table = self._record
        query = (
            self._scope.select(table, table.c.remote_id)
            .where(table.c.entity == entity, table.c.remote_id.is_not(None))
            .where(table.c.deleted_at.is_(None), table.c.read_fence < before)
            .order_by(table.c.remote_id)
        )
        found = (await self._scope.run(query)).scalars()
        return [remote_id for remote_id in found if remote_id.startswith(prefix)]

    async def find(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
        deleted: bool = False,
    ) -> list[Stored]:
        """See :class:`AsyncRecordFacet`."""
        typed = self._typed[entity]
        query = self._scope.select(typed).where(*self._conditions(typed, filter, deleted=deleted))
        if after is not None:
            query = query.where(typed.c.uid > after)
        query = query.order_by(typed.c.uid).limit(limit).offset(offset)
        rows = {row["uid"]: row for row in await self._scope.rows(query)}
        records = await self._stripped(entity, rows)
        return [_stored(records[uid], row) for uid, row in rows.items()]

    async def count(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        deleted: bool = False,
    ) -> int:
        """See :class:`AsyncRecordFacet`."""
        typed = self._typed[entity]
        query = self._scope.select(typed, sa.func.count())
        total: int = await self._scope.scalar(query.where(*self._conditions(typed, filter, deleted=deleted)))
        return total

    async def changed_since(
        self,
        version: int,
        entities: Iterable[str],
        *,
        limit: int,
        after: tuple[str, str] | None = None,
    ) -> list[Stored]:
        """See :class:`AsyncRecordFacet`."""
        table = self._record
        place = (table.c.version, table.c.uid, table.c.entity)
        query = self._scope.select(table, table.c.uid, table.c.entity)
        query = query.where(table.c.entity.in_(list(entities)))
        if after is None:
            query = query.where(table.c.version > version)
        else:
            query = query.where(sa.tuple_(*place) > sa.tuple_(version, *after))
        changed = await self._scope.rows(query.order_by(*place).limit(limit))
        found: dict[tuple[str, str], Stored] = {}
        for entity in {row["entity"] for row in changed}:
            uids = [row["uid"] for row in changed if row["entity"] == entity]
            rows = await self._rows(entity, uids)
            for uid, record in (await self._stripped(entity, rows)).items():
                found[entity, uid] = _stored(record, rows[uid])
        return [found[row["entity"], row["uid"]] for row in changed]

    async def prune(self, before: float, limit: int) -> list[int]:
        """See :class:`AsyncRecordFacet`."""
        self._scope.require_lock()
        table, link = self._record, self._scope.tables.link
        old = await self._scope.rows(self._forgotten(before).limit(limit))
        for entity in {row["entity"] for row in old}:
            for chunk in chunks(row["uid"] for row in old if row["entity"] == entity):
                own = link.c.from_entity == entity, link.c.from_uid.in_(chunk)
                await self._scope.run(self._scope.delete(link).where(*own))
                typed = self._typed[entity]
                await self._scope.run(self._scope.delete(typed).where(typed.c.uid.in_(chunk)))
                own = table.c.entity == entity, table.c.uid.in_(chunk)
                await self._scope.run(self._scope.delete(table).where(*own))
        return [row["version"] for row in old]

    def _forgotten(self, before: float) -> sa.Select[Any]:
        """Tombstones that mean nothing any more."""
        table, outbox = self._record, self._scope.tables.outbox
        states = [state.value for state in OPEN_STATES]
        is_busy = sa.exists(
            self._scope.select(outbox, outbox.c.seq)
            .where(outbox.c.entity == table.c.entity, outbox.c.uid == table.c.uid, outbox.c.state.in_(states))
            .correlate(table)
        )
        query = self._scope.select(table, table.c.entity, table.c.uid, table.c.version)
        return query.where(
            table.c.deleted_at < before,
            table.c.local_ref.is_(None),
            sa.or_(table.c.remote_id.is_(None), table.c.delete_reason != LOCAL),
            ~is_busy,
        )

    async def _rows(self, entity: str, uids: Iterable[str]) -> dict[str, Mapping[Any, Any]]:
        """Typed rows by uid."""
        typed = self._typed[entity]
        found: dict[str, Mapping[Any, Any]] = {}
        for chunk in chunks(uids):
            for row in await self._scope.rows(self._scope.select(typed).where(typed.c.uid.in_(chunk))):
                found[row["uid"]] = row
        return found

    async def _stripped(self, entity: str, rows: Mapping[str, Mapping[Any, Any]]) -> dict[str, Record]:
        """The records of typed rows."""
        table = self._record
        found: dict[str, Record] = {}
        for chunk in chunks(rows):
            query = self._scope.select(table).where(table.c.entity == entity, table.c.uid.in_(chunk))
            for row in await self._scope.rows(query):
                found[row["uid"]] = record_of({**row, "raw": rows[row["uid"]]["raw"]})
        return found

    def _conditions(
        self, typed: sa.Table, wanted: Mapping[str, Any], *, deleted: bool
    ) -> list[sa.ColumnElement[bool]]:
        conditions = [condition(typed.c[name], value) for name, value in wanted.items()]
        return conditions if deleted else [typed.c.deleted_at.is_(None), *conditions]


def _stored(record: Record, row: Mapping[Any, Any]) -> Stored:
    """A record with what the host sees of its typed row."""
    return Stored(
        record=record,
        row={name: value for name, value in row.items() if name not in ("tenant_id", "uid", "raw")},
    )
