# Generated from src/amocrm_sync/_async/shared_limiter.py by tools/unasync.py: edit that file instead.
"""A rate limit that processes and machines share: what is common to Redis and SQL.

The store gives slots, by its own clock. A process asks for one slot at a time, for the caller that is next in its own
queue: so processes take turns however many threads each has, and a process that is killed loses one slot at most.
"""

from __future__ import annotations

import heapq
import logging
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock as Guard

import attrs

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.call import Priority
from amocrm_sync._core.limiter import BACKLOG_FOR_LOW_PRIORITY, MISSED, PENALTY
from amocrm_sync._core.shared_pace import Rates
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._sync._primitives import Event
from amocrm_sync._sync.limiter import LocalRateLimiter

ASK_AGAIN_AFTER = 5.0
"""Seconds in which a store that did not answer is not asked."""

logger = logging.getLogger("amocrm_sync.limiter")


@attrs.frozen
class Answer:
    """What the store says to a caller: leave after ``wait`` seconds; or (patient callers) ask again after them."""

    wait: float
    is_granted: bool = True


class SharedRateLimiter(Unpicklable, ABC):
    """Spaces requests evenly over all processes that use the same store.

    Both limits of the API are kept: that of an integration in an account, and that of an account. Within a process the
    order is by priority, then first come, first served. While the store is away each process goes on by itself at
    ``fallback_rate``: slower, never faster.

    Args:
        rates: The two limits and the rate of the fallback.
        clock: What waits; the times of slots are the store's.
    """

    away: tuple[type[Exception], ...] = (OSError,)
    """What is raised when the store cannot be reached."""

    def __init__(self, rates: Rates, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._rates = rates
        self._clock = clock
        self._queues: dict[str, Turns] = {}
        self._fallback = LocalRateLimiter(rates.fallback, clock=clock)
        self._away_until = float("-inf")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._rates.integration}/s>"

    @abstractmethod
    def reserve(self, key: str, rate: float, *, patient: bool) -> Answer:
        """Take the next slot of ``key`` in one step; a patient caller gets none while others queue."""

    @abstractmethod
    def slow_down(self, key: str, rate: float, pause: float) -> None:
        """Let nobody leave for ``pause`` seconds, and lower the rate."""

    def acquire(self, key: str, *, priority: Priority = Priority.INTERACTIVE) -> None:
        """Return when the request may leave."""
        patient = priority > Priority.WEBHOOK
        while not self._is_away():
            pause = 0.0
            with self._queues.setdefault(key, Turns()).turn(priority):
                try:
                    answer = self.reserve(key, self._rates.integration, patient=patient)
                    due = self._clock.monotonic() + answer.wait
                    if answer.is_granted:
                        if self._leave(key, due):
                            return
                        continue
                    pause = answer.wait
                except self.away as error:
                    self._lost(error)
                    continue
            self._clock.sleep(pause)  # outside of the turn: others need not wait for the patient
        self._fallback.acquire(key, priority=priority)

    def penalize(self, key: str, *, retry_after: float | None = None) -> None:
        """The server answered 429: everybody pauses for ``retry_after`` seconds (1 if unknown) and slows down."""
        pause = PENALTY if retry_after is None else max(PENALTY, retry_after)
        self._fallback.penalize(key, retry_after=retry_after)
        if not self._is_away():
            try:
                self.slow_down(key, self._rates.integration, pause)
            except self.away as error:
                self._lost(error)

    def _leave(self, key: str, due: float) -> bool:
        """Wait for the slot, and for one of the account's; whether both were met in time."""
        left = due - self._clock.monotonic()
        if left > 0:
            self._clock.sleep(left)
        if self._clock.monotonic() - due > MISSED:
            return False
        account = self.reserve(key.partition("|")[0], self._rates.account, patient=False)
        if account.wait > 0:
            self._clock.sleep(account.wait)
        return self._clock.monotonic() - due <= MISSED + account.wait

    def _is_away(self) -> bool:
        return self._clock.monotonic() < self._away_until

    def _lost(self, error: Exception) -> None:
        self._away_until = self._clock.monotonic() + ASK_AGAIN_AFTER
        logger.warning(
            "the shared rate limit cannot be reached (%s): this process goes on alone at %.2f requests a second",
            type(error).__name__,
            self._rates.fallback,
        )


class Turns:
    """One at a time: the most urgent first, and of those the first that came. Cancelling gives the place up."""

    def __init__(self) -> None:
        self._guard = Guard()
        self._waiting: list[tuple[int, int, Event]] = []
        self._is_busy = False
        self._came = 0

    @contextmanager
    def turn(self, priority: int) -> Generator[None]:
        """Wait for one's turn; it lasts as long as the block."""
        place = self._queue_up(priority)
        if place is not None:
            try:
                place[2].wait()
            except BaseException:
                self._give_up(place)
                raise
        try:
            yield
        finally:
            self._next()

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


def patience(backlog: float) -> float:
    """How long a patient caller waits before it asks again."""
    return max(backlog - BACKLOG_FOR_LOW_PRIORITY / 2, BACKLOG_FOR_LOW_PRIORITY / 4)
