# Generated from src/amocrm_sync/_async/sync/letters.py by tools/unasync.py: edit that file instead.
"""The outbox as a person sees it: what waits, what was given up, and what shall become of that."""

from __future__ import annotations

import attrs

from amocrm_sync._core.sync.conflicts import IGNORED, OPEN
from amocrm_sync._core.sync.link_edits import entity_of
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.edits import show_edits
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.errors import ConfigurationError

_STUCK = (OpState.DEAD, OpState.HELD, OpState.UNKNOWN)


class Letters:
    """Edits that a person looks after."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    def in_states(self, states: tuple[OpState, ...]) -> list[Op]:
        """Edits in those states, all of them by default, in the order in which they were made."""
        with self._context.tx(write=False) as tx:
            return tx.outbox.in_states(states or tuple(OpState))

    def requeue(self, seq: int) -> Op:
        """Send a dead letter, or a create that may have arrived, again with the next push.

        Raises:
            ConfigurationError: There is no such edit, or a conflict has to be decided first.
        """
        with self._context.tx() as tx:
            op = self._stuck(tx, seq)
            if op.state is OpState.HELD and op.kind is OpKind.PATCH:
                raise ConfigurationError(
                    f"seq: edit {seq} waits for a conflict; decide it with engine.conflicts.resolve(…)"
                )
            return self._change(tx, op, OpState.PENDING, None)

    def discard(self, seq: int) -> Op:
        """Give up an edit for good; the record shows what amoCRM has.

        Raises:
            ConfigurationError: There is no such edit.
        """
        with self._context.tx() as tx:
            op = self._stuck(tx, seq)
            for conflict in tx.conflicts.list((OPEN,), entity=op.entity, uid=op.uid):
                if conflict.seq == seq:
                    now = self._context.clock.now()
                    tx.conflicts.save(attrs.evolve(conflict, state=IGNORED, closed_at=now))
            return self._change(tx, op, OpState.DEAD, "discarded")

    def _stuck(self, tx: SyncTx, seq: int) -> Op:
        op = next((op for op in tx.outbox.get([seq]) if op.state in _STUCK), None)
        if op is None:
            raise ConfigurationError(
                f"seq: no dead or held edit has the number {seq}; see engine.outbox() and engine.dead_letters()"
            )
        return op

    def _change(self, tx: SyncTx, op: Op, state: OpState, error: str | None) -> Op:
        changed = attrs.evolve(
            op, state=state, error=error, attempts=0, due_at=0.0, probes=0, sent_at=None, first_sent_at=None
        )
        tx.outbox.save([changed])
        if entity_of(op.entity) is None:
            show_edits(self._context, tx, tx.records.by_uid(op.entity, [op.uid]))
        tx.work.mark(WorkKind.PUSH, op.entity, [op.uid], due_at=self._context.clock.now())
        self._context.ring(tx, WorkKind.PUSH)
        return changed
