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
_MAY_BE_WRONG = 0.25
"""Pages by which an estimate may be wrong."""
_UNDER_WAY = 16
"""A window is not cut nearer than so many pages, for they may be asked for already."""
_BEFORE = 8
"""So many pages of the window before it count for how densely rows lie in the next."""
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
        ahead: Pages stored beyond those: ``(page, the end it was asked for with, the last page if it told that, else 0)``.
        last: The number of its last page, once known.
        needs_proof: Whether it had a second page at any moment. One page is one moment, and cannot miss a row.
        asked: The earliest end that one of those pages was asked for with.
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
    ahead: tuple[tuple[int, int, int], ...] = ()
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
    def lately(self) -> float:
        """Pages a second of ``created_at`` among the latest pages; 0 where nothing tells it."""
        if len(self.tops) > 1:
            (first, before), (final, top) = self.tops[0], self.tops[-1]
            return (final - first) / max(1, top - before)
        if self.tops and self.oldest is not None:
            return 1 / (self.tops[0][1] - self.oldest + 1)
        return self.pace

    @property
    def density(self) -> float:
        """Pages a second of ``created_at`` in the whole window, and a little of the one before it; 0 where nothing tells it."""
        if self.newest is None or self.oldest is None:
            return self.pace
        before = _BEFORE if self.pace else 0
        return (self.pages + before) / (self.newest - self.oldest + 1 + (before / self.pace if before else 0))

    def pages_left(self, density: float) -> float:
        """How many pages seem to be left behind the last that is stored without a gap, where rows lie so densely."""
        if self.last is not None:
            return max(0, self.last - self.read)
        if self.newest is None:
            return (self.high - self.low) * density
        beyond = self.pages - self.read
        return max((self.high - self.newest) * density + beyond, self.read - self.peak)

    def next_page(self, in_flight: Collection[Ask], *, daring: bool = False, eager: int = 0) -> int | None:
        """The first page that is neither stored nor asked for, if it is likely to exist.

        Args:
            in_flight: What was asked and is not answered.
            daring: Whether it is enough that it may well exist.
            eager: Pages to ask for beyond those, while no answer tells anything about the window.
        """
        taken = {
            *(number for number, *_ in self.ahead),
            *(ask.page for ask in in_flight if ask.low == self.low),
        }
        page = self.read + 1
        while page in taken:
            page += 1
        before = page - self.read - 1
        if self.last is not None:
            is_wanted = page <= self.last
        elif daring:
            left = self.pages_left(max(self.lately, self.density)) + _MAY_BE_WRONG
            is_wanted = before < max(left, 1 if self.tops else 1 + eager)
        else:
            is_wanted = before < max(1, int(self.pages_left(min(self.lately, self.density))))
        return page if is_wanted else None

    def is_shaken_by(self, row: LeftRow, lag: float) -> bool:
        """Whether a row may have shifted others from a page to be read into one that was read."""
        is_inside = row.created_at is None or self.low <= row.created_at <= self.high
        return is_inside and row.left_at >= int(self.began - lag)

    def answered(self, ask: Ask, keys: Sequence[CreatedKey], *, more: bool) -> Window:
        """The window after an answer; as it was, if that is no page of it.

        It may have been asked for with a later end, before the window was cut; then it is a page of this window if no row
        on it lies behind the present end, and the same is true of those before it (:meth:`joined`).
        """
        page = ask.page
        if ask.high != self.high and any((key.created_at or 0) > self.high for key in keys):
            return self
        end = 0 if more else page if keys else max(1, page - 1)
        seen = attrs.evolve(
            self._seen(page, keys),
            ahead=tuple(sorted({*self.ahead, (page, ask.high, end)})),
            needs_proof=self.needs_proof or more or page > 1,
        )
        return (seen.ending(end) if ask.high == self.high else seen).joined()

    def _seen(self, page: int, keys: Sequence[CreatedKey]) -> Window:
        """With what the rows of a page tell about how densely they lie."""
        stamps = [key.created_at for key in keys if key.created_at is not None]
        if not stamps:
            return self
        top, first = max(stamps), min(stamps)
        is_peak = self.newest is None or top > self.newest
        return attrs.evolve(
            self,
            oldest=first if self.oldest is None else min(first, self.oldest),
            newest=top if is_peak else self.newest,
            peak=page if is_peak else self.peak,
            tops=tuple(sorted({*self.tops, (page, top)})[-_TOPS:]),
        )

    def ending(self, end: int) -> Window:
        """With its last page known, if an answer told it."""
        return self if not end else attrs.evolve(self, last=end if self.last is None else min(self.last, end))

    def joined(self) -> Window:
        """With the pages that have no gap before them any more.

        One that was asked for with a later end stays only if all before it were asked for with an end at least as late:
        as no row on any of them lies behind the present end, both lists begin with the same rows.
        """
        joined = self
        while joined.ahead and joined.ahead[0][0] <= joined.read + 1:
            (page, high, end), *rest = joined.ahead
            joined = attrs.evolve(joined, ahead=tuple(rest))
            is_page = high == self.high or joined.asked is None or high <= joined.asked
            if page == joined.read + 1 and is_page:
                asked = high if joined.asked is None else min(high, joined.asked)
                joined = attrs.evolve(joined, read=page, asked=asked).ending(end)
        return joined

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
        if self.read + self.pages_left(density) <= TARGET_PAGES * TOO_LONG:
            return self
        wanted = int(max(_UNDER_WAY, TARGET_PAGES - self.pages) / density)
        high = min(self.high, newest + wanted)
        return self if high == self.high else attrs.evolve(self, high=high)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Window:
        """What :func:`attrs.asdict` gave, through JSON."""
        tops = tuple((page, top) for page, top in data["tops"])
        ahead = tuple((page, end, last) for page, end, last in data["ahead"])
        known: dict[str, Any] = {**data, "ahead": ahead, "tops": tops}
        return cls(**known)
