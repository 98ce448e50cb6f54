"""Consents that are under way: each ends with one callback, or with its time."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from amocrm_sync._async.protocols import AsyncStateStore
from amocrm_sync._clock import Clock
from amocrm_sync._core.callback import Callback, PendingConsent
from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.oauth import CODE_LIFETIME
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync.errors import StateMismatch

API_KEY_STATE = "api-key:"


@attrs.frozen
class AsyncConsents(Unpicklable):
    """Makes states and takes them back, each once."""

    states: AsyncStateStore
    clock: Clock
    make_state: Callable[[], str]

    async def begin(self, owner: str) -> str:
        """A new state: for this owner, for 20 minutes."""
        return await self._remember(self.make_state(), owner)

    async def begin_exchange(self, account: AccountHost, owner: str) -> str:
        """A new state for the exchange of an API key, whose callback may come without it."""
        await self._remember(_exchange_state(account), owner)
        return await self.begin(owner)

    async def cancel_exchange(self, account: AccountHost, state: str) -> None:
        """The exchange was refused: no callback is to be taken for it."""
        await self.states.take(state)
        await self.states.take(_exchange_state(account))

    async def end(self, callback: Callback, account: AccountHost, *, signed_in: str | None = None) -> str:
        """Whose consent the callback's state ends; it is used up by that.

        Raises:
            StateMismatch: Nobody's that is under way, or not of who is signed in.
        """
        pending = await self.states.take(_exchange_state(account)) if callback.from_exchange else None
        if callback.state is not None:
            guessed = callback.state.startswith(API_KEY_STATE)
            pending = None if guessed else await self.states.take(callback.state)
        elif not callback.from_exchange:
            raise StateMismatch("the callback has no state: begin the consent with authorization_url()")
        if pending is None:
            raise StateMismatch("the state is unknown or was already used: begin the consent again")
        if pending.expires_at <= self.clock.now():
            raise StateMismatch("the state has expired (20 minutes): begin the consent again")
        if signed_in is not None and signed_in != pending.owner:
            raise StateMismatch("the state was made for another owner: begin the consent again")
        return pending.owner

    async def _remember(self, state: str, owner: str) -> str:
        now = self.clock.now()
        await self.states.put(state, PendingConsent(owner=owner, expires_at=now + CODE_LIFETIME), now=now)
        return state


def _exchange_state(account: AccountHost) -> str:
    """Under what a pending exchange of an API key is kept; it is never taken for the state of a callback."""
    return API_KEY_STATE + account.host
