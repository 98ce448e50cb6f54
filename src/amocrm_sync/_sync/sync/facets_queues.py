# Generated from src/amocrm_sync/_async/sync/facets_queues.py by tools/unasync.py: edit that file instead.
"""The parts of a transaction that hold what waits to be done: webhook bodies, work, local edits, outgoing events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import Op, OpState
from amocrm_sync._core.sync.stored import OutgoingEvent
from amocrm_sync._core.sync.work import Claim, WorkKind


class InboxFacet(Protocol):
    """Webhook bodies, as they came."""

    def add(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep bodies, in order. ``False``: the same body is there already, and is marked new again.

        A repetition is not dropped: two changes within a second may have one and the same body.
        """
        ...

    def claim_new(self, limit: int) -> list[Delivery]:
        """Bodies that are not parsed yet, oldest first, except those that another open transaction has claimed.

        They are this transaction's until it ends; those that it does not mark are new again.
        """
        ...

    def mark(self, ids: Iterable[int], state: str, error: str | None = None) -> None:
        """Set the state of bodies."""
        ...

    def counts(self) -> dict[str, int]:
        """How many there are, by state."""
        ...

    def prune(self, before: float, limit: int | None = None) -> int:
        """Drop bodies that were parsed and came before a moment, at most so many; how many."""
        ...


class WorkFacet(Protocol):
    """Work to be done, one row for each kind, stream and key however often it was marked."""

    def mark(self, kind: WorkKind, stream: str, keys: Iterable[str], due_at: float, prio: int = 0) -> None:
        """Mark keys to be worked on, each with a generation that was never used before.

        Work that waits keeps the earlier of both moments, so that marks which keep coming cannot put it off for ever;
        work that somebody holds is due again at the new one. The greater priority stays.
        """
        ...

    def claim(self, kind: WorkKind, now: float, owner: str, until: float, limit: int) -> list[Claim]:
        """Take work that is due and that nobody holds: of one stream, by priority, then the longest due first.

        Two who claim at the same time never get the same; on PostgreSQL neither waits for the other.
        """
        ...

    def held(self, claims: Iterable[Claim]) -> list[Claim]:
        """Those that are still ours. Nobody can take them before this transaction ends.

        Who writes the results of work asks first: a lease may have run out meanwhile, and another has done it.
        """
        ...

    def finish(self, claims: Iterable[Claim]) -> None:
        """End work that is still ours. What was marked anew meanwhile is only given back, to be done again."""
        ...

    def retry(self, claims: Iterable[Claim], due_at: float, error: str) -> None:
        """Count a failure of work that is still ours, and wait. What was marked anew meanwhile is due as that said."""
        ...

    def release(self, claims: Iterable[Claim]) -> None:
        """Give back work that is still ours, as if it had not been taken."""
        ...

    def extend(self, claims: Iterable[Claim], until: float) -> list[Claim]:
        """Hold work longer; those that are still ours, as they are now."""
        ...

    def counts(self) -> dict[WorkKind, int]:
        """How much there is, by kind."""
        ...

    def next_due(self, kind: WorkKind) -> float | None:
        """The earliest moment at which :meth:`claim` will give something; ``None`` if there is no work."""
        ...


class OutboxFacet(Protocol):
    """Local edits on their way to amoCRM."""

    def add(self, ops: Sequence[Op]) -> list[Op]:
        """Append edits; the same with their ``seq``, which rises."""
        ...

    def save(self, ops: Sequence[Op], claims: Iterable[Claim] | None = None) -> list[Op]:
        """Replace edits by ``seq``; those that were replaced.

        Args:
            ops: The edits.
            claims: Fences: only edits of records whose push work is still held under one of these claims are replaced,
                and one that has ended meanwhile (a pull may have met the row) is not opened again.
        """
        ...

    def in_states(self, states: Iterable[OpState], limit: int | None = None) -> list[Op]:
        """Edits in those states, in order of ``seq``."""
        ...

    def of(self, entity: str, uids: Iterable[str], states: Iterable[OpState]) -> list[Op]:
        """The same, of some records."""
        ...

    def get(self, seqs: Iterable[int]) -> list[Op]:
        """Edits by ``seq``, in its order."""
        ...

    def counts(self) -> dict[str, int]:
        """How many there are, by state."""
        ...

    def prune(self, before: float, limit: int | None = None) -> int:
        """Drop edits that are done (or superseded) and were made before a moment, at most so many; how many."""
        ...


class SinkFacet(Protocol):
    """Events on their way to other systems; :attr:`WorkKind.SINK` says which of them to deliver where."""

    def add(self, events: Sequence[OutgoingEvent]) -> None:
        """Keep events; one that is there already stays as it is."""
        ...

    def get(self, ids: Iterable[str]) -> dict[str, OutgoingEvent]:
        """Events by id."""
        ...

    def drop(self, ids: Iterable[str]) -> None:
        """Forget events that are delivered."""
        ...

    def prune(self, before: float, limit: int | None = None) -> int:
        """Drop events of before a moment, at most so many; how many."""
        ...
