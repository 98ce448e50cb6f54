"""What this process knows of each account: its pace and whether it is blocked. Shared by all clients, both colours.

Two clients of one account must not send twice 6.8 requests a second, and when one of them meets a ban, the other has
to stop as well. The lock is held for a few instructions only, so that tasks may take it like threads.
"""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

import attrs

from amocrm_sync._clock import Clock
from amocrm_sync._core.limiter import BACKLOG_FOR_LOW_PRIORITY, DEFAULT_RATE, Pace

BLOCK_SECONDS = 15 * 60.0
"""How long a blocked account is left alone before one request may ask again."""


class Paces:
    """The paces of many accounts under one lock."""

    def __init__(self, rate: float = DEFAULT_RATE) -> None:
        self._rate = rate
        self._lock = Lock()
        self._paces: dict[str, Pace] = {}

    def reserve(self, key: str, now: float, *, patient: bool = False) -> float | None:
        """A slot; ``None`` for a patient caller (of low priority) while others queue."""
        with self._lock:
            pace = self._pace(key)
            if patient and pace.backlog(now) > BACKLOG_FOR_LOW_PRIORITY:
                return None
            return pace.reserve(now)

    def backlog(self, key: str, now: float) -> float:
        """Seconds that a reservation made now would wait."""
        with self._lock:
            return self._pace(key).backlog(now)

    def still_good(self, key: str, slot: float, now: float) -> bool:
        """Whether the slot may be used now."""
        with self._lock:
            return self._pace(key).still_good(slot, now)

    def penalize(self, key: str, now: float, retry_after: float | None) -> None:
        """Pause and slow down an account."""
        with self._lock:
            self._pace(key).penalize(now, retry_after)

    def _pace(self, key: str) -> Pace:
        return self._paces.setdefault(key, Pace(self._rate))


@attrs.frozen
class Block:
    """A ban that was met."""

    until: float
    reason: str


class Blocks:
    """Which accounts are blocked, and until when they are left alone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._blocks: dict[str, Block] = {}

    def current(self, key: str, now: float) -> Block | None:
        """The block in force. When its time is over it is lifted, and the next answer decides."""
        with self._lock:
            block = self._blocks.get(key)
            if block is not None and now >= block.until:
                del self._blocks[key]
                return None
            return block

    def add(self, key: str, now: float, reason: str) -> None:
        """Remember a ban."""
        with self._lock:
            self._blocks[key] = Block(now + BLOCK_SECONDS, reason)

    def clear(self, key: str) -> None:
        """Forget a ban (support has lifted it)."""
        with self._lock:
            self._blocks.pop(key, None)


@attrs.frozen
class Known:
    """Paces and blocks as one clock sees them."""

    paces: Paces = attrs.field(factory=Paces)
    blocks: Blocks = attrs.field(factory=Blocks)


_known: WeakKeyDictionary[Clock, Known] = WeakKeyDictionary()
_known_lock = Lock()


def known(clock: Clock) -> Known:
    """What the process knows, by clock: times of different clocks cannot be compared."""
    with _known_lock:
        found = _known.get(clock)
        if found is None:
            found = _known[clock] = Known()
        return found
