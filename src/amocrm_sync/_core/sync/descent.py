"""Reading a list in id order from its last page to its first, which loses no row though rows leave it meanwhile.

Whatever leaves the list (a deletion, a change that takes a row out of the slice) moves the rows behind it towards the
front, never away from it. So a row that stands on a page still to be read can only move to one that is read later. The
last page is not known, lists have no totals: it is looked for by doubling, then by halving, which costs a few requests.
Two equal passes, which a list in no known order needs, would not come about in a busy account.

Yet the servers that answer need not know the same: one that is behind another still has rows in their old places, and
then a row can slip between two pages. So each page overlaps the one that was read before it by some rows (its size is
chosen so that a page ends there), and has to reach up to that one's first id. Ids are in order and each page is a whole
piece of its server's list, so pages that touch leave out no row that all of these servers have. Those that do not touch
are read again with a greater overlap.

What comes in behind the last page is of a later second; the next pull reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any, Final

import attrs

from amocrm_sync._core.sync.slices import RowKey, Slice, SliceNotHonoured, check_slice

_PART: Final = 50
"""A page overlaps the one behind it by this part of its rows, and by one at least."""


@attrs.frozen(kw_only=True)
class Descent:
    """The walk over a slice of ``updated_at``, or over everything (no bounds).

    Attributes:
        low: Lower bound of ``updated_at``, included; ``None`` for no filter.
        high: Upper bound, included; ``None`` for no filter.
        page: The page to read next.
        before: The last page that is known to have another one behind it.
        beyond: The first page that is known to have none; ``None`` while it is looked for by doubling.
        last: Without bounds, the last id of page :attr:`before`: ids in order go on above it.
        size: Rows of a full page; 0 while none was seen.
        start: How many rows of the list are in front of what is read; ``None`` while the last page is looked for.
        seam: The first id of what is read; ``None`` if that was empty.
        overlap: Rows by which the next page reaches into what is read.
        limit: Rows of the next page; ``None``: a full page.
        done: All is read.
    """

    low: int | None
    high: int | None
    page: int = 1
    before: int = 0
    beyond: int | None = None
    last: int | None = None
    size: int = 0
    start: int | None = None
    seam: int | None = None
    overlap: int = 0
    limit: int | None = None
    done: bool = False

    def query(self) -> Slice:
        """The page to read next."""
        return Slice(low=self.low, high=self.high, order="id", page=self.page, limit=self.limit)

    def feed(self, rows: Sequence[RowKey], *, more: bool) -> Descent:
        """The walk after a page.

        Raises:
            SliceNotHonoured: The rows are not the ones that were asked for, or are more, or in another order.
        """
        check_slice(self.query(), rows)
        ids = [int(row.id) for row in rows]
        if ids != sorted(ids):
            raise SliceNotHonoured("the rows are not in order of id")
        if self.limit is not None and len(ids) > self.limit:
            raise SliceNotHonoured(f"a page has {len(ids)} rows and not {self.limit}")
        return self._look(ids, more=more) if self.start is None else self._fall(self.start, ids, more=more)

    def _look(self, ids: list[int], *, more: bool) -> Descent:
        """After a page on the way to the last one."""
        if ids and self.last is not None and ids[-1] <= self.last:
            raise SliceNotHonoured("the rows are not in order of id")
        if more and ids:
            last = ids[-1] if self.low is None else None
            found = attrs.evolve(self, before=self.page, last=last, size=len(ids))
            if found.beyond is None:
                return attrs.evolve(found, page=2 * found.page)
        else:
            found = attrs.evolve(self, beyond=self.page, seam=ids[0] if ids else None)
        beyond = found.beyond or 1
        if beyond > found.before + 1:
            return attrs.evolve(found, page=(found.before + beyond) // 2)
        return _below(attrs.evolve(found, start=found.before * found.size))

    def _fall(self, start: int, ids: list[int], *, more: bool) -> Descent:
        """After a page in front of what is read: it has to touch that, or to be the end of the list."""
        if not more or (self.seam is not None and ids[-1] >= self.seam):
            read_from = (self.page - 1) * (self.limit or self.size)
            seam = ids[0] if ids else self.seam
            return _below(attrs.evolve(self, start=read_from, seam=seam))
        if 4 * self.overlap <= self.size:
            return _below(self, 2 * self.overlap)
        return _below(attrs.evolve(self, start=start + self.size))

    def resumed(self, *, high: int, overlap: int) -> Descent:
        """The walk as a later run takes it up: rows have only moved to the front, so it goes on where it stopped."""
        del high, overlap
        return self

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the cursor row."""
        return {"kind": "descent", **attrs.asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Descent:
        """What :meth:`to_dict` gave. Of what another version saved, the bounds are kept: the walk begins anew."""
        known = {field.name for field in attrs.fields(cls)}
        if data.keys() - {"kind"} != known:
            return cls(low=data.get("low"), high=data.get("high"))
        return cls(**{name: data[name] for name in known})


def _below(walk: Descent, overlap: int = 0) -> Descent:
    """The walk at the page that ends so many rows behind :attr:`Descent.start`; there is none before the first row."""
    start = walk.start or 0
    if start == 0:
        return attrs.evolve(walk, page=1, done=True)
    overlap = overlap or max(1, walk.size // _PART)
    limit = _limit_at(start, overlap, walk.size)
    return attrs.evolve(walk, overlap=overlap, limit=limit, page=(start + overlap - 1) // limit + 1)


def _limit_at(start: int, overlap: int, size: int) -> int:
    """The page size with which one page has the row before ``start`` and ``overlap`` rows from there on, and most before.

    No more than ``size``, but where pages are tiny.
    """

    def begins(limit: int) -> int:
        return (start + overlap - 1) // limit * limit

    fitting = [limit for limit in range(overlap + 1, size + 1) if begins(limit) < start]
    if fitting:
        return min(fitting, key=begins)
    return next(limit for limit in count(size + 1) if begins(limit) < start)
