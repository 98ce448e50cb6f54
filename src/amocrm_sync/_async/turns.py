"""A queue within one process: one at a time, by urgency, then in the order of coming."""

from __future__ import annotations

import heapq
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from threading import Lock as Guard

from amocrm_sync._async._primitives import Event


class AsyncTurns:
    """One at a time: the most urgent first, and of those the first that came. Cancelling gives the place up."""

    def __init__(self) -> None:
        self._guard = Guard()
        self._waiting: list[tuple[int, int, Event]] = []
        self._is_busy = False
        self._came = 0

    @asynccontextmanager
    async def turn(self, priority: int) -> AsyncGenerator[None]:
        """Wait for one's turn; it lasts as long as the block."""
        place = self._queue_up(priority)
        if place is not None:
            try:
                await place[2].wait()
            except BaseException:
                self._give_up(place)
                raise
        try:
            yield
        finally:
            self._next()

    def are_awaited(self, priority: int) -> bool:
        """Whether somebody as urgent as that, or more, is waiting."""
        with self._guard:
            return any(place[0] <= priority for place in self._waiting)

    def _queue_up(self, priority: int) -> tuple[int, int, Event] | None:
        """A place in the queue; ``None`` where there is none and the turn begins at once."""
        with self._guard:
            if not self._is_busy:
                self._is_busy = True
                return None
            self._came += 1
            place = (int(priority), self._came, Event())
            heapq.heappush(self._waiting, place)
            return place

    def _give_up(self, place: tuple[int, int, Event]) -> None:
        with self._guard:
            if place in self._waiting:
                self._waiting.remove(place)
                heapq.heapify(self._waiting)
                return
        self._next()  # the turn had just come

    def _next(self) -> None:
        with self._guard:
            if self._waiting:
                heapq.heappop(self._waiting)[2].set()
            else:
                self._is_busy = False
