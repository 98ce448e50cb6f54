# Generated from src/amocrm_sync/_async/handlers/answers/page.py by tools/unasync.py: edit that file instead.
"""The administration page: files of the package, with a policy that lets nothing else run."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import Any

from amocrm_sync._core.handlers.message import Response
from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync._core.handlers.route import PREFIXES, Group
from amocrm_sync._sync.handlers.call import Call

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


def index(call: Call) -> Any:
    """The page itself, which is told where the routes are that it asks."""
    page = _file("index.html")
    prefixes = call.handlers.router.prefixes
    body = page.body
    for group in (Group.ADMIN, Group.INTEGRATIONS):
        told = f'data-{group.value}="{escape(prefixes[group])}"'.encode()
        body = body.replace(f'data-{group.value}="{PREFIXES[group]}"'.encode(), told, 1)
    return Response(page.status, page.headers, body)


def returned(call: Call, outcome: str, detail: str, status: int = 200) -> Response | None:
    """What the window shows in which a person has consented: the page's script tells the page, and closes it.

    ``None`` where the page is not mounted, or no browser asks.

    Args:
        call: The callback.
        outcome: ``connected``, or the code of the problem.
        detail: A sentence for people.
        status: The HTTP status.
    """
    router = call.handlers.router
    is_mounted = any(route.group is Group.PAGE for route in router.routes)
    if not is_mounted or "text/html" not in (call.request.header("accept") or ""):
        return None
    here = escape(router.prefixes[Group.PAGE])
    text = escape(detail)
    body = (
        f'<!doctype html><html lang="en" data-callback="{escape(outcome)}" data-detail="{text}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>amoCRM</title><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="{here}/assets/app.css"><main class="callback"><p>{text}</p>'
        f'<a href="{here}/">Back</a></main><script type="module" src="{here}/assets/app.js"></script></html>'
    )
    headers = {"Content-Type": _KINDS[".html"], "Content-Security-Policy": POLICY}
    return Response(status, headers, body.encode())


def asset(call: Call) -> Any:
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
