# Generated from src/amocrm_sync/_async/pager.py by tools/unasync.py: edit that file instead.
"""The lazy list: nothing is requested before the first item is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Any, Generic, TypeVar
from weakref import ref

import attrs

from amocrm_sync._core.call import Call, Reply
from amocrm_sync._core.paging import Walk
from amocrm_sync._sync.engine import Engine
from amocrm_sync.models._pieces import read_in_pieces
from amocrm_sync.models.page import Page, Quarantined

T = TypeVar("T")


class Pager(Generic[T]):
    """A list of the server's, page by page as it is read.

    Iterating gives items, :meth:`pages` whole pages. Each iteration starts the walk anew. An item that cannot be
    read is set aside in :attr:`quarantined` with its reason, and its neighbours arrive.
    """

    def __init__(self, engine: Engine, first: Call[Page[T]]) -> None:
        self._engine = engine
        self._first = first
        self.quarantined: list[Quarantined] = []

    def __iter__(self) -> Iterator[T]:
        for page in self.pages().for_rows():
            items = iter(page.items)
            del page  # a page that outlives the next one costs a quarter more CPU: two do not fit the cache
            for item in items:
                yield item
                del item
            del items

    def pages(self) -> Pages[T]:
        """Pages as they are read, without the rows that an earlier page brought already."""
        self.quarantined = []
        return Pages(self._engine, self._first, self.quarantined)

    def first(self) -> T | None:
        """The first item, or ``None`` for an empty list."""
        for page in self.pages():
            if page.items:
                return page.items[0]
        return None

    def to_list(self, max_items: int | None = None) -> list[T]:
        """The items; at most ``max_items`` of them, without reading pages that are not needed.

        Returns:
            A list, which a notebook shows as a table.
        """
        from amocrm_sync._core.rows import Rows

        items: list[T] = Rows()
        if max_items is not None and max_items <= 0:
            return items
        for page in self.pages():
            items += page.items
            if max_items is not None and len(items) >= max_items:
                del items[max_items:]
                return items
        return items

    def to_dataframe(self, *, library: str | None = None, timezone: tzinfo | None = None) -> Any:
        """The items as a data frame: one column a field, custom fields under their titles.

        Args:
            library: ``"pandas"`` or ``"polars"``; the first of them that is installed where not given.
            timezone: Where days of custom fields begin; the account is asked for it when there are any.

        Raises:
            ConfigurationError: No such library is installed.
        """
        from amocrm_sync._core.frames import to_frame
        from amocrm_sync._core.tabular import Layout
        from amocrm_sync._sync.fields import FieldRegistry

        items: list[Any] = self.to_list()
        layout = Layout.of(items)
        if timezone is None and layout.needs_timezone:
            timezone = FieldRegistry(self._engine).timezone()
        return to_frame(items, layout, timezone=timezone or UTC, library=library)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._first.template}>"


class Pages(Generic[T]):
    """One walk over a list: an iterator of pages."""

    def __init__(self, engine: Engine, first: Call[Page[T]], quarantined: list[Quarantined]) -> None:
        self._engine = engine
        self._walk = Walk(first.origin or engine.base_url)
        self._walk.follow(first.target)
        self._next: Call[Page[T]] | None = first
        self._quarantined = quarantined
        self._may_cut = False
        self._pieces: Iterator[Page[T]] = iter(())
        self._row_before: ref[Any] | None = None

    def for_rows(self) -> Pages[T]:
        """The same walk for a reader who wants rows: where rows are dropped as they are read, pages come in pieces."""
        self._may_cut = True
        return self

    def __iter__(self) -> Pages[T]:
        return self

    def __next__(self) -> Page[T]:
        """The next page.

        Raises:
            PagingError: The next link leads to another host or does not move on.
        """
        page = next(self._pieces, None)
        if page is None:
            call = self._next
            if call is None:
                raise StopIteration
            page = self._answer(call)
            target = self._walk.follow(page.next_url)
            self._next = None if target is None else attrs.evolve(call, path=target[0], query=target[1])
        page = self._new_rows(page)
        if page.items:
            self._row_before = ref(page.items[0])
        return page

    def _answer(self, call: Call[Page[T]]) -> Page[T]:
        """The page, or its first piece."""
        if not (self._may_cut and self._are_rows_dropped()):
            return self._engine.send(call)
        asked: Call[Any] = attrs.evolve(call, parse=_as_it_came)
        reply: Reply = self._engine.send(asked)
        self._pieces = read_in_pieces(
            reply.body,
            lambda body: self._engine.read(
                call, Reply(status=reply.status, headers=reply.headers, body=body)
            ),
        )
        return next(self._pieces)

    def _are_rows_dropped(self) -> bool:
        """Whether the reader no longer has the row that the last rows began with.

        Rows that are kept are better read by whole pages: the garbage collector looks once a page, not once a piece.
        """
        return self._row_before is not None and self._row_before() is None

    def _new_rows(self, page: Page[T]) -> Page[T]:
        """The page without the rows that came before."""
        self._quarantined += page.quarantined
        fresh = self._walk.fresh([getattr(item, "id", None) for item in page.items])
        if fresh is None:
            return page
        return attrs.evolve(page, items=[item for item, new in zip(page.items, fresh, strict=True) if new])


def _as_it_came(reply: Reply) -> Any:
    return reply
