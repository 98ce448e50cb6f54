"""Links between records: of one record, and of many in few requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from amocrm_sync._async.resources._base import AsyncResource
from amocrm_sync._async.resources._writing import AsyncUnanswered, AsyncWriting
from amocrm_sync._core.batching import BatchResult, Entry, chunks
from amocrm_sync._core.call import Method
from amocrm_sync._core.filters import AnyFilter, filter_params
from amocrm_sync._core.form import encode_brackets
from amocrm_sync._core.linking import Target, link_payload
from amocrm_sync._core.payloads import embedded, number
from amocrm_sync._core.shapes import as_object, is_mapping
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Link, Model
from amocrm_sync.models.page import parse_rows

M = TypeVar("M", bound=Model)

MANY_LINKS = 150
"""Ids of ``filter[entity_id][]`` in one request: a query string of 6 kB holds no more."""

LinkLike: TypeAlias = Link | Mapping[str, Any] | tuple[int, Target]
"""A link as people write it."""


class AsyncLinked(AsyncResource[M]):
    """An entity that can be linked to others."""

    async def link(
        self,
        id: int,
        to: Target | Iterable[Target],
        *,
        is_main: bool | None = None,
        quantity: float | None = None,
        catalog_id: int | None = None,
        price_id: int | None = None,
    ) -> Sequence[Link]:
        """Link a record to one or more others.

        Args:
            id: The record.
            to: A saved model, a pair such as ``("contacts", 5)``, or several of them.
            is_main: Whether the contact becomes the main one.
            quantity: For catalog elements.
            catalog_id: For catalog elements: their catalog (required by the API).
            price_id: For catalog elements: the price field.
        """
        metadata = {"is_main": is_main, "quantity": quantity, "catalog_id": catalog_id, "price_id": price_id}
        data = await self._linking("link", id, link_payload(to, metadata))
        return self._links(data)

    async def unlink(self, id: int, to: Target | Iterable[Target], *, catalog_id: int | None = None) -> None:
        """Remove links; ``to`` as in :meth:`link`."""
        await self._linking("unlink", id, link_payload(to, {"catalog_id": catalog_id}))

    async def links(self, id: int, *, filter: AnyFilter | None = None) -> Sequence[Link]:
        """What a record is linked to; ``LinkFilter(to_entity_type=…, to_entity_id=…)`` asks for one link."""
        path = f"{self.path}/{number(id)}/links"
        return await self._link_list(path, f"{self.template}/{{id}}/links", filter_params(filter))

    async def links_many(self, ids: Iterable[int], *, filter: AnyFilter | None = None) -> Sequence[Link]:
        """What many records are linked to, 150 a request; each link names its record in ``entity_id``."""
        found: list[Link] = []
        for part in chunks([number(key) for key in ids], MANY_LINKS):
            params = filter_params(filter)
            asked = {**params, "filter": {**params.get("filter", {}), "entity_id": list(part)}}
            found += await self._link_list(f"{self.path}/links", f"{self.template}/links", asked)
        return found

    async def link_many(
        self, links: Iterable[LinkLike], *, batch_size: int | None = None
    ) -> BatchResult[Link]:
        """Link many records in few requests.

        Args:
            links: Pairs of a record's id and a target, ``(5, ("contacts", 9))`` or ``(5, contact)``; or dicts and
                ``Link`` models in the API's own shape, with ``metadata`` where it is needed.
            batch_size: Links a request.
        """
        return await _LinkWriter(self).send("link", links, batch_size)

    async def unlink_many(
        self, links: Iterable[LinkLike], *, batch_size: int | None = None
    ) -> BatchResult[Link]:
        """Remove many links; ``links`` as in :meth:`link_many`."""
        return await _Unlinker(self).send("unlink", links, batch_size)

    async def _link_list(self, path: str, template: str, params: Mapping[str, Any]) -> list[Link]:
        query = encode_brackets(params, escape_brackets=False)
        return await _LinkList(self._core).read(path, template, query, params)

    async def _linking(self, action: str, id: int, rows: Sequence[dict[str, Any]]) -> Any:
        path = f"{self.path}/{number(id)}/{action}"
        return await self._command("POST", path, f"{self.template}/{{id}}/{action}", list(rows))

    def _links(self, data: Any) -> Sequence[Link]:
        return parse_rows(embedded(data, "links"), Link, strict=self._core.strict)


class _LinkList(AsyncResource[Link]):
    path = "/links"
    key = "links"
    model = Link

    async def read(self, path: str, template: str, query: str, asked: Mapping[str, Any]) -> list[Link]:
        """All links of a list; whether it was filtered as asked is looked at."""
        parse = self._checked(as_object(asked.get("filter")))
        return await self._unchecked_pager(path, template, query, parse).to_list()


class _LinkWriter(AsyncWriting[Link]):
    """Writes links of one entity type in batches."""

    key = "links"
    model = Link
    sends_request_id = False

    def __init__(self, owner: AsyncResource[Any]) -> None:
        super().__init__(owner._core)  # noqa: SLF001 - a part of the same resource
        self.path, self._template = owner.path, owner.template

    async def send(self, action: str, links: Iterable[LinkLike], batch_size: int | None) -> BatchResult[Link]:
        """Send them to ``link`` or ``unlink``."""
        made = self._entries(links, _row)
        path, template = f"{self.path}/{action}", f"{self.template}/{action}"
        return await self._batches("POST", path, made, self._size(batch_size), template=template)

    def _matched(
        self, method: Method, part: Sequence[Entry], rows: Sequence[Mapping[str, Any]]
    ) -> Mapping[int, Mapping[str, Any]]:
        """By both ends: links have no ids, and the answer no request ids."""
        by_ends = {_ends(row): row for row in rows}
        found = {
            entry.index: by_ends[_ends(entry.payload)] for entry in part if _ends(entry.payload) in by_ends
        }
        return found or super()._matched(method, part, rows)


class _Unlinker(AsyncUnanswered[Link], _LinkWriter):
    """Removes links; the answer is empty."""


def _ends(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in ("entity_id", "to_entity_type", "to_entity_id"))


def _row(link: Any) -> dict[str, Any]:
    if isinstance(link, Link):
        return link.create_payload()
    if is_mapping(link):
        return dict(link)
    match link:
        case (id, target):
            [row] = link_payload(target, {})
            return {"entity_id": number(id), **row}
        case _:
            raise ConfigurationError(f'links: a pair such as (5, ("contacts", 9)) is needed, not {link!r}')
