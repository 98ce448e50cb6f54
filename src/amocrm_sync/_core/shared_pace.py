"""The limits that processes share, and the arithmetic of :mod:`amocrm_sync._core.limiter` in Redis' own language."""

from __future__ import annotations

import attrs

from amocrm_sync._core.blocks import Block
from amocrm_sync._core.limiter import BACKLOG_FOR_LOW_PRIORITY, DEFAULT_RATE
from amocrm_sync.errors import ConfigurationError

ACCOUNT_RATE = 48.0
"""Requests a second of all integrations of an account; the API allows 50."""
FALLBACK_RATE = DEFAULT_RATE / 8
"""Requests a second of one process while the store is away: eight processes together keep the limit."""


@attrs.frozen
class Rates:
    """Requests a second: of an integration in an account, of an account, of one process while the store is away.

    Raises:
        ConfigurationError: One of them is not positive, or the fallback is faster than the limit.
    """

    integration: float = DEFAULT_RATE
    account: float = ACCOUNT_RATE
    fallback: float = FALLBACK_RATE

    def __attrs_post_init__(self) -> None:
        for name, value in attrs.asdict(self).items():
            if value <= 0:
                raise ConfigurationError(
                    f"{name}: a positive number of requests per second is needed, not {value!r}"
                )
        if self.fallback > self.integration:
            raise ConfigurationError(
                "fallback_rate: it must not exceed rate; take rate divided by the number of your processes"
            )


@attrs.frozen
class Grant:
    """What the store says to a caller: leave after ``wait`` seconds; or (patient callers) ask again after them.

    ``penalties`` counts the 429 up to now: a slot is void once there has been another.
    """

    wait: float
    penalties: int = 0
    is_granted: bool = True

    @classmethod
    def refused(cls, backlog: float) -> Grant:
        """Others queue: ask again when most of them have left."""
        least = BACKLOG_FOR_LOW_PRIORITY / 4
        return cls(max(backlog - BACKLOG_FOR_LOW_PRIORITY / 2, least), is_granted=False)


@attrs.frozen
class SharedBlock:
    """A ban, in seconds by the store's clock, so that the clocks of machines may differ."""

    age: float
    left: float
    reason: str

    @classmethod
    def of(cls, block: Block, now: float) -> SharedBlock:
        """A ban that this process has met."""
        return cls(now - block.since, block.until - now, block.reason)

    def seen_at(self, now: float) -> Block:
        """The ban by this machine's clock."""
        return Block(now - self.age, now + self.left, self.reason)


@attrs.frozen
class Departure:
    """What the store says to a caller that is about to leave: the wait for the account's slot, and what has happened."""

    wait: float
    penalties: int
    block: SharedBlock | None = None


_TIME = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function text(number) return string.format('%.6f', number) end
local function ban(key)
  local found = redis.call('HMGET', key, 'blocked_since', 'blocked_until', 'reason')
  if not found[2] or tonumber(found[2]) <= now then return nil end
  return {text(now - found[1]), text(found[2] - now), found[3]}
end
"""

_STATE = (
    _TIME
    + """
local function field(name, default) return tonumber(redis.call('HGET', KEYS[1], name) or default) end
local next_slot, paused = field('next_slot', 0), field('paused_until', 0)
local factor, factor_at = field('factor', 1), field('factor_at', 0)
local rate = tonumber(ARGV[1])
factor = math.min(1, factor + math.max(0, now - factor_at) * tonumber(ARGV[2]))
local slot, spacing = math.max(now, next_slot, paused), 1 / (rate * factor)
local function take()
  redis.call('HSET', KEYS[1], 'next_slot', text(slot + spacing))
  redis.call('EXPIRE', KEYS[1], 7200)
end
"""
)

RESERVE = (
    _STATE
    + """
local patience, hold = tonumber(ARGV[3]), tonumber(ARGV[4])
local urgent = field('urgent_until', 0)
if patience >= 0 and (slot - now > patience or now < urgent) then
  return {0, text(math.max(slot, urgent) - now), 0}
end
take()
if hold > 0 then redis.call('HSET', KEYS[1], 'urgent_until', text(slot + hold)) end
return {1, text(slot - now), field('penalties', 0)}
"""
)
"""ARGV: rate, recovery a second, patience in seconds (negative: none), seconds after the slot in which the patient wait.
Gives granted or not, the wait, the penalties so far."""

LEAVE = (
    _STATE
    + """
take()
return {text(slot - now), tonumber(redis.call('HGET', KEYS[2], 'penalties') or 0), ban(KEYS[1]) or {}}
"""
)
"""KEYS: the account, the integration in it. ARGV: rate, recovery. Gives the wait, the penalties so far, the ban."""

SLOW_DOWN = (
    _STATE
    + """
local untill = now + tonumber(ARGV[3])
if now >= paused then
  factor = math.max(math.min(1, tonumber(ARGV[5]) / rate), factor * tonumber(ARGV[4]))
  redis.call('HSET', KEYS[1], 'factor', text(factor), 'factor_at', text(untill))
end
paused = math.max(paused, untill)
redis.call('HSET', KEYS[1], 'paused_until', text(paused), 'next_slot', text(paused))
redis.call('HINCRBY', KEYS[1], 'penalties', 1)
redis.call('EXPIRE', KEYS[1], 7200)
return 1
"""
)
"""ARGV: rate, recovery a second, pause, share of the rate that remains, slowest rate."""

BLOCK = (
    _TIME
    + """
local known = ban(KEYS[1])
local since = known and (now - known[1]) or (now - ARGV[1])
local untill = math.max(now + ARGV[2], known and (now + known[2]) or 0)
redis.call('HSET', KEYS[1], 'blocked_since', text(since), 'blocked_until', text(untill), 'reason', ARGV[3])
redis.call('EXPIRE', KEYS[1], 7200)
return 1
"""
)
"""ARGV: age and rest of the ban in seconds, reason."""

READ_BLOCK = _TIME + "return ban(KEYS[1]) or {}"
ERASE_BLOCK = "return redis.call('HDEL', KEYS[1], 'blocked_since', 'blocked_until', 'reason')"
