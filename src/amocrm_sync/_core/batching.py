"""Batches: split by count and bytes, matched back by ``request_id``, with a result that leaves nothing unsaid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs

from amocrm_sync.errors import AmoCRMError, BatchError, ItemError, ValidationError
from amocrm_sync.models._gc import paused_gc

T = TypeVar("T")

BATCH = 50
"""Items a request that the API recommends for writes; 250 is its ceiling."""
MAX_BATCH = 250
MAX_QUERY_BYTES = 6_000
"""Longest query string of a list by ids."""


@attrs.frozen
class BatchFailure:
    """One item that was not stored, or whose outcome is unknown.

    Attributes:
        index: Place in the list that was given.
        item: The item as it was given.
        error: Why.
    """

    index: int
    item: Any
    error: AmoCRMError


@attrs.define(eq=False, repr=False)
class BatchResult(Generic[T]):
    """What became of each item of a batch. Every item is in exactly one of the four lists.

    Attributes:
        failed: Refused; the error of each names the field.
        ambiguous: Sent, outcome unknown; look for the record before sending it again.
        not_sent: Never sent, because an earlier error ended the batch.
    """

    _succeeded: list[T] = attrs.field(factory=list[T])
    failed: list[BatchFailure] = attrs.field(factory=list[BatchFailure])
    ambiguous: list[BatchFailure] = attrs.field(factory=list[BatchFailure])
    not_sent: list[BatchFailure] = attrs.field(factory=list[BatchFailure])
    _unread: list[Callable[[], list[T]]] = attrs.field(factory=list[Callable[[], list[T]]], init=False)
    _unread_count: int = attrs.field(default=0, init=False)

    @property
    def succeeded(self) -> list[T]:
        """The records as they are stored now, in the order given; made when they are first looked at."""
        if self._unread:
            unread, self._unread = self._unread, []
            try:
                with paused_gc():
                    self._succeeded += [item for read in unread for item in read()]
            except BaseException:
                self._unread = unread
                raise
            self._unread_count = 0
        return self._succeeded

    @property
    def stored_count(self) -> int:
        """How many items were stored: the length of ``succeeded``, without making the records."""
        return len(self._succeeded) + self._unread_count

    def add_stored(self, read: Callable[[], list[T]], count: int) -> None:
        """Add records, so many of them, that ``read`` makes once somebody looks at them."""
        self._unread.append(read)
        self._unread_count += count

    def __repr__(self) -> str:
        lists = ("succeeded", "failed", "ambiguous", "not_sent")
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in lists)})"

    def __reduce__(self) -> Any:
        return type(self), (self.succeeded, self.failed, self.ambiguous, self.not_sent)

    @property
    def ok(self) -> bool:
        """Whether every item was stored."""
        return not (self.failed or self.ambiguous or self.not_sent)

    def raise_for_failures(self) -> None:
        """Raise unless every item was stored.

        Raises:
            BatchError: Says how many items failed and why; ``failures`` holds them.
        """
        if self.ok:
            return
        failures = sorted([*self.failed, *self.ambiguous, *self.not_sent], key=lambda failure: failure.index)
        counts = f"{len(self.failed)} refused, {len(self.ambiguous)} unknown, {len(self.not_sent)} not sent"
        first = failures[0]
        raise BatchError(
            f"{len(failures)} of {len(failures) + self.stored_count} items were not stored ({counts}); "
            f"first, item {first.index}: {first.error}",
            failures=[(failure.index, failure.error) for failure in failures],
        )


@attrs.frozen
class Entry:
    """One item on its way: its place, what was given, what is sent."""

    index: int
    item: Any
    payload: dict[str, Any]

    @property
    def request_id(self) -> str:
        """The id that the server echoes."""
        return str(self.payload["request_id"])


def entries(
    items: Iterable[Any], payload_of: Callable[[Any], dict[str, Any]], *, prefix: str = ""
) -> list[Entry]:
    """Items with their payloads; those without a ``request_id`` get their index, after the prefix.

    Args:
        items: What was given.
        payload_of: Gives a dict of its own for each, which is completed in place.
        prefix: Put before the index.
    """
    with paused_gc():
        return [_entry(index, item, payload_of(item), prefix) for index, item in enumerate(items)]


def _entry(index: int, item: Any, payload: dict[str, Any], prefix: str) -> Entry:
    given = payload.get("request_id")
    payload["request_id"] = f"{prefix}{index}" if given is None else str(given)
    return Entry(index, item, payload)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The sequence in parts of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def id_chunks(
    ids: Iterable[int], *, size: int = MAX_BATCH, max_bytes: int = MAX_QUERY_BYTES
) -> Iterator[list[int]]:
    """Ids in parts whose ``filter[id][]=…`` stays under both limits."""
    part: list[int] = []
    used = 0
    for number in ids:
        cost = len("&filter[id][]=") + len(str(number))
        if part and (len(part) >= size or used + cost > max_bytes):
            yield part
            part, used = [], 0
        part.append(number)
        used += cost
    if part:
        yield part


def match(
    sent: Sequence[Entry], rows: Sequence[Mapping[str, Any]], *, by_id: bool
) -> dict[int, Mapping[str, Any]]:
    """Answer rows by the index of their item.

    By ``request_id``; where the answer has none (updates), by ``id``; by position only if neither is there and the
    counts agree.
    """
    name = "id" if by_id else "request_id"
    by_name = {str(row[name]): row for row in rows if row.get(name) is not None}
    found = {entry.index: by_name[key] for entry in sent if (key := str(entry.payload.get(name))) in by_name}
    if not found and not by_name and not by_id and len(rows) == len(sent):
        return {entry.index: row for entry, row in zip(sent, rows, strict=True)}
    return found


def refused(sent: Sequence[Entry], error: ValidationError) -> tuple[list[BatchFailure], list[Entry]]:
    """Split a refused batch into the items that the server names, and the rest that it took down with them."""
    reasons: dict[str, list[ItemError]] = {}
    for item in error.items:
        reasons.setdefault(item.request_id, []).append(item)
    failures: list[BatchFailure] = []
    rest: list[Entry] = []
    for position, entry in enumerate(sent):
        mine = reasons.get(entry.request_id) or reasons.get(str(position)) if reasons else None
        if mine:
            failures.append(BatchFailure(entry.index, entry.item, _item_error(error, mine)))
        else:
            rest.append(entry)
    return failures, rest


def _item_error(error: ValidationError, items: Sequence[ItemError]) -> ValidationError:
    text = "; ".join(f"{item.path} {item.code}: {item.detail}" for item in items)
    return ValidationError(
        f"{error.status} {error.title}: {text}",
        context=error.context,
        status=error.status,
        title=error.title,
        detail=error.detail,
        items=tuple(items),
    )
