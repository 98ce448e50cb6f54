"""Reading rows again by their ids: for hints, for settling, and to prove that a row is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from amocrm_sync._async.sync.apply import apply_rows
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.protocols import AsyncSyncTx, PageQuery
from amocrm_sync._core.call import Priority
from amocrm_sync._core.entities import Stream
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.records import ABSENT, TRASH, Read, Row
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync.errors import NotFoundError


@attrs.frozen(kw_only=True)
class Look:
    """One answer: the rows that are there, the ids that it shows to be gone with the reason, and when it was asked for."""

    rows: list[Row]
    read: Read
    missing: dict[str, str] = attrs.field(factory=dict[str, str])


@attrs.frozen
class Reread:
    """What amoCRM answered about some ids, each of them in one of the answers.

    A minute may lie between two answers (the rate limit, a new token), so each is as old as its own request.
    """

    looks: Sequence[Look]

    @property
    def rows(self) -> list[Row]:
        """The rows of all answers."""
        return [row for look in self.looks for row in look.rows]

    @property
    def missing(self) -> dict[str, str]:
        """The ids that are gone, and why."""
        return {remote_id: reason for look in self.looks for remote_id, reason in look.missing.items()}

    def reads(self, stream: Stream) -> dict[str, Read]:
        """When each id was looked at."""
        return {
            remote_id: look.read
            for look in self.looks
            for remote_id in (*(stream.remote_id(row["id"]) for row in look.rows), *look.missing)
        }

    async def apply(
        self,
        context: AsyncSyncContext,
        tx: AsyncSyncTx,
        stream: Stream,
        report: SyncReport,
        *,
        own: frozenset[str] = frozenset(),
    ) -> list[SyncEvent]:
        """Store all of it in the caller's transaction; otherwise like :func:`apply_rows`."""
        events: list[SyncEvent] = []
        for look in self.looks:
            events += await apply_rows(
                context, tx, stream, look.rows, look.read, report=report, missing=look.missing, own=own
            )
        return events


async def read_again(
    context: AsyncSyncContext,
    stream: Stream,
    remote_ids: Sequence[str],
    report: SyncReport,
    priority: Priority = Priority.INTERACTIVE,
) -> Reread:
    """Ask for rows by id, up to a page of them in one request; ids that do not come back are looked for in the trash.

    What is in neither is asked for once more: it may have been taken out of the trash between the two answers. That last
    answer is what proves it gone.

    An id in the answer that was not asked for means that the account ignores filters. Then absence proves nothing, and
    each id is asked for by itself.
    """
    wanted = {stream.wire_id(remote_id): remote_id for remote_id in remote_ids}
    first = await _look(context, stream, wanted, report, priority)
    if first is None:
        return Reread(await _one_by_one(context, stream, wanted, report))
    found = {int(row["id"]) for row in first.rows}
    lost = {wire_id: remote_id for wire_id, remote_id in wanted.items() if wire_id not in found}
    if not lost or not stream.entity.has_trash:
        return Reread([_with_absent(first, wanted)])
    trash = await _look(context, stream, lost, report, priority, trash=True)
    trashed = {} if trash is None else {lost[int(row["id"])]: TRASH for row in trash.rows}
    looks = [first] if trash is None else [first, attrs.evolve(trash, rows=[], missing=trashed)]
    nowhere = {wire_id: remote_id for wire_id, remote_id in lost.items() if remote_id not in trashed}
    if nowhere:
        last = await _look(context, stream, nowhere, report, priority)
        if last is None:
            looks += await _one_by_one(context, stream, nowhere, report)
        else:
            looks.append(_with_absent(last, nowhere))
    return Reread(looks)


def _with_absent(look: Look, asked: Mapping[int, str]) -> Look:
    """The answer with the ids that did not come."""
    found = {int(row["id"]) for row in look.rows}
    missing = {remote_id: ABSENT for wire_id, remote_id in asked.items() if wire_id not in found}
    return attrs.evolve(look, missing=missing)


async def _look(
    context: AsyncSyncContext,
    stream: Stream,
    asked: Mapping[int, str],
    report: SyncReport,
    priority: Priority,
    *,
    trash: bool = False,
) -> Look | None:
    """One request, and when it was made; ``None`` if the filter was not honoured."""
    started = context.clock.now()
    rows = await _by_ids(context, stream, list(asked), report, priority, trash=trash)
    return None if rows is None else Look(rows=rows, read=Read(started, context.clock.now(), by_id=True))


async def _by_ids(
    context: AsyncSyncContext,
    stream: Stream,
    wire_ids: Sequence[int],
    report: SyncReport,
    priority: Priority,
    *,
    trash: bool,
) -> list[Row] | None:
    """The rows with those ids, live or trashed; ``None`` if others came as well."""
    report.of(stream.entity.name).requests += 1
    query = PageQuery(filter={"id": list(wire_ids)}, limit=250, trash=trash, priority=priority)
    try:
        page = await context.crm.page(stream, query)
    except NotFoundError:
        if stream.entity.within is None:
            raise
        return []  # the catalog is gone, and its elements with it
    honoured = {int(row["id"]) for row in page.rows} <= set(wire_ids)
    return page.rows if honoured else None


async def _one_by_one(
    context: AsyncSyncContext, stream: Stream, asked: Mapping[int, str], report: SyncReport
) -> list[Look]:
    """Each row by its own address: there an empty answer is a proof."""
    looks: list[Look] = []
    for wire_id, remote_id in asked.items():
        started = context.clock.now()
        row = await context.crm.one(stream, wire_id)
        report.of(stream.entity.name).requests += 1
        read = Read(started, context.clock.now(), by_id=True)
        missing = {} if row is not None else {remote_id: ABSENT}
        looks.append(Look(rows=[] if row is None else [row], missing=missing, read=read))
    return looks
