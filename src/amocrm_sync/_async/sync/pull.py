"""Pulling: each entity by the strategy that its API allows, each page stored together with its cursor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._async.sync.apply import apply_rows
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.failures import FATAL, WITHOUT
from amocrm_sync._async.sync.lists import catalogs_with_products, forget_other_catalogs, pull_list
from amocrm_sync._async.sync.poll import AsyncEventPoller
from amocrm_sync._async.sync.protocols import AsyncSyncTx, PageQuery
from amocrm_sync._async.sync.proving import bury
from amocrm_sync._async.sync.runs import Progress, Run, Wanted, read_page
from amocrm_sync._async.sync.strands import AsyncStrand, side_by_side
from amocrm_sync._async.sync.sweeping import AsyncSweeping
from amocrm_sync._async.sync.walking import AsyncCourse, save_cursor
from amocrm_sync._core.call import Priority
from amocrm_sync._core.entities import Entity, Strategy, entity_named
from amocrm_sync._core.filters import Filter
from amocrm_sync._core.sync.cursors import (
    Cursor,
    begin,
    finish,
    judged,
    settled,
    unproven,
    whole,
    without_filter,
)
from amocrm_sync._core.sync.keyset import Keyset, NeverSettled
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.slices import SliceNotHonoured
from amocrm_sync._core.sync.sweep import Sweep
from amocrm_sync._core.sync.windows import LeftRow
from amocrm_sync.errors import AmoCRMError

__all__ = ["AsyncPuller", "Progress", "Wanted"]


class AsyncPuller:
    """Brings the store up to what amoCRM has."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def pull(
        self,
        names: Sequence[str],
        report: SyncReport,
        *,
        full: bool = False,
        limit: int | None = None,
        filter: Wanted | None = None,
        progress: Progress | None = None,
        poller: AsyncEventPoller | None = None,
        beside: AsyncStrand | None = None,
    ) -> None:
        """Pull entities one after the other; what fails for one is reported, and the rest goes on.

        Args:
            names: The entities.
            report: Where it is counted.
            full: Read everything again.
            limit: Rows of each entity at most.
            filter: The host's own.
            progress: Called after each page.
            poller: Follows the log of events; without it the log is only looked at, for a proof.
            beside: Something else that is read with the first pages of a list that is read as a whole.

        Raises:
            AmoCRMError: One that concerns the whole account (:data:`FATAL`).
        """
        poller = poller or AsyncEventPoller(self._context, report, follows=False)
        for name in names:
            poller.goes_on()
            entity = entity_named(name)
            started = self._context.clock.monotonic()
            before = report.of(name).errors
            try:
                await self._entity(
                    entity, report, poller, beside, full=full, limit=limit, filter=filter, progress=progress
                )
            except (AmoCRMError, NeverSettled) as error:
                if entity.optional and isinstance(error, WITHOUT):
                    report.without[name] = str(error)
                else:
                    report.fail(name, f"sync_{name}", error)
                    if isinstance(error, FATAL):
                        raise
            finally:
                report.of(name).seconds += self._context.clock.monotonic() - started
                await self._log(name, report, is_error=report.of(name).errors > before)

    async def _entity(
        self,
        entity: Entity,
        report: SyncReport,
        poller: AsyncEventPoller,
        beside: AsyncStrand | None,
        *,
        full: bool,
        limit: int | None,
        filter: Wanted | None,
        progress: Progress | None,
    ) -> None:
        streams = entity.streams
        if entity.within is not None:
            streams = await catalogs_with_products(self._context, entity, report)
        for stream in streams:
            run = Run(stream=stream, report=report, progress=progress, beside=beside)
            try:
                if limit or filter:
                    await self._partial(run, limit or None, _params(filter))
                elif entity.within is not None:
                    await self._elements(run)
                elif entity.strategy is Strategy.LIST:
                    await pull_list(self._context, stream, report)
                else:
                    await self._changes(run, poller, full=full)
            except NeverSettled as error:  # the entity's other lists do not wait for this one
                report.fail(entity.name, f"sync_{entity.name}", f"{stream.key}: {error}; nothing was deleted")
            run.tell(1.0, done=stream == streams[-1])
        if entity.within is not None and not limit and not filter:
            await forget_other_catalogs(self._context, entity, streams, report)

    async def _elements(self, run: Run) -> None:
        """All of a list that may be long and cannot be asked what has changed. A crash begins it anew."""
        run.priority, run.met = Priority.BACKGROUND, set()
        cursor = whole(run.key, self._context.clock.now())
        await side_by_side(AsyncCourse(context=self._context, run=run, cursor=cursor, keeps=False))
        met = {run.stream.remote_id(row_id) for row_id in run.met}
        await self._look_for_unseen(run, float("inf"), met)

    async def _changes(self, run: Run, poller: AsyncEventPoller, *, full: bool) -> None:
        """Everything that changed, and what went into the trash."""
        trash = attrs.evolve(run, is_trash=True) if run.stream.entity.has_trash else None
        if trash is not None:
            await self._open_trash(trash)
        async with self._context.tx(write=False) as tx:
            saved = await tx.cursors.load(run.key)
        course = await self._course(run, full=full, is_told=poller.tells)
        run.priority = Priority.BACKGROUND if course.cursor.full else Priority.INCREMENTAL
        sweep = course.cursor.walk
        if trash is not None and isinstance(sweep, Sweep):
            await self._sweep(run, trash, poller, course.cursor, sweep)
        else:
            await self._walk(course, trash)
            if saved.walk is not None and (saved.full or not full):
                await self._walk(await self._course(run), trash)
        if trash is not None:
            await self._look_back(run, trash, poller)

    async def _open_trash(self, trash: Run) -> None:
        """Before a first pull: what lies in the trash already is no news; what goes there from now on is."""
        async with self._context.tx() as tx:
            cursor = await tx.cursors.load(trash.key)
            if cursor.reached is None:
                now = self._context.clock.now()
                await save_cursor(self._context, tx, attrs.evolve(cursor, reached=int(now) - 1))

    async def _walk(self, course: AsyncCourse, trash: Run | None) -> None:
        """One walk to its end, the one through the trash beside it."""
        courses = [course] if trash is None else [course, await self._course(trash)]
        await side_by_side(*courses)
        for each in courses:
            await self._end(each)

    async def _course(self, run: Run, *, full: bool = False, is_told: bool = True) -> AsyncCourse:
        """A walk to go on with, kept at once."""
        context = self._context
        async with context.tx() as tx:
            cursor = begin(
                await tx.cursors.load(run.key),
                run.stream.entity,
                full=full,
                now=context.clock.now(),
                overlap=context.config.overlap,
                is_told=is_told,
            )
            await save_cursor(context, tx, cursor)
        return AsyncCourse(context=context, run=run, cursor=cursor)

    async def _end(self, course: AsyncCourse) -> None:
        """Close a finished walk. After a full one, whatever it did not see is looked for by its id."""
        cursor = course.cursor
        if cursor.full and not course.run.is_trash:
            await self._look_for_unseen(course.run, cursor.started)
        course.cursor = finish(cursor)
        await self._save(course.cursor)

    async def _sweep(
        self, run: Run, trash: Run, poller: AsyncEventPoller, cursor: Cursor, sweep: Sweep
    ) -> None:
        """Read the whole list, or the windows of it that must be read again.

        What changes meanwhile is read afterwards, beside the proof: the rows that have left the list. An account that
        ignores the filter is walked through in id order, one that keeps its events from us in order of change.
        """
        since = max(sweep.high, cursor.reached or 0)
        reached = since
        try:
            while isinstance(cursor.walk, Sweep):
                await AsyncSweeping(self._context, run, cursor, cursor.walk).read()
                reached = max(since, int(self._context.clock.now())) - 1
                cursor = await self._prove(run, trash, poller, since, int(sweep.began))
        except SliceNotHonoured:
            cursor = without_filter(cursor)
        if cursor.walk is not None:
            await self._walk(AsyncCourse(context=self._context, run=run, cursor=cursor), trash)
            return
        if cursor.full:
            await self._look_for_unseen(run, cursor.started)
        await self._save(settled(cursor, reached))

    async def _prove(self, run: Run, trash: Run, poller: AsyncEventPoller, since: int, began: int) -> Cursor:
        """Learn which rows have left the list, and read what has changed since a second; without a walk when proven.

        A row that was deleted lies in the trash; one that was merged into another is only told of by the events. All of it
        is read at the same time, for an account may be far away.
        """
        context = self._context
        now, overlap = context.clock.now(), context.config.overlap
        later = Keyset(low=max(0, since - overlap), high=max(since, int(now)))
        quiet, unsaved = attrs.evolve(run, progress=None), Cursor(stream=run.key, walk=later, started=now)
        changes = AsyncCourse(context=context, run=quiet, cursor=unsaved, keeps=False)
        losses = await self._course(trash)
        log = await poller.since(began - overlap, run.stream.entity.singular)
        await side_by_side(changes, losses, *(() if log is None else (log,)))
        await self._end(losses)
        if log is not None:
            poller.was_read(log)
        async with context.tx() as tx:
            left = [] if log is None else await self._placed(tx, run, log.left)
            cursor = (await tx.cursors.load(run.key)).without(left)
            if not poller.tells:
                cursor = unproven(cursor, now)
                await save_cursor(context, tx, cursor)
                return cursor
            return await self._judge(tx, cursor, losses.cursor, cursor.walk, now)

    async def _placed(self, tx: AsyncSyncTx, run: Run, left: Sequence[LeftRow]) -> list[LeftRow]:
        """The rows with their place in the list, where we have read them."""
        known = await tx.records.by_remote(run.stream.entity.name, [row.id for row in left])
        return [
            attrs.evolve(row, created_at=known[row.id].base.get("created_at")) if row.id in known else row
            for row in left
        ]

    async def _look_back(self, run: Run, trash: Run, poller: AsyncEventPoller) -> None:
        """Take up a sweep that was done before, if a loss has been shown late."""
        async with self._context.tx() as tx:
            losses, cursor = await tx.cursors.load(trash.key), await tx.cursors.load(run.key)
            after = await self._judge(tx, cursor, losses, losses.doubt, losses.started)
        if isinstance(after.walk, Sweep):
            await self._sweep(run, trash, poller, after, after.walk)

    async def _judge(
        self, tx: AsyncSyncTx, cursor: Cursor, losses: Cursor, sweep: object, known_at: float
    ) -> Cursor:
        if not isinstance(sweep, Sweep):
            return cursor
        after, kept = judged(cursor, losses, sweep, known_at)
        await save_cursor(self._context, tx, kept)
        if after.walk is not None:
            await save_cursor(self._context, tx, after)
        return after

    async def _save(self, cursor: Cursor) -> None:
        async with self._context.tx() as tx:
            await save_cursor(self._context, tx, cursor)

    async def _look_for_unseen(self, run: Run, started: float, met: Collection[str] = frozenset()) -> None:
        """Records that a full walk did not meet are deleted only if reading them by their ids proves it."""
        context, stream = self._context, run.stream
        prefix = "" if stream.parent is None else f"{stream.parent}:"
        async with context.tx(write=False) as tx:
            unseen = await tx.records.unseen(stream.entity.name, started, prefix)
        await bury(context, stream, [remote_id for remote_id in unseen if remote_id not in met], run.report)

    async def _partial(self, run: Run, limit: int | None, wanted: Mapping[str, Any]) -> None:
        """The first rows, or those that a filter of the host's selects. No cursor moves, nothing is deleted."""
        context, stream = self._context, run.stream
        size = min(context.config.page_size, limit or context.config.page_size)
        number, more, fetched = 1, True, 0
        while more and (limit is None or fetched < limit):
            query = PageQuery(
                filter=wanted,
                order="id" if "id" in stream.entity.orders else None,
                page=number,
                limit=None if stream.entity.page_limit is None else size,
            )
            page = await read_page(context, run, query)
            rows = page.rows[: None if limit is None else limit - fetched]
            async with context.tx() as tx:
                events = await apply_rows(context, tx, stream, rows, page.read, report=run.report)
            await context.listeners.tell(events)
            fetched += len(rows)
            run.part.requests += 1
            run.part.fetched += len(rows)
            run.tell(None if limit is None else min(1.0, fetched / limit))
            number, more = number + 1, page.more and bool(page.rows)

    async def _log(self, name: str, report: SyncReport, *, is_error: bool) -> None:
        """One row of the log per entity: what was read and what became of it, or what went wrong."""
        part = report.of(name)
        details: dict[str, Any] = {
            field: getattr(part, field)
            for field in ("fetched", "created", "updated", "deleted", "unchanged", "conflicts", "requests")
        }
        if name in report.without:
            details["without"] = report.without[name]
        if is_error:
            details["error"] = next(item.message for item in reversed(report.problems) if item.entity == name)
        async with self._context.tx() as tx:
            await self._context.log(
                tx, report, f"sync_{name}", name, details, is_error=is_error, seconds=part.seconds
            )


def _params(wanted: Wanted | None) -> Mapping[str, Any]:
    """A host's filter as it goes into the query string."""
    return wanted.to_params() if isinstance(wanted, Filter) else wanted or {}
