# Generated from src/amocrm_sync/_async/stores/memory/queues.py by tools/unasync.py: edit that file instead.
"""Webhook bodies, work, local edits and outgoing events, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import Op, OpState, reopens
from amocrm_sync._core.sync.stored import OutgoingEvent
from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync._memorydata import MemoryFacet


class MemoryInbox(MemoryFacet):
    """See :class:`InboxFacet`."""

    def add(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """See :class:`InboxFacet`."""
        once = {delivery.dedupe: delivery for delivery in reversed(deliveries)}
        new = {dedupe: self._add(delivery) for dedupe, delivery in sorted(once.items())}
        return [new.pop(delivery.dedupe, False) for delivery in deliveries]

    def _add(self, delivery: Delivery) -> bool:
        known = self._data.bodies.get(delivery.dedupe)
        if known is not None:
            again = attrs.evolve(self._data.inbox[known], state="new", error=None)
            self._write.put(self._data.inbox, known, again)
            return False
        number = self._raise("inbox")
        self._write.put(self._data.inbox, number, attrs.evolve(delivery, id=number))
        self._write.put(self._data.bodies, delivery.dedupe, number)
        return True

    def claim_new(self, limit: int) -> list[Delivery]:
        """See :class:`InboxFacet`."""
        waiting = [item for item in self._data.inbox.values() if item.state == "new"]
        return sorted(waiting, key=lambda item: (item.received_at, item.id))[:limit]

    def mark(self, ids: Iterable[int], state: str, error: str | None = None) -> None:
        """See :class:`InboxFacet`."""
        for delivery_id in ids:
            marked = attrs.evolve(self._data.inbox[delivery_id], state=state, error=error)
            self._write.put(self._data.inbox, delivery_id, marked)

    def counts(self) -> dict[str, int]:
        """See :class:`InboxFacet`."""
        return dict(Counter(item.state for item in self._data.inbox.values()))

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`InboxFacet`."""
        old = [
            item for item in self._data.inbox.values() if item.state == "parsed" and item.received_at < before
        ][:limit]
        self._prune(self._data.bodies, [item.dedupe for item in old])
        return self._prune(self._data.inbox, [item.id for item in old])


class MemoryWork(MemoryFacet):
    """See :class:`WorkFacet`."""

    def mark(self, kind: WorkKind, stream: str, keys: Iterable[str], due_at: float, prio: int = 0) -> None:
        """See :class:`WorkFacet`."""
        for key in dict.fromkeys(keys):
            row = self._data.work.get(
                (kind, stream, key), Claim(kind=kind, stream=stream, key=key, due_at=due_at)
            )
            waits = row.lease_token is None
            marked = attrs.evolve(
                row,
                generation=self._raise("number"),
                due_at=min(row.due_at, due_at) if waits else due_at,
                prio=max(row.prio, prio) if row.generation else prio,
            )
            self._put(marked)

    def claim(self, kind: WorkKind, now: float, owner: str, until: float, limit: int) -> list[Claim]:
        """See :class:`WorkFacet`."""
        due = sorted(
            (
                row
                for row in self._data.work.values()
                if row.kind is kind and row.due_at <= now and (row.lease_until or now) <= now
            ),
            key=lambda row: (-row.prio, row.due_at, row.generation),
        )
        if not due:
            return []
        token = self._raise("number")
        taken = [
            attrs.evolve(row, lease_owner=owner, lease_until=until, lease_token=token)
            for row in due
            if row.stream == due[0].stream
        ][:limit]
        for claim in taken:
            self._put(claim)
        return taken

    def held(self, claims: Iterable[Claim]) -> list[Claim]:
        """See :class:`WorkFacet`."""
        return [claim for claim in claims if self._mine(claim) is not None]

    def finish(self, claims: Iterable[Claim]) -> None:
        """See :class:`WorkFacet`."""
        for claim in claims:
            row = self._mine(claim)
            if row is not None and self._is_same(row, claim):
                self._write.drop(self._data.work, (row.kind, row.stream, row.key))
            elif row is not None:
                self._put(_free(row))

    def retry(self, claims: Iterable[Claim], due_at: float, error: str) -> None:
        """See :class:`WorkFacet`."""
        for claim in claims:
            row = self._mine(claim)
            if row is not None:
                due = due_at if self._is_same(row, claim) else row.due_at
                self._put(attrs.evolve(_free(row), attempts=row.attempts + 1, due_at=due, error=error))

    def release(self, claims: Iterable[Claim]) -> None:
        """See :class:`WorkFacet`."""
        for claim in self.held(claims):
            self._put(_free(self._data.work[claim.kind, claim.stream, claim.key]))

    def extend(self, claims: Iterable[Claim], until: float) -> list[Claim]:
        """See :class:`WorkFacet`."""
        mine = self.held(claims)
        for claim in mine:
            row = self._data.work[claim.kind, claim.stream, claim.key]
            self._put(attrs.evolve(row, lease_until=until))
        return [attrs.evolve(claim, lease_until=until) for claim in mine]

    def counts(self) -> dict[WorkKind, int]:
        """See :class:`WorkFacet`."""
        return dict(Counter(row.kind for row in self._data.work.values()))

    def next_due(self, kind: WorkKind) -> float | None:
        """See :class:`WorkFacet`."""
        moments = [
            max(row.due_at, row.lease_until or row.due_at)
            for row in self._data.work.values()
            if row.kind is kind
        ]
        return min(moments, default=None)

    def _mine(self, claim: Claim) -> Claim | None:
        """The row as it is now, if the claim's lease is the present one."""
        row = self._data.work.get((claim.kind, claim.stream, claim.key))
        return row if row is not None and row.lease_token == claim.lease_token is not None else None

    def _is_same(self, row: Claim, claim: Claim) -> bool:
        """Whether the work was not marked anew since it was claimed."""
        return row.generation == claim.generation

    def _put(self, row: Claim) -> None:
        self._write.put(self._data.work, (row.kind, row.stream, row.key), row)


