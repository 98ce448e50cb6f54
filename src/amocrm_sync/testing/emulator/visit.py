"""One request on its way through a handler: what was asked, by whom, of which world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final, TypeAlias, cast

import attrs
import orjson

from amocrm_sync._core.form import parse_brackets
from amocrm_sync.testing.emulator.changes import Changes
from amocrm_sync.testing.emulator.hosts import Host
from amocrm_sync.testing.emulator.http import Request, Response
from amocrm_sync.testing.emulator.oauth import OAuth
from amocrm_sync.testing.emulator.refusals import bad_request, not_found
from amocrm_sync.testing.emulator.selection import Query
from amocrm_sync.testing.emulator.state import State

_NO_MAXIMUM: Final = 1_000_000


@attrs.frozen
class World:
    """What handlers work on."""

    state: State
    changes: Changes
    oauth: OAuth


@attrs.define(kw_only=True, slots=False)
class Visit:
    """One request, routed and authorised.

    Attributes:
        params: Values of the path's placeholders; ``id`` and its like are ints.
        user_id: The user behind the token, 0 where no token is needed.
    """

    request: Request
    world: World
    params: Mapping[str, Any]
    user_id: int = 0
    is_unlimited: bool = False

    @property
    def state(self) -> State:
        """What the server holds."""
        return self.world.state

    @property
    def changes(self) -> Changes:
        """The way to change it."""
        return self.world.changes

    @property
    def entity(self) -> str:
        """What the path is about: ``leads``, ``customers/segments``, ``catalogs/4517``.

        Raises:
            Refusal: 404 for a list that there is not.
        """
        name = str(self.params["entity"])
        if "{" not in name:
            return name
        if self.state.catalogs.live(self.params["catalog_id"]) is None:
            raise not_found("Catalog not found")
        return name.format(**self.params)

    @property
    def id(self) -> int:
        """The id in the path."""
        return int(self.params["id"])

    @cached_property
    def query(self) -> Query:
        """The query string of a list."""
        return Query.parse(self.request.query)

    @cached_property
    def body(self) -> Any:
        """The JSON body; ``None`` for none.

        Raises:
            Refusal: It is no JSON.
        """
        if not self.request.body:
            return None
        try:
            return orjson.loads(self.request.body)
        except orjson.JSONDecodeError:
            raise bad_request("Request data is not valid JSON") from None

    @cached_property
    def form(self) -> Mapping[str, Any]:
        """The body as a form or as JSON, by its content type."""
        kind = self.request.headers.get("content-type", "")
        if "json" in kind or self.request.body[:1] == b"{":
            body = self.body
            return cast("Mapping[str, Any]", body) if isinstance(body, dict) else {}
        return parse_brackets(self.request.body)

    def most(self, limit: int) -> int:
        """How many rows one request may carry (seeding may carry any number)."""
        return _NO_MAXIMUM if self.is_unlimited else limit

    def href(self, path: str) -> str:
        """An absolute address on the request's own origin."""
        return f"{self.request.origin}{path}"

    def is_user(self, user_id: int) -> bool:
        """Whether an id may stand for a person in a body: an active user, or 0 for a robot."""
        user = self.state.users.rows.get(user_id)
        return user_id == 0 or (user is not None and user["rights"]["is_active"])


_REFERENCE: Final = {
    "{group}": "{id}",
    "{event}": "{id}",
    "{channel}": "{channel_id}",
    "{scope}": "{scope_id}",
    "{conversation}": "{conversation_id}",
    "/v1.0/sessions/upload/{token}": "{upload_url} then {next_url}",
}
Handler: TypeAlias = Callable[[Visit], Response]


@attrs.frozen
class Route:
    """One row of the routing table.

    Attributes:
        id: Name of the endpoint, e.g. ``leads.list``.
        method: HTTP method.
        template: Path with placeholders: ``{id}`` and names that end in ``_id`` take digits,
            ``{entity}`` one of ``entities``, any other one segment of text.
        handler: What serves it.
        entities: Values of ``{entity}``; one may be a path with placeholders of its own.
        host: Which of the three hosts serves it.
        is_admin: Whether only administrators may call it.
        is_open: Whether it needs no access token.
    """

    id: str
    method: str
    template: str
    handler: Handler
    entities: tuple[str, ...] = ()
    is_admin: bool = False
    is_open: bool = False
    host: Host = "account"

    @property
    def path(self) -> str:
        """The path as the API's own reference writes it: ``{id}`` for the row itself, whatever its kind."""
        path = self.template
        for ours, theirs in _REFERENCE.items():
            path = path.replace(ours, theirs)
        return path.replace("{entity}", self.entities[0]) if len(self.entities) == 1 else path
