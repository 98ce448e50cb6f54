"""Tokens encrypted at rest, over any token store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from amocrm_sync._async.protocols import AsyncLease, AsyncTokenStore
from amocrm_sync._core.store_colour import expect_store
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync.errors import ConfigurationError

PREFIX = "fernet:1:"
"""Before what is encrypted, so that a plain row is told from an encrypted one."""


class AsyncEncryptedTokenStore(Unpicklable):
    """Keeps records of another store encrypted (Fernet: AES-128-CBC with HMAC-SHA256).

    The whole record is encrypted together with its key, which is compared on reading: a row copied to another account
    or owner does not open. In the clear remain the key, the version and the times, which the inner store needs.

    ::

        store = AsyncEncryptedTokenStore(AsyncFileTokenStore("tokens.json"), keys=[os.environ["TOKEN_KEY"]])

    Args:
        inner: Any token store of the same colour.
        keys: Fernet keys (see :meth:`generate_key`); the first encrypts, all decrypt. To change the key, put the new
            one first, keep the old one until every record was rewritten (by a refresh, or by :meth:`rotate`).

    Raises:
        ConfigurationError: No key, or not a Fernet key; later: no key fits, or a row belongs to another connection.
    """

    def __init__(self, inner: AsyncTokenStore, *, keys: Sequence[str | bytes]) -> None:
        self._inner: AsyncTokenStore = expect_store(inner, "AsyncTokenStore")
        self._fernet = MultiFernet(fernets(keys))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._inner!r})"

    @staticmethod
    def generate_key() -> str:
        """A new key: keep it apart from the store, e.g. in an environment variable."""
        return Fernet.generate_key().decode()

    async def load(self, key: TokenKey) -> TokenRecord | None:
        """The newest stored record, decrypted, or ``None``.

        Raises:
            ConfigurationError: It cannot be decrypted, or is another connection's.
        """
        row = await self._inner.load(key)
        return None if row is None else self._open(key, row)

    async def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> bool:
        """Store ``new``, encrypted, if the stored version is ``old_version``."""
        return await self._inner.swap(key, old_version, self._seal(key, new))

    async def delete(self, key: TokenKey) -> None:
        """Forget the record; no error if there is none."""
        await self._inner.delete(key)

    async def lease(self, key: TokenKey, ttl: float) -> AsyncLease | None:
        """The inner store's lease."""
        return await self._inner.lease(key, ttl)

    async def rotate(self, key: TokenKey) -> bool:
        """Encrypt a stored record with the first key; ``False`` if there is none.

        Raises:
            ConfigurationError: It cannot be decrypted.
        """
        while True:
            row = await self._inner.load(key)
            if row is None:
                return False
            record = self._open(key, row)
            new = TokenRecord.from_dict({**record.to_dict(), "version": record.version + 1})
            if await self._inner.swap(key, record.version, self._seal(key, new)):
                return True

    def _seal(self, key: TokenKey, record: TokenRecord) -> TokenRecord:
        content = orjson.dumps({"key": _parts(key), "record": record.to_dict()})
        return TokenRecord(
            access_token=PREFIX + self._fernet.encrypt(content).decode(),
            expires_at=record.expires_at,
            version=record.version,
            created_at=record.created_at,
            updated_at=record.updated_at,
        )

    def _open(self, key: TokenKey, row: TokenRecord) -> TokenRecord:
        content = self._decrypt(key, row.access_token)
        record = TokenRecord.from_dict(content["record"])
        if content["key"] != _parts(key) or record.version != row.version:
            raise ConfigurationError(
                f"the stored tokens of {key.account} (owner {key.owner!r}) were copied from another row or altered: "
                "delete them and connect again"
            )
        return record

    def _decrypt(self, key: TokenKey, text: str) -> dict[str, Any]:
        if not text.startswith(PREFIX):
            raise ConfigurationError(
                f"the stored tokens of {key.account} (owner {key.owner!r}) are not encrypted: use the inner store as it "
                "is, or connect again through this one"
            )
        try:
            content: dict[str, Any] = orjson.loads(self._fernet.decrypt(text.removeprefix(PREFIX)))
        except InvalidToken:
            raise ConfigurationError(
                f"keys: none of them opens the stored tokens of {key.account} (owner {key.owner!r}); add the key that "
                "they were written with, or delete them and connect again"
            ) from None
        return content


def _parts(key: TokenKey) -> list[str]:
    return [key.client_id, key.account, key.owner]


def fernets(keys: Sequence[str | bytes]) -> list[Fernet]:
    """The ciphers of the keys; an error names the position of a bad key, never the key."""
    if isinstance(keys, (str, bytes)) or not keys:
        raise ConfigurationError("keys: a list with at least one Fernet key is needed, the newest first")
    found: list[Fernet] = []
    for index, key in enumerate(keys):
        try:
            found.append(Fernet(key))
        except (ValueError, TypeError):
            raise ConfigurationError(
                f"keys[{index}]: it is not a Fernet key (32 bytes in url-safe base64); make one with "
                "AsyncEncryptedTokenStore.generate_key()"
            ) from None
    return found
