"""The walk over a list: follows ``_links.next``, stops only where the server says so, and never runs in circles.

A short page is not the end (some lists are cut before ``limit``), a ``next`` link on the last page is followed by an
empty one, and a row that moved between two requests comes twice: it is given out once.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import attrs

from amocrm_sync.errors import PagingError


@attrs.define
class Walk:
    """Where a walk stands.

    Attributes:
        origin: ``scheme://host`` of the account; a link elsewhere is refused, for it would carry the token away.
    """

    origin: str
    _seen_ids: set[object] = attrs.field(factory=set[object], init=False)
    _seen_links: set[str] = attrs.field(factory=set[str], init=False)

    def fresh(self, ids: list[object]) -> list[bool] | None:
        """Which rows of a page are new; ``None`` where all are (the usual case, and the cheap one)."""
        seen = self._seen_ids
        before = len(seen)
        known = [key in seen for key in ids] if before else []
        seen.update(ids)
        seen.discard(None)
        if len(seen) == before + len(ids):
            return None
        marks: list[bool] = []
        inside: set[object] = set()
        for index, key in enumerate(ids):
            marks.append(key is None or not ((known and known[index]) or key in inside))
            inside.add(key)
        return marks

    def follow(self, link: str | None) -> tuple[str, str] | None:
        """Path and query of the next page; ``None`` at the end.

        Raises:
            PagingError: The link leads to another host, or to a page that was read already.
        """
        if not link:
            return None
        parts = urlsplit(link)
        if parts.netloc and f"{parts.scheme}://{parts.netloc}".lower() != self.origin.lower():
            raise PagingError(
                f"the next link leads to {parts.scheme}://{parts.hostname}, not to {self.origin}: not followed"
            )
        target = f"{parts.path}?{parts.query}"
        if target in self._seen_links:
            raise PagingError(
                f"the next link does not move on: {parts.path} was read already with this query"
            )
        self._seen_links.add(target)
        return parts.path, parts.query
