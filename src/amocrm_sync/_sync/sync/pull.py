# Generated from src/amocrm_sync/_async/sync/pull.py by tools/unasync.py: edit that file instead.
"""Pulling: each entity by the strategy that its API allows, each page stored together with its cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._core.entities import Entity, Strategy, Stream, entity_named
from amocrm_sync._core.filters import Filter
from amocrm_sync._core.sync.cursors import Cursor, abandoned, begin, finish, without_filter
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.keyset import NeverSettled, RowKey, Scan, Slice, SliceNotHonoured, Walk
from amocrm_sync._core.sync.records import TRASH, Read, Row
from amocrm_sync._core.sync.reports import EntityReport, SyncProgress, SyncReport
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.failures import FATAL
from amocrm_sync._sync.sync.lists import pull_list
from amocrm_sync._sync.sync.protocols import PageQuery
from amocrm_sync._sync.sync.reread import read_again
from amocrm_sync.errors import AmoCRMError, ValidationError

Wanted = Filter | Mapping[str, Any]
"""A host's own filter: a builder such as ``LeadFilter``, or a dict as the API takes it."""

Progress = Callable[[SyncProgress], Any]


@attrs.define(kw_only=True)
class _Run:
    """One pull of one stream: what is asked for, and how far it has come."""

    stream: Stream
    report: SyncReport
    progress: Progress | None
    is_trash: bool = False
    first_second: int | None = None
    last_page: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The name of the cursor."""
        return f"{self.stream.key}:trash" if self.is_trash else self.stream.key

    @property
    def part(self) -> EntityReport:
        """The entity's part of the report."""
        return self.report.of(self.stream.entity.name)

    def tell(self, fraction: float | None = None, *, done: bool = False) -> None:
        """Tell how far the pull is."""
        if self.progress is not None and not self.is_trash:
            name = self.stream.entity.name
            told = SyncProgress(entity=name, fetched=self.part.fetched, fraction=fraction, done=done)
            self.progress(told)

    def count(self, rows: Sequence[Row], walk: Walk, unchanged_before: int) -> None:
        """Count each row once, though the last second of a page is read twice, and a proving pass reads everything."""
        passes = walk.passes if isinstance(walk, Scan) else walk.tie
        ids = frozenset(str(row["id"]) for row in rows)
        repeated = len(ids) if passes is not None and passes.count else len(ids & self.last_page)
        self.part.fetched += len(ids) - repeated
        self.part.unchanged = max(unchanged_before, self.part.unchanged - repeated)
        self.last_page = ids


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
    ) -> None:
        """Pull entities one after the other; what fails for one is reported, and the rest goes on.

        Raises:
            AmoCRMError: One that concerns the whole account (:data:`FATAL`).
        """
        for name in names:
            entity = entity_named(name)
            started = self._context.clock.monotonic()
            before = report.of(name).errors
            try:
                self._entity(entity, report, full=full, limit=limit, filter=filter, progress=progress)
            except (AmoCRMError, NeverSettled) as error:
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
        *,
        full: bool,
        limit: int | None,
        filter: Wanted | None,
        progress: Progress | None,
    ) -> None:
        for stream in entity.streams:
            run = _Run(stream=stream, report=report, progress=progress)
            if limit or filter:
                self._partial(run, limit or None, _params(filter))
            elif entity.strategy is Strategy.LIST:
                pull_list(self._context, stream, report)
            else:
                self._changes(run, full=full)
            run.tell(1.0, done=stream == entity.streams[-1])

    def _changes(self, run: _Run, *, full: bool) -> None:
        """Everything that changed, and what went into the trash."""
        if run.stream.entity.has_trash:
            trash = attrs.evolve(run, is_trash=True)
            self._open_trash(trash)
            self._walk(run, full=full)
            self._walk(trash, full=False)
        else:
            self._walk(run, full=full)

    def _open_trash(self, run: _Run) -> None:
        """Before a first pull: what lies in the trash already is no news; what goes there from now on is."""
        with self._context.tx() as tx:
            cursor = tx.cursors.load(run.key)
            if cursor.reached is None:
                now = self._context.clock.now()
                tx.cursors.save(attrs.evolve(cursor, reached=int(now) - 1, updated_at=now))

    def _walk(self, run: _Run, *, full: bool) -> None:
        """One walk to the present. One that was cut off is taken up, and then followed by another to the present."""
        while True:
            with self._context.tx() as tx:
                saved = tx.cursors.load(run.key)
                cursor = begin(
                    saved,
                    run.stream.entity,
                    full=full,
                    now=self._context.clock.now(),
                    overlap=self._context.config.overlap,
                )
                self._save(tx, cursor)
            while cursor.walk is not None:
                cursor = self._step(run, cursor)
            if saved.walk is None or (full and not saved.full):
                return
            full = False

    def _step(self, run: _Run, cursor: Cursor) -> Cursor:
        """Read a page, store it with the cursor that it leads to, and tell the host; or end the walk."""
        walk = cursor.walk
        if walk is None or walk.done:
            return self._end(run, cursor)
        read, rows, more = self._page(run, walk.query())
        if rows is None:
            return self._give_up_filter(cursor)
        keys = [RowKey(str(row["id"]), int(row.get("updated_at") or 0)) for row in rows]
        try:
            advanced = walk.feed(keys, more=more)
        except SliceNotHonoured:
            return self._give_up_filter(cursor)
        except NeverSettled:
            with self._context.tx() as tx:
                self._save(tx, abandoned(cursor))
            raise
        after = attrs.evolve(cursor, walk=advanced)
        unchanged = run.part.unchanged
        with self._context.tx() as tx:
            events = self._store(tx, run, rows, read)
            self._save(tx, after)
        self._context.listeners.tell(events)
        if not run.is_trash:
            run.count(rows, walk, unchanged)
        run.tell(_fraction(run, keys, advanced.query()))
        return after

    def _page(self, run: _Run, asked: Slice) -> tuple[Read, list[Row] | None, bool]:
        """A page, and whether there are more; ``None`` for the rows if the server refuses the filter."""
        context = self._context
        query = PageQuery(
            filter=_wire_filter(asked, exclusive=context.config.exclusive_bounds),
            order=asked.order,
            page=asked.page,
            limit=context.config.page_size,
            trash=run.is_trash,
        )
        started = context.clock.now()
        try:
            page = context.crm.page(run.stream, query)
        except ValidationError:
            if not query.filter:
                raise
            return Read(started, context.clock.now()), None, False
        run.part.requests += 1
        read = Read(started, context.clock.now())
        return read, page.rows, page.has_next or len(page.rows) >= context.config.page_size

    def _store(self, tx: Any, run: _Run, rows: list[Row], read: Read) -> list[SyncEvent]:
        if not run.is_trash:
            return self._context.apply(tx, run.stream, rows, read, run.report)
        missing = {run.stream.remote_id(row["id"]): TRASH for row in rows}
        return self._context.apply(tx, run.stream, [], read, run.report, missing=missing)

    def _end(self, run: _Run, cursor: Cursor) -> Cursor:
        """Close a finished walk. After a full one, whatever it did not see is looked for by its id."""
        if cursor.full and not run.is_trash:
            self._look_for_unseen(run, cursor.started)
        closed = finish(cursor)
        with self._context.tx() as tx:
            self._save(tx, closed)
        return closed

    def _look_for_unseen(self, run: _Run, started: float) -> None:
        """Records that a full walk did not meet are deleted only if reading them one by one proves it.

        Too many at once is rather a change of rights or of the account: then nothing is deleted, and it is reported.
        """
        context, stream = self._context, run.stream
        prefix = "" if stream.parent is None else f"{stream.parent}:"
        with context.tx(write=False) as tx:
            unseen = tx.records.unseen(stream.entity.name, started, prefix)
            total = tx.records.count(stream.entity.name, {})
        size = context.config.hint_batch
        found = [
            read_again(context, stream, unseen[start : start + size], run.report)
            for start in range(0, len(unseen), size)
        ]
        lost = sum(len(answer.missing) for answer in found)
        if lost > max(100, int(total * context.config.brake)):
            run.report.fail(
                stream.entity.name,
                "reconcile",
                f"{lost} of {total} {stream.entity.name} are not in amoCRM any more; none was marked as deleted. "
                "Check the rights of the token's user, then delete them in amoCRM or raise SyncConfig(brake=…)",
            )
            return
        for answer in found:
            with context.tx() as tx:
                events = context.apply(
                    tx, stream, answer.rows, answer.read, run.report, missing=answer.missing
                )
            context.listeners.tell(events)

    def _give_up_filter(self, cursor: Cursor) -> Cursor:
        """The account ignores filters: read everything in id order instead, and conclude nothing from absence."""
        changed = without_filter(cursor)
        with self._context.tx() as tx:
            self._save(tx, changed)
        return changed

    def _partial(self, run: _Run, limit: int | None, wanted: Mapping[str, Any]) -> None:
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
            started = context.clock.now()
            page = context.crm.page(stream, query)
            read = Read(started, context.clock.now())
            rows = page.rows if limit is None else page.rows[: limit - fetched]
            with context.tx() as tx:
                events = context.apply(tx, stream, rows, read, run.report)
            context.listeners.tell(events)
            fetched += len(rows)
            run.part.requests += 1
            run.part.fetched += len(rows)
            run.tell(None if limit is None else min(1.0, fetched / limit))
            number, more = number + 1, page.has_next and bool(page.rows)

    def _save(self, tx: Any, cursor: Cursor) -> None:
        tx.cursors.save(attrs.evolve(cursor, updated_at=self._context.clock.now()))

    def _log(self, name: str, report: SyncReport, *, is_error: bool) -> None:
        """One row of the log per entity: what was read and what became of it, or what went wrong."""
        part = report.of(name)
        details: dict[str, Any] = {
            field: getattr(part, field)
            for field in ("fetched", "created", "updated", "deleted", "unchanged", "conflicts", "requests")
        }
        if is_error:
            details["error"] = next(item.message for item in reversed(report.problems) if item.entity == name)
        with self._context.tx() as tx:
            self._context.log(
                tx, report, f"sync_{name}", name, details, is_error=is_error, seconds=part.seconds
            )


def _params(wanted: Wanted | None) -> Mapping[str, Any]:
    """A host's filter as it goes into the query string."""
    return wanted.to_params() if isinstance(wanted, Filter) else wanted or {}


def _wire_filter(asked: Slice, *, exclusive: bool) -> dict[str, Any]:
    """The bounds as the server takes them."""
    if asked.low is None or asked.high is None:
        return {}
    margin = 1 if exclusive else 0
    return {"updated_at": {"from": max(0, asked.low - margin), "to": asked.high + margin}}


def _fraction(run: _Run, keys: Sequence[RowKey], ahead: Slice) -> float | None:
    """How much of the time span is read; rows have no total, but the span from the first row to now is known."""
    if ahead.order != "updated_at" or ahead.low is None or ahead.high is None or not keys:
        return None
    if run.first_second is None:
        run.first_second = keys[0].updated_at
    span = ahead.high - run.first_second
    return 1.0 if span <= 0 else min(1.0, max(0.0, (ahead.low - run.first_second) / span))
