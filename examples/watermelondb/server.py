"""A host for the phones of this folder: an account of the emulator (or none at all) behind ``/api/sync``.

``python server.py`` serves a seeded account, ``python server.py --local`` an empty store without a CRM.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from amocrm_sync import AmoCRM
from amocrm_sync.adapters import wsgi
from amocrm_sync.handlers import CRMHandlers, Principal, Request
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine, tag_deleted
from amocrm_sync.testing import Emulator

TOKENS = {"anna-token": "anna", "boris-token": "boris"}
"""Who is behind a token. A real host checks its own sessions or JWTs here."""
CONFIG = SyncConfig(on_local_delete=tag_deleted("Deleted on a phone"))


class Server(ThreadingMixIn, WSGIServer):
    """One thread for each request."""

    daemon_threads = True
    request_queue_size = 64


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so in the base class
        """Nothing."""


def handlers_of(engine: SyncEngine, tokens: Mapping[str, str] = TOKENS, **options: Any) -> CRMHandlers:
    """The offline routes over an engine."""

    def who(request: Request) -> Principal | None:
        token = (request.header("authorization") or "").removeprefix("Bearer ")
        return Principal(id=tokens[token], role="user") if token in tokens else None

    return CRMHandlers(engine=engine, shared=True, groups=("offline",), authenticate=who, **options)


def server_of(handlers: CRMHandlers, port: int = 0) -> WSGIServer:
    """Listens already; ``serve_forever`` answers."""
    app: Callable[..., Any] = wsgi.app(handlers)
    return make_server("127.0.0.1", port, app, server_class=Server, handler_class=Quiet)


def main() -> None:
    """Serve until Ctrl+C; every few seconds the engine looks what is new on either side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--local", action="store_true", help="no CRM behind it")
    parser.add_argument("--port", type=int, default=8765)
    asked = parser.parse_args()
    engine = SyncEngine(None if asked.local else demo_account(), MemorySyncStore(), config=CONFIG)
    if not asked.local:
        print(f"{engine.pull().of('leads').synced} leads pulled")
    handlers = handlers_of(engine)
    server = server_of(handlers, asked.port)
    print(f"http://127.0.0.1:{server.server_port} for {', '.join(TOKENS)}")
    with wsgi.worker(handlers, every=5.0):
        server.serve_forever()


def demo_account() -> AmoCRM:
    """A seeded account of the emulator; give a real client instead."""
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=20, pipelines=1)
    return AmoCRM("demo", token=emulator.long_lived_token(), http_client=emulator.http_client())


if __name__ == "__main__":
    main()
