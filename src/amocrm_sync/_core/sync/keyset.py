"""Reading rows in order of ``updated_at`` without losing any: the time-keyset chain.

A page number over a moving key loses rows: every update pulls a row out of the part already read and shifts the rest
back by one. So the chain asks for the *first* page only, each time from the last second it saw. What happens to rows
meanwhile can only move them forward, past the upper bound or into the part still to be read; that is why a first or
full pull is the same chain from second 0, and loses nothing under churn.

The one place where page numbers are unavoidable is a second that holds more rows than a page. It is read in id order from
its last page to its first, with pages that overlap (:mod:`amocrm_sync._core.sync.descent`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import attrs

from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.slices import RowKey, Slice, check_slice

_ENOUGH_PAGES: Final = 400
"""Where so many pages did not bring two equal passes, more would not either: a minute of the rate limit."""
_FEWEST_PASSES: Final = 3


class NeverSettled(Exception):  # noqa: N818 - same
    """Two equal passes did not come about: the rows move faster than they can be read."""


@attrs.frozen(kw_only=True)
class Passes:
    """Repeated walks over the same pages, until two in a row saw the same ids.

    The ids are folded into a digest, so that the state is small enough to be saved with every page.
    """

    page: int = 1
    digest: str = ""
    previous: str | None = None
    count: int = 0
    maximum: int = 20

    def feed(self, ids: Sequence[str], *, more: bool) -> Passes | None:
        """The state after a page; ``None`` when the walk is proven complete.

        A walk of one page is complete at once: one answer of the server is one moment.

        Raises:
            NeverSettled: After ``maximum`` passes, or fewer over a long list.
        """
        digest = hashlib.sha256((self.digest + "|" + ",".join(ids)).encode()).hexdigest()[:32]
        if more:
            return attrs.evolve(self, page=self.page + 1, digest=digest)
        if self.page == 1 or digest == self.previous:
            return None
        most = max(_FEWEST_PASSES, min(self.maximum, _ENOUGH_PAGES // self.page))
        if self.count + 1 >= most:
            raise NeverSettled(f"{most} passes, and no two in a row saw the same rows")
        return attrs.evolve(self, page=1, digest="", previous=digest, count=self.count + 1)


@attrs.frozen(kw_only=True)
class Keyset:
    """The chain over ``[low, high]``, ascending. :meth:`query` says what to read, :meth:`feed` takes the answer.

    Attributes:
        low: Everything before this second is stored.
        high: The last second of the chain.
        tie: The walk over second ``low``, when it holds more than a page.
        done: Everything up to ``high`` is stored.
    """

    low: int
    high: int
    tie: Descent | None = None
    done: bool = False

    def query(self) -> Slice:
        """The page to read next."""
        if self.tie is not None:
            return self.tie.query()
        return Slice(low=self.low, high=self.high, order="updated_at")

    def feed(self, rows: Sequence[RowKey], *, more: bool) -> Keyset:
        """The chain after a page.

        Args:
            rows: The page, as the server ordered it.
            more: Whether the server has further pages.

        Raises:
            SliceNotHonoured: The rows are not the ones that were asked for. Nothing may be concluded from them.
        """
        if self.tie is not None:
            tie = self.tie.feed(rows, more=more)
            return self._after(self.low) if tie.done else attrs.evolve(self, tie=tie)
        check_slice(self.query(), rows)
        if not more or not rows:
            return attrs.evolve(self, done=True)
        last = rows[-1].updated_at
        if last > self.low:
            return attrs.evolve(self, low=last)
        return attrs.evolve(self, tie=Descent(low=self.low, high=self.low))

    def resumed(self, *, high: int, overlap: int) -> Keyset:
        """The chain as a later run takes it up, after a crash or a stop.

        The upper bound moves to the present: rows only move forward, so what lies before ``low`` stays stored. Where
        the chain had come close to its old bound it goes back by the overlap, since rows of the last seconds may have
        become visible late.
        """
        low = max(0, min(self.low, self.high - overlap))
        tie = self.tie if low == self.low else None
        return Keyset(low=low, high=max(high, self.high), tie=tie)

    def _after(self, second: int) -> Keyset:
        """The chain when a crowded second is complete."""
        if second >= self.high:
            return attrs.evolve(self, tie=None, done=True)
        return attrs.evolve(self, low=second + 1, tie=None)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the cursor row."""
        return {"kind": "keyset", **attrs.asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Keyset:
        """What :meth:`to_dict` gave."""
        tie = None if data["tie"] is None else Descent.from_dict(data["tie"])
        return cls(low=data["low"], high=data["high"], tie=tie, done=data["done"])


@attrs.frozen(kw_only=True)
class Scan:
    """A walk in id order over a slice of ``updated_at``, or over everything (no bounds), until two passes are equal.

    For lists that cannot be ordered by ``updated_at``, and for accounts whose filters are off.
    """

    low: int | None
    high: int | None
    passes: Passes = attrs.field(factory=Passes)
    done: bool = False

    def query(self) -> Slice:
        """The page to read next."""
        return Slice(low=self.low, high=self.high, order="id", page=self.passes.page)

    def feed(self, rows: Sequence[RowKey], *, more: bool) -> Scan:
        """The walk after a page.

        Raises:
            SliceNotHonoured: The rows are not the ones that were asked for.
            NeverSettled: The list changes faster than it can be read.
        """
        check_slice(self.query(), rows)
        passes = self.passes.feed([row.id for row in rows], more=more and bool(rows))
        return attrs.evolve(self, done=True) if passes is None else attrs.evolve(self, passes=passes)

    def resumed(self, *, high: int, overlap: int) -> Scan:
        """A walk is taken up where it stopped: its bounds must stay, or its passes could not be compared."""
        del high, overlap
        return self

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for the cursor row."""
        return {"kind": "scan", **attrs.asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Scan:
        """What :meth:`to_dict` gave."""
        passes = _passes(data["passes"]) or Passes()
        return cls(low=data["low"], high=data["high"], passes=passes, done=data["done"])


Walk = Keyset | Scan


def walk_from_dict(data: dict[str, Any]) -> Walk:
    """The saved walk of either kind."""
    return Keyset.from_dict(data) if data["kind"] == "keyset" else Scan.from_dict(data)


def _passes(data: dict[str, Any] | None) -> Passes | None:
    return None if data is None else Passes(**data)
