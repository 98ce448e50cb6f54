"""Which account an owner has connected last, so that a host need not remember it. Kept in the token store itself."""

from __future__ import annotations

import attrs

from amocrm_sync._async.protocols import AsyncTokenStore
from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable


@attrs.frozen
class AsyncDirectory(Unpicklable):
    """The connections of one integration. An owner's entry is a record without tokens, under a key without an account."""

    client_id: str
    store: AsyncTokenStore

    def key(self, account: AccountHost, owner: str) -> TokenKey:
        """Where the owner's tokens for an account are."""
        return TokenKey(self.client_id, account.host, owner)

    async def last(self, owner: str) -> str | None:
        """The address of the account that the owner has connected last."""
        entry = await self.store.load(self._entry(owner))
        return None if entry is None else entry.domain

    async def enter(self, owner: str, account: AccountHost, now: float) -> None:
        """Write down that the owner has connected an account."""
        key = self._entry(owner)
        while True:
            current = await self.store.load(key)
            if current is not None and current.domain == account.base_url:
                return
            new = TokenRecord(
                access_token="",
                version=1 if current is None else current.version + 1,
                created_at=now,
                updated_at=now,
                domain=account.base_url,
            )
            if await self.store.swap(key, None if current is None else current.version, new):
                return

    async def strike(self, owner: str, account: AccountHost) -> None:
        """Forget it again, if it still is the owner's last."""
        if await self.last(owner) == account.base_url:
            await self.store.delete(self._entry(owner))

    def _entry(self, owner: str) -> TokenKey:
        return TokenKey(self.client_id, "", owner)
