"""The script by which Redis counts requests: the same bucket as in memory, in one step, by the server's clock."""

from __future__ import annotations

TAKE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local most, seconds = tonumber(ARGV[1]), tonumber(ARGV[2])
local speed = most / seconds
local kept = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = most
if kept[1] then
  left = math.min(most, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * speed)
end
local wait = 0
if left >= 1 then left = left - 1 else wait = (1 - left) / speed end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(seconds * 1000))
return tostring(wait)
"""
