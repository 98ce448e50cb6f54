"""The arithmetic of the rate limit: a first-come-first-served reservation of evenly spaced slots (GCRA).

Pure: times come in as arguments. Why 6.8 and not 7 requests a second: a server that counts in sliding seconds would
see an eighth request in half of them at 7.0, because requests do not travel equally fast.
"""

from __future__ import annotations

import heapq

import attrs

DEFAULT_RATE = 6.8
MISSED = 0.020
"""A slot missed by more than this is taken anew, so that late wakers do not bunch up."""
BACKLOG_FOR_LOW_PRIORITY = 0.2
"""Seconds of queue that a caller of low priority lets others have before it joins."""
SLOW_DOWN = 0.8
RECOVERY_PER_SECOND = 0.01 / 60
SLOWEST = 0.5
"""Requests a second below which a series of 429 does not press the rate."""
PENALTY = 1.0
"""Seconds of silence after a 429 that names no time."""


@attrs.frozen(order=True)
class Slot:
    """A time to leave at, and how many penalties there had been when it was given."""

    at: float
    penalties: int = 0


@attrs.define
class Pace:
    """Slots of one account: when the next request may leave.

    A penalty voids every slot given before it: who holds one takes another, behind the pause and at the lower rate.

    Attributes:
        rate: Requests a second when all is well.
        factor: Share of the rate in use; lowered by a 429, and grows back by one per cent a minute.
        next_slot: The first time that nobody has reserved.
        paused_until: Nobody leaves before.
        penalties: How many there have been.
    """

    rate: float = DEFAULT_RATE
    factor: float = 1.0
    next_slot: float = float("-inf")
    paused_until: float = float("-inf")
    factor_at: float = float("-inf")
    penalties: int = 0
    _returned: list[float] = attrs.field(factory=list[float])

    def reserve(self, now: float) -> Slot:
        """Take the first free slot: one that was given back, or else the next."""
        while self._returned:
            at = heapq.heappop(self._returned)
            if at >= now:
                return Slot(at, self.penalties)
        at = max(now, self.next_slot, self.paused_until)
        self.next_slot = at + 1.0 / self.current_rate(now)
        return Slot(at, self.penalties)

    def give_back(self, slot: Slot) -> None:
        """Somebody will not use this slot after all."""
        if slot.penalties == self.penalties:
            heapq.heappush(self._returned, slot.at)

    def backlog(self, now: float) -> float:
        """Seconds that a reservation made now would wait."""
        first = min(self._returned, default=self.next_slot)
        return max(0.0, first - now, self.paused_until - now)

    def still_good(self, slot: Slot, now: float) -> bool:
        """Whether a caller that woke at ``now`` may leave: neither too late, nor has there been a penalty meanwhile."""
        return slot.penalties == self.penalties and now - slot.at <= MISSED

    def penalize(self, now: float, retry_after: float | None) -> None:
        """The server answered 429: pause, and go slower from then on."""
        until = now + (PENALTY if retry_after is None else max(retry_after, PENALTY))
        if now >= self.paused_until:  # one lowering for a burst of refusals, not one each
            slowest = min(1.0, SLOWEST / self.rate)
            self.factor = max(slowest, self._factor(now) * SLOW_DOWN)
            self.factor_at = until
        self.paused_until = max(self.paused_until, until)
        self.next_slot = self.paused_until
        self.penalties += 1
        self._returned.clear()

    def current_rate(self, now: float) -> float:
        """Requests a second in force now."""
        return self.rate * self._factor(now)

    def _factor(self, now: float) -> float:
        if self.factor >= 1.0:
            return 1.0
        return min(1.0, self.factor + max(0.0, now - self.factor_at) * RECOVERY_PER_SECOND)
