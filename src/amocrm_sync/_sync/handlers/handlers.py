# Generated from src/amocrm_sync/_async/handlers/handlers.py by tools/unasync.py: edit that file instead.
"""Requests in, answers out: routing, who asks, how often, what of, and only then the work."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.handlers import guard, problem
from amocrm_sync._core.handlers.access import UNAUTHENTICATED, Principal, check_role, owner_for
from amocrm_sync._core.handlers.groups import routes_of
from amocrm_sync._core.handlers.message import Request, Response, json_response
from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync._core.handlers.reading import check_size, read_body, read_query
from amocrm_sync._core.handlers.route import SMALL, Group, Match, Need, Route, Router
from amocrm_sync._core.handlers.session import SAFE
from amocrm_sync._core.tokens import DEFAULT_OWNER
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._sync.handlers._primitives import Bell, settled
from amocrm_sync._sync.handlers.call import Call
from amocrm_sync._sync.handlers.connections import (
    Connection,
    ConnectionProvider,
    SingleConnection,
)
from amocrm_sync._sync.handlers.options import options_given
from amocrm_sync._sync.handlers.quotas import MemoryQuotas, Quotas
from amocrm_sync._sync.handlers.runs import Runs
from amocrm_sync._version import __version__
from amocrm_sync.errors import AmoCRMError, ConfigurationError

if TYPE_CHECKING:
    from amocrm_sync._sync.flow import OAuthFlow
    from amocrm_sync._sync.handlers.authenticators import Authenticate
    from amocrm_sync._sync.handlers.configs import ConfigStore
    from amocrm_sync._sync.protocols import StateStore

_LOG = logging.getLogger("amocrm_sync.handlers")
_WORK = ("process_inbox", "push", "deliver")
"""What the worker asks of an engine; a host's own may not have all of it."""
_Answer = Callable[[Call], Awaitable[Any]]
OPENAPI = "/openapi.json"


