# Generated from src/amocrm_sync/_async/handlers/connections.py by tools/unasync.py: edit that file instead.
"""Which account a request is about: one for the host, or one for each owner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from amocrm_sync._core.handlers.guard import any_same, fingerprint
from amocrm_sync._core.tokens import DEFAULT_OWNER
from amocrm_sync._core.unpicklable import Unpicklable

if TYPE_CHECKING:  # a host that mounts only the webhook loads no settings and no OAuth
    from amocrm_sync._core.handlers.settings import CRMConfig
    from amocrm_sync._sync.flow import OAuthFlow


@attrs.frozen(kw_only=True)
class Connection(Unpicklable):
    """What the handlers work with for one owner; parts that are missing switch their routes off, with a reason.

    Attributes:
        owner: Whose it is.
        flow: Consent and tokens.
        client: The account, for live lists.
        engine: The local copy and its sync.
        config: The settings.
        account_id: amoCRM's id of the account; a webhook of another one is refused.
        shared: Every signed-in user works on it; those who do not own it leave tokens and settings alone.
    """

    owner: str = DEFAULT_OWNER
    flow: OAuthFlow | None = None
    client: Any = attrs.field(default=None, repr=False)
    engine: Any = attrs.field(default=None, repr=False)
    config: CRMConfig | None = None
    account_id: int | None = None
    shared: bool = False


class ConnectionProvider(Protocol):
    """Finds connections. The minimum to implement for an account per owner."""

    @property
    def default_owner(self) -> str:
        """Who is meant where neither the request nor the principal names an owner."""
        ...

    def get(self, owner: str) -> Connection | None:
        """The owner's connection; ``None`` if the owner is not known."""
        ...

    def by_webhook_secret(self, secret: str) -> Connection | None:
        """Whose webhooks come with this secret; compared in constant time. ``None``: answered with 404."""
        ...

    def open_ones(self) -> list[Connection]:
        """Connections whose inbox and outbox a worker should look at."""
        ...


class SingleConnection:
    """One account for the whole host: the short form of the handlers' arguments.

    Args:
        connection: The account.
        webhook_secrets: The last segment of the webhook's address; several while one is replaced by another.
    """

    def __init__(self, connection: Connection, webhook_secrets: Sequence[str] = ()) -> None:
        self._connection = connection
        self._secrets = tuple(fingerprint(secret) for secret in webhook_secrets)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._connection.owner!r}>"

    @property
    def default_owner(self) -> str:
        """The owner of the account."""
        return self._connection.owner

    def get(self, owner: str) -> Connection | None:
        """The account, for its owner, and for everybody where it is shared.

        Others have tokens of their own with the same integration, and no copy.
        """
        own = self._connection
        if owner == own.owner or own.shared:
            return own
        return None if own.flow is None else Connection(owner=owner, flow=own.flow, config=own.config)

    def by_webhook_secret(self, secret: str) -> Connection | None:
        """The account, if the secret is one of its own."""
        return self._connection if any_same(secret, self._secrets) else None

    def open_ones(self) -> list[Connection]:
        """The account, if it has an engine."""
        return [self._connection] if self._connection.engine is not None else []
