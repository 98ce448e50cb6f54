"""A window of a sweep: a span of ``created_at``, how much of it is read, and how much seems to be left.

Windows are cut as reading shows how dense the rows lie, so that reading one again is cheap and no page number grows large.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import attrs

TARGET_PAGES = 60
"""Pages that a window is cut to."""
TOO_LONG = 1.5
"""A window is cut when it promises to be so many times longer than that."""
_TOPS = 8
"""So many of the latest pages tell how densely the rows lie."""
_PIECE = 4
"""Pages that a window is divided into when it has to be read again."""


@attrs.frozen(kw_only=True)
class Ask:
    """A page to be read.

    Attributes:
        low: First second of ``created_at``, included; with it the window is named.
        high: Last second, included.
        page: Page number, in order of id.
    """

    low: int
    high: int
    page: int


@attrs.frozen
class CreatedKey:
    """What a sweep needs to know of a row."""

    id: str
    created_at: int | None


@attrs.frozen
class LeftRow:
    """A row that is not in the list any more.

    Attributes:
        created_at: Its place in the list; ``None`` where it is not known.
        left_at: The second in which it left.
    """

    id: str
    created_at: int | None
    left_at: int


@attrs.frozen(kw_only=True)
class Window:
    """A span of ``created_at`` and how much of it is read.

    Attributes:
        began: When its first page was asked for, unix seconds of our clock.
        ended: When its last page was stored.
        read: Pages 1 to this one are stored.
        ahead: Pages stored beyond those.
        last: The number of its last page, once known.
        needs_proof: Whether it had a second page at any moment. One page is one moment, and cannot miss a row.
        asked: The earliest end that a stored page was asked for with.
        pace: Pages a second of ``created_at`` that the window before it had; 0 where there was none.
        oldest: The first ``created_at`` seen.
        newest: The last one.
        peak: The first page that had it.
        tops: The newest ``created_at`` of each of the latest pages: ``(page, second)``.
    """

    low: int
    high: int
    began: float
    ended: float = 0.0
    read: int = 0
    ahead: tuple[int, ...] = ()
    last: int | None = None
    needs_proof: bool = False
    asked: int | None = None
    pace: float = 0.0
    oldest: int | None = None
    newest: int | None = None
    peak: int = 0
    tops: tuple[tuple[int, int], ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether all its pages are stored."""
        return self.last is not None and self.read >= self.last

    @property
    def pages(self) -> int:
        """Pages stored."""
        return self.read + len(self.ahead)

    @property
    def density(self) -> float:
        """Pages a second of ``created_at``, of late; 0 where nothing tells it."""
        if len(self.tops) > 1:
            (first, before), (final, top) = self.tops[0], self.tops[-1]
            return (final - first) / max(1, top - before)
        if self.tops and self.oldest is not None:
            return 1 / (self.tops[0][1] - self.oldest + 1)
        return self.pace

    @property
    def pages_left(self) -> float:
        """How many pages seem to be left behind the last that is stored without a gap."""
        if self.last is not None:
            return max(0, self.last - self.read)
        if self.newest is None:
            return (self.high - self.low) * self.pace
        beyond = self.pages - self.read
        return max((self.high - self.newest) * self.density + beyond, self.read - self.peak)

    def next_page(self, in_flight: Collection[Ask], eager: int) -> int | None:
        """The first page that is neither stored nor asked for, if it is likely to exist; or lies so few pages behind."""
        asked = {ask.page for ask in in_flight if ask.low == self.low}
        taken = {*self.ahead, *asked}
        page = self.read + 1
        while page in taken:
            page += 1
        if self.last is not None:
            return page if page <= self.last else None
        return page if page <= self.read + max(1, int(self.pages_left)) + eager else None

    def is_shaken_by(self, row: LeftRow, lag: float) -> bool:
        """Whether a row may have shifted others from a page to be read into one that was read."""
        is_inside = row.created_at is None or self.low <= row.created_at <= self.high
        return is_inside and row.left_at >= int(self.began - lag)

    def takes(self, ask: Ask, keys: Sequence[CreatedKey]) -> bool:
        """Whether an answer is a page of this window, though it may have been asked for with a later end.

        It is if the pages before it are stored, were asked for with an end at least as late, and no row on any of them
        lies behind the present end: then both lists begin with the same rows.
        """
        if ask.high == self.high:
            return True
        is_next = ask.page == self.read + 1 and (self.asked is None or ask.high <= self.asked)
        return is_next and all((key.created_at or 0) <= self.high for key in keys)

    def stored(self, ask: Ask, keys: Sequence[CreatedKey], *, more: bool) -> Window:
        """The window after a page of it is stored."""
        page = ask.page
        ahead, read = {*self.ahead, page}, self.read
        while read + 1 in ahead:
            read += 1
        last = self.last
        if not more:
            end = page if keys else max(1, page - 1)
            last = end if last is None else min(last, end)
        stamps = [key.created_at for key in keys if key.created_at is not None]
        top = max(stamps, default=-1)
        is_peak = top > (-1 if self.newest is None else self.newest)
        tops = sorted({*self.tops, (page, top)})[-_TOPS:] if stamps else self.tops
        return attrs.evolve(
            self,
            read=read,
            ahead=tuple(sorted(number for number in ahead if number > read)),
            last=last,
            needs_proof=self.needs_proof or more or page > 1,
            asked=ask.high if self.asked is None else min(self.asked, ask.high),
            oldest=min([*stamps, *([] if self.oldest is None else [self.oldest])], default=None),
            newest=top if is_peak else self.newest,
            peak=page if is_peak else self.peak,
            tops=tuple(tops),
        )

    def pieces(self, now: float) -> tuple[Window, ...]:
        """Shorter windows in its place, to be read from now on."""
        oldest, newest = self.oldest, self.newest
        if oldest is None or newest is None:
            return (Window(low=self.low, high=self.high, began=now),)
        count = max(1, min(-(-self.pages // _PIECE), newest - oldest + 1))
        starts = [self.low, *(oldest + (newest - oldest + 1) * part // count for part in range(1, count))]
        ends = [*(start - 1 for start in starts[1:]), self.high]
        return tuple(Window(low=low, high=high, began=now) for low, high in zip(starts, ends, strict=True))

    def cut(self) -> Window:
        """The window, ended early if it promises to become much too long; what lies behind is for another one.

        The end lies behind every row seen, so the pages read without a gap are pages of the shorter window as well.
        """
        newest, density = self.newest, self.density
        if self.last is not None or newest is None or not density:
            return self
        if self.read + self.pages_left <= TARGET_PAGES * TOO_LONG:
            return self
        wanted = int(max(0, TARGET_PAGES - self.pages) / density)
        high = min(self.high, newest + wanted)
        return self if high == self.high else attrs.evolve(self, high=high, ahead=())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Window:
        """What :func:`attrs.asdict` gave, through JSON."""
        tops = tuple((page, top) for page, top in data["tops"])
        known: dict[str, Any] = {**data, "ahead": tuple(data["ahead"]), "tops": tops}
        return cls(**known)
