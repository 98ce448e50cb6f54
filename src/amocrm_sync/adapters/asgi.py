"""ASGI without dependencies: for uvicorn, hypercorn, and to mount in any ASGI framework."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import unquote

from amocrm_sync._async.handlers.handlers import AsyncCRMHandlers
from amocrm_sync._core.handlers.message import Request, Response
from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync.errors import ConfigurationError

__all__ = ["app", "read", "request_of", "worker"]

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

READ_SECONDS = 10.0
"""Whoever needs longer for a body of this size is holding on to the connection."""

_SLOW = Problem(408, "too-slow", "the body did not come in time")


def app(handlers: AsyncCRMHandlers, *, worker: bool = True, every: float = 30.0) -> App:
    """The handlers as an ASGI application.

    Args:
        handlers: What answers.
        worker: Process webhooks and send edits in this process, from its start to its end. ``False`` where
            ``amocrm-sync worker`` or a job of your own does it, and where the application is mounted in another one
            that does not pass its lifespan on: use :func:`worker` there.
        every: Seconds between two rounds of the worker when no webhook wakes it.
    """
    if not isinstance(handlers, AsyncCRMHandlers):
        raise ConfigurationError("handlers: ASGI needs AsyncCRMHandlers; CRMHandlers go with wsgi.app")

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(handlers, receive, send, works=worker, every=every)
        elif scope["type"] == "http":
            await _http(handlers, scope, receive, send)

    return serve


@contextlib.asynccontextmanager
async def worker(handlers: AsyncCRMHandlers, *, every: float = 30.0) -> AsyncGenerator[None]:
    """Process webhooks and send edits while inside: for the lifespan of a framework."""
    stopping = False
    task = asyncio.create_task(handlers.work(lambda: stopping, every=every))
    try:
        yield
    finally:
        stopping = True
        handlers.bell.ring()
        await task


def request_of(scope: Scope, body: bytes) -> Request:
    """The request that a scope stands for."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joint = "; " if key == "cookie" else ", "
        headers[key] = f"{headers[key]}{joint}{text}" if key in headers else text
    client = scope.get("client")
    return Request(
        scope["method"],
        _path(scope),
        scope.get("query_string", b"").decode("latin-1"),
        headers,
        body,
        client=client[0] if client else None,
    )


def _path(scope: Scope) -> str:
    """The whole path: a framework that has mounted the application tells its own part in ``root_path``."""
    path: str = scope["path"]
    return unquote(path) if "%" in path and "raw_path" not in scope else path


async def _http(handlers: AsyncCRMHandlers, scope: Scope, receive: Receive, send: Send) -> None:
    most = handlers.body_limit(scope["method"], scope["path"])
    try:
        async with asyncio.timeout(READ_SECONDS):
            body = await read(receive, most)
    except TimeoutError:
        response = _SLOW.response.with_headers({"Connection": "close"})
    except ConnectionError:
        return
    else:
        response = await handlers.handle(request_of(scope, body))
    await _send(response, send)


async def read(receive: Receive, most: int) -> bytes:
    """The body, or a little more than is allowed of it."""
    parts: list[bytes] = []
    size = 0
    while size <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body", False):
            break
    return b"".join(parts)


async def _send(response: Response, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _lifespan(
    handlers: AsyncCRMHandlers, receive: Receive, send: Send, *, works: bool, every: float
) -> None:
    await receive()
    async with worker(handlers, every=every) if works else contextlib.nullcontext():
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
