"""From method and path to a route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from amocrm_sync.testing.emulator.refusals import Refusal, not_found
from amocrm_sync.testing.emulator.visit import Route


@attrs.define
class _Node:
    """One segment's place in the tree: literal children first, then placeholders in the order of the table."""

    literals: dict[str, _Node] = attrs.field(factory=dict["str", "_Node"])
    placeholders: dict[str, _Node] = attrs.field(factory=dict["str", "_Node"])
    routes: dict[str, tuple[Route, dict[str, Any]]] = attrs.field(
        factory=dict["str", "tuple[Route, dict[str, Any]]"]
    )


class Router:
    """Finds the route of a request; literal segments win over placeholders."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Build the tree from a routing table."""
        self.routes = tuple(routes)
        self._root = _Node()
        for route in self.routes:
            for entity in route.entities or ("",):
                self._plant(route, entity)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, Any]]:
        """The route and the values of its placeholders.

        Raises:
            Refusal: 404 for an unknown path, 405 for an unknown method on a known one.
        """
        is_known = False
        for node, params in _leaves(self._root, path.strip("/").split("/"), {}):
            is_known = is_known or bool(node.routes)
            if method in node.routes:
                route, fixed = node.routes[method]
                return route, {**params, **fixed}
        if is_known:
            raise Refusal(405, f"Method {method} is not allowed here")
        raise not_found(f"No such method: {path}")

    def _plant(self, route: Route, entity: str) -> None:
        node = self._root
        for segment in route.template.replace("{entity}", entity).strip("/").split("/"):
            if segment.startswith("{"):
                node = node.placeholders.setdefault(segment[1:-1], _Node())
            else:
                node = node.literals.setdefault(segment, _Node())
        node.routes[route.method] = (route, {"entity": entity} if entity else {})


def _leaves(
    node: _Node, segments: list[str], params: dict[str, Any]
) -> Iterator[tuple[_Node, dict[str, Any]]]:
    if not segments:
        yield node, params
        return
    segment, rest = segments[0], segments[1:]
    if segment in node.literals:
        yield from _leaves(node.literals[segment], rest, params)
    for name, child in node.placeholders.items():
        value = _value(name, segment)
        if value is not None:
            yield from _leaves(child, rest, {**params, name: value})


def _value(name: str, segment: str) -> int | str | None:
    if name == "id" or name.endswith("_id"):
        return int(segment) if segment.isascii() and segment.isdigit() else None
    return segment or None
