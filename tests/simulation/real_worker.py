"""A worker of a history in real time: ``python real_worker.py '{"name": …, "port": …, "database": …, "settings": …}'``."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

from amocrm_sync import AmoCRM, OAuth
from amocrm_sync._http import family
from amocrm_sync.stores.sql import PostgresDoorbell, SQLRateLimiter, SQLSyncStore, SQLTokenStore
from amocrm_sync.sync import SyncConfig, SyncEngine, SyncWorker

PULL_EVERY = 3.0
TIMEOUT = 4.0
"""Shorter than the lease, so that a request without an answer has its end while the edit is still held."""


class Here(family().HTTPTransport):  # type: ignore[misc]  # the base is chosen at run time
    """The account's host is this machine."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def handle_request(self, request: Any) -> Any:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return super().handle_request(request)


def stamp(request: Any) -> None:
    """When it left."""
    request.headers["x-left"] = repr(time.time())


def main(name: str, port: int, database: str, settings: dict[str, Any]) -> None:
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {name} %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    oauth = OAuth("id", "sec", "https://example.com/cb", store=SQLTokenStore(database))
    wire = family().Client(transport=Here(port), headers={"x-by": name}, event_hooks={"request": [stamp]})
    amo = AmoCRM("demo", auth=oauth, http_client=wire, timeout=TIMEOUT, limiter=SQLRateLimiter(database))
    doorbell = PostgresDoorbell(database)
    with (
        wire,
        amo,
        SyncEngine(amo, SQLSyncStore(database), config=SyncConfig(**settings), doorbell=doorbell) as engine,
    ):
        engine.status()
        print("ready", flush=True)
        SyncWorker(engine, pull_every=PULL_EVERY, reconcile_hour=None, sweep=1.0).run()


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
