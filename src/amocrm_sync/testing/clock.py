"""A clock that stands still until it is told to move."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import anyio.lowlevel

START = 1_767_225_600.0
"""2026-01-01 00:00:00 UTC."""


class ManualClock:
    """Time moves only by :meth:`advance`, or by the sleeps of those who wait on it: they do not really wait.

    Implements :class:`amocrm_sync.protocols.Clock` for both colours and may be shared by threads and tasks.

    Args:
        start: Wall time to begin with, unix seconds; monotonic time begins at zero.
    """

    def __init__(self, start: float = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = Lock()
        self._watchers: list[Callable[[], None]] = []

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
        with self._lock:
            self._elapsed += seconds
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher()

    def sleep(self, seconds: float) -> None:
        """Advance by ``seconds`` at once."""
        self.advance(max(0.0, seconds))

    async def asleep(self, seconds: float) -> None:
        """Advance by ``seconds`` at once and let other tasks run."""
        self.advance(max(0.0, seconds))
        await anyio.lowlevel.checkpoint()

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
