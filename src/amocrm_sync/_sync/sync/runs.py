# Generated from src/amocrm_sync/_async/sync/runs.py by tools/unasync.py: edit that file instead.
"""One pull of one stream: what is asked for, how far it has come, and how a page of it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._core.call import Priority
from amocrm_sync._core.entities import Stream
from amocrm_sync._core.filters import Filter
from amocrm_sync._core.sync.cursors import Walk
from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.keyset import Keyset, Scan
from amocrm_sync._core.sync.records import Read, Row
from amocrm_sync._core.sync.reports import EntityReport, SyncProgress, SyncReport
from amocrm_sync._core.sync.slices import Slice, SliceNotHonoured
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.protocols import PageQuery
from amocrm_sync._sync.sync.strands import Strand
from amocrm_sync.errors import ValidationError

Wanted = Filter | Mapping[str, Any]
"""A host's own filter: a builder such as ``LeadFilter``, or a dict as the API takes it."""

Progress = Callable[[SyncProgress], Any]


@attrs.define(kw_only=True)
class Run:
    """One pull of one stream.

    Attributes:
        beside: Something else that is read with its first pages.
        met: The ids that were counted, of a list whose unchanged rows are counted as well.
    """

    stream: Stream
    report: SyncReport
    progress: Progress | None
    is_trash: bool = False
    first_second: int | None = None
    last_page: frozenset[str] = frozenset()
    priority: Priority = Priority.INCREMENTAL
    beside: Strand | None = None
    met: set[str] | None = None

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

    def count(self, rows: Sequence[Row], unchanged_before: int, *, again: bool = False) -> None:
        """Count each row once, though the last second of a page is read twice, and some pages are for the proof only.

        With ``again``, rows that are as they were count as read before.
        """
        if self.is_trash:
            return
        ids = frozenset(str(row["id"]) for row in rows)
        if self.met is not None:
            repeated = len(ids & self.met)
            self.met |= ids
        else:
            repeated = self.part.unchanged - unchanged_before if again else len(ids & self.last_page)
        self.part.fetched += len(ids) - repeated
        self.part.unchanged = max(unchanged_before, self.part.unchanged - repeated)
        self.last_page = ids


@attrs.frozen
class Answer:
    """A page that was read, and whether there are more."""

    read: Read
    rows: list[Row]
    more: bool


def read_page(context: SyncContext, run: Run, query: PageQuery) -> Answer:
    """Ask for a page. Nothing is changed here, so several may be under way at a time."""
    started = context.clock.now()
    page = context.crm.page(run.stream, attrs.evolve(query, priority=run.priority))
    more = page.has_next or (query.limit is not None and len(page.rows) >= query.limit)
    return Answer(Read(started, context.clock.now()), page.rows, more)


def read_slice(context: SyncContext, run: Run, query: PageQuery) -> Answer:
    """The same, with a filter of ours.

    Raises:
        SliceNotHonoured: The server refuses it.
    """
    try:
        return read_page(context, run, query)
    except ValidationError as error:
        if not query.filter:
            raise
        raise SliceNotHonoured(str(error)) from error


def bounds(low: int | None, high: int | None, *, exclusive: bool) -> dict[str, int] | None:
    """A span of seconds as the server takes it; ``None`` for no bounds."""
    if low is None or high is None:
        return None
    margin = 1 if exclusive else 0
    return {"from": max(0, low - margin), "to": high + margin}


def is_again(walk: Walk) -> bool:
    """Whether rows of the page that a walk is at may have been read before, and are read again for the proof."""
    if isinstance(walk, Scan):
        return walk.passes.count > 0
    descent = walk if isinstance(walk, Descent) else walk.tie
    return descent is not None and descent.before > 0


def fraction(run: Run, walk: Walk, first: int | None) -> float | None:
    """How much of the time span is read; rows have no total, but the span from the first row to now is known."""
    ahead: Slice = walk.query()
    if not isinstance(walk, Keyset) or ahead.order != "updated_at" or ahead.low is None or ahead.high is None:
        return None
    if run.first_second is None:
        run.first_second = first
    if run.first_second is None:
        return None
    span = ahead.high - run.first_second
    return 1.0 if span <= 0 else min(1.0, max(0.0, (ahead.low - run.first_second) / span))
