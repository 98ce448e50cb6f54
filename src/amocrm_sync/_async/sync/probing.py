"""Asking one account what the documentation leaves open. Everything here only reads, a dozen requests in all."""

from __future__ import annotations

from typing import Any

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.failures import FATAL
from amocrm_sync._async.sync.preflight import look
from amocrm_sync._async.sync.protocols import PageQuery
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.probing import (
    Answer,
    judge_bounds,
    judge_depth,
    judge_events_page,
    judge_ids,
    judge_length,
    judge_order,
    judge_page,
    judge_time_filter,
)
from amocrm_sync._core.sync.records import Row
from amocrm_sync.errors import AmoCRMError

_DEEP = 1_000_000
_LONG = 250
"""Ids in one filter; each is ``&filter[id][]=`` and nine digits."""
_BYTES_AN_ID = 22
_EVENTS = 250


class AsyncProbe:
    """Asks about lists of leads, which have every filter and order that the sync uses."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context
        self._stream = entity_named("leads").streams[0]

    async def run(self) -> tuple[Answer, ...]:
        """See :meth:`AsyncDesk.probe`."""
        page = await self._context.crm.page(self._stream, PageQuery(limit=250, order="id"))
        row = page.rows[0] if page.rows else None
        answers = [
            judge_page(250, len(page.rows), more=page.has_next),
            judge_order("id", page.rows),
            judge_order("updated_at", await self._rows(order="updated_at", limit=50)),
            *await self._spans(row),
            await self._ids(page.rows[:2]),
            judge_depth(_DEEP, await self._refusal(limit=1, page=_DEEP)),
            judge_length(_LONG * _BYTES_AN_ID, await self._refusal(filter={"id": _long(row)}, limit=1)),
            await self._events(),
        ]
        return tuple(answers)

    async def _spans(self, row: Row | None) -> list[Answer]:
        """Filters by time, around the second of one row."""
        if row is None:
            return [judge_time_filter(None, ()), judge_bounds(None, (), ())]
        second = int(row["updated_at"])
        spans = [(0, second - 1), (second, second), (second - 1, second + 1)]
        before, at, around = [
            await self._rows(filter={"id": [row["id"]], "updated_at": {"from": low, "to": high}})
            for low, high in spans
        ]
        return [judge_time_filter(row, before), judge_bounds(row, at, around)]

    async def _ids(self, rows: list[Row]) -> Answer:
        asked = [int(row["id"]) for row in rows]
        return judge_ids(asked, await self._rows(filter={"id": asked}) if asked else ())

    async def _events(self) -> Answer:
        answer = await look(self._context, "/api/v4/events", {"limit": _EVENTS})
        rows = objects_in(as_object(answer.get("_embedded")).get("events"))
        return judge_events_page(_EVENTS, len(rows), more="next" in as_object(answer.get("_links")))

    async def _rows(self, **query: Any) -> list[Row]:
        return (await self._context.crm.page(self._stream, PageQuery(**query))).rows

    async def _refusal(self, **query: Any) -> AmoCRMError | None:
        """What a list answers that it does not like."""
        try:
            await self._rows(**query)
        except FATAL:
            raise
        except AmoCRMError as error:
            return error
        return None


def _long(row: Row | None) -> list[int]:
    """Ids enough for a long query string: one that there is, and many above it."""
    first = 100_000_000 if row is None else int(row["id"])
    return [first + place for place in range(_LONG)]
