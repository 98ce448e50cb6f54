"""What amoCRM has now: lists as it gives them, and the card of the account."""

from __future__ import annotations

from typing import Any

from amocrm_sync._async.handlers.call import AsyncCall
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync.errors import ForbiddenError


async def contacts(call: AsyncCall) -> Any:
    """Contacts."""
    return await _live(call, "contacts")


async def leads(call: AsyncCall) -> Any:
    """Leads."""
    return await _live(call, "leads")


async def pipelines(call: AsyncCall) -> Any:
    """Pipelines; the API gives all of them at once."""
    query = call.query
    answer = await call.client.request("GET", "/api/v4/leads/pipelines")
    rows = _rows(answer, "pipelines")
    part = rows[query.offset : query.offset + query.limit]
    return _answer("pipelines", part, query, more=len(rows) > query.offset + query.limit)


async def account(call: AsyncCall) -> Any:
    """The account, and the user who consented."""
    found = await call.client.account.get()
    user = None
    if found.current_user_id is not None:
        try:
            user = await call.client.users.get_or_none(found.current_user_id)
        except ForbiddenError:
            user = None  # users are for administrators; the card shows the account all the same
    return {
        "id": found.id,
        "name": found.name,
        "subdomain": found.subdomain,
        "domain": call.client.base_url.partition("://")[2],
        "currency": found.currency,
        "country": found.country,
        "user_id": found.current_user_id,
        "user_name": None if user is None else user.name,
        "user_email": None if user is None else user.email,
    }


async def _live(call: AsyncCall, entity: str) -> Any:
    """Rows from an offset on: it may begin within a page, and then two pages are read."""
    query = call.query
    first, skip = divmod(query.offset, query.limit)
    rows: list[dict[str, Any]] = []
    more = False
    for page in range(first + 1, first + (2 if skip == 0 else 3)):
        params = {"limit": query.limit, "page": page} | (
            {} if query.query is None else {"query": query.query}
        )
        answer = as_object(await call.client.request("GET", f"/api/v4/{entity}", params=params))
        rows += _rows(answer, entity)
        more = "next" in as_object(answer.get("_links"))
        if not more:
            break
    part = rows[skip : skip + query.limit]
    return _answer(entity, part, query, more=more or len(rows) > skip + query.limit)


def _rows(answer: Any, entity: str) -> list[dict[str, Any]]:
    return objects_in(as_object(as_object(answer).get("_embedded")).get(entity))


def _answer(entity: str, rows: list[dict[str, Any]], query: Any, *, more: bool) -> Any:
    return {
        "_embedded": {entity: rows},
        "limit": query.limit,
        "offset": query.offset,
        "has_more": more,
    }
