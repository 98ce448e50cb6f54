"""The host of the load figures: webhooks into SQLite, and nothing else. ``uvicorn load_host:app``."""

from __future__ import annotations

import gc
import os

from amocrm_sync import AsyncAmoCRM
from amocrm_sync.adapters import asgi
from amocrm_sync.handlers import AsyncCRMHandlers, Group
from amocrm_sync.stores.sql import AsyncSQLSyncStore
from amocrm_sync.sync import AsyncSyncEngine

SECRET = "secret-of-the-load-figures"

engine = AsyncSyncEngine(
    AsyncAmoCRM("demo", token="t" * 60),  # never asked: another process works the inbox off
    AsyncSQLSyncStore(f"sqlite:///{os.environ['LOAD_DB']}"),
)
handlers = AsyncCRMHandlers(engine=engine, webhook_secret=SECRET, groups=[Group.WEBHOOKS])
app = asgi.app(handlers, worker=False)

# All that was imported is there to stay: looking through it for garbage would stop everybody for 60 ms each time.
gc.collect()
gc.freeze()
