"""What is stored of a connection: the key, the token pair and its facts. No secret is ever printed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NoReturn

import attrs

DEFAULT_OWNER = ""
"""The owner of a connection that belongs to the host as a whole."""


@attrs.frozen
class TokenKey:
    """Whose tokens: integration, account and owner.

    Attributes:
        client_id: The integration's id.
        account: The account's host as it was connected, e.g. ``mycompany.amocrm.ru``.
        owner: The host's own user or tenant id; empty for the host itself.
    """

    client_id: str
    account: str
    owner: str = DEFAULT_OWNER

    def __str__(self) -> str:
        return f"{self.client_id}|{self.account}|{self.owner}"


@attrs.frozen(kw_only=True)
class TokenRecord:
    """A token pair with its facts, as a TokenStore keeps it.

    Times are unix seconds. ``version`` grows by one with every change; a store's ``swap`` compares it.
    """

    access_token: str = attrs.field(repr=False)
    refresh_token: str | None = attrs.field(default=None, repr=False)
    expires_at: float | None = None
    version: int = 1
    created_at: float = 0.0
    updated_at: float = 0.0
    domain: str | None = None
    """The account's present host; differs from the key's when the account has moved."""
    api_domain: str | None = None
    account_id: int | None = None
    user_id: int | None = None
    scopes: tuple[str, ...] = ()
    last_error: str | None = None
    last_error_at: float | None = None

    @property
    def expires(self) -> datetime | None:
        """``expires_at`` as an aware datetime."""
        return None if self.expires_at is None else datetime.fromtimestamp(self.expires_at, UTC)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, secrets included: for a store's own use."""
        return attrs.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TokenRecord:
        """The record that :meth:`to_dict` gave; unknown keys of a newer version are ignored."""
        known = {field.name for field in attrs.fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        values["scopes"] = tuple(values.get("scopes") or ())
        return cls(**values)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a TokenRecord holds secrets and does not pickle; load it from its TokenStore instead"
        )
