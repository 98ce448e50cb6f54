"""Everything that a connection leaves behind for people to read, and a search through it for what nobody may read."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path

import attrs

TAIL = 16
"""So many last characters of a secret are a leak as well."""

LOGGERS = (
    "aiosqlite",
    "amocrm_sync",
    "asyncio",
    "authlib",
    "h11",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "psycopg",
    "redis",
    "sqlalchemy.dialects",
    "sqlalchemy.engine",
    "sqlalchemy.orm",
    "sqlalchemy.pool",
    "vcr",
)
"""Set to DEBUG one by one: a library may have set a level of its own."""


@attrs.define
class Sweep:
    """Collects texts by where they were found, and secrets by their names."""

    secrets: dict[str, str] = attrs.field(factory=dict[str, str])
    texts: dict[str, str] = attrs.field(factory=dict[str, str])

    def hide(self, name: str, value: str | None) -> str:
        """This must not be found anywhere."""
        assert value is not None
        assert len(value) >= TAIL, f"{name} is too short to be searched for"
        self.secrets[f"{name} {len(self.secrets)}"] = value
        return value

    def read(self, where: str, text: object) -> None:
        """A text that people may read."""
        self.texts[f"{where} {len(self.texts)}"] = str(text)

    def look_at(self, *things: object) -> None:
        """An object as people meet it: printed, formatted, in a debugger's list, and pickled, if it pickles at all."""
        for thing in things:
            where = type(thing).__name__
            self.read(f"repr of {where}", repr(thing))
            self.read(f"str of {where}", f"{thing}")
            self.read(f"list of {where}", [thing, {"in": thing}])
            try:
                self.read(f"pickle of {where}", repr(pickle.dumps(thing)))
            except (TypeError, AttributeError, pickle.PicklingError) as refusal:
                self.read(f"refusal of {where}", refusal)

    def look_at_error(self, error: BaseException) -> None:
        """An error with everything that hangs on it."""
        self.read("traceback", "".join(traceback.format_exception(error)))
        for one in chain(error):
            self.look_at(one)
            self.read("its arguments", repr(one.args))
            self.read("its attributes", repr(getattr(one, "__dict__", {})))

    def look_into(self, folder: Path) -> None:
        """Every file below a folder."""
        for path in folder.rglob("*"):
            if path.is_file():
                self.read(f"file {path.name}", path.read_bytes().decode(errors="replace"))

    def leaks(self) -> list[str]:
        """Which secret was found where."""
        return [
            f"{name} in {where}: …{text[max(0, text.find(value[-TAIL:]) - 60) :][:60]}"
            for name, value in self.secrets.items()
            for where, text in self.texts.items()
            if value[-TAIL:] in text
        ]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, its cause, its context and the members of its groups."""
    seen: set[int] = set()
    todo = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
