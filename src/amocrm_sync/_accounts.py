"""What this process knows of each account: its pace and whether it is blocked. Shared by all clients, both colours.

Two clients of one account must not send twice 6.8 requests a second, and when one of them meets a ban, the other has
to stop as well. The lock is held for a few instructions only, so that tasks may take it like threads.
"""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

import attrs

from amocrm_sync._clock import Clock
from amocrm_sync._core.blocks import BLOCK_SECONDS, Block
from amocrm_sync._core.limiter import BACKLOG_FOR_LOW_PRIORITY, DEFAULT_RATE, Pace, Slot


class Paces:
    """The paces of many accounts under one lock."""

    def __init__(self, rate: float = DEFAULT_RATE) -> None:
        self._rate = rate
        self._lock = Lock()
        self._paces: dict[str, Pace] = {}

    def reserve(self, key: str, now: float, *, patient: bool = False) -> Slot | None:
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

    def give_back(self, key: str, slot: Slot) -> None:
        """The slot will not be used."""
        with self._lock:
            self._pace(key).give_back(slot)

    def still_good(self, key: str, slot: Slot, now: float) -> bool:
        """Whether the slot may be used now."""
        with self._lock:
            return self._pace(key).still_good(slot, now)

    def penalize(self, key: str, now: float, retry_after: float | None) -> None:
        """Pause and slow down an account."""
        with self._lock:
            self._pace(key).penalize(now, retry_after)

    def _pace(self, key: str) -> Pace:
        return self._paces.setdefault(key, Pace(self._rate))


class Blocks:
    """Which accounts are blocked, and until when they are left alone.

    A block ends by the monotonic clock, so that setting the machine's clock neither ends nor prolongs it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._blocks: dict[str, tuple[float, Block]] = {}

    def current(self, account: str, clock: Clock) -> Block | None:
        """The block in force. When its time is over it is lifted, and the next answer decides."""
        with self._lock:
            ends, block = self._blocks.get(account, (0.0, None))
            if block is not None and clock.monotonic() >= ends:
                del self._blocks[account]
                return None
            return block

    def add(self, account: str, reason: str, clock: Clock) -> Block:
        """A ban was met now; one that is in force already goes on."""
        now, current = clock.now(), self.current(account, clock)
        block = Block(now if current is None else current.since, now + BLOCK_SECONDS, reason)
        self.put(account, block, clock)
        return block

    def put(self, account: str, block: Block, clock: Clock) -> None:
        """Take over a block that another process has met."""
        with self._lock:
            self._blocks[account] = (clock.monotonic() + block.until - clock.now(), block)

    def clear(self, account: str) -> None:
        """Forget a ban (support has lifted it)."""
        with self._lock:
            self._blocks.pop(account, None)


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
