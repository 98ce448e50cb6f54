"""The outbox as a person sees it: what waits, what was given up, and what shall become of that."""

from __future__ import annotations

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.edits import show_edits
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.sync.conflicts import IGNORED, OPEN
from amocrm_sync._core.sync.link_edits import entity_of
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.errors import ConfigurationError

_STUCK = (OpState.DEAD, OpState.HELD, OpState.UNKNOWN)


class AsyncLetters:
    """Edits that a person looks after."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def in_states(self, states: tuple[OpState, ...]) -> list[Op]:
        """Edits in those states, all of them by default, in the order in which they were made."""
        async with self._context.tx(write=False) as tx:
            return await tx.outbox.in_states(states or tuple(OpState))

    async def requeue(self, seq: int) -> Op:
        """Send a dead letter, or a create that may have arrived, again with the next push.

        Raises:
            ConfigurationError: There is no such edit, or a conflict has to be decided first.
        """
        async with self._context.tx() as tx:
            op = await self._stuck(tx, seq)
            if op.state is OpState.HELD and op.kind is OpKind.PATCH:
                raise ConfigurationError(
                    f"seq: edit {seq} waits for a conflict; decide it with engine.conflicts.resolve(…)"
                )
            return await self._change(tx, op, OpState.PENDING, None)

    async def discard(self, seq: int) -> Op:
        """Give up an edit for good; the record shows what amoCRM has.

        Raises:
            ConfigurationError: There is no such edit.
        """
        async with self._context.tx() as tx:
            op = await self._stuck(tx, seq)
            for conflict in await tx.conflicts.list((OPEN,), entity=op.entity, uid=op.uid):
                if conflict.seq == seq:
                    now = self._context.clock.now()
                    await tx.conflicts.save(attrs.evolve(conflict, state=IGNORED, closed_at=now))
            return await self._change(tx, op, OpState.DEAD, "discarded")

    async def _stuck(self, tx: AsyncSyncTx, seq: int) -> Op:
        op = next((op for op in await tx.outbox.get([seq]) if op.state in _STUCK), None)
        if op is None:
            raise ConfigurationError(
                f"seq: no dead or held edit has the number {seq}; see engine.outbox() and engine.dead_letters()"
            )
        return op

    async def _change(self, tx: AsyncSyncTx, op: Op, state: OpState, error: str | None) -> Op:
        changed = attrs.evolve(
            op, state=state, error=error, attempts=0, due_at=0.0, probes=0, sent_at=None, first_sent_at=None
        )
        await tx.outbox.save([changed])
        if entity_of(op.entity) is None:
            await show_edits(self._context, tx, await tx.records.by_uid(op.entity, [op.uid]))
        await tx.work.mark(WorkKind.PUSH, op.entity, [op.uid], due_at=self._context.clock.now())
        await self._context.ring(tx, WorkKind.PUSH)
        return changed
