# Generated from src/amocrm_sync/_async/limiter.py by tools/unasync.py: edit that file instead.
"""The rate limiter of one process: slots from :mod:`amocrm_sync._core.limiter`, waited for without polling."""

from __future__ import annotations

from amocrm_sync._accounts import Paces, known
from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.call import Priority
from amocrm_sync._core.limiter import BACKLOG_FOR_LOW_PRIORITY, DEFAULT_RATE, Slot
from amocrm_sync._sync.turns import Turns
from amocrm_sync.errors import ConfigurationError


class LocalRateLimiter:
    """Spaces requests evenly, first come first served, across the threads and tasks of this process.

    Callers of low priority (background sync) join the queue only when it is short, one after the other. After a 429 everybody pauses, the rate drops to 80 % and grows back by one per cent a minute.

    Args:
        rate: Requests a second for each key (an account and an integration). The API allows 7.
        clock: Where time comes from.
    """

    def __init__(self, rate: float = DEFAULT_RATE, *, clock: Clock = SYSTEM_CLOCK) -> None:
        if rate <= 0:
            raise ConfigurationError(
                f"rate: a positive number of requests per second is needed, not {rate!r}"
            )
        self._clock = clock
        self._paces = Paces(rate)
        self._patient: dict[str, Turns] = {}

    @classmethod
    def shared(cls, clock: Clock = SYSTEM_CLOCK) -> LocalRateLimiter:
        """The limiter that all clients of this process share by default, so that two clients keep one limit."""
        limiter = cls(clock=clock)
        limiter._paces = known(clock).paces
        return limiter

    def acquire(self, key: str, *, priority: Priority = Priority.INTERACTIVE) -> None:
        """Return when the request may leave."""
        while True:
            if priority <= Priority.WEBHOOK:
                now = self._clock.monotonic()
                slot = self._paces.reserve(key, now)
            else:
                slot, now = self._reserve_in_turn(key, priority)
            if slot is not None and self._wait(key, slot, now):
                return

    def _reserve_in_turn(self, key: str, priority: Priority) -> tuple[Slot, float]:
        """A slot for a patient caller: it waits for a short queue, and nobody who came later goes before it."""
        with self._patient.setdefault(key, Turns()).turn(priority):
            while True:
                now = self._clock.monotonic()
                slot = self._paces.reserve(key, now, patient=True)
                if slot is not None:
                    return slot, now
                self._clock.sleep(self._paces.backlog(key, now) - BACKLOG_FOR_LOW_PRIORITY / 2)

    def penalize(self, key: str, *, retry_after: float | None = None) -> None:
        """The server answered 429: pause for ``retry_after`` seconds (1 if unknown) and slow down."""
        self._paces.penalize(key, self._clock.monotonic(), retry_after)

    def _wait(self, key: str, slot: Slot, now: float) -> bool:
        """Wait for the slot; whether it is still good then. Who is cancelled gives it back."""
        if slot.at > now:
            try:
                self._clock.sleep(slot.at - now)
            except BaseException:
                self._paces.give_back(key, slot)
                raise
        return self._paces.still_good(key, slot, self._clock.monotonic())
