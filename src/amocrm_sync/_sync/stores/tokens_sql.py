# Generated from src/amocrm_sync/_async/stores/tokens_sql.py by tools/unasync.py: edit that file instead.
"""Token pairs in a SQL database that processes and machines share."""

from __future__ import annotations

import attrs

from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._sqldatabase import database_url, private_options
from amocrm_sync._sqltokens import PREFIX, TokenStatements, record_of_row, token_tables
from amocrm_sync._sync.stores._sql import Database
from amocrm_sync._tokenfile import holder_name


class SQLTokenStore(Unpicklable):
    """Tokens in SQLite or PostgreSQL.

    ::

        store = SQLTokenStore("postgresql://user:password@db.example/host")

    The tables ``amo_token`` and ``amo_token_lease`` are made on first use. Leases end by the database's clock, so the
    clocks of machines may differ. No connection and no lock is held between calls. Secrets are in the rows as they are:
    wrap the store in :class:`EncryptedTokenStore` if others read the database. They never reach SQLAlchemy's log.

    Args:
        url: ``sqlite:///amo.db`` or ``postgresql://…``.
        prefix: Put before both table names.
        echo: Log every statement (without its values).

    Raises:
        ConfigurationError: The URL is of another database.
    """

    def __init__(self, url: str, *, prefix: str = PREFIX, echo: bool = False) -> None:
        address = database_url(url, "sqlite")
        tables = token_tables(prefix)
        options = {"echo": echo, **private_options(address, pooled=False)}
        self._database = Database(address, tables.metadata, options)
        self._ask = TokenStatements(tables, self._database.dialect)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._database.url.render_as_string(hide_password=True)}>"

    def load(self, key: TokenKey) -> TokenRecord | None:
        """The newest stored record, or ``None``."""
        row = self._database.read(self._ask.load(key))
        return None if row is None else record_of_row(row)

    def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> bool:
        """Store ``new`` if the stored version is ``old_version`` (``None``: nothing is stored)."""
        return self._database.write(self._ask.swap(key, old_version, new)) is not None

    def delete(self, key: TokenKey) -> None:
        """Forget the record; no error if there is none."""
        self._database.write(self._ask.delete(key))

    def lease(self, key: TokenKey, ttl: float) -> SQLLease | None:
        """Take the key's lease for ``ttl`` seconds, or ``None`` at once if another holder has it."""
        holder = holder_name()
        row = self._database.write(self._ask.lease(key, holder, ttl))
        return None if row is None else SQLLease(self, key, holder, row["until"])

    def holds(self, key: TokenKey, holder: str) -> bool:
        """Whether the key's lease is this holder's."""
        return self._database.read(self._ask.held(key, holder)) is not None

    def give_back(self, key: TokenKey, holder: str) -> None:
        """End the lease if it is this holder's."""
        self._database.write(self._ask.release(key, holder))

    def close(self) -> None:
        """Close what is open; the data stay."""
        self._database.close()


@attrs.frozen
class SQLLease:
    """The right to refresh one token pair, until :attr:`expires_at`."""

    _store: SQLTokenStore
    _key: TokenKey
    _holder: str
    expires_at: float
    """When the lease ends by itself, unix seconds of the database's clock."""

    def held(self) -> bool:
        """Whether the lease is still ours."""
        return self._store.holds(self._key, self._holder)

    def release(self) -> None:
        """Give it back; no error if it has expired or passed to another holder."""
        self._store.give_back(self._key, self._holder)
