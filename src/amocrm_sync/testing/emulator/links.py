"""Who is linked to whom: one record per pair, readable from both ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Node: TypeAlias = tuple[str, int]
Meta: TypeAlias = dict[str, Any]

_NOTHING: Mapping[int, Meta] = {}


class Links:
    """Undirected links between entities, in the order in which they were made."""

    def __init__(self) -> None:
        """Start with none."""
        self._ends: dict[Node, dict[str, dict[int, Meta]]] = {}

    def add(self, one: Node, other: Node, meta: Meta | None = None) -> Meta:
        """Link two entities (or update the link's metadata); both ends share one metadata dict."""
        kept = self._end(one, other[0]).setdefault(other[1], {})
        kept.update(meta or {})
        self._end(other, one[0])[one[1]] = kept
        return kept

    def drop(self, one: Node, other: Node) -> bool:
        """Undo a link; says whether there was one."""
        found = self._end(one, other[0]).pop(other[1], None)
        self._end(other, one[0]).pop(one[1], None)
        return found is not None

    def of(self, node: Node, to: str) -> Mapping[int, Meta]:
        """Ids of one kind that an entity is linked to, with the links' metadata."""
        ends = self._ends.get(node)
        return _NOTHING if ends is None else ends.get(to, _NOTHING)

    def every(self, node: Node) -> Iterator[tuple[str, int, Meta]]:
        """All links of an entity: kind, id, metadata."""
        for kind, ends in self._ends.get(node, {}).items():
            for other, meta in ends.items():
                yield kind, other, meta

    def _end(self, node: Node, to: str) -> dict[int, Meta]:
        return self._ends.setdefault(node, {}).setdefault(to, {})
