"""Spans around what is asked of amoCRM, one for each page and each batch of writes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import attrs

from amocrm_sync._async.sync.protocols import AsyncRemote, PageQuery, RemotePage
from amocrm_sync._core.call import TimeLeft
from amocrm_sync._core.entities import Entity, Stream
from amocrm_sync._core.sync.records import Row
from amocrm_sync._telemetry import Attribute, Marks, Telemetry


@attrs.frozen
class AsyncTracedRemote:
    """A remote each of whose requests is a span."""

    inner: AsyncRemote
    telemetry: Telemetry

    @property
    def account(self) -> str:
        """The account's host."""
        return self.inner.account

    async def page(self, stream: Stream, query: PageQuery) -> RemotePage:
        """One page of a list."""
        asked: dict[str, Attribute] = {
            "amocrm.entity": stream.key,
            "amocrm.page": query.page,
            "amocrm.trash": query.trash,
        }
        with self.telemetry.span("amocrm.sync.batch page", asked) as span:
            page = await self.inner.page(stream, query)
            span.set_attribute("amocrm.rows", len(page.rows))
        return page

    async def one(self, stream: Stream, wire_id: int) -> Row | None:
        """One row by its id."""
        with self.telemetry.span("amocrm.sync.batch one", {"amocrm.entity": stream.key}):
            return await self.inner.one(stream, wire_id)

    async def events(self, first: int, last: int, page: int) -> RemotePage:
        """A page of the account's log of events."""
        asked: dict[str, Attribute] = {"amocrm.entity": "events", "amocrm.page": page}
        with self.telemetry.span("amocrm.sync.batch events", asked) as span:
            found = await self.inner.events(first, last, page)
            span.set_attribute("amocrm.rows", len(found.rows))
        return found

    async def create(self, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        """Create rows."""
        with self._write("create", stream, items):
            return await self.inner.create(stream, items, time_left)

    async def update(self, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        """Change rows."""
        with self._write("update", stream, items):
            return await self.inner.update(stream, items, time_left)

    async def fields(self, entity: Entity) -> list[Row]:
        """Every custom field of an entity."""
        return await self.inner.fields(entity)

    async def add_field(self, entity: Entity, field: Row) -> Row:
        """Make a custom field."""
        return await self.inner.add_field(entity, field)

    async def has_tag(self, entity: Entity, name: str) -> bool:
        """Whether an entity's directory of tags has one of exactly that name."""
        return await self.inner.has_tag(entity, name)

    def _write(self, verb: str, stream: Stream, items: Sequence[Row]) -> AbstractContextManager[Marks]:
        told: dict[str, Attribute] = {"amocrm.entity": stream.key, "amocrm.rows": len(items)}
        return self.telemetry.span(f"amocrm.sync.batch {verb}", told)
