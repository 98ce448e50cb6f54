"""Reading a list in id order from its last page to its first, which loses no row though rows leave it meanwhile.

Whatever leaves the list (a deletion, a change that takes a row out of the slice) moves the rows behind it towards the
front, never away from it. So a row that stands on a page still to be read can only move to one that is read later. The
last page is not known, lists have no totals: it is looked for by doubling, then by halving, which costs a few requests.
Two equal passes, which a list in no known order needs, would not come about in a busy account.

What comes in behind the last page is of a later second; the next pull reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from amocrm_sync._core.sync.keyset import RowKey, Slice, SliceNotHonoured, check_slice


@attrs.frozen(kw_only=True)
class Descent:
    """The walk over a slice of ``updated_at``, or over everything (no bounds).

    Attributes:
        low: Lower bound of ``updated_at``, included; ``None`` for no filter.
        high: Upper bound, included; ``None`` for no filter.
        page: The page to read next.
        before: The last page that is known to have another one behind it.
        beyond: The first page that is known to have none; ``None`` while it is looked for by doubling.
        falling: The last page is known, and everything behind :attr:`page` is read.
        last: Without bounds, the last id of page :attr:`before`: ids in order go on above it.
        done: All is read.
    """

    low: int | None
    high: int | None
    page: int = 1
    before: int = 0
    beyond: int | None = None
    falling: bool = False
    last: int | None = None
    done: bool = False

    def query(self) -> Slice:
        """The page to read next."""
        return Slice(low=self.low, high=self.high, order="id", page=self.page)

    def feed(self, rows: Sequence[RowKey], *, more: bool) -> Descent:
        """The walk after a page.

        Raises:
            SliceNotHonoured: The rows are not the ones that were asked for, or are in another order.
        """
        check_slice(self.query(), rows)
        ids = [int(row.id) for row in rows]
        if ids != sorted(ids) or (
            not self.falling and ids and self.last is not None and ids[-1] <= self.last
        ):
            raise SliceNotHonoured("the rows are not in order of id")
        if self.falling:
            return _at(self, self.page - 1)
        if more and rows:
            found = attrs.evolve(self, before=self.page, last=ids[-1] if self.low is None else None)
            if found.beyond is None:
                return attrs.evolve(found, page=2 * found.page)
        else:
            found = attrs.evolve(self, beyond=self.page)
        beyond = found.beyond or 1
        if beyond > found.before + 1:
            return attrs.evolve(found, page=(found.before + beyond) // 2)
        return _at(attrs.evolve(found, falling=True), found.before)

    def resumed(self, *, high: int, overlap: int) -> Descent:
        """The walk as a later run takes it up: rows have only moved to the front, so it goes on where it stopped."""
        del high, overlap
        return self

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the cursor row."""
        return {"kind": "descent", **attrs.asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Descent:
        """What :meth:`to_dict` gave."""
        return cls(**{name: value for name, value in data.items() if name != "kind"})


def _at(walk: Descent, page: int) -> Descent:
    """The walk going on at a page; there is none before the first."""
    return attrs.evolve(walk, page=page) if page > 0 else attrs.evolve(walk, page=1, done=True)
