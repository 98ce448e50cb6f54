# Generated from src/amocrm_sync/_async/stores/tokens.py by tools/unasync.py: edit that file instead.
"""Token stores of the wheel: in memory, and in a file that many processes share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import attrs

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.token_table import LeaseRow, TokenTable
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._sync._primitives import run_blocking
from amocrm_sync._tokenfile import FileShelf, MemoryShelf, TokenShelf, holder_name

T = TypeVar("T")


class _ShelfTokenStore(Unpicklable):
    """What the two stores have in common: everything but where the table is."""

    def __init__(self, shelf: TokenShelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    def read(self, look: Callable[[TokenTable], T]) -> T:
        """What ``look`` finds in the table."""
        return run_blocking(self._shelf.read, look)

    def change(self, edit: Callable[[TokenTable], bool]) -> bool:
        """Let ``edit`` change the table."""
        return run_blocking(self._shelf.change, edit)

    def load(self, key: TokenKey) -> TokenRecord | None:
        """The newest stored record, or ``None``."""
        return self.read(lambda table: table.records.get(key))

    def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> bool:
        """Store ``new`` if the stored version is ``old_version`` (``None``: nothing is stored)."""
        return self.change(lambda table: table.swap(key, old_version, new))

    def delete(self, key: TokenKey) -> None:
        """Forget the record; no error if there is none."""
        self.change(lambda table: table.delete(key))

    def lease(self, key: TokenKey, ttl: float) -> ShelfLease | None:
        """Take the key's lease for ``ttl`` seconds, or ``None`` at once if another holder has it."""
        now = self._clock.now()
        row = LeaseRow(holder_name(), now + ttl)
        taken = self.change(lambda table: table.take(key, row, now))
        return ShelfLease(self, key, row, self._clock) if taken else None


@attrs.frozen
class ShelfLease:
    """The right to refresh one token pair, until :attr:`expires_at`."""

    _store: _ShelfTokenStore
    _key: TokenKey
    _row: LeaseRow
    _clock: Clock

    @property
    def expires_at(self) -> float:
        """When the lease ends by itself, unix seconds."""
        return self._row.until

    def held(self) -> bool:
        """Whether the lease is still ours."""
        now = self._clock.now()
        return self._store.read(lambda table: table.holds(self._key, self._row.holder, now))

    def release(self) -> None:
        """Give it back; no error if it has expired or passed to another holder."""
        self._store.change(lambda table: table.give_back(self._key, self._row.holder))


class MemoryTokenStore(_ShelfTokenStore):
    """Tokens in the memory of this process: for tests and for a token that is pasted in every time.

    After a restart the user must consent again, for the refresh token is gone.
    """

    def __init__(self, *, clock: Clock = SYSTEM_CLOCK) -> None:
        super().__init__(MemoryShelf(), clock)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def read(self, look: Callable[[TokenTable], T]) -> T:
        """What ``look`` finds in the table; too short to leave the thread for it."""
        return self._shelf.read(look)

    def change(self, edit: Callable[[TokenTable], bool]) -> bool:
        """Let ``edit`` change the table."""
        return self._shelf.change(edit)


class FileTokenStore(_ShelfTokenStore):
    """Tokens in a JSON file that the processes of one machine share; readable by its user alone (0600).

    A change is atomic and on the disk when it returns; a kill at any point leaves the old file or the new one. The
    lock is ``<path>.lock`` beside it (``flock``; not for network file systems). Secrets are in the file as they are:
    wrap the store in :class:`EncryptedTokenStore` if others can read the disk.

    Args:
        path: The file; its folder must exist.
        clock: Where the times of leases come from.

    Raises:
        ConfigurationError: The folder is missing or cannot be written to; later: the file is damaged (it is left as
            it is).
    """

    def __init__(self, path: str | os.PathLike[str], *, clock: Clock = SYSTEM_CLOCK) -> None:
        shelf = FileShelf(path)
        super().__init__(shelf, clock)
        self._path = shelf.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._path)!r})"
