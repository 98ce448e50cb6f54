"""HAL: how rows and lists look on the wire."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from amocrm_sync.testing.emulator.http import Request, Response
from amocrm_sync.testing.emulator.selection import Page
from amocrm_sync.testing.emulator.tables import Row

_HAL = (("Content-Type", "application/hal+json"),)
_JSON = (("Content-Type", "application/json"),)
NO_CONTENT = Response(status=204)


def document(body: Any, *, status: int = 200) -> Response:
    """A HAL document."""
    return Response(status=status, headers=_HAL, body=orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS))


def plain(body: Any, *, status: int = 200) -> Response:
    """A JSON document that is no HAL."""
    return Response(status=status, headers=_JSON, body=orjson.dumps(body))


def link(href: str) -> Row:
    """A ``_links`` member."""
    return {"href": href}


def listing(
    request: Request,
    key: str,
    rows: list[Row],
    page: Page,
    *,
    total: int | None = None,
    pages: int | None = None,
) -> Response:
    """One page of a list: links on the request's own origin; totals only where the API has them."""
    links = {"self": link(_page_url(request, page.number))}
    if page.has_next:
        links["next"] = link(_page_url(request, page.number + 1))
    if page.number > 1:
        links["first"] = link(_page_url(request, 1))
        links["prev"] = link(_page_url(request, page.number - 1))
    body: Row = {"_page": page.number, "_links": links, "_embedded": {key: rows}}
    if total is not None:
        body["_total_items"] = total
    if pages is not None:
        body["_page_count"] = pages
    return document(body)


def collection(
    request: Request, key: str, rows: list[Row], *, status: int = 200, total: int | None = None
) -> Response:
    """A list without pages, or what a write to a collection answers."""
    body: Row = {} if total is None else {"_total_items": total}
    body |= {"_links": {"self": link(request.origin + request.path)}, "_embedded": {key: rows}}
    return document(body, status=status)


def _page_url(request: Request, number: int) -> str:
    """The request's own address with another page number."""
    kept = [pair for pair in request.query.split("&") if pair and not pair.startswith("page=")]
    query = "&".join((*kept, f"page={number}"))
    return f"{request.origin}{request.path}?{quote(query, safe='=&%[],:+-._~@/')}"
