# Generated from src/amocrm_sync/_async/resources/_base.py by tools/unasync.py: edit that file instead.
"""What resources are made of: lists and single records. A resource states its path, key and model; the rest is here."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from amocrm_sync._core.batching import id_chunks
from amocrm_sync._core.call import Call, Method, Reply
from amocrm_sync._core.filters import AnyFilter, build_query
from amocrm_sync._core.filters_check import FilterIgnoredWarning, ignored_filters
from amocrm_sync._core.payloads import json_or_none, number
from amocrm_sync._core.unset import UNSET
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.engine import Engine
from amocrm_sync._sync.fields import FieldRegistry
from amocrm_sync._sync.pager import Pager
from amocrm_sync.errors import ConfigurationError, NotFoundError
from amocrm_sync.models import Model
from amocrm_sync.models.page import Page, parse_one, parse_page

M = TypeVar("M", bound=Model)

PARALLEL_READS = 6
"""Requests by id in flight where a list by ids cannot be used."""


@attrs.frozen(kw_only=True)
class Core:
    """What every resource of one client shares."""

    engine: Engine
    fields: FieldRegistry
    strict: bool = False


class Resource(Generic[M]):
    """A collection of the API.

    Attributes:
        path: Collection path.
        key: Name of the rows under ``_embedded``.
        model: What a row becomes.
        max_limit: Rows a page that the endpoint allows.
        entity: Name in the field registry, for entities with custom fields.
        with_values: What ``with_`` can ask for, as far as the sources know; the API grows, so others are sent as well.
        order_fields: What the list can be ordered by; the API ignores any other, so that is refused here.
    """

    path: str
    key: str
    model: type[Any]
    max_limit: int = 250
    entity: str | None = None
    with_values: ClassVar[tuple[str, ...]] = ()
    order_fields: ClassVar[tuple[str, ...]] = ()
    _template: str | None = None

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def template(self) -> str:
        """The path with names for ids; used in errors and metrics."""
        return self._template or self.path

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._core.engine.account}{self.path}>"

    def _pager(self, path: str, template: str, **params: Any) -> Pager[M]:
        limit = params.get("limit")
        if limit is not None and not 1 <= limit <= self.max_limit:
            raise ConfigurationError(f"limit: 1 to {self.max_limit} is needed here, not {limit}")
        self._check_order(params.get("order"))
        asked: AnyFilter | None = params.get("filter")
        parse = self._parse_page if asked is None else self._checked(asked)
        return self._unchecked_pager(path, template, build_query(**params), parse)

    def _unchecked_pager(
        self, path: str, template: str, query: str, parse: Callable[[Reply], Page[M]] | None = None
    ) -> Pager[M]:
        call = Call(method="GET", path=path, template=template, query=query, parse=parse or self._parse_page)
        return Pager(self._core.engine, call)

    def _check_order(self, order: Mapping[str, str] | None) -> None:
        unknown = [name for name in order or () if self.order_fields and name not in self.order_fields]
        if unknown:
            raise ConfigurationError(
                f"order[{unknown[0]}]: this list can be ordered by {', '.join(self.order_fields)}; "
                "the server ignores anything else"
            )

    def _checked(self, asked: AnyFilter) -> Callable[[Reply], Page[M]]:
        """Reads pages, and warns once where the first shows that the filter was ignored."""
        looked = False

        def parse(reply: Reply) -> Page[M]:
            nonlocal looked
            page = self._parse_page(reply)
            ignored = [] if looked else ignored_filters(asked, page.items)
            looked = True
            if ignored:
                warnings.warn(_ignored(self.path, ignored), FilterIgnoredWarning, stacklevel=2)
            return page

        return parse

    def _parse_page(self, reply: Reply) -> Page[M]:
        return _page(reply, self.key, self.model, strict=self._core.strict)

    def _parse_one(self, reply: Reply) -> M:
        if reply.status == HTTPStatus.NO_CONTENT:
            raise NotFoundError(f"there is no such {self.model.__name__.lower()}", status=204)
        found: M = parse_one(reply.body, self.model, strict=self._core.strict)
        return found

    def _get(self, path: str, template: str, with_: Sequence[str] | str) -> M:
        query = build_query(with_=with_)
        return self._core.engine.send(
            Call(method="GET", path=path, template=template, query=query, parse=self._parse_one)
        )

    def _command(
        self, method: Method, path: str, template: str, json: Any = UNSET, *, query: str = ""
    ) -> Any:
        """A call whose answer is plain JSON or nothing."""
        return self._core.engine.send(
            Call(method=method, path=path, template=template, query=query, json=json, parse=json_or_none)
        )

    def _one(self, method: Method, path: str, template: str, json: Any = UNSET) -> M:
        """A call whose answer is one record."""
        return self._core.engine.send(
            Call(method=method, path=path, template=template, json=json, parse=self._parse_one)
        )


class Listed(Resource[M]):
    """A collection that can be listed and read."""

    def list(
        self,
        *,
        filter: AnyFilter | None = None,
        with_: Sequence[str] | str = (),
        order: Mapping[str, str] | None = None,
        query: str | None = None,
        limit: int | None = None,
        page: int = 1,
    ) -> Pager[M]:
        """The records, lazily, page by page.

        Args:
            filter: A typed filter of this entity, or a dict with the API's names.
            with_: What to bring along, e.g. ``["contacts"]``.
            order: One field and ``"asc"`` or ``"desc"``, e.g. ``{"updated_at": "asc"}``.
            query: Full-text search over filled fields.
            limit: Rows a page; the endpoint's own maximum where not given.
            page: The page to begin with.
        """
        return self._pager(
            self.path,
            self.template,
            filter=filter,
            with_=with_,
            order=order,
            query=query,
            limit=self.max_limit if limit is None else limit,
            page=page,
        )

    def get(self, id: int, *, with_: Sequence[str] | str = ()) -> M:
        """One record.

        Raises:
            NotFoundError: There is none with this id (the API answers 204 or 404).
        """
        return self._get(f"{self.path}/{number(id)}", f"{self.template}/{{id}}", with_)

    def get_or_none(self, id: int, *, with_: Sequence[str] | str = ()) -> M | None:
        """One record, or ``None`` where there is none with this id."""
        try:
            return self.get(id, with_=with_)
        except NotFoundError:
            return None


class ReadMany(Listed[M]):
    """A collection whose list understands ``filter[id][]``."""

    def get_many(self, ids: Iterable[int], *, with_: Sequence[str] | str = ()) -> dict[int, M]:
        """Records by id, 250 a request; ids that do not exist are absent from the answer.

        Where the server ignores the filter (an account without API filtering), each id is read by itself.
        """
        wanted = list(dict.fromkeys(number(item) for item in ids))
        found: dict[int, M] = {}
        for part in id_chunks(wanted, size=self.max_limit):
            rows = {_id_of(row): row for row in self._by_ids(part, with_)}
            if not set(rows) <= set(part):
                rows = self._one_by_one(part, with_)
            found.update(rows)
        return {key: found[key] for key in wanted if key in found}

    def _by_ids(self, ids: Sequence[int], with_: Sequence[str] | str) -> Sequence[M]:
        query = build_query(filter={"id": list(ids)}, with_=with_, limit=self.max_limit, page=1)
        return self._unchecked_pager(self.path, self.template, query).to_list(max_items=len(ids) + 1)

    def _one_by_one(self, ids: Sequence[int], with_: Sequence[str] | str) -> dict[int, M]:
        def read(key: int) -> M | None:
            return self.get_or_none(key, with_=with_)

        rows = bounded_map(read, ids, limit=PARALLEL_READS)
        return {key: row for key, row in zip(ids, rows, strict=True) if row is not None}


def _page(reply: Reply, key: str, model: type[Any], *, strict: bool) -> Page[Any]:
    if reply.status == HTTPStatus.NO_CONTENT:
        return Page(items=[])
    return parse_page(reply.body, key, model, strict=strict)


def _id_of(row: Any) -> int:
    return int(row.id)


def _ignored(path: str, names: Sequence[str]) -> str:
    listed = ", ".join(f"filter[{name}]" for name in names)
    return (
        f"{path}: the server ignored {listed} and answered with rows that it excludes. The account may lack API "
        'filtering (account.get(with_=["is_api_filter_enabled"]) says so); sift the rows here'
    )
