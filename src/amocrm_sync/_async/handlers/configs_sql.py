"""Owners' settings in a SQL database, encrypted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy.exc import IntegrityError

from amocrm_sync._async.stores._sql import AsyncDatabase
from amocrm_sync._async.stores.encrypted import fernets
from amocrm_sync._core.handlers.guard import fingerprint
from amocrm_sync._core.handlers.problem import wrong_field
from amocrm_sync._core.handlers.settings import CRMConfig
from amocrm_sync._core.shapes import json_object
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._sqlconfigs import ConfigStatements, config_table
from amocrm_sync._sqldatabase import database_url, private_options
from amocrm_sync._sqltokens import PREFIX
from amocrm_sync.errors import ConfigurationError


class AsyncSQLConfigStore(Unpicklable):
    """Settings in SQLite or PostgreSQL, in the table ``amo_config``, made on first use.

    A row is encrypted as a whole together with its owner, which is compared on reading: a row copied to another owner
    does not open. In the clear stand the owner, the version, and the SHA-256 of the webhook's secret, by which a webhook
    finds its owner.

    Args:
        url: ``sqlite:///amo.db`` or ``postgresql://…``.
        keys: Fernet keys (see :meth:`EncryptedTokenStore.generate_key`); the first encrypts, all decrypt.
        prefix: Put before the table's name.
        echo: Log every statement (without its values).

    Raises:
        ConfigurationError: The URL is of another database; no key, or not a Fernet key; later: no key fits.
    """

    def __init__(
        self, url: str, *, keys: Sequence[str | bytes], prefix: str = PREFIX, echo: bool = False
    ) -> None:
        self._fernet = MultiFernet(fernets(keys))
        address = database_url(url, "sqlite+aiosqlite")
        table = config_table(prefix)
        options = {"echo": echo, **private_options(address, pooled=False)}
        self._database = AsyncDatabase(address, table.metadata, options)
        self._ask = ConfigStatements(table, self._database.dialect)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._database.url.render_as_string(hide_password=True)}>"

    async def load(self, owner: str) -> CRMConfig | None:
        """The newest settings, decrypted, or ``None``.

        Raises:
            ConfigurationError: They cannot be decrypted, or are another owner's.
        """
        row = await self._database.read(self._ask.load(owner))
        return None if row is None else self._open(owner, row)

    async def save(self, owner: str, old_version: int | None, new: CRMConfig) -> bool:
        """Store ``new`` if the stored version is ``old_version`` (``None``: nothing is stored).

        Raises:
            Problem: 422: another owner has the same webhook secret.
        """
        secret = new.webhook_secret.get_secret_value()
        values = {
            "version": new.version,
            "content": self._seal(owner, new),
            "webhook": fingerprint(secret).hex() if secret else None,
        }
        try:
            return await self._database.write(self._ask.save(owner, old_version, values)) is not None
        except IntegrityError:
            raise wrong_field("webhook_secret", "it is taken: make a new random one") from None

    async def delete(self, owner: str) -> None:
        """Forget the settings; no error if there are none."""
        await self._database.write(self._ask.delete(owner))

    async def owners(self) -> list[str]:
        """Everybody who has settings."""
        row = await self._database.read(self._ask.owners())
        found: list[str] = orjson.loads(row["owners"] or "[]")
        return sorted(found)

    async def by_webhook_secret(self, secret: str) -> str | None:
        """The owner whose webhook secret it is."""
        if not secret:
            return None
        row = await self._database.read(self._ask.by_webhook(fingerprint(secret).hex()))
        return None if row is None else str(row["owner"])

    async def aclose(self) -> None:
        """Close what is open; the data stay."""
        await self._database.aclose()

    def _seal(self, owner: str, config: CRMConfig) -> str:
        content = orjson.dumps({"owner": owner, "config": config.to_dict()})
        return self._fernet.encrypt(content).decode()

    def _open(self, owner: str, row: Any) -> CRMConfig:
        try:
            content = json_object(self._fernet.decrypt(str.__str__(row["content"])))
        except InvalidToken:
            raise ConfigurationError(
                f"keys: none of them opens the settings of {owner!r}; add the key that they were written with"
            ) from None
        config = CRMConfig.model_validate(content["config"])
        if content["owner"] != owner or config.version != row["version"]:
            raise ConfigurationError(f"the settings of {owner!r} were copied from another row or altered")
        return config
