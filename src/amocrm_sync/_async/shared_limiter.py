"""A rate limit that processes and machines share: what is common to Redis and SQL.

The store gives slots, by its own clock. A process asks for one slot at a time, for the caller that is next in its own
queue: so processes take turns however many threads each has, and a process that is killed loses one slot at most.
Right before it leaves, a caller asks whether its slot still holds: a 429 that anybody has met meanwhile voids it, a ban
stops it.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod

import attrs

from amocrm_sync._async.blocks import AsyncProcessBlocks
from amocrm_sync._async.limiter import AsyncLocalRateLimiter
from amocrm_sync._async.turns import AsyncTurns
from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.blocks import Block
from amocrm_sync._core.call import Priority
from amocrm_sync._core.limiter import MISSED, PENALTY, Slot
from amocrm_sync._core.shared_pace import Departure, Grant, Rates, SharedBlock
from amocrm_sync._core.unpicklable import Unpicklable

ASK_AGAIN_AFTER = 5.0
"""Seconds in which a store that did not answer is not asked; for as long again its return is not trusted."""

LATE = 0.05
"""A caller that the store has held up for longer than this many seconds takes a new slot, so as not to bunch with others."""

MOST_LATE = 2
"""New slots for that reason; a store that is always slow delays requests, and does not stop them."""

LOOK_AGAIN_AFTER = 1.0
"""Seconds for which the store's word on bans is taken to hold where nobody sends."""

logger = logging.getLogger("amocrm_sync.limiter")


@attrs.define
class AsyncLane:
    """The callers of one key within this process."""

    turns: AsyncTurns = attrs.field(factory=AsyncTurns)
    patient: AsyncTurns = attrs.field(factory=AsyncTurns)
    """Where callers of low priority wait, so that only the first of them asks the store."""
    slot: Slot | None = None
    """Reserved and not used yet: a caller that was cancelled leaves it to the next."""


