"""Token records of one process, or of one file that many processes share. Blocking, thread-safe, shared by both colours."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Protocol, TypeVar

from amocrm_sync._core.token_table import TokenTable
from amocrm_sync.errors import ConfigurationError

T = TypeVar("T")


class TokenShelf(Protocol):
    """Where a store of ours keeps its table."""

    def read(self, look: Callable[[TokenTable], T]) -> T:
        """What ``look`` finds in the table as it stands."""
        ...

    def change(self, edit: Callable[[TokenTable], bool]) -> bool:
        """Let ``edit`` change the table, alone; what it says about having changed anything. Durable on return."""
        ...


class MemoryShelf:
    """A table in memory; the lock is held for a few instructions only, so that tasks may take it like threads."""

    def __init__(self) -> None:
        self._table = TokenTable()
        self._lock = Lock()

    def read(self, look: Callable[[TokenTable], T]) -> T:
        """See :class:`TokenShelf`."""
        with self._lock:
            return look(self._table)

    def change(self, edit: Callable[[TokenTable], bool]) -> bool:
        """See :class:`TokenShelf`."""
        with self._lock:
            return edit(self._table)


class LockedFile:
    """A file that processes change one at a time: they exclude each other by a lock file beside it.

    A change is written beside the file, synced and renamed over it: a kill at any point leaves the old file or the new
    one.

    Raises:
        ConfigurationError: The folder is missing or cannot be written to, or the path is a folder.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).expanduser().resolve()
        folder = self.path.parent
        if not folder.is_dir():
            raise ConfigurationError(f"path: the folder {folder} of the file does not exist: make it first")
        if self.path.is_dir():
            raise ConfigurationError(
                f"path: {self.path} is a folder; name a file in it, e.g. {self.path / 'tokens.json'}"
            )
        if not os.access(folder, os.W_OK):
            raise ConfigurationError(
                f"path: the folder {folder} of the file cannot be written to; what it keeps changes every day and has "
                "to be saved: use a folder of the user that runs this process"
            )
        self._lock_path = self.path.with_name(self.path.name + ".lock")
        self._next_path = self.path.with_name(self.path.name + ".next")

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else reads or changes the file within the block."""
        return _exclusive(self._lock_path)

    def load(self) -> bytes | None:
        """What is in it; ``None`` where there is no file."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def save(self, text: bytes) -> None:
        """Put something else in its place; on the disk when it returns."""
        self._next_path.unlink(missing_ok=True)  # of a writer that was killed
        handle = os.open(self._next_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        self._next_path.replace(self.path)
        _sync_folder(self.path.parent)


class FileShelf:
    """A table in a JSON file. Readers always see a whole one, and a file that cannot be read is never overwritten.

    Raises:
        ConfigurationError: See :class:`LockedFile`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = LockedFile(path)
        self.path = self._file.path

    def read(self, look: Callable[[TokenTable], T]) -> T:
        """See :class:`TokenShelf`."""
        with self._file.alone():
            return look(self._load())

    def change(self, edit: Callable[[TokenTable], bool]) -> bool:
        """See :class:`TokenShelf`."""
        with self._file.alone():
            table = self._load()
            changed = edit(table)
            if changed:
                self._file.save(table.to_bytes())
            return changed

    def _load(self) -> TokenTable:
        text = self._file.load()
        if text is None:
            return TokenTable()
        try:
            return TokenTable.from_bytes(text)
        except ValueError as error:
            raise ConfigurationError(
                f"{self.path} cannot be read as a token file: {error}. It was left as it is: restore a copy, or move it "
                "away and connect again"
            ) from None


def holder_name() -> str:
    """A name that no other holder of a lease has."""
    return f"{os.getpid()}-{os.urandom(12).hex()}"


if sys.platform == "win32":  # pragma: no cover - the suite runs on POSIX
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

    def _sync_folder(folder: Path) -> None:
        """Windows has no such thing."""

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

    def _sync_folder(folder: Path) -> None:
        """Make a rename in the folder durable."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _exclusive(path: Path) -> Generator[None]:
    """Exclude other threads and processes. The lock dies with its process; the file stays, for removing it would race."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle)
        try:
            yield
        finally:
            # Not left to close(): a child forked meanwhile has the same open file and would keep the lock.
            _unlock(handle)
    finally:
        os.close(handle)
