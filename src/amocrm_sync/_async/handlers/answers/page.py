"""The administration page: files of the package, with a policy that lets nothing else run."""

from __future__ import annotations

from importlib import resources
from typing import Any

from amocrm_sync._async.handlers.call import AsyncCall
from amocrm_sync._core.handlers.message import Response
from amocrm_sync._core.handlers.problem import Problem

PACKAGE = "amocrm_sync.handlers"
FOLDER = "page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


async def index(call: AsyncCall) -> Any:  # noqa: ARG001 - every answer takes the call
    """The page itself."""
    return _file("index.html")


async def asset(call: AsyncCall) -> Any:
    """One of its files."""
    return _file(call.path["name"])


def _file(name: str) -> Response:
    """A file of the page's folder; only names that are there, of kinds that a page has."""
    kind = _KINDS.get(name[name.rfind(".") :] if "." in name else "")
    folder = resources.files(PACKAGE).joinpath(FOLDER)
    known = {item.name: item for item in folder.iterdir()} if folder.is_dir() else {}
    if kind is None or name not in known:
        raise Problem(404, "no-file", "there is no such file of the page")
    headers = {"Content-Type": kind, "Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return Response(200, headers, known[name].read_bytes())
