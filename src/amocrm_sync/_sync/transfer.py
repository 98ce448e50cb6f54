# Generated from src/amocrm_sync/_async/transfer.py by tools/unasync.py: edit that file instead.
"""Where uploads come from and downloads go: paths, bytes, streams. One part is in memory at a time."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias, cast

from amocrm_sync._sync._primitives import run_blocking
from amocrm_sync.errors import ConfigurationError

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | BinaryIO | Iterable[bytes]
"""What can be uploaded: a path, bytes, a binary file, or an iterable of bytes."""

Progress: TypeAlias = Callable[[int, int | None], object]
"""Called with ``(bytes done, bytes in all)`` after every part; the second is ``None`` where nobody knows."""


class Reader(Protocol):
    """A source that is being read.

    Attributes:
        name: The file's name, where the source has one.
        size: Bytes in all, where the source knows.
    """

    name: str | None
    size: int | None

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes; fewer only at the end."""
        ...

    def skip(self, size: int) -> None:
        """Pass over bytes that need not be sent again."""
        ...

    def close(self) -> None:
        """Close what was opened here."""
        ...


def open_source(source: Source) -> Reader:
    """A reader of any source.

    Raises:
        ConfigurationError: It is no source; the message says what is.
    """
    if isinstance(source, (str, os.PathLike)):
        return run_blocking(_open_path, source)
    if isinstance(source, (bytes, bytearray)):
        return _FileReader(io.BytesIO(source), name=None, owned=True)
    if hasattr(source, "read"):
        return run_blocking(_open_file, source)
    if isinstance(source, Iterable):
        return _PieceReader(iter(source))
    raise ConfigurationError(
        f"source: a path, bytes, a binary file or an iterable of bytes is needed, not {type(source).__name__}"
    )


def _open_path(path: str | os.PathLike[str]) -> _FileReader:
    try:
        return _FileReader(Path(path).open("rb"), name=Path(path).name, owned=True)
    except OSError as error:
        raise ConfigurationError(f"source: {error.strerror}: {os.fspath(path)}") from error


def _open_file(file: Any) -> _FileReader:
    _require_bytes(file.read(0))
    name = getattr(file, "name", None)
    return _FileReader(file, name=Path(name).name if isinstance(name, str) else None, owned=False)


class _FileReader:
    """A binary file from where it stands to its end."""

    def __init__(self, file: BinaryIO, *, name: str | None, owned: bool) -> None:
        self._file = file
        self._owned = owned
        self.name = name
        self.size = _rest_of(file)

    def read(self, size: int) -> bytes:
        """See :class:`Reader`."""
        return run_blocking(self._read, size)

    def skip(self, size: int) -> None:
        """See :class:`Reader`."""
        run_blocking(self._skip, size)

    def close(self) -> None:
        """See :class:`Reader`."""
        if self._owned:
            run_blocking(self._file.close)

    def _read(self, size: int) -> bytes:
        pieces: list[bytes] = []
        while size > 0 and (piece := self._file.read(size)):
            _require_bytes(piece)
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _skip(self, size: int) -> None:
        if self.size is not None:
            self._file.seek(size, os.SEEK_CUR)
            return
        while size > 0 and (piece := self._file.read(min(size, _SKIP))):
            size -= len(piece)


_SKIP = 1024 * 1024


def _rest_of(file: BinaryIO) -> int | None:
    """Bytes from where a file stands to its end; ``None`` where it cannot be moved in."""
    if not (hasattr(file, "seekable") and file.seekable()):
        return None
    here = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(here)
    return end - here


class _PieceReader:
    """An iterable of pieces of any length, cut to the lengths that are asked for."""

    name: str | None = None
    size: int | None = None

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = bytearray()

    def read(self, size: int) -> bytes:
        """See :class:`Reader`."""
        while len(self._left) < size:
            try:
                piece = next(self._pieces)
            except StopIteration:
                break
            _require_bytes(piece)
            self._left += piece
        taken = bytes(self._left[:size])
        del self._left[:size]
        return taken

    def skip(self, size: int) -> None:
        """See :class:`Reader`."""
        while size > 0 and (piece := self.read(min(size, _SKIP))):
            size -= len(piece)

    def close(self) -> None:
        """See :class:`Reader`; the iterable is the caller's."""


def _require_bytes(piece: object) -> None:
    if not isinstance(piece, (bytes, bytearray, memoryview)):
        raise ConfigurationError(
            f'source: bytes are needed, not {type(piece).__name__}; open the file in binary mode ("rb")'
        )


class BytesSink:
    """A download into memory."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._total: int | None = None
        self.content = bytearray()

    def begin(self, total: int | None) -> None:
        """See :class:`~amocrm_sync._http.Sink`."""
        self._total = total
        self.content.clear()

    def write(self, piece: bytes) -> None:
        """See :class:`~amocrm_sync._http.Sink`."""
        self.content += piece
        if self._progress is not None:
            self._progress(len(self.content), self._total)


class FileSink:
    """A download into a file, which appears whole or not at all.

    Bytes go into a file beside the target; :meth:`commit` renames it over the target, :meth:`discard` removes it.
    """

    def __init__(self, target: Path, progress: Progress | None) -> None:
        self._target = target
        self._beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        self._file: BinaryIO | None = None
        self._progress = progress
        self._total: int | None = None
        self._done = 0

    def begin(self, total: int | None) -> None:
        """See :class:`~amocrm_sync._http.Sink`."""
        self._total, self._done = total, 0
        run_blocking(self._restart)

    def write(self, piece: bytes) -> None:
        """See :class:`~amocrm_sync._http.Sink`."""
        run_blocking(cast("BinaryIO", self._file).write, piece)
        self._done += len(piece)
        if self._progress is not None:
            self._progress(self._done, self._total)

    def commit(self) -> None:
        """Put the file in its place."""
        run_blocking(self._commit)

    def discard(self) -> None:
        """Leave nothing behind. Does not wait, so that a cancelled download is tidied up as well."""
        if self._file is not None:
            self._file.close()
        self._beside.unlink(missing_ok=True)

    def _restart(self) -> None:
        if self._file is None:
            self._file = self._beside.open("xb")
        self._file.seek(0)
        self._file.truncate()

    def _commit(self) -> None:
        if self._file is None:
            self._restart()
        cast("BinaryIO", self._file).close()
        self._beside.replace(self._target)
