# Generated from src/amocrm_sync/_async/resources/_writing.py by tools/unasync.py: edit that file instead.
"""How records are written: prepared, sent once, matched with the answer; one by one and in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

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
    match,
    refused,
)
from amocrm_sync._core.call import Call, Method
from amocrm_sync._core.payloads import change, creation, embedded, number, stored, stored_later, written_json
from amocrm_sync._core.shapes import as_array, as_object, is_object
from amocrm_sync._sync.resources._base import Resource
from amocrm_sync.errors import (
    AmbiguousWriteError,
    AmoCRMError,
    ConfigurationError,
    ServerError,
    UnprocessableError,
    ValidationError,
)
from amocrm_sync.models import Model
from amocrm_sync.models._gc import paused_gc

M = TypeVar("M", bound=Model)


@attrs.frozen
class _Target:
    """Where the requests of a batch go."""

    method: Method
    path: str
    template: str
    query: str = ""


@attrs.frozen
class _Answer:
    """What came back for one request of a batch."""

    method: Method
    part: Sequence[Entry]
    body: bytes
    data: Any


class Writing(Resource[M]):
    """How records are written: prepared, sent once, matched with the answer.

    Attributes:
        max_batch: Items a request that the endpoint takes.
        other_keys: Further names of the rows that an answer may have.
        request_id_prefix: Put before the index, where the server stumbles over a plain ``0``.
        sends_request_id: Whether the endpoint knows ``request_id``.
        nested: Entities whose new records may stand in ``_embedded``.
    """

    max_batch: int = MAX_BATCH
    other_keys: tuple[str, ...] = ()
    request_id_prefix: str = ""
    sends_request_id: bool = True
    nested: tuple[str, ...] = ()

    def _create(
        self, path: str, template: str, payload: dict[str, Any], item: Any = None, *, query: str = ""
    ) -> M:
        [prepared] = self._prepared(self._entries([item], lambda _: payload))
        data = self._send_batch("POST", path, self._body([prepared]), template, query=query)
        found = self._matched("POST", [prepared], self._rows(data))
        if not found:
            raise self._missing(prepared, 0, data)
        return self._stored([prepared], found)[0]

    def _entries(self, items: Iterable[Any], payload_of: Callable[[Any], dict[str, Any]]) -> Sequence[Entry]:
        return entries(items, payload_of, prefix=self.request_id_prefix)

    def _update(self, path: str, template: str, payload: dict[str, Any], item: Any = None) -> M:
        changes_nothing = set(payload) <= {"id"}
        [entry] = self._entries([item], lambda _: payload)
        if changes_nothing:
            return self._stored([entry], {0: {}})[0]
        [prepared] = self._prepared([entry])
        body = {name: value for name, value in prepared.payload.items() if name not in ("id", "request_id")}
        row = self._command("PATCH", path, template, body)
        return self._stored([prepared], {0: as_object(row)})[0]

    def _prepared(self, made: Sequence[Entry]) -> Sequence[Entry]:
        """Payloads with names of custom fields, dates and enums resolved."""
        payloads = [entry.payload for entry in made]
        if self.nested:
            payloads = [
                self._with_parts(payload) if self._has_parts(payload) else payload for payload in payloads
            ]
        if self.entity is not None:
            payloads = self._core.fields.resolve(self.entity, payloads)
        return [
            entry if payload is entry.payload else attrs.evolve(entry, payload=payload)
            for entry, payload in zip(made, payloads, strict=True)
        ]

    def _has_parts(self, payload: Mapping[str, Any]) -> bool:
        given = payload.get("_embedded")
        return is_object(given) and not given.keys().isdisjoint(self.nested)

    def _with_parts(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Records inside belong to other entities: each is resolved with the fields of its own, and first."""
        given = as_object(payload["_embedded"])
        parts: dict[str, Any] = {}
        for name in self.nested:
            rows = [row for row in as_array(given.get(name)) if is_object(row)]
            if rows:
                parts[name] = self._core.fields.resolve(name, rows)
        return {**payload, "_embedded": {**given, **parts}}

    def _body(self, sent: Sequence[Entry]) -> bytes:
        """The body of a request with these items."""
        rows = [entry.payload for entry in sent]
        if not self.sends_request_id:
            rows = [{name: value for name, value in row.items() if name != "request_id"} for row in rows]
        return orjson.dumps(rows)

    def _send_batch(
        self, method: Method, path: str, body: bytes, template: str | None = None, *, query: str = ""
    ) -> Any:
        call = Call(
            method=method,
            path=path,
            template=template or path,
            query=query,
            content=body,
            content_type="application/json",
            parse=written_json,
        )
        return self._core.engine.send(call)

    def _many(self, method: Method, made: Sequence[Entry], batch_size: int | None) -> BatchResult[M]:
        """Entries of the collection itself, prepared and sent."""
        prepared = self._prepared(made)
        return self._batches(method, self.path, prepared, self._size(batch_size), template=self.template)

    def _size(self, batch_size: int | None) -> int:
        return min(BATCH, self.max_batch) if batch_size is None else batch_size

    def _rows(self, data: Any) -> Sequence[Mapping[str, Any]]:
        """The rows of an answer to a batch."""
        return embedded(data, self.key, *self.other_keys)

    def _matched(
        self, method: Method, part: Sequence[Entry], rows: Sequence[Mapping[str, Any]]
    ) -> Mapping[int, Mapping[str, Any]]:
        """Answer rows by the index of their item."""
        return match(part, rows, by_id=method == "PATCH")

    def _missing(self, entry: Entry, position: int, data: Any) -> AmoCRMError:  # noqa: ARG002 - for subclasses
        """Why an item is not in the answer."""
        return AmbiguousWriteError("the answer does not mention this item: look whether it is stored")

    def _batches(
        self,
        method: Method,
        path: str,
        made: Sequence[Entry],
        batch_size: int,
        *,
        template: str | None = None,
        query: str = "",
    ) -> BatchResult[M]:
        if not 1 <= batch_size <= self.max_batch:
            raise ConfigurationError(f"batch_size: 1 to {self.max_batch} is needed, not {batch_size}")
        target = _Target(method, path, template or path, query)
        result: BatchResult[M] = BatchResult()
        stop: AmoCRMError | None = None
        for part in chunks(made, batch_size):
            if stop is not None:
                result.not_sent += [BatchFailure(entry.index, entry.item, stop) for entry in part]
                continue
            stop = self._one_batch(target, part, result)
        return result

    def _one_batch(
        self, target: _Target, part: Sequence[Entry], result: BatchResult[M]
    ) -> AmoCRMError | None:
        """Send one request and sort its items; an error that concerns every further request is returned."""
        method, body = target.method, self._body(part)
        try:
            data = self._send_batch(method, target.path, body, target.template, query=target.query)
        except ValidationError as error:
            failures, rest = refused(part, error)
            result.failed += failures
            if rest and failures and method != "POST":
                return self._one_batch(target, rest, result)
            result.failed += [BatchFailure(entry.index, entry.item, error) for entry in rest]
            return None
        except AmbiguousWriteError as error:
            result.ambiguous += [BatchFailure(entry.index, entry.item, error) for entry in part]
            return None
        except AmoCRMError as error:
            result.failed += [BatchFailure(entry.index, entry.item, error) for entry in part]
            return None if isinstance(error, (ServerError, UnprocessableError)) else error
        self._sort(_Answer(target.method, part, body, data), result)
        return None

    def _sort(self, answer: _Answer, result: BatchResult[M]) -> None:
        """Each item of an answered request into the list where it belongs."""
        part, data = answer.part, answer.data
        with paused_gc():
            found = self._matched(answer.method, part, self._rows(data))
            answered = {place: found[entry.index] for place, entry in enumerate(part) if entry.index in found}
            items = [entry.item for entry in part]
            read = stored_later(self.model, answer.body, items, answered, strict=self._core.strict)
            result.add_stored(read, len(answered))
        for position, entry in enumerate(part):
            if entry.index in found:
                continue
            error = self._missing(entry, position, data)
            unknown = isinstance(error, AmbiguousWriteError)
            (result.ambiguous if unknown else result.failed).append(
                BatchFailure(entry.index, entry.item, error)
            )

    def _stored(self, sent: Sequence[Entry], found: Mapping[int, Mapping[str, Any]]) -> list[M]:
        """The records as they now stand: what was sent, with the server's answers over it, by the index of their item."""
        written = [(entry.item, entry.payload, found[entry.index]) for entry in sent if entry.index in found]
        return stored(self.model, written, strict=self._core.strict)


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
        return self._create(self.path, self.template, creation(self.model, item, fields), item)

    def create_many(
        self, items: Iterable[M | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> BatchResult[M]:
        """Create many records, ``batch_size`` a request (50 is recommended, 250 the ceiling).

        An endpoint that takes fewer sets the ceiling. Nothing is sent twice. When the server refuses a request because of some items, those are in ``failed`` with
        their reasons, and so are their neighbours in that request, which were not stored either.
        """
        made = self._entries(items, lambda given: creation(self.model, given, {}))
        return self._many("POST", made, batch_size)


class Updatable(Writing[M]):
    """A collection whose records can be changed."""

    def update(self, item: M | Mapping[str, Any] | int, /, **fields: Any) -> M:
        """Change one record: ``update(lead)`` sends what changed in it, ``update(id, price=5)`` just that.

        Returns:
            The record with the server's ``updated_at``; the same object where one was given.
        """
        payload = change(self.model, item, fields)
        return self._update(f"{self.path}/{payload['id']}", f"{self.template}/{{id}}", payload, item)


class UpdateMany(Updatable[M]):
    """A collection that takes changes in batches as well."""

    def update_many(
        self, items: Iterable[M | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> BatchResult[M]:
        """Change many records, ``batch_size`` a request; models send what changed in them, dicts need an ``id``.

        When the server refuses a request because of some items, the rest of it is sent again without them.
        """
        made = self._entries(items, lambda given: change(self.model, given, {}))
        return self._many("PATCH", made, batch_size)


class Deletable(Resource[M]):
    """A collection whose records can be deleted by API."""

    def delete(self, id: int) -> None:
        """Delete one record.

        Raises:
            NotFoundError: There is none with this id.
        """
        self._command("DELETE", f"{self.path}/{number(id)}", f"{self.template}/{{id}}")


class Unanswered(Writing[M]):
    """Writes that are answered without rows: where the request is accepted, so is each of its items."""

    sends_request_id = False

    def _matched(
        self,
        method: Method,  # noqa: ARG002 - all methods alike
        part: Sequence[Entry],
        rows: Sequence[Mapping[str, Any]],  # noqa: ARG002 - there are none
    ) -> Mapping[int, Mapping[str, Any]]:
        return {entry.index: {} for entry in part}


class DeleteMany(Deletable[M]):
    """A collection whose records can be deleted in batches as well."""

    max_deletes: int = MAX_BATCH

    def delete_many(self, ids: Iterable[int], *, batch_size: int | None = None) -> BatchResult[M]:
        """Delete many records; what was deleted comes back as records with nothing but their id.

        When the server refuses a request because of some ids, the rest of it is sent again without them.
        """
        writer: _Deletes[M] = _Deletes(self._core)
        writer.path, writer.key, writer.model = self.path, self.key, self.model
        writer.max_batch = self.max_deletes
        return writer.delete(ids, batch_size)


class _Deletes(Unanswered[M]):
    def delete(self, ids: Iterable[int], batch_size: int | None) -> BatchResult[M]:
        made = self._entries(ids, lambda key: {"id": number(key)})
        size = self.max_batch if batch_size is None else batch_size
        return self._batches("DELETE", self.path, made, size)
