"""``engine.conflicts``: what both sides changed, and a person's decision about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.edits import Author, edit_record, show_edits
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._async.sync.sinks import keep_events
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.conflicts import IGNORED, OPEN
from amocrm_sync._core.sync.events import SyncEvent, conflict_event
from amocrm_sync._core.sync.fields import assemble, fits, flatten, value_at
from amocrm_sync._core.sync.merge import strip
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind, OpState
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.stored import Activity, Conflict
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.errors import ConfigurationError, NotFoundError

DETECTED_AFTER = "detected_after"
"""The policy of a conflict that was seen only after our write had replaced the other value."""


class AsyncConflicts:
    """Conflicts of the local store."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def list(
        self,
        state: str | None = None,
        *,
        entity: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Conflict]:
        """Conflicts, oldest first.

        Args:
            state: ``open`` (to be decided by a person), ``auto``, ``resolved`` or ``ignored``; all of them by default.
            entity: Of one entity only, by its plural name.
            limit: At most so many.
            offset: Leave out so many first.
        """
        await self._context.open()
        name = None if entity is None else entity_named(entity).name
        async with self._context.tx(write=False) as tx:
            return await tx.conflicts.list(
                None if state is None else (state,), entity=name, limit=limit, offset=offset
            )

    async def get(self, conflict_id: int) -> Conflict:
        """One conflict.

        Raises:
            NotFoundError: There is none with that number.
        """
        await self._context.open()
        async with self._context.tx(write=False) as tx:
            return await self._conflict(tx, conflict_id)

    async def resolve(
        self, conflict_id: int, choice: str | Mapping[str, Any], *, by: str | None = None
    ) -> Conflict:
        """Decide what a field shall hold. What amoCRM does not have yet goes there with the next push.

        A conflict that a rule has decided may be decided otherwise, too.

        Args:
            conflict_id: Number of the conflict.
            choice: ``local``, ``remote``, or merged fields: the conflict's own and, if need be, others. A custom field
                may be named as the conflict names it: ``{"custom_fields_values.601003": [{"value": "Pine"}]}``.
            by: Who decides.

        Raises:
            NotFoundError: There is no such conflict, or its record is gone.
            ConfigurationError: It is decided already by a person, or the choice is none: no side, or fields without
                the conflict's own.
        """
        await self._context.open()
        async with self._context.tx() as tx:
            conflict = await self._conflict(tx, conflict_id)
            if conflict.state == "resolved":
                raise ConfigurationError(
                    f"conflict {conflict_id}: {conflict.by or 'somebody'} has decided it already"
                )
            record = (await tx.records.by_uid(conflict.entity, [conflict.uid])).get(conflict.uid)
            if record is None or record.deleted_at is not None:
                raise NotFoundError(f"conflict {conflict_id}: its record is gone", status=404)
            wanted = _wanted(conflict, record, choice)
            named, _ = self._context.config.host.to_remote(record.entity, wanted)
            decision = flatten(named, record.base)
            if conflict.field not in decision:
                raise ConfigurationError(
                    f"choice: conflict {conflict_id} is about {conflict.field!r}; give that field a value"
                )
            record = await self._settle(tx, conflict, record, wanted, Author(actor=by))
            decided = attrs.evolve(
                conflict,
                state="resolved",
                resolution=choice if isinstance(choice, str) else "merged",
                value=decision[conflict.field],
                by=by,
                closed_at=self._context.clock.now(),
            )
            await tx.conflicts.save(decided)
            await tx.activity.add([_activity(decided, record, self._context.clock.now())])
            events = [conflict_event(decided, record, "resolved")]
            await keep_events(self._context, tx, events)
        await self._context.listeners.tell(events)
        return decided

    async def ignore(self, conflict_id: int) -> Conflict:
        """Put a conflict aside that a rule has decided.

        Raises:
            ConfigurationError: It is open: it has to be decided.
        """
        await self._context.open()
        async with self._context.tx() as tx:
            conflict = await self._conflict(tx, conflict_id)
            if conflict.state == OPEN:
                raise ConfigurationError(
                    f"conflict {conflict_id}: an edit waits for it; decide with resolve(id, 'local' or 'remote')"
                )
            ignored = attrs.evolve(conflict, state=IGNORED, closed_at=self._context.clock.now())
            await tx.conflicts.save(ignored)
        return ignored

    async def _conflict(self, tx: AsyncSyncTx, conflict_id: int) -> Conflict:
        conflict = await tx.conflicts.get(conflict_id)
        if conflict is None:
            raise NotFoundError(
                f"there is no conflict {conflict_id!r}; see engine.conflicts.list()", status=404
            )
        return conflict

    async def _settle(
        self,
        tx: AsyncSyncTx,
        conflict: Conflict,
        record: Record,
        wanted: Mapping[str, Any],
        author: Author,
    ) -> Record:
        """Bring the edits of the record to the decision: what amoCRM has already needs none."""
        if self._context.remote is None:
            return await edit_record(self._context, tx, record, wanted, author=author)
        waiting = await tx.outbox.of(record.entity, [record.uid], OPEN_STATES)
        others = {
            item.field
            for item in await tx.conflicts.list((OPEN,), entity=record.entity, uid=record.uid)
            if item.id != conflict.id
        }
        for op in waiting:
            if op.kind is OpKind.PATCH and op.state in (OpState.PENDING, OpState.HELD):
                await tx.outbox.save([_freed(op, conflict.field, record, others)])
        shown = (await show_edits(self._context, tx, {record.uid: record}))[record.uid]
        await tx.work.mark(WorkKind.PUSH, record.entity, [record.uid], due_at=self._context.clock.now())
        await self._context.ring(tx, WorkKind.PUSH)
        return await edit_record(self._context, tx, shown, wanted, author=author)