class AsyncSharedRateLimiter(Unpicklable, ABC):
    """Spaces requests evenly over all processes that use the same store, and stops them all when one meets a ban.

    Both limits of the API are kept: that of an integration in an account, and that of an account. Within a process the
    order is by priority, then first come, first served; callers of low priority wait while urgent ones of any process do.
    While the store is away each process goes on by itself at ``fallback_rate``: slower, never faster. When it is back, a
    process keeps to both for a few seconds, until the others have noticed as well; then the store learns of the 429 and
    of the bans that it has missed.

    Args:
        rates: The two limits and the rate of the fallback.
        clock: What waits; the times of slots are the store's.
    """

    away: tuple[type[Exception], ...] = (OSError,)
    """What is raised when the store cannot be reached."""

    def __init__(self, rates: Rates, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._rates = rates
        self._clock = clock
        self._lanes: dict[str, AsyncLane] = {}
        self._fallback = AsyncLocalRateLimiter(rates.fallback, clock=clock)
        self._away_until = float("-inf")
        self._careful_until = float("-inf")
        self._was_away = False
        self._blocks = AsyncProcessBlocks(clock)
        self._looked: dict[str, float] = {}
        self._from_store: set[str] = set()
        self._unsaid_pauses: dict[str, float] = {}
        self._unsaid_blocks: set[str] = set()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._rates.integration}/s>"

    @abstractmethod
    async def reserve(self, key: str, rate: float, *, patient: bool, hurry: bool) -> Grant:
        """Take the next slot of ``key`` in one step.

        A patient caller gets none while others queue; ``hurry`` says that more urgent callers are behind this one.
        """

    @abstractmethod
    async def leave(self, key: str, account: str, rate: float) -> Departure:
        """Take the next slot of the account, and say what has happened since to the key and to the account."""

    @abstractmethod
    async def slow_down(self, key: str, rate: float, pause: float) -> None:
        """Void all slots, let nobody leave for ``pause`` seconds, and lower the rate."""

    @abstractmethod
    async def write_block(self, account: str, block: SharedBlock) -> None:
        """Remember a ban; one that is in force already is prolonged."""

    @abstractmethod
    async def read_block(self, account: str) -> SharedBlock | None:
        """The ban in force."""

    @abstractmethod
    async def erase_block(self, account: str) -> None:
        """Forget a ban."""

    async def acquire(self, key: str, *, priority: Priority = Priority.INTERACTIVE) -> None:
        """Return when the request may leave; at once where the account is blocked."""
        lane = self._lanes.setdefault(key, AsyncLane())
        if priority <= Priority.WEBHOOK:
            await self._acquire(lane, key, priority)
            return
        async with lane.patient.turn(priority):
            await self._acquire(lane, key, priority)

    async def penalize(self, key: str, *, retry_after: float | None = None) -> None:
        """The server answered 429: everybody pauses for ``retry_after`` seconds (1 if unknown) and slows down."""
        pause = PENALTY if retry_after is None else max(PENALTY, retry_after)
        await self._fallback.penalize(key, retry_after=retry_after)
        self._unsaid_pauses[key] = self._clock.monotonic() + pause
        await self._try_to_tell()

    async def block(self, account: str, reason: str) -> None:
        """A ban was met: every process that shares the store stops."""
        await self._blocks.block(account, reason)
        self._unsaid_blocks.add(account)
        await self._try_to_tell()

    async def blocked(self, account: str) -> Block | None:
        """The ban in force, whoever met it."""
        looked = self._looked.get(account, float("-inf"))
        if not self._is_away() and self._clock.monotonic() - looked >= LOOK_AGAIN_AFTER:
            try:
                await self._tell()
                await self._learn(account, await self.read_block(account))
            except self.away as error:
                self._lost(error)
        return await self._blocks.blocked(account)

    async def unblock(self, account: str) -> None:
        """Forget a ban, for all who share the store."""
        self._unsaid_blocks.discard(account)
        self._from_store.discard(account)
        await self._blocks.unblock(account)
        try:
            await self.erase_block(account)
        except self.away as error:
            self._lost(error)

    async def _acquire(self, lane: AsyncLane, key: str, priority: Priority) -> None:
        is_careful = self._was_away or self._clock.monotonic() < self._careful_until
        if is_careful:
            await self._fallback.acquire(key, priority=priority)
        while not self._is_away():
            try:
                async with lane.turns.turn(priority):
                    pause = await self._through(lane, key, priority)
            except self.away as error:
                self._lost(error)
                break
            if pause is None:
                return
            await self._clock.asleep(pause)  # outside of the turn: others need not wait for the patient
        if not is_careful:
            await self._fallback.acquire(key, priority=priority)

    async def _through(self, lane: AsyncLane, key: str, priority: Priority) -> float | None:
        """Take a slot, wait for it, and leave: ``None``; or how long a patient caller has to stand back."""
        patient, late = priority > Priority.WEBHOOK, 0
        while True:
            slot = lane.slot
            if slot is None or self._clock.monotonic() - slot.at > MISSED:
                await self._tell()
                hurry = not patient and lane.turns.are_awaited(Priority.WEBHOOK)
                grant = await self.reserve(key, self._rates.integration, patient=patient, hurry=hurry)
                self._found()
                if not grant.is_granted:
                    return grant.wait
                slot = lane.slot = Slot(self._clock.monotonic() + grant.wait, grant.penalties)
            left = slot.at - self._clock.monotonic()
            if left > 0:
                await self._clock.asleep(left)
            lane.slot = None
            if self._clock.monotonic() - slot.at > MISSED:
                continue
            held, took = await self._leave(key, slot)
            late += held and took > LATE
            if held and (took <= LATE or late > MOST_LATE):
                return None

    async def _leave(self, key: str, slot: Slot) -> tuple[bool, float]:
        """Wait for a slot of the account's; whether the caller's own was not voided, and how long the store took."""
        account, asked = key.partition("|")[0], self._clock.monotonic()
        departure = await self.leave(key, account, self._rates.account)
        took = self._clock.monotonic() - asked
        await self._learn(account, departure.block)
        if departure.block is not None:
            return True, 0.0
        if departure.penalties != slot.penalties:
            return False, took
        if departure.wait > 0:
            await self._clock.asleep(departure.wait)
        return True, took

    async def _learn(self, account: str, found: SharedBlock | None) -> None:
        """Remember what the store says of an account. A ban that only this process knows stays."""
        self._looked[account] = self._clock.monotonic()
        if found is not None:
            self._from_store.add(account)
            self._blocks.put(account, found.seen_at(self._clock.now()))
        elif account in self._from_store:
            self._from_store.discard(account)
            await self._blocks.unblock(account)

    async def _try_to_tell(self) -> None:
        if not self._is_away():
            try:
                await self._tell()
            except self.away as error:
                self._lost(error)

    async def _tell(self) -> None:
        """Tell the store what this process has met and the store does not know."""
        for key, until in list(self._unsaid_pauses.items()):
            pause = max(0.0, until - self._clock.monotonic())
            await self.slow_down(key, self._rates.integration, pause)
            self._unsaid_pauses.pop(key, None)
        for account in list(self._unsaid_blocks):
            block = await self._blocks.blocked(account)
            if block is not None:
                await self.write_block(account, SharedBlock.of(block, self._clock.now()))
                self._from_store.add(account)
            self._unsaid_blocks.discard(account)

    def _is_away(self) -> bool:
        return self._clock.monotonic() < self._away_until

    def _lost(self, error: Exception) -> None:
        self._away_until = self._clock.monotonic() + ASK_AGAIN_AFTER
        self._was_away = True
        logger.warning(
            "the shared rate limit cannot be reached (%s): this process goes on alone at %.2f requests a second",
            type(error).__name__,
            self._rates.fallback,
        )

    def _found(self) -> None:
        if self._was_away:
            self._was_away = False
            self._careful_until = self._clock.monotonic() + ASK_AGAIN_AFTER
            logger.warning("the shared rate limit can be reached again")
