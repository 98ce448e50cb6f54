"""Adapters translate and decide nothing; the OpenAPI of FastAPI is that of the handlers."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import textwrap

import httpx
import pytest
from fastapi import FastAPI
from unit.handlers._async import world as async_world
from unit.handlers._sync import world as sync_world

from amocrm_sync.adapters import asgi, fastapi, wsgi
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.handlers import AsyncCRMHandlers, CRMHandlers, Group

FORM = "leads[delete][0][id]=10000001"
TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


def test_fastapi_documents_every_route_exactly_as_the_handlers_do():
    handlers = AsyncCRMHandlers()
    app = FastAPI()
    app.include_router(fastapi.router(handlers))
    ours, theirs = handlers.openapi(), app.openapi()
    assert theirs["paths"] == ours["paths"]
    assert theirs["components"]["securitySchemes"] == ours["components"]["securitySchemes"]
    for name, schema in ours["components"]["schemas"].items():
        assert theirs["components"]["schemas"][name] == schema


@pytest.mark.parametrize(
    ("make", "handlers"),
    [
        (asgi.app, CRMHandlers),
        (fastapi.router, CRMHandlers),
        (wsgi.app, AsyncCRMHandlers),
    ],
)
def test_the_wrong_colour_is_named(make, handlers):
    with pytest.raises(ConfigurationError, match="handlers"):
        make(handlers())


@pytest.mark.parametrize("mount", ["asgi", "fastapi"])
def test_the_worker_runs_from_the_beginning_of_the_application_to_its_end(mount):
    async def run():
        host = await async_world.world()
        if mount == "asgi":
            app = asgi.app(host.handlers)
        else:
            app = FastAPI(lifespan=lambda _: fastapi.worker(host.handlers))
            app.include_router(fastapi.router(host.handlers))
        host.emulator.ui.delete_lead(10000001)
        messages: asyncio.Queue = asyncio.Queue()
        said: asyncio.Queue = asyncio.Queue()
        life = asyncio.create_task(app({"type": "lifespan"}, messages.get, said.put))
        await messages.put({"type": "lifespan.startup"})
        assert (await said.get())["type"] == "lifespan.startup.complete"
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
            answer = await client.post(f"/webhooks/amocrm/{async_world.SECRET}", content=FORM, headers=TYPE)
        assert answer.status_code == 200
        leads = (await host.engine()).records.leads
        async with asyncio.timeout(10):
            while (await leads.get(10000001)).deleted_at is None:  # noqa: ASYNC110 - the store has no event
                await asyncio.sleep(0)
        await messages.put({"type": "lifespan.shutdown"})
        assert (await said.get())["type"] == "lifespan.shutdown.complete"
        await life

    asyncio.run(run())


def test_the_worker_of_wsgi_is_a_thread_that_ends():
    host = sync_world.world()
    host.emulator.ui.delete_lead(10000001)
    leads, seen = host.engine().records.leads, False
    app = wsgi.app(host.handlers)
    with wsgi.worker(host.handlers):
        with httpx.Client(transport=httpx.WSGITransport(app), base_url="http://host") as client:
            url = f"/webhooks/amocrm/{sync_world.SECRET}"
            assert client.post(url, content=FORM, headers=TYPE).status_code == 200
        for _ in range(1_000_000):
            seen = leads.get(10000001).deleted_at is not None
            if seen:
                break
    assert seen


def test_a_body_over_the_limit_is_not_read_to_its_end():
    async def run():
        handlers = AsyncCRMHandlers(webhook_secret="s" * 20)
        app = asgi.app(handlers, worker=False)
        sent: list[dict] = []
        reads = 0

        async def receive():
            nonlocal reads
            reads += 1
            return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/webhooks/amocrm/x", "headers": []}
        await app(scope, receive, send)
        assert sent[0]["status"] == 413
        assert reads == 17

    asyncio.run(run())


def test_a_body_that_never_comes_is_given_up(monkeypatch):
    monkeypatch.setattr(asgi, "READ_SECONDS", 0.01)

    async def run():
        app = asgi.app(AsyncCRMHandlers(), worker=False)
        sent: list[dict] = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/webhooks/amocrm/x", "headers": []}
        await app(scope, asyncio.Event().wait, send)
        assert sent[0]["status"] == 408

    asyncio.run(run())


@pytest.mark.parametrize(
    ("length", "expected"), [("5", b"hello"), ("", b""), ("junk", b""), ("999999", b"hello")]
)
def test_wsgi_reads_as_much_as_was_announced(length, expected):
    handlers = CRMHandlers()
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/admin",
        "PATH_INFO": "/crm/\xd0\xba",
        "CONTENT_LENGTH": length,
        "CONTENT_TYPE": "application/json",
        "HTTP_X_API_KEY": "k",
        "QUERY_STRING": "a=1&a=2",
        "wsgi.input": io.BytesIO(b"hello"),
    }
    request = wsgi.request_of(environ, handlers)
    assert (request.path, request.body) == ("/admin/crm/к", expected)
    assert (request.query["a"], request.header("x-api-key")) == (("1", "2"), "k")
    assert request.content_type == "application/json"


LAZY = """
import sys
from amocrm_sync.handlers import {colour}CRMHandlers, Request

class Engine:
    tenant = "t"
    {keyword}def receive(self, body, content_type=None):
        class Receipt: processed, errors = 1, 0
        return Receipt

class Offline:
    {keyword}def initial(self, **asked): return {{"changes": {{}}, "version": 1, "next": None, "cursor": "c"}}

Engine.offline = Offline()
handlers = {colour}CRMHandlers(engine=Engine(), groups=({group!r},), webhook_secret="s" * 20, authenticate={who})
request = Request({method!r}, {path!r}, "", {{"Content-Type": "application/x-www-form-urlencoded"}}, b"a=1")
answer = {call}
assert answer.status == 200, answer
ours = [name for name in sys.modules if name.startswith("amocrm_sync.")]
for part in {absent!r}:
    assert not [name for name in sys.modules if part in name], (part, [n for n in sys.modules if part in n])
"""
HEAVY = [
    "sqlalchemy",
    "fastapi",
    "starlette",
    "httpx",
    "authlib",
    "amocrm_sync.mapping",
    "amocrm_sync._async.sync",
]
HEAVY += [
    "routes_admin",
    "shapes_admin",
    "routes_integrations",
    "handlers.settings",
    "_async.flow",
    "answers.consent",
]
OTHER = {
    "webhooks": ["offline", "shapes_mobile", "joserfc"],
    "offline": ["answers.webhook", "routes_webhooks", "shapes_mobile"],
}


@pytest.mark.parametrize("colour", ["", "Async"])
@pytest.mark.parametrize("group", [Group.WEBHOOKS, Group.OFFLINE])
def test_a_host_that_mounts_one_group_imports_nothing_of_the_others(group, colour):
    call = "handlers.handle(request)"
    program = LAZY.format(
        colour=colour,
        keyword="async " if colour else "",
        group=group.value,
        method="POST" if group is Group.WEBHOOKS else "GET",
        path=f"/webhooks/amocrm/{'s' * 20}" if group is Group.WEBHOOKS else "/api/sync/initial",
        who="lambda r: __import__('amocrm_sync.handlers').handlers.Principal(id='a', role='admin')",
        call=f"__import__('asyncio').run({call})" if colour else call,
        absent=HEAVY + OTHER[group.value],
    )
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