async def detected_after(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    record: Record,
    field: str,
    *,
    base: Any,
    local: Any,
    remote: Any,
    at: float,
) -> list[SyncEvent]:
    """Keep that our write replaced a value which we had never seen; the events to tell after the commit.

    An event of amoCRM says what was there before our write (``value_before``); where that is not what we held it
    against, somebody had written in between.

    Args:
        context: The context.
        tx: The transaction.
        record: The record.
        field: The field.
        base: What we believed to be there.
        local: What we wrote.
        remote: What was there.
        at: When we wrote, unix seconds.
    """
    if fits(base, remote) or fits(local, remote):
        return []
    [conflict] = await tx.conflicts.add(
        [
            Conflict(
                entity=record.entity,
                uid=record.uid,
                field=field,
                base=base,
                local=local,
                remote=remote,
                remote_updated_at=int(at),
                policy=DETECTED_AFTER,
                state="auto",
                resolution="local",
                value=local,
                opened_at=context.clock.now(),
                closed_at=context.clock.now(),
            )
        ]
    )
    events = [conflict_event(conflict, record)]
    await keep_events(context, tx, events)
    return events


def _wanted(conflict: Conflict, record: Record, choice: str | Mapping[str, Any]) -> dict[str, Any]:
    """The decision as an edit."""
    if choice == "local":
        return assemble({conflict.field: conflict.local})
    if choice == "remote":
        present = record.base if conflict.state == OPEN and conflict.seq is not None else {}
        return assemble({conflict.field: value_at(present, conflict.field) if present else conflict.remote})
    if isinstance(choice, Mapping) and choice:
        return assemble(flatten(choice))
    raise ConfigurationError("choice: give 'local', 'remote', or a dict of merged fields")


def _freed(op: Op, field: str, record: Record, others: set[str]) -> Op:
    """An edit without the field that was decided; free to go unless another field of it is undecided."""
    if field not in flatten(op.fields, record.base):
        return op
    rest = strip(op, field, record.base, OpState.SUPERSEDED)
    if rest.state is OpState.HELD and not others.intersection(flatten(rest.fields, record.base)):
        return attrs.evolve(rest, state=OpState.PENDING, error=None)
    return rest


def _activity(conflict: Conflict, record: Record, now: float) -> Activity:
    return Activity(
        at=now,
        created_at=now,
        actor=conflict.by or "",
        source="local",
        entity=record.entity,
        remote_id=record.remote_id,
        uid=record.uid,
        event="conflict.resolved",
        before={"local": conflict.local, "remote": conflict.remote},
        after={conflict.field: conflict.value},
    )
