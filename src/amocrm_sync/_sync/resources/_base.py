# Generated from src/amocrm_sync/_async/resources/_base.py by tools/unasync.py: edit that file instead.
"""What resources are made of: lists, single records, writes. A resource states its path, key and model; the rest is here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import attrs
import orjson

from amocrm_sync._core.batching import (
    BATCH,
    MAX_BATCH,
    BatchFailure,
    BatchResult,
    Entry,
    chunks,
    entries,
    id_chunks,
    match,
    refused,
)
from amocrm_sync._core.call import Call, Method, Reply
from amocrm_sync._core.filters import AnyFilter, build_query
from amocrm_sync._core.problem import snippet
from amocrm_sync._core.shapes import as_array, as_object, is_mapping, is_object
from amocrm_sync._core.unset import UNSET
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.engine import Engine
from amocrm_sync._sync.fields import FieldRegistry
from amocrm_sync._sync.pager import Pager
from amocrm_sync.errors import (
    AmbiguousWriteError,
    AmoCRMError,
    ConfigurationError,
    InvalidResponseError,
    NotFoundError,
    ServerError,
    UnprocessableError,
    ValidationError,
)
from amocrm_sync.models import Model
from amocrm_sync.models.page import Page, parse_one, parse_page

M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)

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
    """

    path: str
    key: str
    model: type[Any]
    max_limit: int = 250
    entity: str | None = None

    def __init__(self, core: Core) -> None:
        self._core = core

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._core.engine.account}{self.path}>"

    def _pager(self, path: str, template: str, **params: Any) -> Pager[M]:
        limit = params.get("limit")
        if limit is not None and not 1 <= limit <= self.max_limit:
            raise ConfigurationError(f"limit: 1 to {self.max_limit} is needed here, not {limit}")
        query = build_query(**params)
        call = Call(method="GET", path=path, template=template, query=query, parse=self._parse_page)
        return Pager(self._core.engine, call)

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

    def _command(self, method: Method, path: str, template: str, json: Any = UNSET) -> Any:
        """A call whose answer is plain JSON or nothing."""
        return self._core.engine.send(
            Call(method=method, path=path, template=template, json=json, parse=json_or_none)
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
            self.path,
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
        return self._get(f"{self.path}/{number(id)}", f"{self.path}/{{id}}", with_)

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
        pager = self._pager(
            self.path, self.path, filter={"id": list(ids)}, with_=with_, limit=self.max_limit, page=1
        )
        return pager.to_list(max_items=len(ids) + 1)

    def _one_by_one(self, ids: Sequence[int], with_: Sequence[str] | str) -> dict[int, M]:
        def read(key: int) -> M | None:
            return self.get_or_none(key, with_=with_)

        rows = bounded_map(read, ids, limit=PARALLEL_READS)
        return {key: row for key, row in zip(ids, rows, strict=True) if row is not None}


class Writing(Resource[M]):
    """How records are written: prepared, sent once, matched with the answer."""

    def _create(self, path: str, template: str, payload: dict[str, Any], item: Any = None) -> M:
        [prepared] = self._prepared(entries([item], lambda _: payload))
        rows = self._send_batch("POST", path, [prepared], template)
        return self._stored(prepared, match([prepared], rows, by_id=False).get(0))

    def _update(self, path: str, template: str, payload: dict[str, Any], item: Any = None) -> M:
        [entry] = entries([item], lambda _: payload)
        if set(payload) <= {"id"}:
            return self._stored(entry, {})
        [prepared] = self._prepared([entry])
        body = {name: value for name, value in prepared.payload.items() if name not in ("id", "request_id")}
        row = self._command("PATCH", path, template, body)
        return self._stored(prepared, as_object(row))

    def _prepared(self, made: Sequence[Entry]) -> Sequence[Entry]:
        """Payloads with names of custom fields, dates and enums resolved."""
        if self.entity is None:
            return made
        entity = self.entity
        return [
            attrs.evolve(entry, payload=self._core.fields.resolve(entity, entry.payload)) for entry in made
        ]

    def _send_batch(
        self, method: Method, path: str, sent: Sequence[Entry], template: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        data = self._command(method, path, template or path, [entry.payload for entry in sent])
        return embedded(data, self.key)

    def _batches(self, method: Method, path: str, made: Sequence[Entry], batch_size: int) -> BatchResult[M]:
        if not 1 <= batch_size <= MAX_BATCH:
            raise ConfigurationError(f"batch_size: 1 to {MAX_BATCH} is needed, not {batch_size}")
        result: BatchResult[M] = BatchResult()
        stop: AmoCRMError | None = None
        for part in chunks(made, batch_size):
            if stop is not None:
                result.not_sent += [BatchFailure(entry.index, entry.item, stop) for entry in part]
                continue
            stop = self._one_batch(method, path, part, result)
        return result

    def _one_batch(
        self, method: Method, path: str, part: Sequence[Entry], result: BatchResult[M]
    ) -> AmoCRMError | None:
        """Send one request and sort its items; an error that concerns every further request is returned."""
        try:
            rows = self._send_batch(method, path, part)
        except ValidationError as error:
            failures, rest = refused(part, error)
            result.failed += failures
            if rest and failures and method == "PATCH":
                return self._one_batch(method, path, rest, result)
            result.failed += [BatchFailure(entry.index, entry.item, error) for entry in rest]
            return None
        except AmbiguousWriteError as error:
            result.ambiguous += [BatchFailure(entry.index, entry.item, error) for entry in part]
            return None
        except AmoCRMError as error:
            result.failed += [BatchFailure(entry.index, entry.item, error) for entry in part]
            return None if isinstance(error, (ServerError, UnprocessableError)) else error
        found = match(part, rows, by_id=method == "PATCH")
        for entry in part:
            if entry.index in found:
                result.succeeded.append(self._stored(entry, found[entry.index]))
            else:
                unknown = AmbiguousWriteError(
                    "the answer does not mention this item: look whether it is stored"
                )
                result.ambiguous.append(BatchFailure(entry.index, entry.item, unknown))
        return None

    def _stored(self, entry: Entry, row: Mapping[str, Any] | None) -> M:
        """The record as it now stands: what was sent, with the server's answer over it."""
        if row is None:
            raise AmbiguousWriteError("the answer does not mention the record: look whether it is stored")
        record: M = stored(self.model, entry.item, entry.payload, row, strict=self._core.strict)
        return record


class Creatable(Writing[M]):
    """A collection that takes new records."""

    def create(self, item: M | Mapping[str, Any] | None = None, /, **fields: Any) -> M:
        """Create one record and return it with its id.

        Args:
            item: A model or a dict in the API's own shape.
            **fields: Fields instead of an item, or over it: ``create(name="…", price=5)``.

        Returns:
            What was sent, with what the server answered (most endpoints answer only the id).

        Raises:
            ValidationError: Names the fields that the server refused.
            AmbiguousWriteError: The outcome is unknown; nothing was sent twice.
        """
        return self._create(self.path, self.path, creation(self.model, item, fields), item)

    def create_many(
        self, items: Iterable[M | Mapping[str, Any]], *, batch_size: int = BATCH
    ) -> BatchResult[M]:
        """Create many records, ``batch_size`` a request (50 is recommended, 250 the ceiling).

        Nothing is sent twice. When the server refuses a request because of some items, those are in ``failed`` with
        their reasons, and so are their neighbours in that request, which were not stored either.
        """
        made = entries(items, lambda given: creation(self.model, given, {}))
        return self._batches("POST", self.path, self._prepared(made), batch_size)


class Updatable(Writing[M]):
    """A collection whose records can be changed."""

    def update(self, item: M | Mapping[str, Any] | int, /, **fields: Any) -> M:
        """Change one record: ``update(lead)`` sends what changed in it, ``update(id, price=5)`` just that.

        Returns:
            The record with the server's ``updated_at``; the same object where one was given.
        """
        payload = change(self.model, item, fields)
        return self._update(f"{self.path}/{payload['id']}", f"{self.path}/{{id}}", payload, item)


class UpdateMany(Updatable[M]):
    """A collection that takes changes in batches as well."""

    def update_many(
        self, items: Iterable[M | Mapping[str, Any]], *, batch_size: int = BATCH
    ) -> BatchResult[M]:
        """Change many records, ``batch_size`` a request; models send what changed in them, dicts need an ``id``.

        When the server refuses a request because of some items, the rest of it is sent again without them.
        """
        made = entries(items, lambda given: change(self.model, given, {}))
        return self._batches("PATCH", self.path, self._prepared(made), batch_size)


class Deletable(Resource[M]):
    """A collection whose records can be deleted by API."""

    def delete(self, id: int) -> None:
        """Delete one record.

        Raises:
            NotFoundError: There is none with this id.
        """
        self._command("DELETE", f"{self.path}/{number(id)}", f"{self.path}/{{id}}")


def number(value: Any) -> int:
    """An id as a number, or an error that says what was given instead."""
    key = getattr(value, "id", value)
    if isinstance(key, str) and key.isdigit():
        return int(key)
    if not isinstance(key, int) or isinstance(key, bool):
        raise ConfigurationError(f"id: a number is needed, not {value!r}")
    return key


def creation(model: type[Model], item: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a POST sends for an item and further fields."""
    if isinstance(item, Model):
        payload = item.create_payload()
    elif item is None or is_mapping(item):
        payload = dict(item or {})
    else:
        raise ConfigurationError(f"item: a {model.__name__} or a dict is needed, not {type(item).__name__}")
    return {**payload, **(model(**fields).create_payload() if fields else {})}


def change(model: type[Model], item: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a PATCH sends for an item or an id, with its ``id``."""
    if isinstance(item, Model):
        payload = {"id": number(getattr(item, "id", None)), **item.changes()}
    elif is_mapping(item):
        payload = {**item, "id": number(item.get("id"))}
    else:
        payload = {"id": number(item)}
    return {**payload, **(model(**fields).changes() if fields else {})}


def stored(
    model: type[M], item: Any, payload: Mapping[str, Any], row: Mapping[str, Any], *, strict: bool
) -> M:
    """The record after a write: what was sent with the server's answer over it, clean."""
    if isinstance(item, model) and item.is_loaded:
        item.absorb(row)
        return item
    merged = {name: value for name, value in payload.items() if name != "request_id"}
    merged.update({name: value for name, value in row.items() if name not in ("_links", "request_id")})
    return parse_one(orjson.dumps(merged), model, strict=strict)


def embedded(data: Any, key: str) -> Sequence[Mapping[str, Any]]:
    """The rows of an answer: under ``_embedded``, or a bare array."""
    rows = as_object(data.get("_embedded")).get(key) if is_object(data) else data
    return [row for row in as_array(rows) if is_object(row)]


def json_or_none(reply: Reply) -> Any:
    """The JSON of an answer; ``None`` for an empty one."""
    if not reply.body:
        return None
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        raise InvalidResponseError(
            f"the answer is not JSON: {snippet(reply)}", status=reply.status, snippet=snippet(reply)
        ) from None


def _page(reply: Reply, key: str, model: type[Any], *, strict: bool) -> Page[Any]:
    if reply.status == HTTPStatus.NO_CONTENT:
        return Page(items=[])
    return parse_page(reply.body, key, model, strict=strict)


def _id_of(row: Any) -> int:
    return int(row.id)
