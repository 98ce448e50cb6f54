# Generated from src/amocrm_sync/_async/sync/lists.py by tools/unasync.py: edit that file instead.
"""Pulling whole short lists (pipelines with their stages, users, roles), and where products are."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from amocrm_sync._core.call import Priority
from amocrm_sync._core.entities import PRODUCT_CATALOGS, Entity, Stream
from amocrm_sync._core.sync.keyset import NeverSettled, Scan
from amocrm_sync._core.sync.records import ABSENT, Read, Row, children_of
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.slices import RowKey
from amocrm_sync._sync.sync.apply import apply_rows, apply_seen
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.protocols import PageQuery, SyncTx
from amocrm_sync._sync.sync.proving import bury

_ALWAYS = float("inf")


def pull_list(context: SyncContext, stream: Stream, report: SyncReport) -> None:
    """Read the list completely and store it; what is not in it any more is deleted.

    A list of several pages is read until two passes are equal, for a row that slips between two pages would look
    deleted.

    Raises:
        NeverSettled: The list changes faster than it can be read. What was read is stored, and nothing is deleted.
    """
    entity = stream.entity
    listed = _whole(context, stream, report)
    rows, read = listed.rows, listed.read
    report.of(entity.name).fetched += len(rows)
    if listed.unsettled is not None:
        with context.tx() as tx:
            events = apply_rows(context, tx, stream, rows, read, report=report)
        context.listeners.tell(events)
        raise listed.unsettled
    with context.tx() as tx:
        missing = _missing(tx, entity.name, {stream.remote_id(row["id"]) for row in rows})
        if entity.never_empty and not rows and missing:
            report.fail(
                entity.name,
                f"sync_{entity.name}",
                f"amoCRM gave no {entity.name} at all; nothing was deleted",
            )
            return
        events = apply_rows(context, tx, stream, rows, read, report=report, missing=missing)
        if entity.children is not None:
            children = {child.remote_id for row in rows for child in children_of(entity, row)}
            gone = _missing(tx, entity.children, children)
            events += apply_seen(context, tx, entity.children, [], read, report=report, missing=gone)
    context.listeners.tell(events)


def catalogs_with_products(context: SyncContext, entity: Entity, report: SyncReport) -> tuple[Stream, ...]:
    """The catalogs of the account whose elements are products, each a list of its own."""
    if entity.within is None:
        return entity.streams
    catalogs = _whole(context, Stream(entity.within, None), report, counted_as=entity.name)
    if catalogs.unsettled is not None:
        raise catalogs.unsettled
    return tuple(
        Stream(entity, str(row["id"]))
        for row in sorted(catalogs.rows, key=lambda row: int(row["id"]))
        if row.get("type", "regular") in PRODUCT_CATALOGS
    )


def forget_other_catalogs(
    context: SyncContext, entity: Entity, listed: Sequence[Stream], report: SyncReport
) -> None:
    """Products of a catalog that the account does not list any more are looked for by their ids."""
    with context.tx(write=False) as tx:
        known = tx.records.unseen(entity.name, _ALWAYS)
    parents = {stream.parent for stream in listed}
    others: dict[str, list[str]] = {}
    for remote_id in known:
        others.setdefault(remote_id.partition(":")[0], []).append(remote_id)
    for parent, remote_ids in sorted(others.items()):
        if parent not in parents:
            bury(context, Stream(entity, parent), remote_ids, report)


@attrs.frozen
class _Listed:
    """The rows of the pass that is proven, with its time; or those of all passes, and why none is."""

    rows: list[Row]
    read: Read
    unsettled: NeverSettled | None = None


def _whole(
    context: SyncContext, stream: Stream, report: SyncReport, *, counted_as: str | None = None
) -> _Listed:
    """Every row of the list."""
    scan = Scan(low=None, high=None)
    every: dict[str, Row] = {}
    rows: dict[str, Row] = {}
    first = started = context.clock.now()
    while not scan.done:
        if scan.passes.page == 1:
            rows, started = {}, context.clock.now()
        limit = None if stream.entity.page_limit is None else context.config.page_size
        query = PageQuery(page=scan.passes.page, limit=limit, priority=Priority.BACKGROUND)
        page = context.crm.page(stream, query)
        report.of(counted_as or stream.entity.name).requests += 1
        rows.update({str(row["id"]): row for row in page.rows})
        every |= rows
        try:
            scan = scan.feed([RowKey(str(row["id"]), 0) for row in page.rows], more=page.has_next)
        except NeverSettled as error:
            return _Listed(list(every.values()), Read(first, context.clock.now()), error)
    return _Listed(list(rows.values()), Read(started, context.clock.now()))


def _missing(tx: SyncTx, entity: str, seen: set[str]) -> dict[str, str]:
    """What we have and a complete list has not."""
    return {remote_id: ABSENT for remote_id in tx.records.unseen(entity, _ALWAYS) if remote_id not in seen}
