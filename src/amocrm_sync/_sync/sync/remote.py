# Generated from src/amocrm_sync/_async/sync/remote.py by tools/unasync.py: edit that file instead.
"""amoCRM over a client, as narrow as the sync needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from amocrm_sync._core.call import Method, Priority, TimeLeft
from amocrm_sync._core.entities import Entity, Stream
from amocrm_sync._core.shapes import as_object, is_array, objects_in
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.unset import UNSET
from amocrm_sync._sync.sync.protocols import PageQuery, RemotePage
from amocrm_sync.errors import InvalidResponseError, NotFoundError

_EVENTS_A_PAGE = 100
"""Most events that the server gives at once."""
_FIELDS_A_PAGE = 50
"""Most custom fields that the server gives at once."""


class Caller(Protocol):
    """The part of a client that is used here."""

    @property
    def base_url(self) -> str:
        """``https://host`` of the account."""
        ...

    def request(
        self,
        method: Method,
        path: str,
        *,
        params: Any = None,
        json: Any = UNSET,
        retry: bool = True,
        priority: Priority = Priority.INTERACTIVE,
        time_left: TimeLeft | None = None,
    ) -> Any:
        """The JSON of an answer; ``None`` for an empty one."""
        ...


class ClientRemote:
    """Reads and writes through an :class:`AmoCRM`: its limiter, tokens, retries and errors apply.

    Writes are sent once, whatever happens: the sync settles an unknown outcome by reading. They go before what webhooks
    have pointed at, that before what changed, and that before whole lists; the host's own calls go first as well.
    """

    def __init__(self, client: Caller) -> None:
        self._client = client

    @property
    def account(self) -> str:
        """The account's host, with the port where it has one."""
        return urlsplit(self._client.base_url).netloc

    def page(self, stream: Stream, query: PageQuery) -> RemotePage:
        """One page of a list."""
        params: dict[str, Any] = {}
        if query.limit is not None:
            params |= {"limit": query.limit, "page": query.page}
        with_ = ("only_deleted",) if query.trash else stream.entity.with_
        if with_:
            params["with"] = ",".join(with_)
        if query.filter:
            params["filter"] = dict(query.filter)
        if query.query is not None:
            params["query"] = query.query
        if query.order is not None:
            params["order"] = {query.order: "desc" if query.is_descending else "asc"}
        answer = self._client.request("GET", stream.path, params=params, priority=query.priority)
        has_next = query.limit is not None and "next" in as_object(as_object(answer).get("_links"))
        return RemotePage(_rows(answer, stream), has_next)

    def one(self, stream: Stream, wire_id: int) -> Row | None:
        """One row by its id."""
        params = {"with": ",".join(stream.entity.with_)} if stream.entity.with_ else {}
        try:
            answer = self._client.request(
                "GET", f"{stream.path}/{wire_id}", params=params, priority=Priority.WEBHOOK
            )
        except NotFoundError:
            return None
        row = as_object(answer)
        return row if "id" in row else None

    def events(self, first: int, last: int, page: int) -> RemotePage:
        """A page of the account's log of events."""
        span = {"created_at": {"from": first, "to": last}}
        params = {"limit": _EVENTS_A_PAGE, "page": page, "filter": span}
        answer = as_object(
            self._client.request("GET", "/api/v4/events", params=params, priority=Priority.INCREMENTAL)
        )
        rows = [row for row in objects_in(as_object(answer.get("_embedded")).get("events")) if "id" in row]
        return RemotePage(rows, "next" in as_object(answer.get("_links")))

    def create(self, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        """Create rows."""
        return self._write("POST", stream, items, time_left)

    def update(self, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        """Change rows."""
        return self._write("PATCH", stream, items, time_left)

    def fields(self, entity: Entity) -> list[Row]:
        """Every custom field of an entity."""
        found: list[Row] = []
        number, more = 1, True
        while more:
            params = {"limit": _FIELDS_A_PAGE, "page": number}
            answer = self._client.request("GET", f"{entity.path}/custom_fields", params=params)
            found += objects_in(as_object(as_object(answer).get("_embedded")).get("custom_fields"))
            number, more = number + 1, "next" in as_object(as_object(answer).get("_links"))
        return found

    def add_field(self, entity: Entity, field: Row) -> Row:
        """Make a custom field."""
        answer = self._client.request("POST", f"{entity.path}/custom_fields", json=[field], retry=False)
        rows = objects_in(as_object(as_object(answer).get("_embedded")).get("custom_fields"))
        if len(rows) != 1 or "id" not in rows[0]:
            raise InvalidResponseError(f"{entity.path}/custom_fields: the answer does not name the new field")
        return rows[0]

    def has_tag(self, entity: Entity, name: str) -> bool:
        """Whether an entity's directory of tags has one of exactly that name."""
        answer = self._client.request("GET", f"{entity.path}/tags", params={"filter": {"name": name}})
        tags = objects_in(as_object(as_object(answer).get("_embedded")).get("tags"))
        return any(tag.get("name") == name for tag in tags)

    def _write(self, method: Method, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        answer = self._client.request(method, stream.path, json=list(items), retry=False, time_left=time_left)
        return _rows(answer, stream)


def _rows(answer: Any, stream: Stream) -> list[Row]:
    """The rows within an answer; none in an empty one.

    Raises:
        InvalidResponseError: The answer has another shape. Taking it for an empty list would delete records.
    """
    if answer is None:
        return []
    listed = as_object(as_object(answer).get("_embedded")).get(stream.entity.embedded)
    rows = objects_in(listed)
    if not is_array(listed) or len(rows) != len(listed) or not all("id" in row for row in rows):
        raise InvalidResponseError(f"{stream.path}: no list of {stream.entity.embedded} in the answer")
    return rows
