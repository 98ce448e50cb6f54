# Generated from src/amocrm_sync/_async/stores/sql/ledgers.py by tools/unasync.py: edit that file instead.
"""Conflicts, echoes, activity, the log, clients and their mutations, on SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._core.sync.stored import Activity, Client, Conflict, Echo, Mutation
from amocrm_sync._sqlrows import chunks, row_of, value_of
from amocrm_sync._sync.stores.sql.scope import SQLScope, unchanged


class SQLConflicts:
    """See :class:`ConflictFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.conflict

    def add(self, conflicts: Sequence[Conflict]) -> Sequence[Conflict]:
        """See :class:`ConflictFacet`."""
        rows = [row_of(conflict, "id") for conflict in conflicts]
        numbers = self._scope.append(self._table, self._table.c.id, rows)
        return [
            attrs.evolve(conflict, id=number) for conflict, number in zip(conflicts, numbers, strict=True)
        ]

    def list(
        self,
        states: Iterable[str] | None = None,
        *,
        entity: str | None = None,
        uid: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Conflict]:
        """See :class:`ConflictFacet`."""
        table = self._table
        query = self._scope.select(table).order_by(table.c.id).limit(limit).offset(offset)
        if states is not None:
            query = query.where(table.c.state.in_([*states]))
        for column, value in ((table.c.entity, entity), (table.c.uid, uid)):
            query = query if value is None else query.where(column == value)
        return [value_of(Conflict, row) for row in self._scope.rows(query)]

    def get(self, conflict_id: int) -> Conflict | None:
        """See :class:`ConflictFacet`."""
        row = self._scope.one(self._scope.select(self._table).where(self._table.c.id == conflict_id))
        return None if row is None else value_of(Conflict, row)

    def save(self, conflict: Conflict) -> None:
        """See :class:`ConflictFacet`."""
        change = self._scope.update(self._table).where(self._table.c.id == conflict.id)
        self._scope.run(change.values(row_of(conflict, "id")))

    def counts(self) -> dict[str, int]:
        """See :class:`ConflictFacet`."""
        return self._scope.counts(self._table, self._table.c.state)

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`ConflictFacet`."""
        return self._scope.prune(self._table, self._table.c.closed_at < before, limit=limit)


class SQLEcho:
    """See :class:`EchoFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.echo

    def put(self, echoes: Sequence[Echo]) -> None:
        """See :class:`EchoFacet`."""
        old = self._table.c.written_at

        def later(new: Any) -> dict[str, Any]:
            return {"written_at": sa.case((old > new.written_at, old), else_=new.written_at)}

        self._scope.upsert(self._table, [row_of(echo) for echo in echoes], changed=later)

    def match(self, entity: str, remote_ids: Iterable[str]) -> list[Echo]:
        """See :class:`EchoFacet`."""
        table = self._table
        found: list[Echo] = []
        for chunk in chunks(remote_ids):
            query = self._scope.select(table).where(table.c.entity == entity, table.c.remote_id.in_(chunk))
            found += [value_of(Echo, row) for row in self._scope.rows(query)]
        return sorted(found, key=lambda echo: (echo.written_at, echo.remote_id, echo.field, echo.value_hash))

    def take(self, echoes: Iterable[Echo]) -> None:
        """See :class:`EchoFacet`."""
        names = ("entity", "remote_id", "field", "value_hash")
        rows = [{f"_{name}": getattr(echo, name) for name in names} for echo in echoes]
        if rows:
            same = [self._table.c[name] == sa.bindparam(f"_{name}") for name in names]
            self._scope.run(self._scope.delete(self._table).where(*same), rows)

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`EchoFacet`."""
        return self._scope.prune(self._table, self._table.c.written_at < before, limit=limit)


class SQLActivity:
    """See :class:`ActivityFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.activity

    def add(self, rows: Sequence[Activity]) -> int:
        """See :class:`ActivityFacet`."""
        table = self._table
        known: set[str] = set()
        for chunk in chunks(row.key for row in rows if row.key is not None):
            query = self._scope.select(table, table.c.key).where(table.c.key.in_(chunk))
            known |= set((self._scope.run(query)).scalars())
        new: list[Activity] = []
        for row in rows:
            if row.key is None or row.key not in known:
                new.append(row)
                known |= {row.key} if row.key is not None else set()
        # Somebody else may store one of the keys at this moment: then his row is the one.
        self._scope.upsert(table, [_activity_row(row) for row in new], ("key",), unchanged)
        return len(new)

    def list(
        self,
        entity: str | None = None,
        remote_id: str | None = None,
        *,
        uid: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Activity]:
        """See :class:`ActivityFacet`."""
        table = self._table
        query = self._scope.select(table).order_by(table.c.at.desc(), table.c.id.desc())
        for column, value in ((table.c.entity, entity), (table.c.remote_id, remote_id), (table.c.uid, uid)):
            query = query if value is None else query.where(column == value)
        return [value_of(Activity, row) for row in self._scope.rows(query.limit(limit).offset(offset))]

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`ActivityFacet`."""
        return self._scope.prune(self._table, self._table.c.at < before, limit=limit)


def _activity_row(row: Activity) -> dict[str, Any]:
    """A row with the times that every table of the host's has."""
    times = {"amo_created_at": int(row.at), "amo_updated_at": int(row.at), "updated_at": row.created_at}
    return {**row_of(row, "id"), **times}


class SQLLog:
    """See :class:`LogFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.sync_log

    def add(self, entries: Sequence[SyncLogEntry]) -> None:
        """See :class:`LogFacet`."""
        self._scope.insert(self._table, [row_of(entry) for entry in entries])

    def list(self, limit: int, *, run_id: str | None = None) -> list[SyncLogEntry]:
        """See :class:`LogFacet`."""
        query = self._scope.select(self._table).order_by(self._table.c.id.desc()).limit(limit)
        if run_id is not None:
            query = query.where(self._table.c.run_id == run_id)
        return [value_of(SyncLogEntry, row) for row in self._scope.rows(query)]

    def counts(self) -> dict[str, int]:
        """See :class:`LogFacet`."""
        return self._scope.counts(self._table, self._table.c.operation)

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`LogFacet`."""
        return self._scope.prune(self._table, self._table.c.at < before, limit=limit)


class SQLClients:
    """See :class:`ClientFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.client

    def load(self, client_id: str) -> Client | None:
        """See :class:`ClientFacet`."""
        row = self._scope.one(self._scope.select(self._table).where(self._table.c.client_id == client_id))
        return None if row is None else value_of(Client, row)

    def save(self, client: Client) -> None:
        """See :class:`ClientFacet`."""
        self._scope.upsert(self._table, [row_of(client)])


class SQLMutations:
    """See :class:`MutationFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.mutation

    def get(self, client_id: str, mutation_ids: Iterable[int]) -> dict[int, Mutation]:
        """See :class:`MutationFacet`."""
        table = self._table
        found: dict[int, Mutation] = {}
        for chunk in chunks(mutation_ids):
            query = self._scope.select(table).where(
                table.c.client_id == client_id, table.c.mutation_id.in_(chunk)
            )
            found |= {row["mutation_id"]: value_of(Mutation, row) for row in self._scope.rows(query)}
        return found

    def put(self, mutations: Sequence[Mutation]) -> None:
        """See :class:`MutationFacet`."""
        self._scope.upsert(self._table, [row_of(mutation) for mutation in mutations])

    def prune(self, client_id: str, through: int) -> int:
        """See :class:`MutationFacet`."""
        table = self._table
        return self._scope.prune(table, table.c.client_id == client_id, table.c.mutation_id <= through)

    def forget(self, before: float, limit: int) -> int:
        """See :class:`MutationFacet`."""
        client = self._scope.tables.client
        silent = self._scope.select(client, client.c.client_id).where(client.c.seen_at < before)
        return self._scope.prune(self._table, self._table.c.client_id.in_(silent), limit=limit)
