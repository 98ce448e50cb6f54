"""A small HTTP receiver on this machine: where the consent redirect and the webhooks of the demo arrive."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

BODY_LIMIT = 1024 * 1024
"""Bytes of a webhook body; amoCRM's are a few kilobytes."""

Handle = Callable[[str, bytes], int]
"""What is done with a request: its target and body in, the status to answer with out."""


class Receiver:
    """Listens on a free port of 127.0.0.1 while the block runs.

    Args:
        handle: Called in a thread of its own for every request; the status to answer with.
    """

    def __init__(self, handle: Handle) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(handle))
        self._server.daemon_threads = False  # so that closing waits for requests that are being answered
        self._thread = Thread(target=self._server.serve_forever, name="demo-receiver", daemon=True)

    def url(self, path: str) -> str:
        """The address of a path here."""
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(handle: Handle) -> type[BaseHTTPRequestHandler]:
    """A request handler class that asks ``handle``; the standard library wants a class."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > BODY_LIMIT:
                self.send_error(413)
                return
            self._answer(self.rfile.read(length))

        def _answer(self, body: bytes) -> None:
            status = handle(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            """Stay silent: a redirect's query holds a code."""

    return Handler
