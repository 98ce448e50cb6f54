"""Sending changes of links: many records in one request, the last wish for each pair.

A link is there or it is not, so a request whose outcome is unknown is simply sent again: nothing is doubled by that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from amocrm_sync._async.sync.acknowledge import close
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.failures import LATER, REFUSED
from amocrm_sync._async.sync.parents import parents_of
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._async.sync.reread import read_again
from amocrm_sync._async.sync.sinks import keep_events
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.events import SyncEvent, dead_event
from amocrm_sync._core.sync.link_edits import by_pair, ends_of, stream_of, wire_row
from amocrm_sync._core.sync.outbox import (
    OPEN_STATES,
    Op,
    OpKind,
    OpState,
    is_exhausted,
    put_back,
    taken,
)
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.references import Parent, why_never
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.stored import Activity
from amocrm_sync._core.sync.waiting import wait_for_row, wait_to_resend
from amocrm_sync._core.sync.work import Claim
from amocrm_sync.errors import AmoCRMError, ConfigurationError, ForbiddenError

_TO_ARRIVE = 0.2
"""Part of a lease that is kept for the way to amoCRM."""
_OWN = frozenset({"_embedded"})


@attrs.frozen
class Wish:
    """What shall become of one pair: the edits about it, of which the last counts, and the row to send."""

    ops: tuple[Op, ...]
    record: Record
    row: Row

    @property
    def kind(self) -> OpKind:
        """To link or to unlink."""
        return self.ops[-1].kind


class AsyncLinker:
    """Sends the changes of links of one entity whose work is claimed."""

    def __init__(
        self, context: AsyncSyncContext, entity: str, claims: Sequence[Claim], report: SyncReport
    ) -> None:
        self._context = context
        self._entity = entity_named(entity)
        self._claims = claims
        self._report = report
        self._leave_by = 0.0
        self._events: list[SyncEvent] = []

    async def work(self) -> None:
        """Send what can be sent.

        Raises:
            AmoCRMError: Nothing was stored, and nothing else would be now; the edits are as they were.
        """
        wanted = await self._take()
        size = self._context.config.push_batch
        try:
            for kind in (OpKind.UNLINK, OpKind.LINK):
                own = [wish for wish in wanted if wish.kind is kind]
                for start in range(0, len(own), size):
                    await self._send(own[start : start + size])
            await self._read_back({wish.record.uid: wish.record for wish in wanted})
        except AmoCRMError as error:
            await self._return(wanted, error)
            raise
        finally:
            await self._context.listeners.tell(self._events)
        now = await self._context.now()
        async with self._context.tx(lock=False) as tx:
            await close(tx, self._claims, now=now)

    async def _take(self) -> list[Wish]:
        """Mark the edits as being sent, durably, before they are."""
        context, stream = self._context, stream_of(self._entity.name)
        self._leave_by = context.clock.monotonic() + context.config.lease * (1 - _TO_ARRIVE)
        now = await context.now()
        found: list[Wish] = []
        waiting: set[str] = set()
        async with context.tx() as tx:
            held = await tx.work.extend(self._claims, now + context.config.lease)
            open_ops = await tx.outbox.of(stream, [claim.key for claim in held], OPEN_STATES)
            rows = await parents_of(tx, {end for op in open_ops for end in ends_of(op)})
            for ops in by_pair(open_ops, rows):
                reason = self._why_dead(ops[-1], rows, now)
                if reason is not None:
                    await self._bury(tx, ops, reason)
                elif ops[-1].due_at <= now:
                    wish = self._wish(ops, rows, now)
                    if wish is not None:
                        found.append(wish)
                    else:
                        waiting.update(op.uid for op in ops)
            await tx.outbox.save([op for wish in found for op in wish.ops], held)
            going = {op.uid for wish in found for op in wish.ops}
            idle = [claim for claim in held if claim.key not in going]
            waits = {
                claim.key: now + wait_for_row(claim, context.config) for claim in idle if claim.key in waiting
            }
            await close(tx, idle, now=now, not_before=waits)
            self._claims = [claim for claim in held if claim.key in going]
        return found

    def _why_dead(self, last: Op, rows: Mapping[tuple[str, str], Parent], now: float) -> str | None:
        """Why a change is not sent any more, and what helps; ``None`` if it is, now or later."""
        config = self._context.config
        horizon = config.retry_horizon
        reason = why_never(ends_of(last), rows, made_at=last.made_at, now=now, horizon=horizon)
        if reason is None and is_exhausted(last, now=now, attempts=config.max_attempts, horizon=horizon):
            return f"given up after {last.attempts} attempts: {last.error or 'no answer'}"
        return reason

    def _wish(self, ops: Sequence[Op], rows: Mapping[tuple[str, str], Parent], now: float) -> Wish | None:
        """The row to send for a pair; ``None`` while amoCRM does not have both ends."""
        near, far = (rows[end].record for end in ends_of(ops[-1]))
        if near is None or near.amo_id is None or far is None or far.remote_id is None:
            return None
        row = wire_row(ops[-1], near.amo_id, far.remote_id)
        return Wish(tuple(taken(op, now) for op in ops), near, row)

    async def _send(self, batch: Sequence[Wish]) -> None:
        """One request. amoCRM refuses it as a whole: then each goes by itself, and the wrong one is a dead letter."""
        try:
            await self._request(batch)
        except REFUSED as error:
            if len(batch) > 1:
                for wish in batch:
                    await self._send([wish])
                return
            async with self._context.tx() as tx:
                if batch[0].kind is OpKind.UNLINK and batch[0].ops[-1].attempts > 1:
                    await self._done(tx, batch)  # it was gone already: an earlier attempt had arrived
                else:
                    await self._bury(tx, batch[0].ops, str(error))
        except (*LATER, ForbiddenError):
            raise
        except AmoCRMError as error:
            await self._again(batch, str(error))
        else:
            async with self._context.tx(lock=False) as tx:
                await self._done(tx, batch)

    async def _request(self, batch: Sequence[Wish]) -> None:
        caller = self._context.caller
        if caller is None:
            raise ConfigurationError("client: links live in amoCRM; this engine has no client")
        self._report.of("links").requests += 1
        name, verb = self._entity.name, batch[0].kind.value
        with self._context.telemetry.span(
            f"amocrm.sync.batch {verb}", {"amocrm.entity": name, "amocrm.rows": len(batch)}
        ):
            await caller.request(
                "POST",
                f"{self._entity.path}/{verb}",
                json=[wish.row for wish in batch],
                retry=False,
                time_left=self._time_left,
            )

    def _time_left(self) -> float:
        """Seconds in which the write may leave: after its lease another process may be sending a later wish."""
        return self._leave_by - self._context.clock.monotonic()

    async def _done(self, tx: AsyncSyncTx, batch: Sequence[Wish]) -> None:
        """Note down what amoCRM has."""
        context, now = self._context, self._context.clock.now()
        ended = [attrs.evolve(op, state=OpState.DONE, error=None) for wish in batch for op in wish.ops]
        saved = await tx.outbox.save(ended, self._claims)
        self._report.of("links").pushed += len(saved)
        seqs = {op.seq for op in saved}
        own = [wish for wish in batch if wish.ops[-1].seq in seqs]
        await tx.activity.add(
            [
                Activity(
                    at=now,
                    created_at=now,
                    actor=wish.ops[-1].actor or "",
                    source="push",
                    entity=self._entity.name,
                    remote_id=wish.record.remote_id,
                    uid=wish.record.uid,
                    event=f"{self._entity.singular}.{wish.kind.value}ed",
                    after={name: value for name, value in wish.row.items() if name != "entity_id"},
                )
                for wish in own
            ]
        )
        for verb in sorted({wish.kind.value for wish in own}):
            uids = [wish.record.uid for wish in own]
            details = {"uids": uids, "edits": sorted(seqs)}
            await context.log(tx, self._report, f"{verb}_{self._entity.name}", self._entity.name, details)

    async def _again(self, batch: Sequence[Wish], error: str) -> None:
        """The outcome is unknown; the same request later gives the same."""
        config = self._context.config
        random = self._context.random.random()
        now = await self._context.now()
        ops: list[Op] = []
        for op in (op for wish in batch for op in wish.ops):
            wait = wait_to_resend(op, config, random)
            ops.append(attrs.evolve(op, state=OpState.PENDING, due_at=now + wait, error=error))
        async with self._context.tx(lock=False) as tx:
            await tx.outbox.save(ops, self._claims)

    async def _return(self, wanted: Sequence[Wish], error: AmoCRMError) -> None:
        """Nothing was stored of what is still under way: that counts no attempt."""
        async with self._context.tx(lock=False) as tx:
            present = await tx.outbox.get([op.seq for wish in wanted for op in wish.ops])
            under_way = [op for op in present if op.state is OpState.INFLIGHT]
            await tx.outbox.save([put_back(op, str(error)) for op in under_way], self._claims)

    async def _bury(self, tx: AsyncSyncTx, ops: Sequence[Op], reason: str) -> None:
        dead = await tx.outbox.save(
            [attrs.evolve(op, state=OpState.DEAD, error=reason) for op in ops], self._claims
        )
        for op in dead:
            self._report.fail("links", f"{op.kind.value}_{self._entity.name}", f"record {op.uid}: {reason}")
            self._events.append(dead_event(op, None))
        await keep_events(self._context, tx, self._events[-len(dead) :] if dead else [])

    async def _read_back(self, records: dict[str, Record]) -> None:
        """See the links as amoCRM has them now. That a row shows them is our own doing, and no news to the host."""
        ids = [record.remote_id for record in records.values() if record.remote_id is not None]
        if not ids:
            return
        context, stream = self._context, self._entity.streams[0]
        answer = await read_again(context, stream, ids, self._report)
        async with context.tx() as tx:
            events = await answer.apply(context, tx, stream, self._report, own=_OWN)
        self._events += events
