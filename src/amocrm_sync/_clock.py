"""The system's clock and randomness, the only place that reads them (hosts and tests may inject others)."""

from __future__ import annotations

import random
import time
from typing import Protocol, runtime_checkable

import anyio


@runtime_checkable
class Clock(Protocol):
    """Where time comes from. One object serves both colours."""

    def now(self) -> float:
        """Wall time, unix seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait, blocking the thread."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Wait, letting other tasks run."""
        ...


@runtime_checkable
class Random(Protocol):
    """Where randomness comes from; :class:`random.Random` fits."""

    def random(self) -> float:
        """A float in [0, 1)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Wall time, unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, blocking the thread."""
        if seconds > 0:
            time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Wait, letting other tasks run."""
        await anyio.sleep(max(0.0, seconds))


SYSTEM_CLOCK = SystemClock()
SYSTEM_RANDOM: Random = random.SystemRandom()
