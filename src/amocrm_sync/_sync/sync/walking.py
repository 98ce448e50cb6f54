# Generated from src/amocrm_sync/_async/sync/walking.py by tools/unasync.py: edit that file instead.
"""Walking along lists page by page, each page stored together with the cursor that it leads to."""

from __future__ import annotations

from functools import partial

import attrs

from amocrm_sync._core.sync.cursors import Cursor, Walk, abandoned, without_filter
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.keyset import NeverSettled
from amocrm_sync._core.sync.records import TRASH, Row
from amocrm_sync._core.sync.slices import RowKey, SliceNotHonoured
from amocrm_sync._core.sync.sweep import Sweep
from amocrm_sync._core.sync.windows import LeftRow
from amocrm_sync._sync._primitives import Job
from amocrm_sync._sync.sync.apply import apply_rows
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.protocols import PageQuery, SyncTx
from amocrm_sync._sync.sync.runs import Answer, Run, bounds, fraction, is_again, read_slice


@attrs.define(kw_only=True, eq=False)
class Course:
    """A walk along one list.

    Attributes:
        keeps: Whether the cursor is saved; a walk that is begun anew after a crash needs none.
    """

    context: SyncContext
    run: Run
    cursor: Cursor
    keeps: bool = True

    @property
    def walk(self) -> Walk | None:
        """The walk, while it goes on."""
        walk = self.cursor.walk
        return walk if walk is not None and not isinstance(walk, Sweep) and not walk.done else None

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.walk is not None

    def read(self) -> Job[None]:
        """Ask for the next page."""
        walk, config = self.walk, self.context.config
        assert walk is not None  # noqa: S101 - only courses that go on are asked for
        asked = walk.query()
        span = bounds(asked.low, asked.high, exclusive=config.exclusive_bounds)
        query = PageQuery(
            filter={} if span is None else {"updated_at": span},
            order=asked.order if asked.order in self.run.stream.entity.orders else None,
            page=asked.page,
            limit=asked.limit or config.page_size,
            trash=self.run.is_trash,
        )
        try:
            answer = read_slice(self.context, self.run, query)
        except SliceNotHonoured:
            answer = None
        return partial(self._take, walk, answer)

    def _take(self, walk: Walk, answer: Answer | None) -> None:
        """Store a page with the cursor that it leads to, and tell the host."""
        run = self.run
        run.part.requests += 1
        if answer is None:
            return self._give_up_filter()
        rows = answer.rows
        keys = [RowKey(str(row["id"]), int(row.get("updated_at") or 0)) for row in rows]
        unsettled: NeverSettled | None = None
        try:
            advanced = walk.feed(keys, more=answer.more)
            after = attrs.evolve(self.cursor, walk=advanced)
        except SliceNotHonoured:
            return self._give_up_filter()
        except NeverSettled as error:  # what was read is stored all the same; nothing is concluded from it
            advanced, after, unsettled = walk, abandoned(self.cursor), error
        unchanged = run.part.unchanged
        with self.context.tx() as tx:
            if run.is_trash:
                left = self._left(tx, run, rows)
                after = after.without(left)
                self._tell_sweep(tx, run, left)
            events = self._store(tx, run, rows, answer)
            if self.keeps:
                save_cursor(self.context, tx, after)
        self.cursor = after
        self.context.listeners.tell(events)
        run.count(rows, unchanged, again=is_again(walk) or not self.keeps)
        run.tell(fraction(run, advanced, keys[0].updated_at if keys else None))
        if unsettled is not None:
            raise unsettled
        return None

    def _store(self, tx: SyncTx, run: Run, rows: list[Row], answer: Answer) -> list[SyncEvent]:
        context = self.context
        if not run.is_trash:
            return apply_rows(context, tx, run.stream, rows, answer.read, report=run.report)
        missing = {run.stream.remote_id(row["id"]): TRASH for row in rows}
        return apply_rows(context, tx, run.stream, [], answer.read, report=run.report, missing=missing)

    def _left(self, tx: SyncTx, run: Run, rows: list[Row]) -> list[LeftRow]:
        """Which rows have left the list, and where they stood in it."""
        ids = {str(row["id"]): run.stream.remote_id(row["id"]) for row in rows}
        known = tx.records.by_remote(run.stream.entity.name, ids.values())
        stood = {remote_id: record.base.get("created_at") for remote_id, record in known.items()}
        return [
            LeftRow(
                row_id := str(row["id"]),
                row.get("created_at", stood.get(ids[row_id])),
                int(row.get("updated_at") or 0),
            )
            for row in rows
        ]

    def _tell_sweep(self, tx: SyncTx, run: Run, left: list[LeftRow]) -> None:
        """Let a sweep that is under way know, in the transaction that takes note of the rows."""
        cursor = tx.cursors.load(run.stream.key)
        told = cursor.without(left)
        if told != cursor:
            save_cursor(self.context, tx, told)

    def _give_up_filter(self) -> None:
        """The account ignores filters: read everything in id order instead, and conclude nothing from absence."""
        self._save(without_filter(self.cursor))

    def _save(self, cursor: Cursor) -> None:
        self.cursor = cursor
        if self.keeps:
            with self.context.tx() as tx:
                save_cursor(self.context, tx, cursor)


def save_cursor(context: SyncContext, tx: SyncTx, cursor: Cursor) -> None:
    """Keep a cursor, with the moment.

    Raises:
        TurnLost: It is another process's turn to move cursors.
    """
    context.turn.fence(tx)
    tx.cursors.save(attrs.evolve(cursor, updated_at=context.clock.now()))
