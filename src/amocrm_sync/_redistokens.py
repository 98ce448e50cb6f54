"""How tokens and states lie in Redis: names of keys, and the scripts that compare and change in one step. Nothing here does I/O."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import attrs
import orjson

from amocrm_sync._core.callback import PendingConsent
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync.errors import ConfigurationError

PREFIX = "amocrm:"

SWAP = """
local version = redis.call('HGET', KEYS[1], 'version')
if (version or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3])
return 1
"""
"""Stores a record if the stored version is the old one."""

LEASE = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return nil end
local now = redis.call('TIME')
return {now[1], now[2]}
"""
"""Takes a lease; the time by the server's clock, or nothing."""

HELD = "return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0"

RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

TAKE = """
local found = redis.call('GET', KEYS[1])
if found then redis.call('DEL', KEYS[1]) end
return found
"""
"""Reads and forgets in one step (GETDEL needs Redis 6.2)."""


def redis_url(text: str) -> str:
    """The URL of a Redis.

    Raises:
        ConfigurationError: It is none; the message never quotes it, for it may hold a password.
    """
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ConfigurationError("redis: write redis://host:6379/0, rediss:// for TLS, or unix:///path")
    return text


def token_name(prefix: str, key: TokenKey) -> str:
    """Where the record of a key is; no two keys share a name."""
    return f"{prefix}token:{_name(key)}"


def lease_name(prefix: str, key: TokenKey) -> str:
    """Where the lease of a key is."""
    return f"{prefix}lease:{_name(key)}"


def _name(key: TokenKey) -> str:
    return "|".join(quote(part, safe="") for part in attrs.astuple(key))


def record_text(record: TokenRecord) -> bytes:
    """A record as it is stored, secrets included."""
    return orjson.dumps(record.to_dict())


def read_record(text: bytes | str) -> TokenRecord:
    """The record that :func:`record_text` wrote."""
    return TokenRecord.from_dict(orjson.loads(text))


def pending_text(pending: PendingConsent) -> bytes:
    """A pending consent as it is stored."""
    return orjson.dumps(attrs.asdict(pending))


def read_pending(text: bytes | str) -> PendingConsent:
    """The consent that :func:`pending_text` wrote."""
    return PendingConsent(**orjson.loads(text))


def moment(answer: Any) -> float:
    """Unix seconds of an answer of ``TIME``."""
    seconds, micros = answer
    return int(seconds) + int(micros) / 1e6
