# Generated from src/amocrm_sync/_async/stores/memory/ledgers.py by tools/unasync.py: edit that file instead.
"""Conflicts, echoes, activity, the log, clients and their mutations, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._core.sync.stored import Activity, Client, Conflict, Echo, Mutation
from amocrm_sync._memorydata import MemoryFacet


class MemoryConflicts(MemoryFacet):
    """See :class:`ConflictFacet`."""

    def add(self, conflicts: Sequence[Conflict]) -> Sequence[Conflict]:
        """See :class:`ConflictFacet`."""
        stored = [attrs.evolve(conflict, id=self._raise("conflict")) for conflict in conflicts]
        for conflict in stored:
            self._write.put(self._data.conflicts, conflict.id, conflict)
        return stored

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
        wanted = None if states is None else set(states)
        found = [
            conflict
            for _, conflict in sorted(self._data.conflicts.items())
            if (wanted is None or conflict.state in wanted)
            and entity in (None, conflict.entity)
            and uid in (None, conflict.uid)
        ]
        return found[offset:] if limit is None else found[offset : offset + limit]

    def get(self, conflict_id: int) -> Conflict | None:
        """See :class:`ConflictFacet`."""
        return self._data.conflicts.get(conflict_id)

    def save(self, conflict: Conflict) -> None:
        """See :class:`ConflictFacet`."""
        if conflict.id in self._data.conflicts:
            self._write.put(self._data.conflicts, conflict.id, conflict)

    def counts(self) -> dict[str, int]:
        """See :class:`ConflictFacet`."""
        return dict(Counter(conflict.state for conflict in self._data.conflicts.values()))

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`ConflictFacet`."""
        old = [
            number
            for number, conflict in self._data.conflicts.items()
            if conflict.closed_at is not None and conflict.closed_at < before
        ]
        return self._prune(self._data.conflicts, old, limit)


class MemoryEcho(MemoryFacet):
    """See :class:`EchoFacet`."""

    def put(self, echoes: Sequence[Echo]) -> None:
        """See :class:`EchoFacet`."""
        for echo in echoes:
            known = self._data.echo.get(_key(echo), echo)
            later = max(known, echo, key=lambda item: item.written_at)
            self._write.put(self._data.echo, _key(echo), later)

    def match(self, entity: str, remote_ids: Iterable[str]) -> list[Echo]:
        """See :class:`EchoFacet`."""
        wanted = set(remote_ids)
        found = [
            echo for echo in self._data.echo.values() if echo.entity == entity and echo.remote_id in wanted
        ]
        return sorted(found, key=lambda echo: (echo.written_at, _key(echo)))

    def take(self, echoes: Iterable[Echo]) -> None:
        """See :class:`EchoFacet`."""
        self._prune(self._data.echo, [_key(echo) for echo in echoes])

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`EchoFacet`."""
        old = [key for key, echo in self._data.echo.items() if echo.written_at < before]
        return self._prune(self._data.echo, old, limit)


def _key(echo: Echo) -> tuple[str, str, str, str]:
    return echo.entity, echo.remote_id, echo.field, echo.value_hash


class MemoryActivity(MemoryFacet):
    """See :class:`ActivityFacet`."""

    def add(self, rows: Sequence[Activity]) -> int:
        """See :class:`ActivityFacet`."""
        new = 0
        for row in rows:
            if row.key is not None and row.key in self._data.activity_keys:
                continue
            number = self._raise("activity")
            self._write.put(self._data.activity, number, attrs.evolve(row, id=number))
            if row.key is not None:
                self._write.put(self._data.activity_keys, row.key, number)
            new += 1
        return new

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
        found = [
            row
            for row in self._data.activity.values()
            if entity in (None, row.entity) and remote_id in (None, row.remote_id) and uid in (None, row.uid)
        ]
        found.sort(key=lambda row: (row.at, row.id), reverse=True)
        return found[offset:] if limit is None else found[offset : offset + limit]

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`ActivityFacet`."""
        old = [row for row in self._data.activity.values() if row.at < before][:limit]
        self._prune(self._data.activity_keys, [row.key for row in old if row.key is not None])
        return self._prune(self._data.activity, [row.id for row in old])


class MemoryLog(MemoryFacet):
    """See :class:`LogFacet`."""

    def add(self, entries: Sequence[SyncLogEntry]) -> None:
        """See :class:`LogFacet`."""
        for entry in entries:
            self._write.put(self._data.log, self._raise("log"), entry)

    def list(self, limit: int, *, run_id: str | None = None) -> list[SyncLogEntry]:
        """See :class:`LogFacet`."""
        newest = [entry for _, entry in sorted(self._data.log.items(), reverse=True)]
        return [entry for entry in newest if run_id in (None, entry.run_id)][:limit]

    def counts(self) -> dict[str, int]:
        """See :class:`LogFacet`."""
        return dict(Counter(entry.operation for entry in self._data.log.values()))

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`LogFacet`."""
        old = [key for key, entry in self._data.log.items() if entry.at < before]
        return self._prune(self._data.log, old, limit)


class MemoryClients(MemoryFacet):
    """See :class:`ClientFacet`."""

    def load(self, client_id: str) -> Client | None:
        """See :class:`ClientFacet`."""
        return self._data.clients.get(client_id)

    def save(self, client: Client) -> None:
        """See :class:`ClientFacet`."""
        self._write.put(self._data.clients, client.client_id, client)


class MemoryMutations(MemoryFacet):
    """See :class:`MutationFacet`."""

    def get(self, client_id: str, mutation_ids: Iterable[int]) -> dict[int, Mutation]:
        """See :class:`MutationFacet`."""
        found = {number: self._data.mutations.get((client_id, number)) for number in mutation_ids}
        return {number: mutation for number, mutation in found.items() if mutation is not None}

    def put(self, mutations: Sequence[Mutation]) -> None:
        """See :class:`MutationFacet`."""
        for mutation in mutations:
            self._write.put(self._data.mutations, (mutation.client_id, mutation.mutation_id), mutation)

    def prune(self, client_id: str, through: int) -> int:
        """See :class:`MutationFacet`."""
        seen = [key for key in self._data.mutations if key[0] == client_id and key[1] <= through]
        return self._prune(self._data.mutations, seen)

    def forget(self, before: float, limit: int) -> int:
        """See :class:`MutationFacet`."""
        silent = {name for name, client in self._data.clients.items() if client.seen_at < before}
        return self._prune(
            self._data.mutations, [key for key in self._data.mutations if key[0] in silent], limit
        )
