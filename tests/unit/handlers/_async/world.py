"""A host for the tests of the handlers: the emulator, settings per owner, everybody who may knock, and no waiting."""

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync.handlers import (
    Allowance,
    AsyncAnyOf,
    AsyncAPIKeyAuthenticator,
    AsyncConfiguredConnections,
    AsyncConnection,
    AsyncCRMHandlers,
    AsyncMemoryConfigStore,
    CRMConfig,
    Principal,
    Rate,
    Request,
    Response,
)
from amocrm_sync.stores import AsyncMemorySyncStore, AsyncMemoryTokenStore
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


class AsyncConflicts:
    """What the routes need of an engine's conflicts."""

    def __init__(self) -> None:
        self.resolved: list[tuple[int, Any, str | None]] = []

    async def list(self, state: str | None = None) -> list[Any]:
        return [{"id": 1, "state": state, "entity": "leads", "field": "price", "local": 1, "remote": 2}]

    async def resolve(self, number: int, choice: Any, *, by: str | None = None) -> None:
        self.resolved.append((number, choice, by))


class AsyncDevices:
    """What the routes need of an engine's offline protocol; notes down who asked for what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def initial(self, **asked: Any) -> dict[str, Any]:
        return self._note("initial", asked) | {"changes": {}, "next": None, "cursor": "c1"}

    async def incremental(self, **asked: Any) -> dict[str, Any]:
        told = {"changes": {}, "cursor": "c2", "has_more": False, "last_mutation_id": None}
        return self._note("incremental", asked) | told

    async def outgoing(self, **asked: Any) -> dict[str, Any]:
        return self._note("outgoing", asked) | {"results": [], "last_mutation_id": 0}

    async def status(self, **asked: Any) -> dict[str, Any]:
        lag = {"oldest_edit": 0, "last_sync": None, "hints": 0}
        told = {"epoch": "e1", "initial_done": False, "open_conflicts": 0, "lag": lag, "client": None}
        return self._note("status", asked) | told

    async def watermelon_pull(self, **asked: Any) -> dict[str, Any]:
        return {"changes": {}, "timestamp": self._note("pull", asked)["version"]}

    async def watermelon_push(self, **asked: Any) -> dict[str, Any]:
        self._note("push", asked)
        return {"experimentalRejectedIds": {}}

    def _note(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((name, asked))
        return {"version": 7}


class AsyncEngineWith:
    """An engine with the parts that not every engine has."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.conflicts = AsyncConflicts()
        self.offline = AsyncDevices()

    async def activity(
        self, entity: str | None = None, id: str | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Any]:
        return [{"entity": entity or "leads", "id": id or "1", "event": "lead.created"}]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class AsyncConnectionsWith:
    """Connections whose engines have every part."""

    def __init__(self, inner: AsyncConfiguredConnections) -> None:
        self.inner = inner
        self._engines: dict[int, AsyncEngineWith] = {}

    @property
    def default_owner(self) -> str:
        return self.inner.default_owner

    async def get(self, owner: str) -> AsyncConnection | None:
        return self._with(await self.inner.get(owner))

    async def by_webhook_secret(self, secret: str) -> AsyncConnection | None:
        return self._with(await self.inner.by_webhook_secret(secret))

    async def open_ones(self) -> list[AsyncConnection]:
        return [self._with(each) for each in await self.inner.open_ones()]

    def _with(self, found: AsyncConnection | None) -> Any:
        if found is None or found.engine is None:
            return found
        engine = self._engines.setdefault(id(found.engine), AsyncEngineWith(found.engine))
        return attrs.evolve(found, engine=engine)


@attrs.define(kw_only=True)
class AsyncWorld:
    """A host with one connected owner."""

    emulator: Emulator
    clock: ManualClock
    configs: AsyncMemoryConfigStore
    connections: Any
    handlers: AsyncCRMHandlers

    async def ask(
        self, method: str, path: str, who: str | None = "own", json: Any = None, **more: Any
    ) -> Response:
        """Send a request as somebody."""
        return await self.handlers.handle(request(method, path, who, json, **more))

    async def engine(self) -> Any:
        """The owner's engine."""
        connection = await self.connections.get(OWNER)
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


async def world(*, connected: bool = True, **options: Any) -> AsyncWorld:
    """A host; its owner's account is connected and pulled unless said otherwise."""
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=8, pipelines=2)
    configs = AsyncMemoryConfigStore()
    assert await configs.save(OWNER, None, config())
    inner = AsyncConfiguredConnections(
        configs,
        tokens=AsyncMemoryTokenStore(),
        store=AsyncMemorySyncStore(),
        http_client=emulator.http_client(),
        limiter=None,  # two requests that wait on one manual clock would push each other's turns away
        default_owner=OWNER,
        clock=clock,
    )
    connections = AsyncConnectionsWith(inner)
    if connected:
        connection = await inner.get(OWNER)
        assert connection is not None
        assert connection.flow is not None
        await connection.flow.exchange_code(emulator.authorization_code(), account=ACCOUNT, owner=OWNER)
        engine = (await inner.get(OWNER)).engine
        await engine.pull()
    services = AsyncAPIKeyAuthenticator({"billing": KEY})
    handlers = AsyncCRMHandlers(
        connections=connections,
        configs=configs,
        authenticate=AsyncAnyOf(known, services),
        clock=clock,
        **{"rates": PLENTY, "failures": Allowance(10_000), **options},
    )
    return AsyncWorld(
        emulator=emulator, clock=clock, configs=configs, connections=connections, handlers=handlers
    )
