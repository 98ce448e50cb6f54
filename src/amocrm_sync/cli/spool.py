"""What an export has read so far, in a file beside its target, and how far that is.

Records are JSON lines in ``.NAME.part``. Where they end and which page comes next stands in ``.NAME.state``, which is
replaced after every page; lines behind that end are cut off when the export goes on, so a kill at any moment costs a
page at most. The last page is read again, in case records were deleted meanwhile, and what is there already is left
out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

from amocrm_sync import ConfigurationError

OVERLAP = 1
"""Pages that are read again after a stop."""


class Spool:
    """Rows of one export.

    Attributes:
        what: What is exported: account, entity and options.
        rows: Records so far.
        next_page: The page to read next.
        is_whole: Whether all of it has been read.
    """

    def __init__(self, out: Path, what: Mapping[str, Any]) -> None:
        self.what = dict(what)
        self.rows = 0
        self.next_page = 1
        self.is_whole = False
        self._data = out.with_name(f".{out.name}.part")
        self._state = out.with_name(f".{out.name}.state")
        self._pages = 0
        self._seen: set[Any] = set()
        self._file: BinaryIO | None = None

    @classmethod
    def open(cls, out: Path, what: Mapping[str, Any]) -> Self:
        """Begin an export, or go on with the one that was stopped.

        Raises:
            ConfigurationError: The folder is missing, or another export to this file was stopped.
        """
        if not out.parent.is_dir():
            raise ConfigurationError(f"--out: there is no folder {out.parent}")
        spool = cls(out, what)
        end = spool._recall(out)
        spool._file = spool._data.open("r+b" if end else "wb")
        spool._file.truncate(end)
        spool._file.seek(end)
        return spool

    def add(self, page: Sequence[Mapping[str, Any]]) -> None:
        """Keep the rows of a page that are not there yet."""
        file = self._opened()
        fresh = [row for row in page if self._is_new(row)]
        file.writelines(orjson.dumps(row) + b"\n" for row in fresh)
        file.flush()
        self.rows += len(fresh)
        self._pages += 1
        self._note()

    def finish(self) -> None:
        """Note that all of it is there."""
        self.is_whole = True
        self._note()

    def __iter__(self) -> Iterator[bytes]:
        """The rows, each as one line of JSON."""
        self._opened().flush()
        with self._data.open("rb") as lines:
            yield from lines

    @property
    def path(self) -> Path:
        """The file of the rows."""
        return self._data

    def remove(self) -> None:
        """Take away what was only needed to go on."""
        self.close()
        self._state.unlink(missing_ok=True)
        self._data.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; the export can be gone on with."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _recall(self, out: Path) -> int:
        """Where the rows of a stopped export end; 0 for a new one."""
        if not (self._state.exists() and self._data.exists()):
            return 0
        state = orjson.loads(self._state.read_bytes())
        if state["what"] != self.what:
            raise ConfigurationError(
                f"--out: another export to {out} was stopped; remove {self._state} to give it up, or run it to its end"
            )
        end = int(state["bytes"])
        with self._data.open("rb") as lines:
            while lines.tell() < end:
                self._seen.add(orjson.loads(lines.readline()).get("id"))
                self.rows += 1
        self.is_whole, self._pages = bool(state["whole"]), int(state["pages"])
        self._pages = max(0, self._pages - OVERLAP)
        self.next_page = self._pages + 1
        return end

    def _is_new(self, row: Mapping[str, Any]) -> bool:
        key = row.get("id")
        if key is None:
            return True
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _note(self) -> None:
        """Write how far it is; readers see the old note or the new one."""
        state = {
            "what": self.what,
            "bytes": self._opened().tell(),
            "pages": self._pages,
            "whole": self.is_whole,
        }
        beside = self._state.with_name(f"{self._state.name}.new")
        beside.write_bytes(orjson.dumps(state))
        beside.replace(self._state)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the spool is closed")
        return self._file
