"""amoCRM's log of events, read to the present: deletions, restores, merges and links that no webhook has told of."""

from __future__ import annotations

from functools import partial
from typing import Final

import attrs

from amocrm_sync._async._primitives import Job
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.hindsight import look_back
from amocrm_sync._async.sync.protocols import RemotePage
from amocrm_sync._async.sync.strands import side_by_side
from amocrm_sync._async.sync.walking import save_cursor
from amocrm_sync._core.entities import stream_named
from amocrm_sync._core.sync.noticed import activity_of_event, left_by_events, unseen_by_lists
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.windows import LeftRow
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.errors import ForbiddenError

_STREAM: Final = "events"
_OPERATION: Final = "sync_events"


class AsyncEventLog:
    """A part of the log, from a second to the present, read page by page.

    The log is newest first and what is written stays as it is, so page numbers over a closed span are safe: what comes
    meanwhile lies behind its end.

    Args:
        context: What all parts of the sync share.
        report: Where it is counted.
        first: The second.
        of: Singular name of the entity whose losses are wanted.
        keeps: Whether the events are kept and followed, and not only looked at.
    """

    def __init__(
        self, context: AsyncSyncContext, report: SyncReport, first: int, *, of: str = "", keeps: bool = True
    ) -> None:
        self._context = context
        self._report = report
        self._of = of
        self._keeps = keeps
        self._span = max(0, first), int(context.clock.now())
        self._page = 1
        self.is_open = True
        self.refused: ForbiddenError | None = None
        self.left: list[LeftRow] = []
        self.marked = 0

    async def read(self) -> Job[None]:
        """Ask for the next page."""
        try:
            page = await self._context.crm.events(*self._span, self._page)
        except ForbiddenError as error:  # a user without the right to see them; the rest of the pull goes on
            return partial(self._shut, error)
        return partial(self._take, page)

    async def _take(self, page: RemotePage) -> None:
        part = self._report.of(_STREAM)
        part.requests += 1
        self.left += left_by_events(page.rows, self._of)
        if self._keeps:
            part.fetched += len(page.rows)
            self.marked += await self._keep(page)
        self._page += 1
        self.is_open = page.has_next and bool(page.rows)
        if self._keeps and not self.is_open:
            async with self._context.tx() as tx:
                cursor = await tx.cursors.load(_STREAM)
                await save_cursor(self._context, tx, attrs.evolve(cursor, reached=self._span[1] - 1))

    async def _shut(self, error: ForbiddenError) -> None:
        self.is_open, self.refused, self.left = False, error, []

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


class AsyncEventPoller:
    """Follows the account's log of events. An event is a hint, never data: what it is about is read again by its id.

    Args:
        context: What all parts of the sync share.
        report: Where it is counted.
        follows: Whether this pull follows the log at all. Otherwise a proof looks at it, and nothing is kept.
    """

    def __init__(self, context: AsyncSyncContext, report: SyncReport, *, follows: bool) -> None:
        self._context = context
        self._report = report
        self._follows = follows and context.config.events
        self._is_read = False
        self._marked = 0
        self.tells = context.config.events
        """Whether the log tells which rows have left their lists; an account may shut it to us."""

    async def begin(self) -> None:
        """Remember from when on events matter, once, before the first row is read.

        A row that is read and then merged away during a long first pull is in no list any more, not even in the trash.
        """
        context = self._context
        if not context.config.events:
            return
        async with context.tx() as tx:
            cursor = await tx.cursors.load(_STREAM)
            if cursor.reached is None:
                await save_cursor(context, tx, attrs.evolve(cursor, reached=int(context.clock.now()) - 1))

    async def since(self, first: int, singular: str) -> AsyncEventLog | None:
        """The log from a second on, to be read beside other things, for the rows of an entity that have left their list.

        Where the log is followed it is followed with this reading. ``None`` where it is shut.
        """
        context = self._context
        if not context.config.events:
            return None
        if self._follows:
            first = min(first, await self._reached() - context.config.overlap)
        return AsyncEventLog(context, self._report, first, of=singular, keeps=self._follows)

    def was_read(self, log: AsyncEventLog) -> None:
        """A reading has come to its end."""
        self._marked += log.marked
        self._is_read = log.refused is None
        self.tells = log.refused is None

    def goes_on(self) -> None:
        """Lists are read; what the log said before is not the latest."""
        self._is_read = False

    async def poll(self) -> int:
        """Read the events to the present, unless that has just been done, and mark the rows to be read again; how many.

        An event counts once, by its id, however often it is read.

        Raises:
            AmoCRMError: One that concerns the whole account.
        """
        if self._follows and not self._is_read:
            context = self._context
            log = AsyncEventLog(context, self._report, await self._reached() - context.config.overlap)
            await side_by_side(log)
            self.was_read(log)
            if log.refused is not None:
                self._report.fail(_STREAM, _OPERATION, log.refused)
        return self._marked

    async def _reached(self) -> int:
        async with self._context.tx(write=False) as tx:
            cursor = await tx.cursors.load(_STREAM)
        return int(self._context.clock.now()) if cursor.reached is None else cursor.reached
