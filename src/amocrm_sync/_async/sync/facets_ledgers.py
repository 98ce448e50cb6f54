"""The parts of a transaction that hold what happened: conflicts, echoes, activity, the log, and what clients were told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._core.sync.stored import Activity, Client, Conflict, Echo, Mutation


class AsyncConflictFacet(Protocol):
    """Fields that were changed on both sides."""

    async def add(self, conflicts: Sequence[Conflict]) -> Sequence[Conflict]:
        """Append conflicts; the same with their ids, which rise."""
        ...

    async def list(
        self,
        states: Iterable[str] | None = None,
        *,
        entity: str | None = None,
        uid: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Conflict]:
        """Conflicts in those states (in any, by default), of one entity or record, oldest first."""
        ...

    async def get(self, conflict_id: int) -> Conflict | None:
        """One conflict."""
        ...

    async def save(self, conflict: Conflict) -> None:
        """Replace a conflict by its id."""
        ...

    async def counts(self) -> dict[str, int]:
        """How many there are, by state."""
        ...

    async def prune(self, before: float, limit: int | None = None) -> int:
        """Drop conflicts that were closed before a moment, at most so many; how many. Open ones stay."""
        ...


class AsyncEchoFacet(Protocol):
    """Values that we wrote, each once."""

    async def put(self, echoes: Sequence[Echo]) -> None:
        """Keep values; the same value of the same field is kept with its later moment."""
        ...

    async def match(self, entity: str, remote_ids: Iterable[str]) -> list[Echo]:
        """What we wrote into some rows, oldest first."""
        ...

    async def take(self, echoes: Iterable[Echo]) -> None:
        """Forget values that have come back."""
        ...

    async def prune(self, before: float, limit: int | None = None) -> int:
        """Drop values that were written before a moment, at most so many; how many."""
        ...


class AsyncActivityFacet(Protocol):
    """Who did what, newest last."""

    async def add(self, rows: Sequence[Activity]) -> int:
        """Append rows, except those whose key is there already; how many were new."""
        ...

    async def list(
        self,
        entity: str | None = None,
        remote_id: str | None = None,
        *,
        uid: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Activity]:
        """The rows of all records, of one entity, or of one record; the latest first."""
        ...

    async def prune(self, before: float, limit: int | None = None) -> int:
        """Drop rows of before a moment, at most so many; how many."""
        ...


class AsyncLogFacet(Protocol):
    """The sync log."""

    async def add(self, entries: Sequence[SyncLogEntry]) -> None:
        """Append rows."""
        ...

    async def list(self, limit: int, *, run_id: str | None = None) -> list[SyncLogEntry]:
        """The newest rows, newest first; of one run, if it is named."""
        ...

    async def counts(self) -> dict[str, int]:
        """How many there are, by operation."""
        ...

    async def prune(self, before: float, limit: int | None = None) -> int:
        """Drop rows of before a moment, at most so many; how many."""
        ...


class AsyncClientFacet(Protocol):
    """Phones and panels."""

    async def load(self, client_id: str) -> Client | None:
        """One client."""
        ...

    async def save(self, client: Client) -> None:
        """Insert or replace a client."""
        ...


class AsyncMutationFacet(Protocol):
    """What clients were answered."""

    async def get(self, client_id: str, mutation_ids: Iterable[int]) -> dict[int, Mutation]:
        """Answers by mutation id."""
        ...

    async def put(self, mutations: Sequence[Mutation]) -> None:
        """Insert or replace answers."""
        ...

    async def prune(self, client_id: str, through: int) -> int:
        """Drop the answers that a client has seen, up to a mutation id; how many."""
        ...

    async def forget(self, before: float, limit: int) -> int:
        """Drop answers to clients that were seen last before a moment, at most so many; how many.

        Answers under a name that no client has stay.
        """
        ...
