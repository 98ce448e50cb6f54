"""Reading everything in id order with several pages in flight, and knowing that nothing was missed.

A list in order of id and bounded by ``created_at`` has a key that never changes: a change of a row moves no row. Only a
row that leaves the list (deleted, merged) shifts those behind it, and one of them may slip from a page still to be read
into one read already. So a window is proven complete if no row of its span has left it while it was read; one that
has lost a row is read again. Windows are cut as reading shows how dense the rows lie, so that such a repetition
is cheap and no page number grows large.

Nothing here does I/O: :meth:`Sweep.next` says what to ask for, :meth:`Sweep.feed` takes an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import attrs

from amocrm_sync._core.sync.keyset import NeverSettled, SliceNotHonoured

TARGET_PAGES = 60
"""Pages that a window is cut to."""
_TOO_LONG = 1.5
"""A window is cut when it promises to be so many times longer than that."""
_TOPS = 8
"""So many of the latest pages tell how densely the rows lie."""
_UNKNOWN_WINDOWS = 2
"""So many windows are opened ahead of what is known about them."""
_PIECE = 4
"""Pages that a window is divided into when it has to be read again."""
_MOST_ROUNDS = 20


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
        if self.read + self.pages_left <= TARGET_PAGES * _TOO_LONG:
            return self
        wanted = int(max(0, TARGET_PAGES - self.pages) / density)
        high = min(self.high, newest + wanted)
        return self if high == self.high else attrs.evolve(self, high=high, ahead=())


@attrs.frozen(kw_only=True)
class Sweep:
    """A whole list, in windows.

    Attributes:
        high: The last second of ``created_at`` that is read; what is created later is seen by the pull that follows.
        began: When it began, unix seconds of our clock.
        lag: Seconds after which the server surely shows that a row has left.
        windows: Those that are being read.
        frontier: From this second on no window is open yet; ``None`` when all are.
        pace: Pages a second of ``created_at`` before the frontier.
        closed: Windows that are read and wait for the proof.
        left: Rows that have left since it began: ``(id, left_at)``, so that each counts once.
        shaken: Windows that may have missed a row because of them, by their first second.
        rounds: How often windows had to be read again.
    """

    high: int
    began: float
    lag: float = 0.0
    windows: tuple[Window, ...] = ()
    frontier: int | None = 0
    pace: float = 0.0
    closed: tuple[Window, ...] = ()
    left: tuple[tuple[str, int], ...] = ()
    shaken: tuple[int, ...] = ()
    rounds: int = 0

    @property
    def is_read(self) -> bool:
        """Whether every window is read; what is left is the proof."""
        return self.frontier is None and not self.windows

    def next(self, in_flight: Collection[Ask], *, width: int, eager: int = 0) -> Ask | None:
        """The page to ask for now, or ``None`` while answers have to be waited for.

        Args:
            in_flight: What was asked and is not answered.
            width: Pages in flight at most.
            eager: Pages to ask for beyond those that are sure to exist: somebody waited, and a request was free.
        """
        if len(in_flight) >= width:
            return None
        for window in self.windows:
            page = _next_page(window, in_flight, eager)
            if page is not None:
                return Ask(low=window.low, high=window.high, page=page)
        unknown = sum(not window.tops for window in self.windows)
        if self.frontier is None or unknown >= _UNKNOWN_WINDOWS:
            return None
        return Ask(low=self.frontier, high=self._end_of_next(self.frontier), page=1)

    def sent(self, ask: Ask, now: float) -> Sweep:
        """The sweep when a page is asked for: a window begins with its first."""
        if ask.low != self.frontier:
            return self
        window = Window(low=ask.low, high=ask.high, began=now, pace=self.pace)
        frontier = ask.high + 1 if ask.high < self.high else None
        return attrs.evolve(self, windows=(*self.windows, window), frontier=frontier)

    def _end_of_next(self, low: int) -> int:
        """Where a window from here on ends, if the rows lie as densely as before."""
        if not self.pace or (self.high - low) * self.pace <= TARGET_PAGES * _TOO_LONG:
            return self.high
        return min(self.high, low + int(TARGET_PAGES / self.pace))

    def feed(self, ask: Ask, keys: Sequence[CreatedKey], *, more: bool, now: float) -> Sweep:
        """The sweep when an answer is stored.

        Args:
            ask: What was asked.
            keys: The rows, in the server's order.
            more: Whether the server has further pages.
            now: When the answer was there, unix seconds of our clock.

        Raises:
            SliceNotHonoured: The rows are not the ones that were asked for: the account ignores the filter.
        """
        _check(ask, keys)
        window = next((window for window in self.windows if window.low == ask.low), None)
        if window is None or not window.takes(ask, keys):
            return self
        changed = window.stored(ask, keys, more=more)
        is_newest = window.high == self.high or window.high + 1 == self.frontier
        if is_newest:
            changed = changed.cut()
        others = tuple(other for other in self.windows if other.low != ask.low)
        kept, closed = others, self.closed
        if not changed.is_read:
            kept = tuple(sorted((*others, changed), key=lambda item: item.low))
        elif changed.needs_proof:
            closed = (*closed, attrs.evolve(changed, ended=now))
        return attrs.evolve(
            self,
            windows=kept,
            closed=closed,
            frontier=changed.high + 1 if changed.high < window.high else self.frontier,
            pace=_pace(changed) if is_newest else self.pace,
        )

    def without(self, rows: Iterable[LeftRow]) -> Sweep:
        """The sweep when rows are known to have left the list."""
        new = [row for row in rows if (row.id, row.left_at) not in self.left]
        shaken = {
            window.low
            for window in (*self.windows, *self.closed)
            for row in new
            if _is_shaken(window, row, self.lag)
        }
        return attrs.evolve(
            self,
            left=(*self.left, *((row.id, row.left_at) for row in new)),
            shaken=tuple(sorted({*self.shaken, *shaken})),
        )

    def proven(self, now: float) -> Sweep:
        """The sweep when every row that had left by ``now`` is known (:meth:`without`).

        Windows that were shaken are opened again, in pieces: where rows leave all the time, a long window would be shaken
        at each reading, and one of a single page never is. Those read just now stay in doubt: the server may show the
        loss late.

        Raises:
            NeverSettled: Rows leave faster than the list can be read.
        """
        shaken = [window for window in self.closed if window.low in self.shaken]
        if shaken and self.rounds + 1 >= _MOST_ROUNDS:
            raise NeverSettled(f"{_MOST_ROUNDS} readings, and rows were deleted during each of them")
        return attrs.evolve(
            self,
            windows=tuple(piece for window in shaken for piece in window.pieces(now)),
            closed=tuple(
                window
                for window in self.closed
                if window.low not in self.shaken and window.ended > now - self.lag
            ),
            shaken=(),
            rounds=self.rounds + bool(shaken),
        )

    def fraction(self) -> float | None:
        """How much of the span is read, judged by time; ``None`` before the first page."""
        start = min((w.oldest for w in (*self.closed, *self.windows) if w.oldest is not None), default=None)
        if start is None:
            return None
        left = sum(max(0, window.high - (window.newest or window.low)) for window in self.windows)
        left += 0 if self.frontier is None else self.high - self.frontier
        return max(0.0, min(1.0, 1.0 - left / max(1, self.high - start)))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the cursor row."""
        return {"kind": "sweep", **attrs.asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Sweep:
        """What :meth:`to_dict` gave."""
        return cls(
            high=data["high"],
            began=data["began"],
            lag=data["lag"],
            windows=tuple(_window(item) for item in data["windows"]),
            frontier=data["frontier"],
            pace=data["pace"],
            closed=tuple(_window(item) for item in data["closed"]),
            left=tuple((row_id, left_at) for row_id, left_at in data["left"]),
            shaken=tuple(data["shaken"]),
            rounds=data["rounds"],
        )


def _next_page(window: Window, in_flight: Collection[Ask], eager: int) -> int | None:
    """The first page of a window that is neither stored nor asked for, if it is likely to exist."""
    asked = {ask.page for ask in in_flight if ask.low == window.low}
    taken = {*window.ahead, *asked}
    page = window.read + 1
    while page in taken:
        page += 1
    if window.last is not None:
        return page if page <= window.last else None
    return page if page <= window.read + max(1, int(window.pages_left)) + eager else None


def _pace(window: Window) -> float:
    """How densely rows will lie behind a window: as in it, or nobody knows, where it was empty."""
    return 0.0 if window.is_read and not window.tops else window.density


def _is_shaken(window: Window, row: LeftRow, lag: float) -> bool:
    """Whether a row may have shifted others from a page to be read into one that was read."""
    is_inside = row.created_at is None or window.low <= row.created_at <= window.high
    return is_inside and row.left_at >= int(window.began - lag)


def _check(ask: Ask, keys: Sequence[CreatedKey]) -> None:
    for key in keys:
        if key.created_at is None or not ask.low <= key.created_at <= ask.high:
            raise SliceNotHonoured(
                f"row {key.id} created at {key.created_at} was not asked for ({ask.low} to {ask.high})"
            )


def _window(data: dict[str, Any]) -> Window:
    tops = tuple((page, top) for page, top in data["tops"])
    known: dict[str, Any] = {**data, "ahead": tuple(data["ahead"]), "tops": tops}
    return Window(**known)