class CRMHandlers(Unpicklable):
    """Every route that a host mounts, on any framework.

    ::

        handlers = CRMHandlers(flow=flow, engine=engine, client=amo, webhook_secret="…", authenticate=who)
        response = handlers.handle(Request("GET", "/admin/crm/status", headers={"Authorization": "Bearer …"}))

    Nothing is let through that no rule lets through: without ``authenticate`` only public routes answer.

    Args:
        connections: An account for each owner; instead of ``flow``, ``client``, ``engine``.
        flow: Consent and tokens of the one account.
        client: The one account.
        engine: Its local copy.
        owner: Whose the one account is, in ``flow``.
        shared: Every signed-in user works on the one account, not only its owner.
        account_id: amoCRM's id of the one account: webhooks of another are refused.
        webhook_secret: Last segment of the webhook's address, or several while one replaces another.
        authenticate: Who asks: an authenticator, or a function of the host.
        configs: Where settings are kept, for the settings form.
        groups: Which routes; all by default. Only what is named is imported.
        prefixes: Where groups live, where not at their default.
        quotas: Where requests are counted; this process's memory by default.
        states: Whose consent is under way; share it between processes if callbacks may reach any of them.
        clock: Where time comes from.
        options: Fields of :class:`Options`: ``development``, ``webhook_ips``, ``proxies``, ``app_redirect`` …

    Raises:
        ConfigurationError: An argument is wrong; the message names it.
    """

    def __init__(
        self,
        *,
        connections: ConnectionProvider | None = None,
        flow: OAuthFlow | None = None,
        client: Any = None,
        engine: Any = None,
        owner: str = DEFAULT_OWNER,
        shared: bool = False,
        account_id: int | None = None,
        webhook_secret: str | Sequence[str] = (),
        authenticate: Authenticate | None = None,
        configs: ConfigStore | None = None,
        groups: Iterable[str | Group] = tuple(Group),
        prefixes: Mapping[Group | str, str] | None = None,
        quotas: Quotas | None = None,
        states: StateStore | None = None,
        clock: Clock = SYSTEM_CLOCK,
        **options: Any,
    ) -> None:
        if connections is not None and not (flow is client is engine is None):
            raise ConfigurationError("connections: give either it, or flow, client and engine of one account")
        single = Connection(
            owner=owner, flow=flow, client=client, engine=engine, account_id=account_id, shared=shared
        )
        secrets = (webhook_secret,) if isinstance(webhook_secret, str) else tuple(webhook_secret)
        self.connections: ConnectionProvider = connections or SingleConnection(single, _strong(secrets))
        self.configs = configs
        self.clock = clock
        self.options = options_given(options)
        self.runs = Runs(clock)
        self.bell = Bell()
        self.states = states
        self._authenticate = authenticate
        self._quotas = quotas or MemoryQuotas(clock=clock)
        self.router = Router(
            routes_of(groups), {Group(name): path.rstrip("/") for name, path in (prefixes or {}).items()}
        )
        self._answers: dict[str, _Answer] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self.router.routes)} routes>"

    def handle(self, request: Request) -> Response:
        """Answer a request. Never raises: what goes wrong here is logged, and answered without its words."""
        try:
            response = self._answer(request)
        except Problem as refusal:
            response = refusal.response
        except AmoCRMError as error:
            said = problem.problem_of(error)
            if said is problem.INTERNAL:
                _LOG.exception("%s failed", request.method)
            response = said.response
        except Exception:  # noqa: BLE001 - the last resort: nobody above can answer
            _LOG.exception("%s failed", request.method)
            response = problem.INTERNAL.response
        return response.with_headers(guard.HEADERS)

    def openapi(self, title: str = "amocrm-sync") -> dict[str, Any]:
        """The OpenAPI 3.1 document of the routes that are mounted."""
        from amocrm_sync._core.handlers.openapi import openapi

        return openapi(self.router, title=title, version=__version__)

    def body_limit(self, method: str, path: str) -> int:
        """How many bytes of a body are worth reading: adapters stop there, and the answer is 413."""
        try:
            return self.router.find(method.upper(), path).route.limit
        except Problem:
            return SMALL

    def serves(self, path: str) -> bool:
        """Whether a path is one of these handlers'."""
        return path == OPENAPI or any(
            path.startswith(self.router.prefixes[group] + "/")
            for group in {r.group for r in self.router.routes}
        )

    def address(self, request: Request) -> str | None:
        """The address that really asks."""
        return guard.peer(request.client, request.header("x-forwarded-for"), self.options.proxies)

    def work_once(self) -> None:
        """Process what webhooks have left, send local edits and deliver events to sinks, of every open connection.

        A failure is logged, and the rest goes on. It pulls nothing: :class:`~amocrm_sync.sync.SyncWorker` does that too.
        """
        for connection in self.connections.open_ones():
            for step in _WORK:
                work = getattr(connection.engine, step, None)
                try:
                    if work is not None:
                        work()
                except Exception:  # noqa: BLE001 - the other accounts go on, and so does the rest of this one
                    _LOG.exception("the worker could not %s for %r", step, connection.owner)

    def work(self, stopped: Callable[[], bool], *, every: float = 30.0) -> None:
        """Work until told to stop: at once after a webhook, and every so many seconds."""
        while not stopped():
            self.work_once()
            if not stopped():
                self.bell.wait(every)

    def _answer(self, request: Request) -> Response:
        if request.path == OPENAPI and request.method == "GET":
            return json_response(self.openapi())
        match = self.router.find(request.method, request.path)
        route = match.route
        check_size(route, request)
        principal = self._who(route, request)
        self._slow_down(route, request, principal)
        if route.development and not self.options.development:
            raise Problem(404, "development-only", "this route is for development and is switched off here")
        return self._run(match, request, principal)

    def _run(self, match: Match, request: Request, principal: Principal | None) -> Response:
        route = match.route
        owner, connection = self._whose(route, request, principal)
        query = read_query(route, request)
        body = read_body(route, request)
        call = Call(
            handlers=self,
            request=request,
            route=route,
            path=match.path,
            query=query,
            body=body,
            principal=principal,
            owner=owner,
            connection=connection,
        )
        _require(call)
        outcome = self._work_of(route)(call)
        return outcome if isinstance(outcome, Response) else _rendered(route, outcome)

    def _who(self, route: Route, request: Request) -> Principal | None:
        principal: Principal | None = None
        if self._authenticate is not None:
            principal = settled(self._authenticate(request))
        if route.is_public:
            return principal
        if principal is None:
            wait = self._quotas.take(f"failed:{self.address(request)}", self.options.failures)
            raise problem.too_many(wait) if wait else UNAUTHENTICATED
        check_role(route.roles, principal)
        if principal.csrf is not None and request.method not in SAFE:
            given = request.header("x-csrf-token")
            if given is None or not guard.same(given, principal.csrf):
                raise Problem(403, "csrf", "X-CSRF-Token is missing or wrong: GET the session for it")
        return principal

    def _slow_down(self, route: Route, request: Request, principal: Principal | None) -> None:
        allowance = None if route.rate is None else self.options.rates.get(route.rate)
        if allowance is None:
            return
        keys = [f"{route.rate}:address:{self.address(request)}"]
        if principal is not None:
            keys.append(f"{route.rate}:principal:{principal.role}:{principal.id}")
        for key in keys:
            wait = self._quotas.take(key, allowance)
            if wait:
                raise problem.too_many(wait)

    def _whose(
        self, route: Route, request: Request, principal: Principal | None
    ) -> tuple[str, Connection | None]:
        default = self.connections.default_owner
        if principal is None or route.is_public:
            return default, None
        owner = owner_for(principal, request.parameter("owner"), default)
        if route.needs is Need.NOTHING:
            return owner, None
        connection = self.connections.get(owner)
        if connection is not None and connection.shared and route.owning:
            _own_it(principal, connection)
        return owner, connection

    def _work_of(self, route: Route) -> _Answer:
        """The function behind a route; its module is loaded when it is first asked for."""
        found = self._answers.get(route.handler)
        if found is None:
            module, _, name = route.handler.partition(":")
            package = __name__.rpartition(".")[0]
            found = getattr(import_module(f"{package}.answers.{module}"), name)
            self._answers[route.handler] = found
        return found


