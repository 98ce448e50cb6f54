"""When a token is renewed, and what the record of a new pair holds.

A token is renewed ahead at half of its life by whoever gets the lease; in its last five minutes everybody waits for
the new one.
"""

from __future__ import annotations

from enum import Enum

import attrs

from amocrm_sync._core.jwt import jwt_hints
from amocrm_sync._core.oauth import TokenPair
from amocrm_sync._core.tokens import TokenRecord

LAST_MINUTES = 5 * 60.0
"""Seconds before the end in which nobody starts with the old token, if there is a new one to be had."""

REFUSAL_LASTS = 5 * 60.0
"""Seconds in which a refresh token that was refused is not sent again by anybody."""


class Stage(Enum):
    """How far the life of an access token has gone."""

    FRESH = "fresh"
    AHEAD = "ahead"
    """Past half of its life: worth renewing, still good."""
    DUE = "due"
    """In its last minutes: everybody waits for the next one."""
    OVER = "over"


def stage(record: TokenRecord, now: float) -> Stage:
    """Where the access token stands. One without a known end is fresh until a 401 says otherwise."""
    if record.expires_at is None:
        return Stage.FRESH
    left = record.expires_at - now
    life = max(0.0, record.expires_at - record.updated_at)
    if left <= 0:
        return Stage.OVER
    if left <= min(LAST_MINUTES, life / 10):
        return Stage.DUE
    return Stage.AHEAD if left <= life / 2 else Stage.FRESH


def refused_lately(record: TokenRecord, now: float) -> bool:
    """Whether the refresh token was refused so short ago that asking again is pointless."""
    return record.last_error_at is not None and 0 <= now - record.last_error_at < REFUSAL_LASTS


def record_of(
    pair: TokenPair, now: float, *, domain: str, previous: TokenRecord | None = None
) -> TokenRecord:
    """The record of a newly issued pair, the next version of ``previous``."""
    hints = jwt_hints(pair.access_token)
    return TokenRecord(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_at=pair.expires_at,
        version=1 if previous is None else previous.version + 1,
        created_at=now if previous is None else previous.created_at,
        updated_at=now,
        domain=domain,
        api_domain=hints.api_domain or (previous.api_domain if previous else None),
        account_id=hints.account_id or (previous.account_id if previous else None),
        user_id=hints.user_id or (previous.user_id if previous else None),
        scopes=hints.scopes or (previous.scopes if previous else ()),
    )


def with_refusal(record: TokenRecord, now: float, message: str) -> TokenRecord:
    """The next version of a record whose refresh token was refused; ``updated_at`` stays that of the pair."""
    return attrs.evolve(record, last_error=message, last_error_at=now, version=record.version + 1)
