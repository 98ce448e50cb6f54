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

from amocrm_sync._core.sync.keyset import NeverSettled
from amocrm_sync._core.sync.slices import SliceNotHonoured
from amocrm_sync._core.sync.windows import TARGET_PAGES, TOO_LONG, Ask, CreatedKey, LeftRow, Window

_UNKNOWN_WINDOWS = 2
"""So many windows are opened ahead of what is known about them."""
_MOST_ROUNDS = 20


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
            page = window.next_page(in_flight)
            if page is not None:
                return Ask(low=window.low, high=window.high, page=page)
        unknown = sum(not window.tops for window in self.windows)
        if self.frontier is not None and unknown < _UNKNOWN_WINDOWS:
            return Ask(low=self.frontier, high=self._end_of_next(self.frontier), page=1)
        for window in self.windows:
            page = window.next_page(in_flight, daring=True, eager=eager)
            if page is not None:
                return Ask(low=window.low, high=window.high, page=page)
        return None

    def sent(self, ask: Ask, now: float) -> Sweep:
        """The sweep when a page is asked for: a window begins with its first."""
        if ask.low != self.frontier:
            return self
        window = Window(low=ask.low, high=ask.high, began=now, pace=self.pace)
        frontier = ask.high + 1 if ask.high < self.high else None
        return attrs.evolve(self, windows=(*self.windows, window), frontier=frontier)

    def _end_of_next(self, low: int) -> int:
        """Where a window from here on ends, if the rows lie as densely as before."""
        if not self.pace or (self.high - low) * self.pace <= TARGET_PAGES * TOO_LONG:
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
        if window is None:
            return self
        changed = window.answered(ask, keys, more=more)
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
            if window.is_shaken_by(row, self.lag)
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
            windows=tuple(Window.from_dict(item) for item in data["windows"]),
            frontier=data["frontier"],
            pace=data["pace"],
            closed=tuple(Window.from_dict(item) for item in data["closed"]),
            left=tuple((row_id, left_at) for row_id, left_at in data["left"]),
            shaken=tuple(data["shaken"]),
            rounds=data["rounds"],
        )


def _pace(window: Window) -> float:
    """How densely rows will lie behind a window: as in it, or nobody knows, where it was empty."""
    return 0.0 if window.is_read and not window.tops else window.density


def _check(ask: Ask, keys: Sequence[CreatedKey]) -> None:
    for key in keys:
        if key.created_at is None or not ask.low <= key.created_at <= ask.high:
            raise SliceNotHonoured(
                f"row {key.id} created at {key.created_at} was not asked for ({ask.low} to {ask.high})"
            )