def _own_it(principal: Principal, connection: Connection) -> None:
    """Tokens and settings of a shared account are its owner's and the administrators'."""
    from amocrm_sync._core.handlers.access import Role

    if principal.role is not Role.ADMIN and principal.own != connection.owner:
        raise Problem(403, "another-owner", "this connection is shared: its owner or an administrator may")


def _require(call: Call) -> None:
    """Refuse before any work what a missing part would refuse later."""
    match call.route.needs:
        case Need.FLOW:
            _ = call.flow
        case Need.ENGINE:
            _ = call.engine
        case Need.CLIENT:
            _ = call.client
        case _:
            pass
    if call.route.feature is not None:
        call.feature(call.route.feature)


def _rendered(route: Route, outcome: Any) -> Response:
    """An answer in the route's shape; what does not fit is a fault of ours, and a test finds it."""
    model = route.answer
    if model is None:
        return Response(route.status)
    value = outcome if isinstance(outcome, model) else model.model_validate(outcome)
    return Response(
        route.status,
        {"Content-Type": "application/json"},
        value.model_dump_json(by_alias=True, exclude_unset=route.sparse).encode(),
    )


def _strong(secrets: tuple[str, ...]) -> tuple[str, ...]:
    if any(len(secret) < 16 or "/" in secret for secret in secrets):  # noqa: PLR2004 - about 80 random bits
        raise ConfigurationError("webhook_secret: at least 16 characters without a slash are needed")
    return secrets
