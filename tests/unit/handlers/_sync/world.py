# Generated from tests/unit/handlers/_async/world.py by tools/unasync.py: edit that file instead.
"""A host for the tests of the handlers: the emulator, settings per owner, everybody who may knock, and no waiting."""

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync.handlers import (
    Allowance,
    AnyOf,
    APIKeyAuthenticator,
    ConfiguredConnections,
    Connection,
    CRMConfig,
    CRMHandlers,
    MemoryConfigStore,
    Principal,
    Rate,
    Request,
    Response,
)
from amocrm_sync.stores import MemorySyncStore, MemoryTokenStore
from amocrm_sync.testing import Emulator, ManualClock

OWNER = "own"
KEY = "service-key-of-the-tests"
SECRET = "webhook-secret-of-own"
ACCOUNT = "demo.amocrm.ru"
TOKENS = {
    "admin": Principal(id="root", role="admin"),
    "guest": Principal(id="visitor", role="guest"),
    "own": Principal(id=OWNER, role="user"),
    "other": Principal(id="other", role="user"),
}
PLENTY = {rate: Allowance(10_000) for rate in Rate}


class Conflicts:
    """What the routes need of an engine's conflicts."""

    def __init__(self) -> None:
        self.resolved: list[tuple[int, Any, str | None]] = []

    def list(self, state: str | None = None) -> list[Any]:
        return [{"id": 1, "state": state, "entity": "leads", "field": "price", "local": 1, "remote": 2}]

    def resolve(self, number: int, choice: Any, *, by: str | None = None) -> None:
        self.resolved.append((number, choice, by))


class Devices:
    """What the routes need of an engine's offline protocol; notes down who asked for what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def initial(self, **asked: Any) -> dict[str, Any]:
        return self._note("initial", asked) | {"changes": {}, "next": None, "cursor": "c1"}

    def incremental(self, **asked: Any) -> dict[str, Any]:
        told = {"changes": {}, "cursor": "c2", "has_more": False, "last_mutation_id": None}
        return self._note("incremental", asked) | told

    def outgoing(self, **asked: Any) -> dict[str, Any]:
        return self._note("outgoing", asked) | {"results": [], "last_mutation_id": 0}

    def status(self, **asked: Any) -> dict[str, Any]:
        lag = {"oldest_edit": 0, "last_sync": None, "hints": 0}
        told = {"epoch": "e1", "initial_done": False, "open_conflicts": 0, "lag": lag, "client": None}
        return self._note("status", asked) | told

    def watermelon_pull(self, **asked: Any) -> dict[str, Any]:
        return {"changes": {}, "timestamp": self._note("pull", asked)["version"]}

    def watermelon_push(self, **asked: Any) -> dict[str, Any]:
        self._note("push", asked)
        return {"experimentalRejectedIds": {}}

    def _note(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((name, asked))
        return {"version": 7}


class EngineWith:
    """An engine with the parts that not every engine has."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.conflicts = Conflicts()
        self.offline = Devices()

    def activity(
        self, entity: str | None = None, id: str | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Any]:
        return [{"entity": entity or "leads", "id": id or "1", "event": "lead.created"}]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class ConnectionsWith:
    """Connections whose engines have every part."""

    def __init__(self, inner: ConfiguredConnections) -> None:
        self.inner = inner
        self._engines: dict[int, EngineWith] = {}

    @property
    def default_owner(self) -> str:
        return self.inner.default_owner

    def get(self, owner: str) -> Connection | None:
        return self._with(self.inner.get(owner))

    def by_webhook_secret(self, secret: str) -> Connection | None:
        return self._with(self.inner.by_webhook_secret(secret))

    def open_ones(self) -> list[Connection]:
        return [self._with(each) for each in self.inner.open_ones()]

    def _with(self, found: Connection | None) -> Any:
        if found is None or found.engine is None:
            return found
        engine = self._engines.setdefault(id(found.engine), EngineWith(found.engine))
        return attrs.evolve(found, engine=engine)


@attrs.define(kw_only=True)
class World:
    """A host with one connected owner."""

    emulator: Emulator
    clock: ManualClock
    configs: MemoryConfigStore
    connections: Any
    handlers: CRMHandlers

    def ask(self, method: str, path: str, who: str | None = "own", json: Any = None, **more: Any) -> Response:
        """Send a request as somebody."""
        return self.handlers.handle(request(method, path, who, json, **more))

    def engine(self) -> Any:
        """The owner's engine."""
        connection = self.connections.get(OWNER)
        return connection.engine


def request(method: str, path: str, who: str | None = "own", json: Any = None, **more: Any) -> Request:
    """A request of somebody; ``headers`` in ``more`` are added."""
    import orjson

    headers = {**credentials(who), **more.pop("headers", {})}
    body = more.pop("body", b"" if json is None else orjson.dumps(json))
    if body and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    address, _, query = path.partition("?")
    return Request(method, address, query, headers, body, **{"client": "203.0.113.9", **more})


def credentials(who: str | None) -> dict[str, str]:
    """The headers by which somebody is known."""
    if who is None:
        return {}
    return {"X-API-Key": KEY} if who == "service" else {"Authorization": f"Bearer {who}"}


def known(request: Request) -> Principal | None:
    """A host's own function: the token is a name."""
    return TOKENS.get((request.header("authorization") or "").removeprefix("Bearer "))


def config(**changed: Any) -> CRMConfig:
    """Complete settings of the emulator's integration."""
    return CRMConfig.model_validate(
        {
            "subdomain": "demo",
            "client_id": "id",
            "client_secret": "sec",
            "redirect_uri": "https://example.com/cb",
            "webhook_secret": SECRET,
            "version": 1,
            **changed,
        }
    )


def world(*, connected: bool = True, **options: Any) -> World:
    """A host; its owner's account is connected and pulled unless said otherwise."""
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=8, pipelines=2)
    configs = MemoryConfigStore()
    assert configs.save(OWNER, None, config())
    inner = ConfiguredConnections(
        configs,
        tokens=MemoryTokenStore(),
        store=MemorySyncStore(),
        http_client=emulator.http_client(),
        limiter=None,  # two requests that wait on one manual clock would push each other's turns away
        default_owner=OWNER,
        clock=clock,
    )
    connections = ConnectionsWith(inner)
    if connected:
        connection = inner.get(OWNER)
        assert connection is not None
        assert connection.flow is not None
        connection.flow.exchange_code(emulator.authorization_code(), account=ACCOUNT, owner=OWNER)
        engine = (inner.get(OWNER)).engine
        engine.pull()
    services = APIKeyAuthenticator({"billing": KEY})
    handlers = CRMHandlers(
        connections=connections,
        configs=configs,
        authenticate=AnyOf(known, services),
        clock=clock,
        **{"rates": PLENTY, "failures": Allowance(10_000), **options},
    )
    return World(emulator=emulator, clock=clock, configs=configs, connections=connections, handlers=handlers)
