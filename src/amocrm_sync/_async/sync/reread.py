"""Reading rows again by their ids: for hints, for settling, and to prove that a row is gone."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.protocols import PageQuery
from amocrm_sync._core.call import Priority
from amocrm_sync._core.entities import Stream
from amocrm_sync._core.sync.records import ABSENT, TRASH, Read, Row
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync.errors import NotFoundError


@attrs.frozen(kw_only=True)
class Reread:
    """What amoCRM answered about some ids: their rows, and which are gone and why."""

    rows: list[Row]
    missing: dict[str, str]
    read: Read


async def read_again(
    context: AsyncSyncContext,
    stream: Stream,
    remote_ids: Sequence[str],
    report: SyncReport,
    priority: Priority = Priority.INTERACTIVE,
) -> Reread:
    """Ask for rows by id, up to a page of them in one request; ids that do not come back are looked for in the trash.

    What is in neither is asked for once more: it may have been taken out of the trash between the two answers.

    An id in the answer that was not asked for means that the account ignores filters. Then absence proves nothing, and
    each id is asked for by itself.
    """
    wanted = {stream.wire_id(remote_id): remote_id for remote_id in remote_ids}
    started = context.clock.now()
    rows = await _by_ids(context, stream, list(wanted), report, priority, trash=False)
    if rows is None:
        return await _one_by_one(context, stream, wanted, report)
    found = {int(row["id"]) for row in rows}
    lost = [wire_id for wire_id in wanted if wire_id not in found]
    missing = {wanted[wire_id]: ABSENT for wire_id in lost}
    if lost and stream.entity.has_trash:
        trashed = await _by_ids(context, stream, lost, report, priority, trash=True)
        missing |= {wanted[int(row["id"])]: TRASH for row in trashed or []}
        nowhere = [wire_id for wire_id in lost if missing[wanted[wire_id]] == ABSENT]
        back = await _by_ids(context, stream, nowhere, report, priority, trash=False) if nowhere else []
        for row in back or []:
            del missing[wanted[int(row["id"])]]
            rows.append(row)
    return Reread(rows=rows, missing=missing, read=Read(started, context.clock.now()))


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
    context: AsyncSyncContext, stream: Stream, wanted: dict[int, str], report: SyncReport
) -> Reread:
    """Each row by its own address: there an empty answer is a proof."""
    started = context.clock.now()
    rows: list[Row] = []
    missing: dict[str, str] = {}
    for wire_id, remote_id in wanted.items():
        row = await context.crm.one(stream, wire_id)
        report.of(stream.entity.name).requests += 1
        if row is None:
            missing[remote_id] = ABSENT
        else:
            rows.append(row)
    return Reread(rows=rows, missing=missing, read=Read(started, context.clock.now()))
