"""A FastAPI router whose OpenAPI matches the routes exactly. Needs the extra ``fastapi``."""

from __future__ import annotations

import asyncio
from typing import Any, Union

from amocrm_sync._async.handlers.handlers import AsyncCRMHandlers
from amocrm_sync._core.handlers.openapi import answers, operation
from amocrm_sync._core.handlers.route import Route
from amocrm_sync.adapters.asgi import READ_SECONDS, read, request_of, worker
from amocrm_sync.errors import ConfigurationError

try:
    from fastapi import APIRouter, Request, Response, Security
    from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
except ImportError as error:
    raise ConfigurationError(
        'the FastAPI adapter needs an optional dependency: pip install "amocrm-sync[fastapi]"'
    ) from error

__all__ = ["router", "worker"]

_SECURITY = (
    Security(HTTPBearer(scheme_name="bearer", auto_error=False)),
    Security(APIKeyHeader(name="X-API-Key", scheme_name="apiKey", auto_error=False)),
    Security(APIKeyCookie(name="amo_session", scheme_name="session", auto_error=False)),
)
"""Only described by FastAPI; the handlers decide."""


def router(handlers: AsyncCRMHandlers) -> APIRouter:
    """A router with every route of the handlers: ``app.include_router(router(handlers))``.

    Paths are those of the handlers (see ``prefixes``), so include it without a prefix. What is read, checked and
    answered is decided by the handlers; FastAPI only describes it. Put :func:`worker` into the application's lifespan:

    ::

        app = FastAPI(lifespan=lambda app: worker(handlers))
        app.include_router(router(handlers))
    """
    if not isinstance(handlers, AsyncCRMHandlers):
        raise ConfigurationError("handlers: FastAPI needs AsyncCRMHandlers")

    async def answer(request: Request) -> Response:
        """Hand the request over as it came."""
        body = await _body(request, handlers)
        response = await handlers.handle(request_of(request.scope, body))
        return Response(response.body, response.status, dict(response.headers))

    made = APIRouter()
    for route in handlers.router.routes:
        _add(made, route, handlers.router.path_of(route), answer)
    return made


def _add(made: APIRouter, route: Route, path: str, answer: Any) -> None:
    described = operation(route)
    models = {model for model in answers(route).values() if model is not None}
    made.add_api_route(
        path,
        answer,
        methods=[route.method],
        name=route.name,
        operation_id=described["operationId"],
        tags=described["tags"],
        summary=described["summary"],
        description=described["description"],
        status_code=route.status,
        response_class=Response,
        response_model=Union[tuple(models)],  # noqa: UP007 - made from a set; it only names the models
        response_description=described["responses"][str(route.status)]["description"],
        responses={int(status): found for status, found in described["responses"].items()},
        dependencies=[] if route.is_public else list(_SECURITY),
        openapi_extra={name: described[name] for name in ("parameters", "requestBody") if name in described},
    )


async def _body(request: Request, handlers: AsyncCRMHandlers) -> bytes:
    """The body, or a little more than is allowed of it."""
    most = handlers.body_limit(request.method, request.scope["path"])
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await read(request.receive, most)
    except (TimeoutError, ConnectionError):
        return b""
