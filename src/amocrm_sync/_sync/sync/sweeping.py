# Generated from src/amocrm_sync/_async/sync/sweeping.py by tools/unasync.py: edit that file instead.
"""Sweeping: the windows of a whole list read with several pages in flight, each page stored with the cursor."""

from __future__ import annotations

from functools import partial
from math import ceil
from typing import Final

import attrs

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.sweep import Sweep
from amocrm_sync._core.sync.windows import Ask, CreatedKey
from amocrm_sync._sync._primitives import Job, in_flight
from amocrm_sync._sync.sync.apply import apply_rows
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.protocols import PageQuery
from amocrm_sync._sync.sync.runs import Answer, Run, bounds, read_slice
from amocrm_sync._sync.sync.strands import Strand
from amocrm_sync._sync.sync.walking import save_cursor

_MOST: Final = 16
_LEAST: Final = 4
_RATE: Final = 7
"""Requests a second that amoCRM takes."""
_SPARE: Final = 1.8
"""So many times the pages that the rate needs in flight at the shortest latency seen: answers take unequally long."""
_PATIENCE: Final = 0.15
"""Seconds after which a request would be free, if nothing is known yet that is worth asking for."""


class Sweeping:
    """One sweep of one stream.

    Args:
        context: What all parts of the sync share.
        run: The pull that it belongs to.
        cursor: With the sweep to go on with.
    """

    def __init__(self, context: SyncContext, run: Run, cursor: Cursor, sweep: Sweep) -> None:
        self._context = context
        self._run = run
        self._cursor = cursor
        self._sweep = sweep
        self._asked: set[Ask] = set()
        self._eager = 0
        self._latency: float | None = None
        self._is_beside_busy = False

    def read(self) -> None:
        """Read and store what is left of the windows.

        Raises:
            SliceNotHonoured: The account ignores the filter.
        """

        def take(store: Job[None]) -> None:
            store()

        in_flight(self._next, take, width=_MOST, patience=_PATIENCE)

    @property
    def _width(self) -> int:
        """As many pages in flight as keep the rate up at the latency that was seen, and some more.

        The wait for the limiter is in what was seen, so the shortest counts.
        """
        if self._latency is None:
            return _MOST
        return min(_MOST, max(_LEAST, ceil(_SPARE * _RATE * self._latency)))

    def _next(self, is_idle: bool) -> Job[Job[None]] | None:
        beside = self._run.beside
        if beside is not None and beside.is_open and not self._is_beside_busy:
            self._is_beside_busy = True
            return partial(self._read_beside, beside)
        if is_idle:
            self._eager += 1
        ask = self._sweep.next(self._asked, width=self._width, eager=self._eager)
        if ask is None:
            return None
        self._sweep = self._sweep.sent(ask, self._context.clock.now())
        self._asked.add(ask)
        return partial(self._read, ask)

    def _read_beside(self, beside: Strand) -> Job[None]:
        return partial(self._take_beside, beside.read())

    def _take_beside(self, store: Job[None]) -> None:
        self._is_beside_busy = False
        store()

    def _read(self, ask: Ask) -> Job[None]:
        config = self._context.config
        query = PageQuery(
            filter={"created_at": bounds(ask.low, ask.high, exclusive=config.exclusive_bounds)},
            order="id",
            page=ask.page,
            limit=config.page_size,
        )
        return partial(self._take, ask, read_slice(self._context, self._run, query))

    def _take(self, ask: Ask, answer: Answer) -> None:
        """Store a page with the state that it leads to, and tell the host."""
        self._asked.discard(ask)
        self._eager = 0
        seconds = answer.read.ended - answer.read.started
        self._latency = seconds if self._latency is None else min(self._latency, seconds)
        run, rows = self._run, answer.rows
        run.part.requests += 1
        keys = [CreatedKey(str(row["id"]), row.get("created_at")) for row in rows]
        is_again = self._sweep.rounds > 0
        self._sweep = self._sweep.feed(ask, keys, more=answer.more, now=answer.read.ended)
        self._cursor = attrs.evolve(self._cursor, walk=self._sweep)
        unchanged = run.part.unchanged
        with self._context.tx() as tx:
            events = apply_rows(self._context, tx, run.stream, rows, answer.read, report=run.report)
            save_cursor(self._context, tx, self._cursor)
        self._context.listeners.tell(events)
        run.count(rows, unchanged, again=is_again)
        run.tell(self._sweep.fraction())
