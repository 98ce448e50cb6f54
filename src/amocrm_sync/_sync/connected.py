# Generated from src/amocrm_sync/_async/connected.py by tools/unasync.py: edit that file instead.
"""The connections that a flow has made: what they are, how they stay alive, how they end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from amocrm_sync._clock import Clock, Random
from amocrm_sync._core.connection import ConnectionStatus, status_of
from amocrm_sync._core.hosts import AccountHost, account_at
from amocrm_sync._core.moves import present_account
from amocrm_sync._core.oauth import OAuth
from amocrm_sync._core.tokens import DEFAULT_OWNER
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._http import HTTP
from amocrm_sync._sync.auth import TokenManager
from amocrm_sync._sync.directory import Directory
from amocrm_sync._sync.exchange import Exchange
from amocrm_sync._sync.protocols import BlockRegister, TokenStore
from amocrm_sync.errors import AmoCRMError, NotConnectedError

KEEPALIVE_AFTER = 30 * 86400.0
"""A refresh token that is older than this many seconds is replaced by :meth:`Connected.keepalive`."""


class Connected(Unpicklable):
    """Every connection of one integration, found by its owner."""

    def __init__(
        self,
        oauth: OAuth,
        store: TokenStore,
        http: HTTP,
        *,
        origin: str,
        blocks: BlockRegister,
        clock: Clock,
        random: Random,
    ) -> None:
        self._oauth = oauth
        self._store = store
        self._http = http
        self._origin = origin
        self._blocks = blocks
        self._clock = clock
        self._random = random
        self._directory = Directory(oauth.client_id, store)
        self._managers: dict[tuple[str, str], TokenManager] = {}

    def status(self, owner: str = DEFAULT_OWNER, *, account: str | None = None) -> ConnectionStatus:
        """What a badge shows: connected, disconnected or error, with the reason. Asks the store, not amoCRM.

        A ban that this process, or any that shares the ``limiter``, has met is an error too, while it lasts.
        """
        host = self._find(owner, account)
        if host is None:
            return status_of(None, None, self._clock.now())
        record = self._store.load(self._directory.key(host, owner))
        domain = host.host if record is None else present_account(record, host).host
        block = self._blocks.blocked(domain)
        return status_of(record, domain, self._clock.now(), block=block)

    def access_token(self, owner: str = DEFAULT_OWNER, *, account: str | None = None) -> str:
        """An access token that works now, renewed if need be.

        Raises:
            NotConnectedError: There is no connection.
            AuthorizationLost: It cannot be renewed; the user must consent again.
        """
        return (self._manager(owner, account)).token()

    def refresh(self, owner: str = DEFAULT_OWNER, *, account: str | None = None) -> ConnectionStatus:
        """Renew the tokens now, whatever their age.

        Raises:
            NotConnectedError: There is no connection.
            AuthorizationLost: The refresh token is refused.
        """
        manager = self._manager(owner, account)
        record = manager.refresh()
        return status_of(record, record.domain, self._clock.now())

    def keepalive(
        self, owner: str = DEFAULT_OWNER, *, account: str | None = None, after: float = KEEPALIVE_AFTER
    ) -> bool:
        """Renew a connection whose tokens are older than ``after`` seconds; whether it was renewed.

        A refresh token that is not used for three months dies. Call this daily for connections that rest.
        """
        host = self._find(owner, account)
        record = None if host is None else self._store.load(self._directory.key(host, owner))
        if host is None or record is None:
            raise _not_connected(owner)
        if self._clock.now() - record.updated_at <= after:
            return False
        (self._manager(owner, host.base_url)).refresh()
        return True

    def keepalive_all(
        self, owners: Iterable[str], *, after: float = KEEPALIVE_AFTER
    ) -> dict[str, bool | AmoCRMError]:
        """:meth:`keepalive` for several owners, one after the other; the failure of one does not stop the others.

        Returns:
            For each owner whether the connection was renewed, or why it could not be.
        """
        results: dict[str, bool | AmoCRMError] = {}
        for owner in owners:
            try:
                results[owner] = self.keepalive(owner, after=after)
            except AmoCRMError as error:
                results[owner] = error
        return results

    def disconnect(self, owner: str = DEFAULT_OWNER, *, account: str | None = None) -> datetime | None:
        """Forget the tokens. amoCRM has no way to revoke them: until when the access token still works is returned.

        To end the access at once, the user switches the integration off in the account.
        """
        host = self._find(owner, account)
        if host is None:
            return None
        record = self._store.load(self._directory.key(host, owner))
        self._exchange(host, owner).forget()
        self._managers.pop((host.host, owner), None)
        self._store.delete(self._directory.key(host, owner))
        self._directory.strike(owner, host)
        return None if record is None else record.expires

    def _exchange(self, account: AccountHost, owner: str) -> Exchange:
        oauth = attrs.evolve(self._oauth, owner=owner)
        return Exchange(oauth, account, self._store, self._http, self._clock)

    def _manager(self, owner: str, account: str | None) -> TokenManager:
        host = self._find(owner, account)
        if host is None:
            raise _not_connected(owner)
        manager = self._managers.get((host.host, owner))
        if manager is None:
            oauth = self._exchange(host, owner).oauth
            manager = TokenManager(oauth, host, self._http, clock=self._clock, random=self._random)
            self._managers[host.host, owner] = manager
        return manager

    def _find(self, owner: str, account: str | None) -> AccountHost | None:
        """The account that is meant; ``None`` if the owner has none."""
        if account is not None:
            return self._account(account)
        last = self._directory.last(owner)
        return None if last is None else self._account(last)

    def _account(self, text: str) -> AccountHost:
        return account_at(text, self._origin)


def _not_connected(owner: str) -> AmoCRMError:
    whose = f"owner {owner!r}" if owner else "this integration"
    return NotConnectedError(f"{whose} has connected no account: begin with authorization_url()")
