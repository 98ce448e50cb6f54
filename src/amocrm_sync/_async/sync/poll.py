"""amoCRM's log of events, read to the present: deletions, restores, merges and links that no webhook has told of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.hindsight import look_back
from amocrm_sync._async.sync.protocols import RemotePage
from amocrm_sync._async.sync.walking import save_cursor
from amocrm_sync._core.entities import stream_named
from amocrm_sync._core.sync.noticed import activity_of_event, left_by_events, unseen_by_lists
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.windows import LeftRow
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.errors import ForbiddenError

_STREAM: Final = "events"
_OPERATION: Final = "sync_events"


class AsyncEventPoller:
    """Follows the account's log of events. An event is a hint, never data: what it is about is read again by its id."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def begin(self) -> None:
        """Remember from when on events matter, once, before the first row is read.

        A row that is read and then merged away during a long first pull is in no list any more, not even in the trash.
        """
        context = self._context
        async with context.tx() as tx:
            cursor = await tx.cursors.load(_STREAM)
            if cursor.reached is None:
                await save_cursor(context, tx, attrs.evolve(cursor, reached=int(context.clock.now()) - 1))

    async def poll(self, report: SyncReport) -> int:
        """Read the events since the last time, or since :meth:`begin`, and mark the rows to be read again; how many.

        The log is newest first and what is written stays as it is, so page numbers over a closed span are safe: what
        comes meanwhile lies behind its end. An event counts once, by its id, however often it is read.

        Raises:
            AmoCRMError: One that concerns the whole account.
        """
        context = self._context
        now = int(context.clock.now())
        async with context.tx(write=False) as tx:
            cursor = await tx.cursors.load(_STREAM)
        if cursor.reached is None:
            await self.begin()
            return 0
        first = max(0, cursor.reached - context.config.overlap)
        try:
            marked = await self._read(first, now, report)
        except ForbiddenError as error:  # a user without the right to see them; the rest of the pull goes on
            report.fail(_STREAM, _OPERATION, error)
            return 0
        async with context.tx() as tx:
            await save_cursor(context, tx, attrs.evolve(cursor, reached=now - 1))
        return marked

    async def left_since(self, singular: str, first: int, report: SyncReport) -> list[LeftRow]:
        """The rows of an entity that have left their list since a second, as far as the log tells; none where it is shut."""
        if not self._context.config.events:
            return []
        left: list[LeftRow] = []
        try:
            async for page in self._pages(first, int(self._context.clock.now()), report):
                left += left_by_events(page.rows, singular)
        except ForbiddenError:  # said by the poll, once
            return []
        return left

    async def _read(self, first: int, last: int, report: SyncReport) -> int:
        marked = 0
        async for page in self._pages(first, last, report):
            report.of(_STREAM).fetched += len(page.rows)
            marked += await self._keep(page)
        return marked

    async def _pages(self, first: int, last: int, report: SyncReport) -> AsyncIterator[RemotePage]:
        number, more = 1, True
        while more:
            page = await self._context.crm.events(first, last, number)
            report.of(_STREAM).requests += 1
            yield page
            number, more = number + 1, page.has_next and bool(page.rows)

    async def _keep(self, page: RemotePage) -> int:
        """Put the events into the activity log, and mark the rows that lists would not show."""
        context, now = self._context, self._context.clock.now()
        unseen = {
            stream: remote_ids
            for stream, remote_ids in sorted(unseen_by_lists(page.rows).items())
            if stream_named(stream).entity.name in context.config.entities
        }
        async with context.tx(lock=False) as tx:
            await tx.activity.add([activity_of_event(row, now) for row in page.rows])
            for stream, remote_ids in unseen.items():
                await tx.work.mark(WorkKind.PULL, stream, remote_ids, now)
            events = await look_back(context, tx, page.rows)
        await context.listeners.tell(events)
        return sum(map(len, unseen.values()))
