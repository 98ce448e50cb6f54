"""What a host shows of a connection; none of it is a secret but the state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import attrs

from amocrm_sync._core.blocks import Block
from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.token_life import Stage, stage
from amocrm_sync._core.tokens import TokenRecord


@attrs.frozen
class AuthorizationRequest:
    """Where to send the user, and the state that the callback must bring back."""

    url: str
    state: str


@attrs.frozen(kw_only=True)
class Connection:
    """A connected account.

    Attributes:
        owner: The host's own user or tenant id.
        domain: The account's host, e.g. ``mycompany.amocrm.ru``.
        base_url: ``https://mycompany.amocrm.ru``: the first argument of a client.
        account_id: Its id, where the token says so.
        user_id: Who consented, where the token says so.
        scopes: What was allowed.
        expires_at: When the access token ends; it is renewed before.
    """

    owner: str
    domain: str
    base_url: str
    account_id: int | None
    user_id: int | None
    scopes: tuple[str, ...]
    expires_at: datetime | None


@attrs.frozen(kw_only=True)
class ConnectionStatus:
    """The state of a connection, for a badge.

    Attributes:
        state: ``connected``, ``disconnected`` (no tokens), or ``error`` (the user must act; see :attr:`error`).
        has_tokens: Whether a pair is stored.
        domain: The account's host.
        account_id: Its id.
        user: The id of the user who consented.
        expires_at: When the access token ends.
        error: What is wrong, in words.
        last_success: When tokens were issued last.
        last_error_at: When they were refused last, if since then.
        blocked_since: When amoCRM was first seen to refuse the whole account, while it is left alone for that.
        blocked_until: When it is asked again.
    """

    state: Literal["connected", "disconnected", "error"]
    has_tokens: bool
    domain: str | None = None
    account_id: int | None = None
    user: int | None = None
    expires_at: datetime | None = None
    error: str | None = None
    last_success: datetime | None = None
    last_error_at: datetime | None = None
    blocked_since: datetime | None = None
    blocked_until: datetime | None = None


def connection_of(record: TokenRecord, owner: str, account: AccountHost) -> Connection:
    """The connection that a stored record stands for."""
    return Connection(
        owner=owner,
        domain=account.host,
        base_url=account.base_url,
        account_id=record.account_id,
        user_id=record.user_id,
        scopes=record.scopes,
        expires_at=record.expires,
    )


def status_of(
    record: TokenRecord | None, domain: str | None, now: float, *, block: Block | None = None
) -> ConnectionStatus:
    """The status that a stored record stands for; ``block`` is a ban of the whole account."""
    if record is None:
        return ConnectionStatus(state="disconnected", has_tokens=False, domain=domain)
    error = record.last_error
    if block is not None:
        error = str(block)
    if error is None and record.refresh_token is None and stage(record, now) is Stage.OVER:
        error = "the access token has expired and there is no refresh token: connect again"
    return ConnectionStatus(
        state="connected" if error is None else "error",
        has_tokens=True,
        domain=record.domain or domain,
        account_id=record.account_id,
        user=record.user_id,
        expires_at=record.expires,
        error=error,
        last_success=_moment(record.updated_at),
        last_error_at=_moment(record.last_error_at),
        blocked_since=None if block is None else _moment(block.since),
        blocked_until=None if block is None else _moment(block.until),
    )


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
