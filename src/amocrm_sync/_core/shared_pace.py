"""The limits that processes share, and the arithmetic of :mod:`amocrm_sync._core.limiter` in Redis' own language."""

from __future__ import annotations

import attrs

from amocrm_sync._core.limiter import DEFAULT_RATE
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


_STATE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function field(name, default) return tonumber(redis.call('HGET', KEYS[1], name) or default) end
local next_slot, paused = field('next_slot', 0), field('paused_until', 0)
local factor, factor_at = field('factor', 1), field('factor_at', 0)
local rate = tonumber(ARGV[1])
factor = math.min(1, factor + math.max(0, now - factor_at) * tonumber(ARGV[2]))
local function text(number) return string.format('%.6f', number) end
"""

RESERVE = (
    _STATE
    + """
local slot = math.max(now, next_slot, paused)
local patience = tonumber(ARGV[3])
if patience >= 0 and slot - now > patience then return {0, text(slot - now)} end
redis.call('HSET', KEYS[1], 'next_slot', text(slot + 1 / (rate * factor)))
redis.call('EXPIRE', KEYS[1], 7200)
return {1, text(slot - now)}
"""
)
"""ARGV: rate, recovery a second, patience in seconds (negative: none). Gives granted or not, and the wait."""

SLOW_DOWN = (
    _STATE
    + """
local untill = now + tonumber(ARGV[3])
if now >= paused then
  factor = math.max(math.min(1, tonumber(ARGV[5]) / rate), factor * tonumber(ARGV[4]))
  redis.call('HSET', KEYS[1], 'factor', text(factor), 'factor_at', text(untill))
end
paused = math.max(paused, untill)
redis.call('HSET', KEYS[1], 'paused_until', text(paused), 'next_slot', text(math.max(next_slot, paused)))
redis.call('EXPIRE', KEYS[1], 7200)
return 1
"""
)
"""ARGV: rate, recovery a second, pause, share of the rate that remains, slowest rate."""
