"""WSGI without dependencies: for gunicorn, and to mount in Flask, Django and their like."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterable
from http import HTTPStatus
from typing import Any, TypeAlias

from amocrm_sync._core.handlers.message import Request
from amocrm_sync._sync.handlers.handlers import CRMHandlers
from amocrm_sync.errors import ConfigurationError

__all__ = ["app", "request_of", "worker"]

Environ: TypeAlias = dict[str, Any]
App: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def app(handlers: CRMHandlers) -> App:
    """The handlers as a WSGI application.

    It has no beginning and no end, so nothing works in the background: run :func:`worker` beside it, or
    ``amocrm-sync worker`` in a process of its own.
    """
    if not isinstance(handlers, CRMHandlers):
        raise ConfigurationError("handlers: WSGI needs CRMHandlers; AsyncCRMHandlers go with asgi.app")

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = handlers.handle(request_of(environ, handlers))
        status = HTTPStatus(response.status)
        headers = [*response.headers.items(), ("Content-Length", str(len(response.body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [response.body]

    return serve


@contextlib.contextmanager
def worker(handlers: CRMHandlers, *, every: float = 30.0) -> Generator[None]:
    """Process webhooks and send edits in a thread while inside."""
    stopping = threading.Event()
    thread = threading.Thread(
        target=handlers.work,
        args=(stopping.is_set,),
        kwargs={"every": every},
        name="amocrm-sync-worker",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        handlers.bell.ring()
        thread.join()


def request_of(environ: Environ, handlers: CRMHandlers) -> Request:
    """The request that an environment stands for."""
    path = _text(environ.get("SCRIPT_NAME", "")) + _text(environ.get("PATH_INFO", ""))
    headers = {
        name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    headers["Content-Type"] = environ.get("CONTENT_TYPE", "")
    method = environ["REQUEST_METHOD"]
    return Request(
        method,
        path,
        environ.get("QUERY_STRING", ""),
        headers,
        _body(environ, handlers.body_limit(method, path)),
        client=environ.get("REMOTE_ADDR") or None,
    )


def _text(raw: str) -> str:
    """WSGI hands over bytes as if they were latin-1."""
    return raw.encode("latin-1").decode("utf-8", "replace")


def _body(environ: Environ, most: int) -> bytes:
    """The body, or a little more than is allowed of it."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        body: bytes = environ["wsgi.input"].read(min(int(length), most + 1))
        return body
    if environ.get("wsgi.input_terminated"):  # the server cuts a chunked body at its end
        chunked: bytes = environ["wsgi.input"].read(most + 1)
        return chunked
    return b""
