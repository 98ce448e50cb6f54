# Generated from src/amocrm_sync/_async/sync/pull.py by tools/unasync.py: edit that file instead.
"""Pulling: each entity by the strategy that its API allows, each page stored together with its cursor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

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
from amocrm_sync._sync.sync.apply import apply_rows
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.failures import FATAL, WITHOUT
from amocrm_sync._sync.sync.lists import catalogs_with_products, forget_other_catalogs, pull_list
from amocrm_sync._sync.sync.poll import EventPoller
from amocrm_sync._sync.sync.protocols import PageQuery, SyncTx
from amocrm_sync._sync.sync.proving import bury
from amocrm_sync._sync.sync.runs import Progress, Run, Wanted, read_page
from amocrm_sync._sync.sync.strands import Strand, side_by_side
from amocrm_sync._sync.sync.sweeping import Sweeping
from amocrm_sync._sync.sync.walking import Course, save_cursor
from amocrm_sync.errors import AmoCRMError

__all__ = ["Puller", "Progress", "Wanted"]


class Puller:
    """Brings the store up to what amoCRM has."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    def pull(
        self,
        names: Sequence[str],
        report: SyncReport,
        *,
        full: bool = False,
        limit: int | None = None,
        filter: Wanted | None = None,
        progress: Progress | None = None,
        poller: EventPoller | None = None,
        beside: Strand | None = None,
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
        poller = poller or EventPoller(self._context, report, follows=False)
        for name in names:
            poller.goes_on()
            entity = entity_named(name)
            started = self._context.clock.monotonic()
            before = report.of(name).errors
            try:
                self._entity(
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
                self._log(name, report, is_error=report.of(name).errors > before)

    def _entity(
        self,
        entity: Entity,
        report: SyncReport,
        poller: EventPoller,
        beside: Strand | None,
        *,
        full: bool,
        limit: int | None,
        filter: Wanted | None,
        progress: Progress | None,
    ) -> None:
        streams = entity.streams
        if entity.within is not None:
            streams = catalogs_with_products(self._context, entity, report)
        for stream in streams:
            run = Run(stream=stream, report=report, progress=progress, beside=beside)
            try:
                if limit or filter:
                    self._partial(run, limit or None, _params(filter))
                elif entity.within is not None:
                    self._elements(run)
                elif entity.strategy is Strategy.LIST:
                    pull_list(self._context, stream, report)
                else:
                    self._changes(run, poller, full=full)
            except NeverSettled as error:  # the entity's other lists do not wait for this one
                report.fail(entity.name, f"sync_{entity.name}", f"{stream.key}: {error}; nothing was deleted")
            run.tell(1.0, done=stream == streams[-1])
        if entity.within is not None and not limit and not filter:
            forget_other_catalogs(self._context, entity, streams, report)

    def _elements(self, run: Run) -> None:
        """All of a list that may be long and cannot be asked what has changed. A crash begins it anew."""
        run.priority, run.met = Priority.BACKGROUND, set()
        cursor = whole(run.key, self._context.clock.now())
        side_by_side(Course(context=self._context, run=run, cursor=cursor, keeps=False))
        met = {run.stream.remote_id(row_id) for row_id in run.met}
        self._look_for_unseen(run, float("inf"), met)

    def _changes(self, run: Run, poller: EventPoller, *, full: bool) -> None:
        """Everything that changed, and what went into the trash."""
        trash = attrs.evolve(run, is_trash=True) if run.stream.entity.has_trash else None
        if trash is not None:
            self._open_trash(trash)
        with self._context.tx(write=False) as tx:
            saved = tx.cursors.load(run.key)
        course = self._course(run, full=full, is_told=poller.tells)
        run.priority = Priority.BACKGROUND if course.cursor.full else Priority.INCREMENTAL
        sweep = course.cursor.walk
        if trash is not None and isinstance(sweep, Sweep):
            self._sweep(run, trash, poller, course.cursor, sweep)
        else:
            self._walk(course, trash)
            if saved.walk is not None and (saved.full or not full):
                self._walk(self._course(run), trash)
        if trash is not None:
            self._look_back(run, trash, poller)

    def _open_trash(self, trash: Run) -> None:
        """Before a first pull: what lies in the trash already is no news; what goes there from now on is."""
        with self._context.tx() as tx:
            cursor = tx.cursors.load(trash.key)
            if cursor.reached is None:
                now = self._context.clock.now()
                save_cursor(self._context, tx, attrs.evolve(cursor, reached=int(now) - 1))

    def _walk(self, course: Course, trash: Run | None) -> None:
        """One walk to its end, the one through the trash beside it."""
        courses = [course] if trash is None else [course, self._course(trash)]
        side_by_side(*courses)
        for each in courses:
            self._end(each)

    def _course(self, run: Run, *, full: bool = False, is_told: bool = True) -> Course:
        """A walk to go on with, kept at once."""
        context = self._context
        with context.tx() as tx:
            cursor = begin(
                tx.cursors.load(run.key),
                run.stream.entity,
                full=full,
                now=context.clock.now(),
                overlap=context.config.overlap,
                is_told=is_told,
            )
            save_cursor(context, tx, cursor)
        return Course(context=context, run=run, cursor=cursor)

    def _end(self, course: Course) -> None:
        """Close a finished walk. After a full one, whatever it did not see is looked for by its id."""
        cursor = course.cursor
        if cursor.full and not course.run.is_trash:
            self._look_for_unseen(course.run, cursor.started)
        course.cursor = finish(cursor)
        self._save(course.cursor)

    def _sweep(self, run: Run, trash: Run, poller: EventPoller, cursor: Cursor, sweep: Sweep) -> None:
        """Read the whole list, or the windows of it that must be read again.

        What changes meanwhile is read afterwards, beside the proof: the rows that have left the list. An account that
        ignores the filter is walked through in id order, one that keeps its events from us in order of change.
        """
        since = max(sweep.high, cursor.reached or 0)
        reached = since
        try:
            while isinstance(cursor.walk, Sweep):
                Sweeping(self._context, run, cursor, cursor.walk).read()
                reached = max(since, int(self._context.clock.now())) - 1
                cursor = self._prove(run, trash, poller, since, int(sweep.began))
        except SliceNotHonoured:
            cursor = without_filter(cursor)
        if cursor.walk is not None:
            self._walk(Course(context=self._context, run=run, cursor=cursor), trash)
            return
        if cursor.full:
            self._look_for_unseen(run, cursor.started)
        self._save(settled(cursor, reached))

    def _prove(self, run: Run, trash: Run, poller: EventPoller, since: int, began: int) -> Cursor:
        """Learn which rows have left the list, and read what has changed since a second; without a walk when proven.

        A row that was deleted lies in the trash; one that was merged into another is only told of by the events. All of it
        is read at the same time, for an account may be far away.
        """
        context = self._context
        now, overlap = context.clock.now(), context.config.overlap
        later = Keyset(low=max(0, since - overlap), high=max(since, int(now)))
        quiet, unsaved = attrs.evolve(run, progress=None), Cursor(stream=run.key, walk=later, started=now)
        changes = Course(context=context, run=quiet, cursor=unsaved, keeps=False)
        losses = self._course(trash)
        log = poller.since(began - overlap, run.stream.entity.singular)
        side_by_side(changes, losses, *(() if log is None else (log,)))
        self._end(losses)
        if log is not None:
            poller.was_read(log)
        with context.tx() as tx:
            left = [] if log is None else self._placed(tx, run, log.left)
            cursor = (tx.cursors.load(run.key)).without(left)
            if not poller.tells:
                cursor = unproven(cursor, now)
                save_cursor(context, tx, cursor)
                return cursor
            return self._judge(tx, cursor, losses.cursor, cursor.walk, now)

    def _placed(self, tx: SyncTx, run: Run, left: Sequence[LeftRow]) -> list[LeftRow]:
        """The rows with their place in the list, where we have read them."""
        known = tx.records.by_remote(run.stream.entity.name, [row.id for row in left])
        return [
            attrs.evolve(row, created_at=known[row.id].base.get("created_at")) if row.id in known else row
            for row in left
        ]

    def _look_back(self, run: Run, trash: Run, poller: EventPoller) -> None:
        """Take up a sweep that was done before, if a loss has been shown late."""
        with self._context.tx() as tx:
            losses, cursor = tx.cursors.load(trash.key), tx.cursors.load(run.key)
            after = self._judge(tx, cursor, losses, losses.doubt, losses.started)
        if isinstance(after.walk, Sweep):
            self._sweep(run, trash, poller, after, after.walk)

    def _judge(self, tx: SyncTx, cursor: Cursor, losses: Cursor, sweep: object, known_at: float) -> Cursor:
        if not isinstance(sweep, Sweep):
            return cursor
        after, kept = judged(cursor, losses, sweep, known_at)
        save_cursor(self._context, tx, kept)
        if after.walk is not None:
            save_cursor(self._context, tx, after)
        return after

    def _save(self, cursor: Cursor) -> None:
        with self._context.tx() as tx:
            save_cursor(self._context, tx, cursor)

    def _look_for_unseen(self, run: Run, started: float, met: Collection[str] = frozenset()) -> None:
        """Records that a full walk did not meet are deleted only if reading them by their ids proves it."""
        context, stream = self._context, run.stream
        prefix = "" if stream.parent is None else f"{stream.parent}:"
        with context.tx(write=False) as tx:
            unseen = tx.records.unseen(stream.entity.name, started, prefix)
        bury(context, stream, [remote_id for remote_id in unseen if remote_id not in met], run.report)

    def _partial(self, run: Run, limit: int | None, wanted: Mapping[str, Any]) -> None:
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
            page = read_page(context, run, query)
            rows = page.rows[: None if limit is None else limit - fetched]
            with context.tx() as tx:
                events = apply_rows(context, tx, stream, rows, page.read, report=run.report)
            context.listeners.tell(events)
            fetched += len(rows)
            run.part.requests += 1
            run.part.fetched += len(rows)
            run.tell(None if limit is None else min(1.0, fetched / limit))
            number, more = number + 1, page.more and bool(page.rows)

    def _log(self, name: str, report: SyncReport, *, is_error: bool) -> None:
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
        with self._context.tx() as tx:
            self._context.log(
                tx, report, f"sync_{name}", name, details, is_error=is_error, seconds=part.seconds
            )


def _params(wanted: Wanted | None) -> Mapping[str, Any]:
    """A host's filter as it goes into the query string."""
    return wanted.to_params() if isinstance(wanted, Filter) else wanted or {}
