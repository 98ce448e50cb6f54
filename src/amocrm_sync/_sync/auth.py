# Generated from src/amocrm_sync/_async/auth.py by tools/unasync.py: edit that file instead.
"""Who gives the access token of a call: a long-lived token, or OAuth with a token store.

How a renewal itself is made safe is in ``exchange``; here is decided when one is due and who waits for it.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable

from amocrm_sync._clock import SYSTEM_CLOCK, SYSTEM_RANDOM, Clock, Random
from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.jwt import jwt_hints
from amocrm_sync._core.moves import present_account
from amocrm_sync._core.oauth import OAuth
from amocrm_sync._core.store_colour import expect_store
from amocrm_sync._core.token_life import Stage, stage
from amocrm_sync._core.tokens import TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._http import HTTPSender
from amocrm_sync._sync._primitives import shared_lock
from amocrm_sync._sync.exchange import Exchange
from amocrm_sync._sync.protocols import TokenStore
from amocrm_sync.errors import (
    AmoCRMError,
    ConfigurationError,
    ForbiddenError,
    NotConnectedError,
    OAuthError,
    RequestNotSent,
    TokensNotSaved,
)

WARN_BEFORE = 14 * 86400.0
"""Seconds before the end of a long-lived token from which on its owner is warned."""

BEYOND_THE_LEASE = 15.0
"""Seconds to wait for another holder's renewal, on top of the lease: a dead holder's lease is taken over."""

PAUSE = 60.0
"""Seconds between attempts to renew a token that still serves, and after a refusal that will stay one."""

logger = logging.getLogger("amocrm_sync.auth")


class StaticToken(Unpicklable):
    """A long-lived token: sent as it is, never refreshed.

    Args:
        token: From the keys tab of a private integration. An opaque string works too.
        clock: Where time comes from.

    Raises:
        ConfigurationError: The token is empty, has spaces in it or the word ``Bearer`` before it.
    """

    def __init__(self, token: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
        if not token or token != "".join(token.split()) or not token.isascii():
            raise ConfigurationError(
                "token: it is empty or has spaces in it; paste the token alone, without 'Bearer'"
            )
        self._token = token
        self._clock = clock
        self._expires_at = jwt_hints(token).exp

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def token(self, *, rejected: str | None = None) -> str:  # noqa: ARG002 - there is nothing to renew
        """The token. Warns once when it ends within two weeks or has ended."""
        if self._expires_at is not None:
            left = self._expires_at - self._clock.now()
            if left < WARN_BEFORE:
                self._expires_at = None
                self._warn(left)
        return self._token

    def _warn(self, left: float) -> None:
        when = f"expires in {left / 86400:.1f} days" if left > 0 else "has expired"
        warnings.warn(
            f"the long-lived token {when}; it cannot be refreshed: make a new one in the keys tab of the integration",
            UserWarning,
            stacklevel=3,
        )


class TokenManager(Unpicklable):
    """Gives the access token of a connection and keeps it renewed: one refresh at a time across tasks, threads and processes.

    Args:
        oauth: The integration, its store and the owner.
        account: The account.
        http: What sends a request.
        clock: Where time comes from.
        random: Spreads the polls of those who wait.

    Raises:
        ConfigurationError: The store is of the other colour.
    """

    def __init__(
        self,
        oauth: OAuth,
        account: AccountHost,
        http: HTTPSender,
        *,
        clock: Clock = SYSTEM_CLOCK,
        random: Random = SYSTEM_RANDOM,
    ) -> None:
        store: TokenStore = expect_store(oauth.store, "TokenStore")
        self._exchange = Exchange(oauth, account, store, http, clock)
        self._clock = clock
        self._random = random
        self._record: TokenRecord | None = None
        self._rejected: str | None = None
        self._quiet_until = float("-inf")
        self._failures: list[AmoCRMError] = []
        self._barred: tuple[float, AmoCRMError] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._exchange.key.account}>"

    def token(self, *, rejected: str | None = None) -> str:
        """The access token to send.

        From memory while it is fresh; past half of its life one caller renews it while the others go on with it; in
        its last minutes, or once it is rejected, everybody waits for the next one. While a renewal is impossible the
        old token serves to its end, unless it was rejected.

        Args:
            rejected: The token that was just answered with 401; no other token is doubted for it.

        Raises:
            NotConnectedError: There are no tokens.
            AuthorizationLost: They cannot be renewed; the user must consent again.
            TokensNotSaved: New tokens are in memory only, because the store failed.
            TransportError: The token endpoint cannot be reached.
        """
        if rejected is not None:
            self._rejected = rejected
        record = self._record
        if record is None or not self._is_alive(record):
            return (self._obtain(self._is_good)).access_token
        age = stage(record, self._clock.now())
        if age is Stage.FRESH or self._clock.monotonic() < self._quiet_until:
            return record.access_token
        if age is Stage.AHEAD:
            return (self._renew_ahead(record)).access_token
        return (self._obtain(self._is_good)).access_token

    def present_url(self, base_url: str) -> str:
        """Where requests to ``base_url`` go now: elsewhere if it is this account's and the account has moved."""
        account = self._exchange.account
        if self._record is None or base_url != account.base_url:
            return base_url
        return present_account(self._record, account).base_url

    def refresh(self) -> TokenRecord:
        """Renew now, whatever the age; the new record. A renewal that another process makes meanwhile counts.

        Raises:
            AuthorizationLost: The refresh token is refused.
        """
        seen = self._exchange.load()
        return self._obtain(
            lambda record: record.access_token != seen.access_token and self._is_good(record), insist=True
        )

    def _is_alive(self, record: TokenRecord) -> bool:
        """Whether the access token can be sent at all."""
        return record.access_token != self._rejected and stage(record, self._clock.now()) is not Stage.OVER

    def _is_good(self, record: TokenRecord) -> bool:
        """Whether the access token can be sent without waiting for another."""
        return record.access_token != self._rejected and stage(record, self._clock.now()) in (
            Stage.FRESH,
            Stage.AHEAD,
        )

    def _is_fresh(self, record: TokenRecord) -> bool:
        return record.access_token != self._rejected and stage(record, self._clock.now()) is Stage.FRESH

    def _renew_ahead(self, record: TokenRecord) -> TokenRecord:
        """Renew if nobody else does; a failure is no reason to fail the call."""
        self._be_quiet(record)
        try:
            renewed = self._exchange.renew(self._is_fresh)
        except (TokensNotSaved, NotConnectedError):
            raise
        except AmoCRMError as error:
            logger.warning("renewing the token of %s ahead failed: %s", self._exchange.key.account, error)
            return record
        if renewed is not None:
            self._record = renewed
        return renewed if renewed is not None and self._is_alive(renewed) else record

    def _obtain(self, serves: Callable[[TokenRecord], bool], *, insist: bool = False) -> TokenRecord:
        """A record that serves, from the store or renewed; one caller of the process works, the others wait."""
        failures = self._failures
        with shared_lock((id(self._exchange.store), self._exchange.key)):
            cached = self._record
            if cached is not None and serves(cached):
                return cached
            if self._failures is not failures:
                raise copy.copy(
                    self._failures[-1]
                )  # it failed while this caller waited: asking again is no use
            try:
                return self._load_or_renew(serves, insist=insist)
            except AmoCRMError as error:
                self._failures = [error]
                raise

    def _load_or_renew(self, serves: Callable[[TokenRecord], bool], *, insist: bool) -> TokenRecord:
        patience = self._exchange.oauth.lease_seconds + BEYOND_THE_LEASE
        gives_up = self._clock.monotonic() + patience
        while True:
            self._record = None  # if nothing is stored any more, nothing is remembered either
            record = self._record = self._exchange.load()
            if serves(record):
                return record
            try:
                if self._barred is not None and self._clock.monotonic() < self._barred[0] and not insist:
                    raise copy.copy(self._barred[1])
                renewed = self._exchange.renew(serves, insist=insist)
                if renewed is not None and serves(renewed):
                    self._record = renewed
                    return renewed
                if self._clock.monotonic() >= gives_up:
                    raise RequestNotSent(f"another process has been renewing the token for {patience:.0f} s")
            except (TokensNotSaved, NotConnectedError):
                raise
            except AmoCRMError as error:
                self._bar(error)
                if insist or not self._is_alive(record):
                    raise
                logger.warning("renewing the token of %s failed: %s", self._exchange.key.account, error)
                self._be_quiet(record)
                return record
            self._clock.sleep(0.05 + 0.1 * self._random.random())

    def _bar(self, error: AmoCRMError) -> None:
        """A wrong secret or a ban stays so for a while: do not ask again with every call."""
        barred = self._barred is not None and self._clock.monotonic() < self._barred[0]
        if isinstance(error, (OAuthError, ForbiddenError)) and not barred:
            self._barred = (self._clock.monotonic() + PAUSE, error)

    def _be_quiet(self, record: TokenRecord) -> None:
        """Leave a token that still serves alone for a while (shorter for one that lives shortly)."""
        life = PAUSE if record.expires_at is None else (record.expires_at - record.updated_at) / 20
        self._quiet_until = self._clock.monotonic() + max(0.0, min(PAUSE, life))
