"""aiohttp: no adapter is needed; a handler of eight lines hands requests over."""

import os
from collections.abc import AsyncIterator

from aiohttp import web

from amocrm_sync import AsyncAmoCRM
from amocrm_sync.adapters import asgi
from amocrm_sync.handlers import AsyncAPIKeyAuthenticator, AsyncCRMHandlers, Request
from amocrm_sync.stores.sql import AsyncSQLSyncStore
from amocrm_sync.sync import AsyncSyncEngine
from amocrm_sync.testing import Emulator

PREFIXES = ("/admin/crm", "/integrations/amo-crm", "/webhooks/amocrm", "/api", "/openapi.json")


def account() -> AsyncAmoCRM:
    """The account in the environment; without one, a seeded account of the emulator."""
    if "AMOCRM_SUBDOMAIN" in os.environ:
        return AsyncAmoCRM.from_env()
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=20)
    return AsyncAmoCRM("demo", token=emulator.long_lived_token(), http_client=emulator.http_client())


database = os.environ.get("DATABASE_URL", "sqlite:///crm.db")
engine = AsyncSyncEngine(amo := account(), AsyncSQLSyncStore(database))
keys = AsyncAPIKeyAuthenticator({"shop": os.environ["API_KEY"]})
secret = os.environ["WEBHOOK_SECRET"]
handlers = AsyncCRMHandlers(client=amo, engine=engine, webhook_secret=secret, authenticate=keys)


async def crm(request: web.Request) -> web.Response:
    query, body = request.rel_url.raw_query_string, await request.read()
    answer = await handlers.handle(
        Request(request.method, request.path, query, request.headers, body, client=request.remote)
    )
    return web.Response(body=answer.body, status=answer.status, headers=answer.headers)


async def order(_: web.Request) -> web.Response:
    lead = await engine.records.leads.create({"name": "An order"}, actor="shop")
    return web.json_response({"lead": lead.uid}, status=201)


async def working(_: web.Application) -> AsyncIterator[None]:
    await engine.pull()
    async with asgi.worker(handlers):
        yield


app = web.Application(client_max_size=1024**2)
app.router.add_post("/orders", order)
for prefix in PREFIXES:
    app.router.add_route("*", prefix + "{rest:.*}", crm)
app.cleanup_ctx.append(working)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")))
