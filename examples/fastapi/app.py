"""FastAPI with SQLAlchemy and PostgreSQL: an order of the host and its lead are written in one transaction."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from amocrm_sync import AsyncAmoCRM
from amocrm_sync.adapters import fastapi
from amocrm_sync.handlers import AsyncAPIKeyAuthenticator, AsyncCRMHandlers
from amocrm_sync.stores.sql import AsyncSQLSyncStore
from amocrm_sync.sync import AsyncSyncEngine
from amocrm_sync.testing import Emulator


def account() -> AsyncAmoCRM:
    """The account in the environment; without one, a seeded account of the emulator."""
    if "AMOCRM_SUBDOMAIN" in os.environ:
        return AsyncAmoCRM.from_env()
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=20)
    return AsyncAmoCRM("demo", token=emulator.long_lived_token(), http_client=emulator.http_client())


class Base(DeclarativeBase): ...


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    lead_uid: Mapped[str]


url = make_url(os.environ["DATABASE_URL"])
database = create_async_engine(url.set(drivername="postgresql+psycopg"))
sessions = async_sessionmaker(database)
crm = AsyncSyncEngine(amo := account(), AsyncSQLSyncStore(url.render_as_string(hide_password=False)))
keys = AsyncAPIKeyAuthenticator({"shop": os.environ["API_KEY"]})
secret = os.environ["WEBHOOK_SECRET"]
handlers = AsyncCRMHandlers(client=amo, engine=crm, webhook_secret=secret, authenticate=keys)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with database.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await crm.pull()
    async with fastapi.worker(handlers):
        yield


app = FastAPI(lifespan=lifespan)
app.include_router(fastapi.router(handlers))


@app.post("/orders", status_code=201)
async def order(title: str) -> dict[str, str]:
    async with sessions.begin() as session:
        lead = await crm.record_edit(session, "leads", None, {"name": title}, actor="shop")
        session.add(Order(title=title, lead_uid=lead.uid))
    return {"lead": lead.uid}
