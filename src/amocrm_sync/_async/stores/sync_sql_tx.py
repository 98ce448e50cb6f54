"""A transaction of the SQL sync store. Every statement names the tenant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from amocrm_sync._async.sync.protocols import StageRow, Stored
from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.inbox import Delivery, Hint
from amocrm_sync._core.sync.outbox import Op, OpState
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._sqlrows import (
    chunks,
    condition,
    cursor_of,
    first_key,
    op_of,
    op_row,
    record_of,
    record_row,
    value_of,
)
from amocrm_sync._sqltables import Tables


class AsyncSQLTx:
    """A transaction of :class:`AsyncSQLSyncStore`."""

    def __init__(self, connection: AsyncConnection, tables: Tables, tenant: str) -> None:
        self._connection = connection
        self._t = tables
        self._tenant = tenant

    # records

    async def by_remote(self, entity: str, remote_ids: Iterable[str]) -> dict[str, Record]:
        """See :class:`AsyncSyncTx`."""
        found = await self._records(entity, self._t.record.c.remote_id, remote_ids)
        return {record.remote_id: record for record in found if record.remote_id is not None}

    async def by_uid(self, entity: str, uids: Iterable[str]) -> dict[str, Record]:
        """See :class:`AsyncSyncTx`."""
        return {record.uid: record for record in await self._records(entity, self._t.record.c.uid, uids)}

    async def _records(self, entity: str, column: sa.Column[Any], keys: Iterable[str]) -> list[Record]:
        table = self._t.record
        found: list[Record] = []
        for chunk in chunks(keys):
            query = self._of(table).where(table.c.entity == entity, column.in_(chunk))
            found += [record_of(row) for row in (await self._connection.execute(query)).mappings()]
        return found

    async def put(self, stored: Sequence[Stored]) -> None:
        """See :class:`AsyncSyncTx`."""
        if not stored:
            return
        await self._upsert(self._t.record, [record_row(item.record) for item in stored])
        by_entity: dict[str, list[dict[str, Any]]] = {}
        for item in stored:
            by_entity.setdefault(item.record.entity, []).append({"uid": item.record.uid, **item.row})
        for entity, rows in by_entity.items():
            await self._upsert(self._t.typed[entity], rows)

    async def touch(self, entity: str, remote_ids: Iterable[str], fence: float) -> None:
        """See :class:`AsyncSyncTx`."""
        table = self._t.record
        for chunk in chunks(remote_ids):
            change = self._change(table).where(table.c.entity == entity, table.c.remote_id.in_(chunk))
            await self._connection.execute(change.values(read_fence=fence))

    async def unseen(self, entity: str, before: float, prefix: str = "") -> list[str]:
        """See :class:`AsyncSyncTx`."""
        table = self._t.record
        query = (
            sa.select(table.c.remote_id)
            .where(table.c.tenant_id == self._tenant, table.c.entity == entity)
            .where(table.c.remote_id.is_not(None), table.c.deleted_at.is_(None), table.c.read_fence < before)
            .order_by(table.c.remote_id)
        )
        found = (await self._connection.execute(query)).scalars()
        return [remote_id for remote_id in found if remote_id.startswith(prefix)]

    async def find(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        limit: int | None = None,
        offset: int = 0,
        deleted: bool = False,
    ) -> list[Stored]:
        """See :class:`AsyncSyncTx`."""
        typed, record = self._t.typed[entity], self._t.record
        conditions = self._conditions(typed, filter, deleted=deleted)
        rows = sa.select(typed).where(*conditions).order_by(typed.c.uid).limit(limit).offset(offset)
        found = [dict(row) for row in (await self._connection.execute(rows)).mappings()]
        records: dict[str, Record] = {}
        for chunk in chunks(row["uid"] for row in found):
            query = self._of(record).where(record.c.entity == entity, record.c.uid.in_(chunk))
            for row in (await self._connection.execute(query)).mappings():
                records[row["uid"]] = record_of(row)
        return [
            Stored(
                record=records[row["uid"]],
                row={name: value for name, value in row.items() if name not in ("tenant_id", "uid")},
            )
            for row in found
        ]

    async def count(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        deleted: bool = False,
    ) -> int:
        """See :class:`AsyncSyncTx`."""
        typed = self._t.typed[entity]
        query = sa.select(sa.func.count()).select_from(typed)
        query = query.where(*self._conditions(typed, filter, deleted=deleted))
        return (await self._connection.execute(query)).scalar_one()

    def _conditions(
        self, typed: sa.Table, wanted: Mapping[str, Any], *, deleted: bool
    ) -> list[sa.ColumnElement[bool]]:
        conditions: list[sa.ColumnElement[bool]] = [typed.c.tenant_id == self._tenant]
        if not deleted:
            conditions.append(typed.c.deleted_at.is_(None))
        conditions += [condition(typed.c[name], value) for name, value in wanted.items()]
        return conditions

    async def next_version(self) -> int:
        """See :class:`AsyncSyncTx`. The counter's row is locked until the commit, so versions commit in order."""
        return await self._raise("version")

    async def version(self) -> int:
        """See :class:`AsyncSyncTx`."""
        table = self._t.clock
        query = sa.select(table.c.version).where(table.c.tenant_id == self._tenant)
        return (await self._connection.execute(query)).scalar_one_or_none() or 0

    async def _raise(self, counter: str, by: int = 1) -> int:
        """Raise one of the tenant's counters, and its value."""
        table = self._t.clock
        new = {"tenant_id": self._tenant, "version": 0, "generation": 0, counter: by}
        raised = insert(table).values(new)
        raised = raised.on_conflict_do_update(
            index_elements=[table.c.tenant_id], set_={counter: table.c[counter] + by}
        )
        value: int = (await self._connection.execute(raised.returning(table.c[counter]))).scalar_one()
        return value

    # cursors

    async def load_cursor(self, stream: str) -> Cursor:
        """See :class:`AsyncSyncTx`."""
        query = self._of(self._t.cursor).where(self._t.cursor.c.stream == stream)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return Cursor(stream=stream) if row is None else cursor_of(row)

    async def save_cursor(self, cursor: Cursor) -> None:
        """See :class:`AsyncSyncTx`."""
        row = {"stream": cursor.stream, "state": cursor.state(), "updated_at": cursor.updated_at}
        await self._upsert(self._t.cursor, [row])

    async def cursors(self) -> list[Cursor]:
        """See :class:`AsyncSyncTx`."""
        query = self._of(self._t.cursor).order_by(self._t.cursor.c.stream)
        return [cursor_of(row) for row in (await self._connection.execute(query)).mappings()]

    # inbox and hints

    async def add_delivery(self, delivery: Delivery) -> bool:
        """See :class:`AsyncSyncTx`."""
        table = self._t.inbox
        again = self._change(table).where(table.c.dedupe == delivery.dedupe).values(state="new", error=None)
        if (await self._connection.execute(again)).rowcount:
            return False
        row = attrs.asdict(delivery, recurse=False, filter=attrs.filters.exclude("id"))
        row["headers"] = dict(delivery.headers)
        await self._connection.execute(sa.insert(table).values(tenant_id=self._tenant, **row))
        return True

    async def new_deliveries(self, limit: int) -> list[Delivery]:
        """See :class:`AsyncSyncTx`."""
        table = self._t.inbox
        query = self._of(table).where(table.c.state == "new").order_by(table.c.id).limit(limit)
        return [value_of(Delivery, row) for row in (await self._connection.execute(query)).mappings()]

    async def mark_delivery(self, delivery_id: int, state: str, error: str | None = None) -> None:
        """See :class:`AsyncSyncTx`."""
        table = self._t.inbox
        change = self._change(table).where(table.c.id == delivery_id).values(state=state, error=error)
        await self._connection.execute(change)

    async def add_hints(self, hints: Iterable[tuple[str, str]], due_at: float) -> None:
        """See :class:`AsyncSyncTx`."""
        wanted = list(hints)
        if not wanted:
            return
        first = await self._raise("generation", len(wanted)) - len(wanted) + 1
        rows = [
            {"stream": stream, "remote_id": remote_id, "generation": first + place}
            | {"attempts": 0, "due_at": due_at, "error": None}
            for place, (stream, remote_id) in enumerate(wanted)
        ]
        await self._upsert(self._t.work, rows)

    async def due_hints(self, now: float, limit: int) -> list[Hint]:
        """See :class:`AsyncSyncTx`."""
        table = self._t.work
        due = self._of(table).where(table.c.due_at <= now).order_by(table.c.generation)
        first = (await self._connection.execute(due.limit(1))).mappings().one_or_none()
        if first is None:
            return []
        same = due.where(table.c.stream == first["stream"]).limit(limit)
        return [value_of(Hint, row) for row in (await self._connection.execute(same)).mappings()]

    async def finish_hints(self, hints: Iterable[Hint]) -> None:
        """See :class:`AsyncSyncTx`."""
        table = self._t.work
        for hint in hints:
            await self._connection.execute(sa.delete(table).where(*self._same(table, hint)))

    async def retry_hints(self, hints: Iterable[Hint], due_at: float, error: str) -> None:
        """See :class:`AsyncSyncTx`."""
        table = self._t.work
        for hint in hints:
            change = sa.update(table).where(*self._same(table, hint))
            later = change.values(attempts=hint.attempts + 1, due_at=due_at, error=error)
            await self._connection.execute(later)

    def _same(self, table: sa.Table, hint: Hint) -> list[sa.ColumnElement[bool]]:
        """The hint's row, unless a newer hint came meanwhile."""
        return [
            table.c.tenant_id == self._tenant,
            table.c.stream == hint.stream,
            table.c.remote_id == hint.remote_id,
            table.c.generation == hint.generation,
        ]

    # outbox

    async def add_op(self, op: Op) -> Op:
        """See :class:`AsyncSyncTx`."""
        values = {"tenant_id": self._tenant, **op_row(op)}
        result = await self._connection.execute(sa.insert(self._t.outbox).values(values))
        return attrs.evolve(op, seq=first_key(result))

    async def save_ops(self, ops: Iterable[Op]) -> None:
        """See :class:`AsyncSyncTx`."""
        table = self._t.outbox
        for op in ops:
            await self._connection.execute(
                self._change(table).where(table.c.seq == op.seq).values(op_row(op))
            )

    async def ops(self, states: Iterable[OpState], limit: int | None = None) -> list[Op]:
        """See :class:`AsyncSyncTx`."""
        return await self._ops(states, [], limit)

    async def ops_of(self, entity: str, uid: str, states: Iterable[OpState]) -> list[Op]:
        """See :class:`AsyncSyncTx`."""
        table = self._t.outbox
        return await self._ops(states, [table.c.entity == entity, table.c.uid == uid], None)

    async def _ops(
        self, states: Iterable[OpState], also: list[sa.ColumnElement[bool]], limit: int | None
    ) -> list[Op]:
        table = self._t.outbox
        query = self._of(table).where(table.c.state.in_([state.value for state in states]), *also)
        rows = (await self._connection.execute(query.order_by(table.c.seq).limit(limit))).mappings()
        return [op_of(row) for row in rows]

    # log, mapping, tenant

    async def add_log(self, entry: SyncLogEntry) -> None:
        """See :class:`AsyncSyncTx`."""
        row = attrs.asdict(entry, recurse=False)
        await self._connection.execute(sa.insert(self._t.sync_log).values(tenant_id=self._tenant, **row))

    async def log(self, limit: int) -> list[SyncLogEntry]:
        """See :class:`AsyncSyncTx`."""
        table = self._t.sync_log
        query = self._of(table).order_by(table.c.id.desc()).limit(limit)
        return [value_of(SyncLogEntry, row) for row in (await self._connection.execute(query)).mappings()]

    async def tallies(self) -> dict[str, dict[str, int]]:
        """See :class:`AsyncSyncTx`."""
        groups = {
            "outbox": self._t.outbox.c.state,
            "inbox": self._t.inbox.c.state,
            "hints": sa.literal("due"),
            "log": self._t.sync_log.c.operation,
        }
        sources = {
            "outbox": self._t.outbox,
            "inbox": self._t.inbox,
            "hints": self._t.work,
            "log": self._t.sync_log,
        }
        found: dict[str, dict[str, int]] = {}
        for name, group in groups.items():
            source = sources[name]
            query = sa.select(group, sa.func.count()).select_from(source)
            query = query.where(source.c.tenant_id == self._tenant).group_by(group)
            rows = await self._connection.execute(query)
            found[name] = {row[0]: row[1] for row in rows}
        return found

    async def save_stages(self, stages: Iterable[StageRow]) -> None:
        """See :class:`AsyncSyncTx`."""
        table = self._t.stage_mapping
        await self._connection.execute(sa.delete(table).where(table.c.tenant_id == self._tenant))
        for place, stage in enumerate(stages):
            row = {name: stage[name] for name in ("pipeline_id", "stage_id", "status")}
            values = {"tenant_id": self._tenant, "place": place, "details": dict(stage), **row}
            await self._connection.execute(sa.insert(table).values(values))

    async def load_stages(self) -> list[StageRow]:
        """See :class:`AsyncSyncTx`."""
        table = self._t.stage_mapping
        rows = (await self._connection.execute(self._of(table).order_by(table.c.place))).mappings()
        return [row["details"] for row in rows]

    async def bind(self, account: str) -> str:
        """See :class:`AsyncSyncTx`."""
        table = self._t.tenant
        first = insert(table).values(tenant_id=self._tenant, account=account).on_conflict_do_nothing()
        await self._connection.execute(first)
        query = sa.select(table.c.account).where(table.c.tenant_id == self._tenant)
        bound: str = (await self._connection.execute(query)).scalar_one()
        return bound

    # statements

    def _of(self, table: sa.Table) -> sa.Select[Any]:
        return sa.select(table).where(table.c.tenant_id == self._tenant)

    def _change(self, table: sa.Table) -> sa.Update:
        return sa.update(table).where(table.c.tenant_id == self._tenant)

    async def _upsert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, or replace those with the same primary key."""
        keys = [column.name for column in table.primary_key.columns]
        statement = insert(table)
        replaced = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=replaced)
        await self._connection.execute(statement, [{"tenant_id": self._tenant, **row} for row in rows])
