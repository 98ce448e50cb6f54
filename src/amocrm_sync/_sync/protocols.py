# Generated from src/amocrm_sync/_async/protocols.py by tools/unasync.py: edit that file instead.
"""Every extension point, async colour; ``amocrm_sync.protocols`` shows both colours on one page."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from amocrm_sync._core.blocks import Block
from amocrm_sync._core.call import Priority
from amocrm_sync._core.callback import PendingConsent
from amocrm_sync._core.tokens import TokenKey, TokenRecord


class Lease(Protocol):
    """The right to refresh one token pair, for a limited time."""

    @property
    def expires_at(self) -> float:
        """When the lease ends by itself, unix seconds of the store's clock."""
        ...

    def held(self) -> bool:
        """Ask the store whether the lease is still ours; asked right before a refresh token is sent."""
        ...

    def release(self) -> None:
        """Give it back; no error if it has expired or passed to another holder."""
        ...


class TokenStore(Protocol):
    """Keeps token pairs. The minimum to implement; each method says what is lost without it.

    ``amocrm_sync.testing.check_token_store`` holds an implementation against this contract.
    """

    def load(self, key: TokenKey) -> TokenRecord | None:
        """The newest stored record, or ``None``. Never from a cache: another process may have changed it."""
        ...

    def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> bool:
        """Store ``new`` if the stored version is ``old_version`` (``None``: nothing is stored).

        Durable when it returns ``True``. ``False`` changes nothing. Without the comparison an older pair can
        replace a newer one, and a single-use refresh token is lost.
        """
        ...

    def delete(self, key: TokenKey) -> None:
        """Forget the record; no error if there is none."""
        ...

    def lease(self, key: TokenKey, ttl: float) -> Lease | None:
        """Take the key's lease for ``ttl`` seconds, or ``None`` at once if another holder has it.

        A lease ends by itself when its holder dies. Without leases two processes send the same refresh token.
        """
        ...


class StateStore(Protocol):
    """Keeps states between the consent page and the callback, which may reach another process."""

    def put(self, state: str, pending: PendingConsent, *, now: float) -> None:
        """Remember a state; those that have expired by ``now`` may be dropped."""
        ...

    def take(self, state: str) -> PendingConsent | None:
        """Give what belongs to a state and forget it in the same step: of two takers only one gets it."""
        ...


class RateLimiter(Protocol):
    """Spaces the requests to one account.

    A limiter that processes share may be an :class:`BlockRegister` too; then a ban that one of them meets stops
    all of them. Without it each process has to meet the ban by itself.
    """

    def acquire(self, key: str, *, priority: Priority = Priority.INTERACTIVE) -> None:
        """Return when the request may leave; first come, first served within a priority.

        ``key`` is ``account host|integration``. A limiter that shares bans returns at once where the account is blocked:
        the engine asks :meth:`BlockRegister.blocked` afterwards.
        """
        ...

    def penalize(self, key: str, *, retry_after: float | None = None) -> None:
        """The server answered 429: pause and slow down, then recover."""
        ...


@runtime_checkable
class BlockRegister(Protocol):
    """Remembers which accounts amoCRM has blocked. All methods take the account's host."""

    def block(self, account: str, reason: str) -> None:
        """A ban was met: nobody sends to the account for a while (15 minutes in ours)."""
        ...

    def blocked(self, account: str) -> Block | None:
        """The block in force, or ``None``; asked before every send, so it should be cheap."""
        ...

    def unblock(self, account: str) -> None:
        """Forget a ban, for everybody."""
        ...


class Authenticator(Protocol):
    """Gives the access token of a request."""

    def token(self, *, rejected: str | None = None) -> str:
        """The access token to send.

        Args:
            rejected: The token that the server has just answered with 401. It is renewed, unless it already was;
                an authenticator that cannot renew gives the same token again.
        """
        ...
