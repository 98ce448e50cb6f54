# Generated from src/amocrm_sync/_async/stores/sql/queues.py by tools/unasync.py: edit that file instead.
"""Webhook bodies, local edits and outgoing events, on SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpState, reopens
from amocrm_sync._core.sync.stored import OutgoingEvent
from amocrm_sync._core.sync.work import Claim
from amocrm_sync._sqlrows import chunks, op_of, op_row, row_of, value_of
from amocrm_sync._sync.stores.sql.scope import SQLScope, unchanged
from amocrm_sync._sync.stores.sql.work import SQLWork


class SQLInbox:
    """See :class:`InboxFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.inbox

    def add(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """See :class:`InboxFacet`."""
        first: dict[str, int] = {}
        for place, delivery in enumerate(deliveries):
            first.setdefault(delivery.dedupe, place)
        # Always in the same order: two who insert the same would deadlock.
        fresh = [deliveries[place] for _, place in sorted(first.items())]
        rows = [{**row_of(delivery, "id"), "headers": dict(delivery.headers)} for delivery in fresh]
        new = self._scope.merge(self._table, rows, "dedupe", {"state": "new", "error": None})
        return [
            delivery.dedupe in new and first[delivery.dedupe] == place
            for place, delivery in enumerate(deliveries)
        ]

    def claim_new(self, limit: int) -> list[Delivery]:
        """See :class:`InboxFacet`."""
        table = self._table
        query = self._scope.select(table).where(table.c.state == "new")
        query = query.order_by(table.c.received_at, table.c.id).limit(limit)
        rows = self._scope.rows(query.with_for_update(skip_locked=True))
        return [value_of(Delivery, row) for row in rows]

    def mark(self, ids: Iterable[int], state: str, error: str | None = None) -> None:
        """See :class:`InboxFacet`."""
        for chunk in chunks(ids):
            change = self._scope.update(self._table).where(self._table.c.id.in_(chunk))
            self._scope.run(change.values(state=state, error=error))

    def counts(self) -> dict[str, int]:
        """See :class:`InboxFacet`."""
        return self._scope.counts(self._table, self._table.c.state)

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`InboxFacet`."""
        return self._scope.prune(
            self._table, self._table.c.state == "parsed", self._table.c.received_at < before, limit=limit
        )


class SQLOutbox:
    """See :class:`OutboxFacet`."""

    def __init__(self, scope: SQLScope, work: SQLWork) -> None:
        self._scope = scope
        self._table = scope.tables.outbox
        self._work = work

    def add(self, ops: Sequence[Op]) -> list[Op]:
        """See :class:`OutboxFacet`."""
        numbers = self._scope.append(self._table, self._table.c.seq, [op_row(op) for op in ops])
        return [attrs.evolve(op, seq=seq) for op, seq in zip(ops, numbers, strict=True)]

    def save(self, ops: Sequence[Op], claims: Iterable[Claim] | None = None) -> list[Op]:
        """See :class:`OutboxFacet`."""
        if claims is not None:
            held = {(claim.stream, claim.key) for claim in self._work.held(claims)}
            opened = [op.seq for op in ops if op.state in OPEN_STATES]
            stored = {op.seq: op for op in self.get(opened)} if opened else {}
            ops = [
                op for op in ops if (op.entity, op.uid) in held and not reopens(op, stored.get(op.seq, op))
            ]
        if ops:
            change = self._scope.update(self._table).where(self._table.c.seq == sa.bindparam("_seq"))
            self._scope.run(change, [{"_seq": op.seq, **op_row(op)} for op in ops])
        return list(ops)

    def in_states(self, states: Iterable[OpState], limit: int | None = None) -> list[Op]:
        """See :class:`OutboxFacet`."""
        return self._ops([self._in(states)], limit)

    def of(self, entity: str, uids: Iterable[str], states: Iterable[OpState]) -> list[Op]:
        """See :class:`OutboxFacet`."""
        table, wanted = self._table, self._in(states)
        found: list[Op] = []
        for chunk in chunks(uids):
            found += self._ops([table.c.entity == entity, table.c.uid.in_(chunk), wanted])
        return sorted(found, key=lambda op: op.seq)

    def get(self, seqs: Iterable[int]) -> list[Op]:
        """See :class:`OutboxFacet`."""
        found: list[Op] = []
        for chunk in chunks(sorted(set(seqs))):
            found += self._ops([self._table.c.seq.in_(chunk)])
        return found

    def _in(self, states: Iterable[OpState]) -> sa.ColumnElement[bool]:
        return self._table.c.state.in_([state.value for state in states])

    def _ops(self, conditions: list[sa.ColumnElement[bool]], limit: int | None = None) -> list[Op]:
        query = self._scope.select(self._table).where(*conditions).order_by(self._table.c.seq).limit(limit)
        return [op_of(row) for row in self._scope.rows(query)]

    def counts(self) -> dict[str, int]:
        """See :class:`OutboxFacet`."""
        return self._scope.counts(self._table, self._table.c.state)

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`OutboxFacet`."""
        ended = self._table.c.state.in_(["done", "superseded"])
        return self._scope.prune(self._table, ended, self._table.c.made_at < before, limit=limit)


class SQLSinks:
    """See :class:`SinkFacet`."""

    def __init__(self, scope: SQLScope) -> None:
        self._scope = scope
        self._table = scope.tables.sink

    def add(self, events: Sequence[OutgoingEvent]) -> None:
        """See :class:`SinkFacet`."""
        rows = [{**row_of(event), "payload": dict(event.payload)} for event in events]
        self._scope.upsert(self._table, rows, changed=unchanged)

    def get(self, ids: Iterable[str]) -> dict[str, OutgoingEvent]:
        """See :class:`SinkFacet`."""
        found: dict[str, Any] = {}
        for chunk in chunks(ids):
            for row in self._scope.rows(self._scope.select(self._table).where(self._table.c.id.in_(chunk))):
                found[row["id"]] = value_of(OutgoingEvent, row)
        return found

    def drop(self, ids: Iterable[str]) -> None:
        """See :class:`SinkFacet`."""
        self._scope.drop(self._table, self._table.c.id, ids)

    def prune(self, before: float, limit: int | None = None) -> int:
        """See :class:`SinkFacet`."""
        return self._scope.prune(self._table, self._table.c.at < before, limit=limit)