def _free(row: Claim) -> Claim:
    return attrs.evolve(row, lease_owner=None, lease_until=None, lease_token=None)


class MemoryOutbox(MemoryFacet):
    """See :class:`OutboxFacet`."""

    def add(self, ops: Sequence[Op]) -> list[Op]:
        """See :class:`OutboxFacet`."""
        stored = [attrs.evolve(op, seq=self._raise("outbox")) for op in ops]
        for op in stored:
            self._write.put(self._data.outbox, op.seq, op)
        return stored

    def save(self, ops: Sequence[Op], claims: Iterable[Claim] | None = None) -> list[Op]:
        """See :class:`OutboxFacet`."""
        if claims is not None:
            held = {(claim.stream, claim.key) for claim in claims if self._holds(claim)}
            ops = [
                op for op in ops if (op.entity, op.uid) in held and not reopens(op, self._data.outbox[op.seq])
            ]
        for op in ops:
            self._write.put(self._data.outbox, op.seq, op)
        return list(ops)

    def _holds(self, claim: Claim) -> bool:
        row = self._data.work.get((WorkKind.PUSH, claim.stream, claim.key))
        return row is not None and row.lease_token == claim.lease_token is not None

    def in_states(self, states: Iterable[OpState], limit: int | None = None) -> list[Op]:
        """See :class:`OutboxFacet`."""
        wanted = set(states)
        return [op for _, op in sorted(self._data.outbox.items()) if op.state in wanted][:limit]

    def of(self, entity: str, uids: Iterable[str], states: Iterable[OpState]) -> list[Op]:
        """See :class:`OutboxFacet`."""
        wanted = set(uids)
        return [op for op in self.in_states(states) if op.entity == entity and op.uid in wanted]

    def get(self, seqs: Iterable[int]) -> list[Op]:
        """See :class:`OutboxFacet`."""
        return [self._data.outbox[seq] for seq in sorted(set(seqs)) if seq in self._data.outbox]

    def counts(self) -> dict[str, int]:
        """See :class:`OutboxFacet`."""
        return dict(Counter(op.state.value for op in self._data.outbox.values()))

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`OutboxFacet`."""
        ended = ("done", "superseded")
        old = [
            seq for seq, op in self._data.outbox.items() if op.state.value in ended and op.made_at < before
        ]
        return self._prune(self._data.outbox, old, limit)


class MemorySinks(MemoryFacet):
    """See :class:`SinkFacet`."""

    def add(self, events: Sequence[OutgoingEvent]) -> None:
        """See :class:`SinkFacet`."""
        for event in events:
            self._write.put(self._data.sinks, event.id, self._data.sinks.get(event.id, event))

    def get(self, ids: Iterable[str]) -> dict[str, OutgoingEvent]:
        """See :class:`SinkFacet`."""
        return {key: self._data.sinks[key] for key in ids if key in self._data.sinks}

    def drop(self, ids: Iterable[str]) -> None:
        """See :class:`SinkFacet`."""
        self._prune(self._data.sinks, list(ids))

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`SinkFacet`."""
        old = [key for key, event in self._data.sinks.items() if event.at < before]
        return self._prune(self._data.sinks, old, limit)
