"""One renewal of a token pair: lease, re-read, check the lease, exchange, save, release. Nothing cuts it short.

What each step is for: the lease keeps other processes from sending the same refresh token, which works once; the
re-read finds what another holder has just saved; the lease is checked again right before sending, because it may have
run out while this process was asleep; the new pair is saved before anybody uses it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import attrs
import orjson

from amocrm_sync._async._primitives import shielded
from amocrm_sync._async.protocols import AsyncLease, AsyncTokenStore
from amocrm_sync._clock import Clock
from amocrm_sync._core.call import Reply
from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.moves import lookup_url, may_have_moved, present_account, read_lookup
from amocrm_sync._core.oauth import (
    Grant,
    OAuth,
    TokenPair,
    TokenRequest,
    read_token_reply,
    token_request,
)
from amocrm_sync._core.token_life import record_of, refused_lately, with_refusal
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._http import AsyncHTTPSender, Failure
from amocrm_sync._version import __version__
from amocrm_sync.errors import (
    AmoCRMError,
    AuthorizationLost,
    ErrorContext,
    NotConnectedError,
    RateLimitedError,
    RequestNotSent,
    TokensNotSaved,
    TransportError,
)

MARGIN = 5.0
"""Seconds before the end of the lease in which nothing is sent any more."""

PHASES = 4
"""An HTTP timeout counts for each of these: pool, connect, write, read. All must fit into the lease."""

SHORTEST_ATTEMPT = 2.0
SEND_AGAIN_AFTER = (0.5, 2.0)
"""Waits before repeating an exchange that certainly was not carried out (no connection, 429)."""

SWAPS = 10
"""How often a swap is tried against a version just read, before the store is called broken."""

SAVE_AGAIN_AFTER = (0.05, 0.25, 1.0)
HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/json",
    "User-Agent": f"amocrm-sync/{__version__}",
}

logger = logging.getLogger("amocrm_sync.auth")


@attrs.frozen
class _Unsaved:
    """A pair that amoCRM has issued and no store holds yet: the only copy."""

    store: AsyncTokenStore
    record: TokenRecord
    replaces: str | None
    """The refresh token it was exchanged for; ``None`` for a new consent, which replaces whatever is stored."""


_unsaved: dict[tuple[int, TokenKey], _Unsaved] = {}
"""By store and key. Kept by the process and not by a client: a host may make a client for each request."""


@attrs.frozen
class AsyncExchange(Unpicklable):
    """Renews the token pair of one key of one store."""

    oauth: OAuth
    account: AccountHost
    store: AsyncTokenStore
    http: AsyncHTTPSender
    clock: Clock

    @property
    def key(self) -> TokenKey:
        """Whose tokens."""
        return TokenKey(self.oauth.client_id, self.account.host, self.oauth.owner)

    async def load(self) -> TokenRecord:
        """The stored record, after saving what could not be saved before.

        Raises:
            NotConnectedError: Nothing is stored.
            TokensNotSaved: A pair is still in memory only.
        """
        record = await self._settle() or await self.store.load(self.key)
        if record is None:
            owner = f" and owner {self.key.owner!r}" if self.key.owner else ""
            raise NotConnectedError(
                f"there are no tokens for {self.key.account}{owner}: connect the account first (OAuthFlow)"
            )
        return record

    async def renew(
        self, serves: Callable[[TokenRecord], bool], *, insist: bool = False
    ) -> TokenRecord | None:
        """One renewal; ``None`` if another holder has the lease.

        Args:
            serves: Whether a record makes the renewal unnecessary.
            insist: Send a refresh token even if it was refused a short time ago.

        Raises:
            AuthorizationLost: The refresh token is refused.
            TokensNotSaved: The new pair is in memory only.
            TransportError: The server could not be reached, or did not answer.
            AmoCRMAPIError: The server answered with another error.
        """
        return await shielded(lambda: self._renew(serves, insist=insist))

    async def send(
        self, grant: Grant, value: str, *, seconds: float, account: AccountHost | None = None
    ) -> TokenPair | AmoCRMError:
        """Send a code or a refresh token once; the pair, or the error to raise."""
        request = token_request(self.oauth, account or self.account, grant, value)
        began = self.clock.now()
        outcome = await post(self.http, request, seconds)
        if isinstance(outcome, Reply):
            return read_token_reply(outcome, began, grant, self.account.host)
        kind = TransportError if outcome.sent else RequestNotSent
        context = ErrorContext(
            method="POST", path="/oauth2/access_token", account=self.account.host, attempts=1
        )
        return kind(f"no answer from the token endpoint: {outcome.reason}", context=context)

    async def adopt(self, record: TokenRecord) -> TokenRecord:
        """Save a pair of a new consent, whatever is stored; gives it with its version.

        Raises:
            TokensNotSaved: It is in memory only; every later use tries again.
        """
        return await shielded(lambda: self._save(record, replaces=None))

    def forget(self) -> None:
        """Drop a pair that is in memory only."""
        _unsaved.pop(self._slot, None)

    @property
    def _slot(self) -> tuple[int, TokenKey]:
        return id(self.store), self.key

    async def _renew(self, serves: Callable[[TokenRecord], bool], *, insist: bool) -> TokenRecord | None:
        ends = self.clock.monotonic() + self.oauth.lease_seconds - MARGIN
        lease = await self.store.lease(self.key, self.oauth.lease_seconds)
        if lease is None:
            return None
        try:
            record = await self.load()
            if serves(record):
                return record
            return await self._exchange(record, lease, ends, insist=insist)
        finally:
            await self._release(lease)

    async def _exchange(
        self, record: TokenRecord, lease: AsyncLease, ends: float, *, insist: bool
    ) -> TokenRecord | None:
        """Refresh token → new pair, saved. ``None`` when the lease was lost on the way."""
        if record.refresh_token is None:
            raise AuthorizationLost(
                "there is no refresh token for this connection: connect again", context=self._context()
            )
        if refused_lately(record, self.clock.now()) and not insist:
            raise AuthorizationLost(
                record.last_error or "the refresh token was refused", context=self._context()
            )
        result = await self._send_while_held(record, record.refresh_token, lease, ends)
        if may_have_moved(result):
            moved = await self._moved(record, record.refresh_token, ends)
            if moved is not None:
                record = attrs.evolve(record, domain=moved.host)
                result = await self._send_while_held(record, record.refresh_token or "", lease, ends)
        if isinstance(result, TokenPair):
            now = self.clock.now()
            new = record_of(result, now, domain=record.domain or self.account.host, previous=record)
            return await self._save(new, replaces=record.refresh_token)
        if isinstance(result, AuthorizationLost):
            return await self._lost(record, result)
        if result is not None:
            raise result
        return None

    async def _send_while_held(
        self, record: TokenRecord, refresh_token: str, lease: AsyncLease, ends: float
    ) -> TokenPair | AmoCRMError | None:
        """The outcome of the exchange; repeated only where it certainly was not carried out."""
        result: TokenPair | AmoCRMError | None = None
        for pause in (0.0, *SEND_AGAIN_AFTER):
            await self.clock.asleep(pause)
            seconds = (ends - self.clock.monotonic()) / PHASES
            if seconds < SHORTEST_ATTEMPT or not await lease.held():
                return result
            account = present_account(record, self.account)
            result = await self.send("refresh_token", refresh_token, seconds=seconds, account=account)
            if not isinstance(result, (RequestNotSent, RateLimitedError)):
                return result
        return result

    async def _moved(self, record: TokenRecord, refresh_token: str, ends: float) -> AccountHost | None:
        """The account's new host, as its shard knows it; the refresh token is shown there, not spent."""
        url, seconds = lookup_url(record, self.account), (ends - self.clock.monotonic()) / PHASES
        if url is None or seconds < SHORTEST_ATTEMPT:
            return None
        headers = {**HEADERS, "X-Refresh-Token": refresh_token}
        outcome = await self.http.send("GET", url, headers=headers, content=None, timeout=seconds)
        if isinstance(outcome, Failure):
            return None
        moved = read_lookup(outcome, record, present_account(record, self.account))
        if moved is not None:
            logger.warning("the account %s has moved to %s", self.key.account, moved.host)
        return moved

    async def _lost(self, old: TokenRecord, error: AuthorizationLost) -> TokenRecord:
        """Another process may have won after all; else write down what happened, for it will stay so."""
        for _ in range(SWAPS):
            current = await self.load()
            if current.refresh_token != old.refresh_token:
                return current
            noted = with_refusal(current, self.clock.now(), error.message)
            if await self.store.swap(self.key, current.version, noted):
                break
        raise error

    async def _save(self, record: TokenRecord, *, replaces: str | None) -> TokenRecord:
        _unsaved[self._slot] = _Unsaved(self.store, record, replaces)
        saved = await self._settle()
        if saved is None:
            raise NotConnectedError(f"{self.key.account} was disconnected meanwhile", context=self._context())
        return saved

    async def _settle(self) -> TokenRecord | None:
        """Save the pair that is in memory only, if there is one; gives what is stored then."""
        unsaved = _unsaved.get(self._slot)
        if unsaved is None:
            return None
        failure: Exception | None = None
        for pause in (0.0, *SAVE_AGAIN_AFTER):
            await self.clock.asleep(pause)
            try:
                stored = await self._write(unsaved)
            except Exception as error:  # noqa: BLE001 - any failure of a store must not lose the pair
                failure = error
            else:
                if _unsaved.get(self._slot) is unsaved:
                    del _unsaved[self._slot]
                return stored
        # Raised out here, for what is handled hangs on what is raised, and a driver's error may quote the pair.
        raise _not_saved(failure, unsaved.record, self._context())

    async def _write(self, unsaved: _Unsaved) -> TokenRecord | None:
        """Compare and swap until the pair, or a newer one, is stored; ``None`` after a disconnect."""
        for _ in range(SWAPS):
            current = await self.store.load(self.key)
            if current is None and unsaved.replaces is not None:
                return None
            if current is not None and not _is_replaced(current, unsaved):
                return current
            version = None if current is None else current.version
            new = attrs.evolve(unsaved.record, version=1 if version is None else version + 1)
            if await self.store.swap(self.key, version, new):
                return new
        raise RuntimeError(f"swap was refused {SWAPS} times in a row")

    async def _release(self, lease: AsyncLease) -> None:
        if self._slot in _unsaved:
            return  # the others would send a refresh token that is dead; the lease ends by itself
        try:
            await lease.release()
        except Exception as error:  # noqa: BLE001 - the pair is saved; a lease ends by itself
            logger.warning("the lease of %s was not released: %s", self.key.account, type(error).__name__)

    def _context(self) -> ErrorContext:
        return ErrorContext(account=self.account.host)


async def post(http: AsyncHTTPSender, request: TokenRequest, seconds: float) -> Reply | Failure:
    """One POST of JSON; ``seconds`` is the timeout of each phase of it."""
    return await http.send(
        "POST", request.url, headers=HEADERS, content=orjson.dumps(request.body), timeout=seconds
    )


def _is_replaced(current: TokenRecord, unsaved: _Unsaved) -> bool:
    """Whether the stored record is older than the pair in memory."""
    new = unsaved.record
    if (current.access_token, current.refresh_token) == (new.access_token, new.refresh_token):
        return False  # it was saved, although the store reported a failure
    return unsaved.replaces is None or current.refresh_token == unsaved.replaces


def _not_saved(error: Exception | None, record: TokenRecord, context: ErrorContext) -> TokensNotSaved:
    """The loud error, without the secrets that a database driver may quote."""
    text = f"{type(error).__name__}: {error}"
    for secret in (record.access_token, record.refresh_token):
        text = text.replace(secret, "…") if secret else text
    return TokensNotSaved(
        f"new tokens were issued, but the store did not save them ({text}). They are kept in the memory of this "
        "process and saving is tried again with every call: repair the store before the process ends",
        context=context,
    )
