"""Every route × everybody who may knock × every adapter: the status and the shape, by the OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import attrs
import httpx
import jsonschema
import pytest
from fastapi import FastAPI
from unit.handlers._async import world as async_world
from unit.handlers._sync import world as sync_world
from unit.handlers.cases import ANYBODY, CASES, Case

from amocrm_sync.adapters import asgi, fastapi, wsgi
from amocrm_sync.handlers import Group, Role
from amocrm_sync.sync import OpState

KNOCKING = {None: "", "guest": "G", "other": "U", "own": "U", "admin": "A", "service": "S"}
"""Who asks, with the letter of their role. ``other`` is a user who asks for the data of ``own``."""
ADAPTERS = ("asgi", "wsgi", "fastapi")
OPTIONS = {"development": True, "app_redirect": "myapp://amo-crm"}
ENDS_IT = {"disconnect", "mobile_disconnect", "set_tokens"}
"""Routes after which the connection is another: they get a host of their own."""


@attrs.define
class Host:
    """A host behind an adapter, with the ids that requests need."""

    adapter: str
    world: Any
    loop: asyncio.Runner
    app: Any
    document: dict[str, Any]
    spare: Iterator[int]
    letters: Iterator[int]
    names: dict[str, Any]

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        """A request over the adapter."""
        if self.adapter == "wsgi":
            transport = httpx.WSGITransport(self.app, remote_addr="203.0.113.9")
            with httpx.Client(transport=transport, base_url="http://host") as client:
                return client.request(method, url, **more)
        return self.loop.run(self._send(method, url, more))

    async def _send(self, method: str, url: str, more: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
            return await client.request(method, url, **more)


def host(adapter: str) -> Host:
    """A connected host with some edits that amoCRM refuses."""
    loop = asyncio.Runner()

    def run(value: Any) -> Any:
        async def wait() -> Any:
            return await value

        return value if adapter == "wsgi" else loop.run(wait())

    if adapter == "wsgi":
        world: Any = sync_world.world(**OPTIONS)
        app: Any = wsgi.app(world.handlers)
    else:
        world = run(async_world.world(**OPTIONS))
        app = asgi.app(world.handlers, worker=False)
        if adapter == "fastapi":
            app = FastAPI()
            app.include_router(fastapi.router(world.handlers))
    engine = run(world.engine())
    leads = [lead["amo_lead_id"] for lead in run(engine.records.leads.list())]
    for lead_id in leads[1:]:
        run(engine.records.leads.update(lead_id, status_id=1, pipeline_id=1))
    run(engine.push())
    letters = [op.seq for op in run(engine.outbox(OpState.DEAD))]
    stage = next(s for s in run(engine.records.stages.list()) if s["amo_stage_id"] > 1000)
    task = next(iter(run(engine.records.tasks.list())))
    started = run(world.ask("POST", "/admin/crm/sync", "own", {"entities": ["users"]}))
    names = {
        "pipeline": stage["pipeline_id"],
        "stage": stage["amo_stage_id"],
        "task": task["amo_task_id"],
        "secret": async_world.SECRET,
        "given_up": letters[-1],
        "run": started.json()["run_id"],
    }
    return Host(
        adapter,
        world,
        loop,
        app,
        world.handlers.openapi(),
        iter(leads[1:]),
        iter(letters[:-1]),
        names,
    )


@pytest.fixture(scope="module")
def hosts():
    """One host for each adapter."""
    made: dict[str, Host] = {}
    yield lambda adapter: made.get(adapter) or made.setdefault(adapter, host(adapter))
    for each in made.values():
        each.loop.close()


ROUTES = {route.name: route for route in async_world.AsyncCRMHandlers(groups=tuple(Group)).router.routes}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("name", CASES)
def test_everybody_gets_what_is_theirs(name, adapter, hosts):
    case = CASES[name]
    served = host(adapter) if name in ENDS_IT else hosts(adapter)
    for who in KNOCKING:
        answer = send(served, name, case, who)
        assert answer.status_code == expected(case, who), (who, answer.text)
        check_shape(served.document, name, answer)
        assert answer.headers["x-content-type-options"] == "nosniff"
    if name in ENDS_IT:
        served.loop.close()


def test_no_route_is_missing():
    handlers = async_world.AsyncCRMHandlers()
    documented = {
        operation["operationId"]
        for methods in handlers.openapi()["paths"].values()
        for operation in methods.values()
    }
    assert documented == set(CASES)


def test_every_route_says_who_may():
    letters = {Role.ADMIN: "A", Role.USER: "U", Role.GUEST: "G", Role.SERVICE: "S"}
    said = {name: {letters[role] for role in route.roles} for name, route in ROUTES.items()}
    assert said == {name: set(case.who) - {ANYBODY} for name, case in CASES.items()}


def expected(case: Case, who: str | None) -> int:
    """The status that the hand-written table asks for."""
    if case.who == ANYBODY:
        return case.status
    if who is None:
        return 401
    if KNOCKING[who] not in case.who or who == "other":
        return 403
    return case.status


def send(served: Host, name: str, case: Case, who: str | None) -> httpx.Response:
    """Ask a route as somebody, for the data of ``own``."""
    path, method = address(served, name, case)
    query = [case.query, "owner=own" if who == "other" else ""]
    url = f"{path}?{'&'.join(filter(None, query))}"
    headers = async_world.credentials(who)
    if case.form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return served.send(method, url, headers=headers, content=case.form)
    if case.json is not None:
        return served.send(method, url, headers=headers, json=case.json)
    return served.send(method, url, headers=headers)


def address(served: Host, name: str, case: Case) -> tuple[str, str]:
    """Where a route is, by the document; names in the path stand for what the host has."""
    for path, methods in served.document["paths"].items():
        for method, operation in methods.items():
            if operation["operationId"] == name:
                values = {key: real(served, value) for key, value in case.path.items()}
                return path.format(**values), method.upper()
    raise AssertionError(f"{name} is not in the document")


def real(served: Host, value: Any) -> Any:
    if value == "spare":
        return next(served.spare)
    if value == "letter":
        return next(served.letters)
    return served.names.get(value, value)


def check_shape(document: dict[str, Any], name: str, answer: httpx.Response) -> None:
    """The answer is one that the document has for this status, in its media type and shape."""
    operation = next(
        found
        for methods in document["paths"].values()
        for found in methods.values()
        if found["operationId"] == name
    )
    described = operation["responses"].get(str(answer.status_code))
    assert described is not None, f"{name}: {answer.status_code} is not documented"
    content = described.get("content")
    if content is None:
        assert not answer.content
        return
    media = answer.headers["content-type"].partition(";")[0]
    assert media in content
    if media.endswith("json"):
        schema = {**content[media]["schema"], "components": document["components"]}
        jsonschema.validate(answer.json(), schema)
