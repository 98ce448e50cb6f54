"""Looking for rows by the marks that they carry: by the field with a filter, by the tag among the newest rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.protocols import PageQuery, RemotePage
from amocrm_sync._core.entities import Stream
from amocrm_sync._core.sync.marks import FieldMark, Mark, TagMark
from amocrm_sync._core.sync.outbox import Op, is_last_probe
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.sync.reports import SyncReport

_AT_ONCE = 50
"""Ids looked for in one request: 36 characters each, so that the address stays short."""
_SLACK = 600.0
"""Seconds by which our clock may be ahead of amoCRM's when it is judged which rows are older than a create."""
_PAGES = 20
"""Most pages that are read in search of a tag."""


@attrs.frozen
class Looked:
    """What a search has found.

    Attributes:
        rows: By our id, the row that carries it.
        traces: Ids that no row carries, though something shows that the create has arrived.
    """

    rows: Mapping[str, Row] = attrs.field(factory=dict[str, Row])
    traces: frozenset[str] = frozenset()


class AsyncSearch(Protocol):
    """Looks for rows by one kind of mark."""

    async def look(self, creates: Mapping[str, Op]) -> Looked:
        """Look for the rows of creates of unknown outcome, by our id."""
        ...


async def search(
    context: AsyncSyncContext, stream: Stream, creates: Mapping[str, Op], report: SyncReport
) -> Looked:
    """Look for the rows of some creates by every mark that they may carry."""
    rows: dict[str, Row] = {}
    traces: frozenset[str] = frozenset()
    for mark in context.marks.get(stream.entity.name, ()):
        wanted = {uid: op for uid, op in creates.items() if uid not in rows}
        if wanted:
            looked = await _search_by(mark, AsyncPages(context, stream, report)).look(wanted)
            rows |= looked.rows
            traces |= looked.traces
    return Looked(rows, traces)


def _search_by(mark: Mark, pages: AsyncPages) -> AsyncSearch:
    if isinstance(mark, FieldMark):
        return AsyncFieldSearch(mark, pages)
    if isinstance(mark, TagMark):
        return AsyncTagSearch(mark, pages)
    raise TypeError(f"no search is known for {mark!r}")


@attrs.frozen
class AsyncPages:
    """An entity's list, each request counted."""

    context: AsyncSyncContext
    stream: Stream
    report: SyncReport

    async def page(self, query: PageQuery) -> RemotePage:
        """One page."""
        self._count()
        return await self.context.crm.page(self.stream, query)

    async def has_tag(self, name: str) -> bool:
        """Whether the entity's directory has a tag."""
        self._count()
        return await self.context.crm.has_tag(self.stream.entity, name)

    def _count(self) -> None:
        self.report.of(self.stream.entity.name).requests += 1


@attrs.frozen
class AsyncFieldSearch:
    """By the field. Where the filter is not honoured, each id is searched for."""

    mark: FieldMark
    pages: AsyncPages

    async def look(self, creates: Mapping[str, Op]) -> Looked:
        """See :meth:`AsyncSearch.look`. What is not found after the last look is not there."""
        found: dict[str, Row] = {}
        uids = list(creates)
        for start in range(0, len(uids), _AT_ONCE):
            asked = uids[start : start + _AT_ONCE]
            query = PageQuery(filter={"custom_fields_values": {self.mark.field: asked}})
            rows = (await self.pages.page(query)).rows
            if not all(set(self.mark.uids_of(row)) & set(asked) for row in rows):
                rows = [row for uid in asked for row in (await self.pages.page(PageQuery(query=uid))).rows]
            found |= _carrying(self.mark, rows, asked)
        return Looked(found)


@attrs.frozen
class AsyncTagSearch:
    """By the tag. Lists know no filter by tags, so the newest rows are read.

    A tag is made with the row. So one that is not in the directory after the last look proves that the create did not
    arrive, and one that is there without a row proves nothing: a person may have deleted the row, or taken the tag off.
    """

    mark: TagMark
    pages: AsyncPages

    async def look(self, creates: Mapping[str, Op]) -> Looked:
        """See :meth:`AsyncSearch.look`."""
        found = await self._among_the_newest(creates)
        traces: set[str] = set()
        for uid, op in creates.items():
            if uid in found or not is_last_probe(op) or not await self.pages.has_tag(self.mark.tag(uid)):
                continue
            rows = (await self.pages.page(PageQuery(query=self.mark.tag(uid)))).rows
            shown = _carrying(self.mark, rows, (uid,))
            found |= shown
            traces |= {uid} - shown.keys()
        return Looked(found, frozenset(traces))

    async def _among_the_newest(self, creates: Mapping[str, Op]) -> dict[str, Row]:
        since = min(op.first_sent_at or op.made_at for op in creates.values()) - _SLACK
        found: dict[str, Row] = {}
        for number in range(1, _PAGES + 1):
            page = await self.pages.page(PageQuery(order="id", is_descending=True, page=number))
            found |= _carrying(self.mark, page.rows, creates)
            is_older = all(row.get("created_at", since) < since for row in page.rows)
            if is_older or not page.has_next or creates.keys() <= found.keys():
                break
        return found


def _carrying(
    mark: Mark, rows: list[Row], uids: Mapping[str, Op] | list[str] | tuple[str, ...]
) -> dict[str, Row]:
    """By id, the rows that carry one of these."""
    return {uid: row for row in rows for uid in mark.uids_of(row) if uid in uids}
