"""What happened: the activity log, and the whole story of one record."""

from __future__ import annotations

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.edits import find_record
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.link_edits import stream_of
from amocrm_sync._core.sync.outbox import OpState
from amocrm_sync._core.sync.stored import Activity
from amocrm_sync._core.sync.story import Story, story_of
from amocrm_sync.errors import NotFoundError

_ROWS = 500
"""Most rows of the activity log that a story takes."""


class AsyncChronicle:
    """Reads what the store remembers."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def activity(
        self, entity: str | None, key: int | str | None, limit: int, offset: int
    ) -> list[Activity]:
        """Who did what, the latest first.

        Raises:
            NotFoundError: ``key`` names no record of ours (rows of one that was never stored are found by its id).
        """
        name = None if entity is None else entity_named(entity).name
        async with self._context.tx(write=False) as tx:
            if key is None or name is None:
                return await tx.activity.list(name, limit=limit, offset=offset)
            record = await find_record(tx, entity_named(name), key)
            if record is None:
                return await tx.activity.list(name, str(key), limit=limit, offset=offset)
            if record.remote_id is None:
                return await tx.activity.list(name, uid=record.uid, limit=limit, offset=offset)
            return await tx.activity.list(name, record.remote_id, limit=limit, offset=offset)

    async def explain(self, entity: str, key: int | str) -> Story:
        """Everything that is known of one record.

        Raises:
            NotFoundError: There is no such record.
        """
        kind = entity_named(entity)
        async with self._context.tx(write=False) as tx:
            record = await find_record(tx, kind, key)
            if record is None:
                raise NotFoundError(f"the local store has no {kind.singular} {key!r}", status=404)
            ops = await tx.outbox.of(kind.name, [record.uid], tuple(OpState))
            ops += await tx.outbox.of(stream_of(kind.name), [record.uid], tuple(OpState))
            conflicts = await tx.conflicts.list(entity=kind.name, uid=record.uid)
            activity = await tx.activity.list(
                kind.name,
                record.remote_id,
                uid=record.uid if record.remote_id is None else None,
                limit=_ROWS,
            )
            log = [
                entry
                for entry in await tx.log.list(_ROWS)
                if entry.entity == kind.name and entry.details.get("uid") == record.uid
            ]
        return story_of(record, ops, conflicts, activity, log)
