"""A route as one row of a table; routing, policy, OpenAPI, the docs and the table test are read off it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs
from pydantic import BaseModel

from amocrm_sync._core.handlers.access import Role
from amocrm_sync._core.handlers.message import JSON
from amocrm_sync._core.handlers.problem import Problem

SMALL = 64 * 1024
LARGE = 1024 * 1024


class Group(StrEnum):
    """Routes that can be mounted by themselves."""

    INTEGRATIONS = "integrations"
    ADMIN = "admin"
    WEBHOOKS = "webhooks"
    MOBILE = "mobile"
    OFFLINE = "offline"
    PAGE = "page"


PREFIXES: Mapping[Group, str] = MappingProxyType(
    {
        Group.INTEGRATIONS: "/integrations/amo-crm",
        Group.ADMIN: "/admin/crm",
        Group.WEBHOOKS: "/webhooks/amocrm",
        Group.MOBILE: "/api/amo-crm",
        Group.OFFLINE: "/api/sync",
        Group.PAGE: "/admin/crm",
    }
)
"""Where each group lives unless the host says otherwise."""


class Need(StrEnum):
    """What of a connection a route cannot do without; each includes those above it."""

    NOTHING = "nothing"
    OWNER = "owner"
    """A known owner; it may have no account yet."""
    FLOW = "flow"
    ENGINE = "engine"
    CLIENT = "client"


class Rate(StrEnum):
    """Which allowance a route draws on, per principal and per address."""

    AUTH = "auth"
    SYNC = "sync"
    DEVICE = "device"
    """Devices that work offline: many may share an address, and each asks often."""


@attrs.frozen(kw_only=True)
class Route:
    """One row.

    Attributes:
        name: Unique; the ``operationId``.
        method: HTTP method.
        path: Below the group's prefix; ``{name}`` is one segment.
        group: Where it is mounted.
        roles: Who may; empty: public.
        handler: ``module:function`` beside the shell, loaded when the first request comes.
        summary: One line for people.
        body: What is sent; ``None``: the body is not read.
        body_required: Whether it may be left out.
        query: Parameters.
        answer: What comes back with ``status``; ``None``: nothing in JSON.
        status: The status of success.
        others: Further answers by status.
        media: Media types of the body.
        produces: The media type of an answer that is not JSON.
        limit: Most bytes of the body.
        needs: What of the connection it works on.
        feature: What the engine must have for it, where engines differ.
        rate: The allowance it draws on.
        development: Off unless the host switches such routes on.
        numbers: Names in the path that are numbers.
        owning: It acts on the connection itself: a shared account's users may not.
        camel: Whether its JSON is in camelCase (records and settings keep the names of their columns).
        sparse: What an answer does not say is left out of its JSON, where others tell it as null or its default.
    """

    name: str
    method: str
    path: str
    group: Group
    roles: frozenset[Role]
    handler: str
    summary: str
    body: type[BaseModel] | None = None
    body_required: bool = True
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    others: Mapping[int, type[BaseModel] | None] = attrs.field(factory=dict[int, type[BaseModel] | None])
    media: tuple[str, ...] = (JSON,)
    produces: str | None = None
    limit: int = SMALL
    needs: Need = Need.ENGINE
    feature: str | None = None
    rate: Rate | None = None
    development: bool = False
    numbers: frozenset[str] = frozenset()
    owning: bool = False
    camel: bool = False
    sparse: bool = False

    @property
    def is_public(self) -> bool:
        """Whether no role is asked for."""
        return not self.roles

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))


@attrs.frozen
class Match:
    """The route of a request, and what stands in its path."""

    route: Route
    path: Mapping[str, str]


class Router:
    """Finds the route of a request among those that are mounted.

    Args:
        routes: The rows.
        prefixes: Where groups live, where not at their default.
    """

    def __init__(self, routes: Iterable[Route], prefixes: Mapping[Group, str] | None = None) -> None:
        self.prefixes = {**PREFIXES, **(prefixes or {})}
        self.routes = tuple(routes)
        self._fixed: dict[str, dict[str, Route]] = {}
        self._open: list[tuple[re.Pattern[str], dict[str, Route]]] = []
        by_path: dict[str, dict[str, Route]] = {}
        for route in self.routes:
            by_path.setdefault(self.path_of(route), {})[route.method] = route
        for path, methods in by_path.items():
            if "{" in path:
                self._open.append((_pattern(path), methods))
            else:
                self._fixed[path] = methods

    def path_of(self, route: Route) -> str:
        """The whole path of a route, as a template."""
        return self.prefixes[route.group] + route.path

    def find(self, method: str, path: str) -> Match:
        """The route that answers.

        Raises:
            Problem: 404: there is none; 405: not with this method.
        """
        methods, named = self._methods(path)
        if methods is None:
            raise Problem(404, "no-route", "there is nothing here")
        route = methods.get(method)
        if route is None:
            allowed = ", ".join(sorted(methods))
            raise Problem(405, "method", f"this path takes {allowed}", headers={"Allow": allowed})
        return Match(route, named)

    def _methods(self, path: str) -> tuple[dict[str, Route] | None, Mapping[str, str]]:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        for pattern, methods in self._open:
            found = pattern.fullmatch(path)
            if found:
                return methods, found.groupdict()
        return None, {}


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", template)
    return re.compile(
        "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )
