"""A clock that stands still until it is told to move."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import anyio.lowlevel

START = 1_767_225_600.0
"""2026-01-01 00:00:00 UTC."""


class ManualClock:
    """Time moves only by :meth:`advance`, or by the sleeps of those who wait on it: they do not really wait.

    Of several who sleep at a time the one with the earliest moment wakes first, and sees its moment: time does not run
    past a sleeper.

    Implements :class:`amocrm_sync.protocols.Clock` for both colours and may be shared by threads and tasks.

    Args:
        start: Wall time to begin with, unix seconds; monotonic time begins at zero.
    """

    def __init__(self, start: float = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = Lock()
        self._watchers: list[Callable[[], None]] = []
        self._wakes: list[float] = []

    def now(self) -> float:
        """Wall time, unix seconds."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move both times forward, then tell those who watch.

        Raises:
            ValueError: ``seconds`` is negative.
        """
        if seconds < 0:
            raise ValueError(f"advance({seconds}): time goes forward only")
        self._move(self._elapsed + seconds)

    def _move(self, moment: float) -> None:
        with self._lock:
            self._elapsed = max(self._elapsed, moment)
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher()

    def sleep(self, seconds: float) -> None:
        """Advance by ``seconds`` at once."""
        self.advance(max(0.0, seconds))

    async def asleep(self, seconds: float) -> None:
        """Let other tasks run, then advance to the end of the sleep, unless somebody else wakes earlier."""
        wake = self._elapsed + max(0.0, seconds)
        self._wakes.append(wake)
        try:
            await anyio.lowlevel.checkpoint()
            while self._elapsed < wake and min(self._wakes) < wake:
                await anyio.lowlevel.checkpoint()
            self._move(wake)
        finally:
            self._wakes.remove(wake)

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after every move, in the thread that moved; the returned function ends it."""
        with self._lock:
            self._watchers.append(callback)

        def end() -> None:
            with self._lock:
                self._watchers.remove(callback)

        return end

    def __repr__(self) -> str:
        return f"ManualClock({self.now()!r})"
