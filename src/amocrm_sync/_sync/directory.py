# Generated from src/amocrm_sync/_async/directory.py by tools/unasync.py: edit that file instead.
"""Which account an owner has connected last, so that a host need not remember it. Kept in the token store itself."""

from __future__ import annotations

import attrs

from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._sync.protocols import TokenStore


@attrs.frozen
class Directory(Unpicklable):
    """The connections of one integration. An owner's entry is a record without tokens, under a key without an account."""

    client_id: str
    store: TokenStore

    def key(self, account: AccountHost, owner: str) -> TokenKey:
        """Where the owner's tokens for an account are."""
        return TokenKey(self.client_id, account.host, owner)

    def last(self, owner: str) -> str | None:
        """The address of the account that the owner has connected last."""
        entry = self.store.load(self._entry(owner))
        return None if entry is None else entry.domain

    def enter(self, owner: str, account: AccountHost, now: float) -> None:
        """Write down that the owner has connected an account."""
        key = self._entry(owner)
        while True:
            current = self.store.load(key)
            if current is not None and current.domain == account.base_url:
                return
            new = TokenRecord(
                access_token="",
                version=1 if current is None else current.version + 1,
                created_at=now,
                updated_at=now,
                domain=account.base_url,
            )
            if self.store.swap(key, None if current is None else current.version, new):
                return

    def strike(self, owner: str, account: AccountHost) -> None:
        """Forget it again, if it still is the owner's last."""
        if self.last(owner) == account.base_url:
            self.store.delete(self._entry(owner))

    def _entry(self, owner: str) -> TokenKey:
        return TokenKey(self.client_id, "", owner)
