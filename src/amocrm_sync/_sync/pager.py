# Generated from src/amocrm_sync/_async/pager.py by tools/unasync.py: edit that file instead.
"""The lazy list: nothing is requested before the first item is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Any, Generic, TypeVar

import attrs

from amocrm_sync._core.call import Call
from amocrm_sync._core.paging import Walk
from amocrm_sync._sync.engine import Engine
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
        for page in self.pages():
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

    def __iter__(self) -> Pages[T]:
        return self

    def __next__(self) -> Page[T]:
        """The next page.

        Raises:
            PagingError: The next link leads to another host or does not move on.
        """
        call = self._next
        if call is None:
            raise StopIteration
        page = self._engine.send(call)
        target = self._walk.follow(page.next_url)
        self._next = None if target is None else attrs.evolve(call, path=target[0], query=target[1])
        self._quarantined += page.quarantined
        fresh = self._walk.fresh([getattr(item, "id", None) for item in page.items])
        if fresh is None:
            return page
        return attrs.evolve(page, items=[item for item, new in zip(page.items, fresh, strict=True) if new])
