"""Rows of a write: checked all together, stored only if none is at fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from amocrm_sync.testing.emulator.refusals import Fault, invalid
from amocrm_sync.testing.emulator.tables import Row

T = TypeVar("T")


def request_id(row: Row, index: int) -> str:
    """What an answer calls a row: the client's own ``request_id`` as text, or the index."""
    given = row.get("request_id")
    return str(index if given is None else given)


def checked(rows: Sequence[Row], check: Callable[[Row], tuple[T, list[Fault]]]) -> Iterator[tuple[str, T]]:
    """Check every row, then give back what the check made of each, with its ``request_id``.

    Raises:
        Refusal: 400 with the faults of all rows, when any has one.
    """
    made: list[tuple[str, T]] = []
    faults: dict[str, list[Fault]] = {}
    for index, row in enumerate(rows):
        name = request_id(row, index)
        result, found = check(row)
        made.append((name, result))
        if found:
            faults.setdefault(name, []).extend(found)
    if faults:
        raise invalid(faults)
    return iter(made)
