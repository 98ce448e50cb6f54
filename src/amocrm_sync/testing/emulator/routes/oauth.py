"""Consent page, token endpoint, and the calls that tell whose a token is."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from amocrm_sync._core.form import parse_brackets
from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.oauth import TokenProblem
from amocrm_sync.testing.emulator.refusals import Refusal, bad_request, forbidden
from amocrm_sync.testing.emulator.rules.lists import number
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

EXCHANGE_EVERY: Final = 5 * 60
_PLATFORMS: Final = {"ru": "1", "com": "2"}


def authorize(visit: Visit) -> Response:
    """The consent page, answered at once: ``deny=1`` declines, ``user_id`` consents as somebody else."""
    given: dict[str, Any] = parse_brackets(visit.request.query)
    client = visit.world.oauth.client
    if given.get("client_id") != client.client_id:
        raise bad_request("Unknown client_id")
    answer: dict[str, str] = {}
    if given.get("deny") == "1":
        answer["error"] = "access_denied"
    else:
        user_id = number(given.get("user_id")) or visit.state.admin_id()
        answer |= {
            "code": visit.world.oauth.code(user_id),
            "referer": _account_host(visit),
            "platform": _PLATFORMS[visit.state.settings.domain.rsplit(".", 1)[-1]],
        }
    if "state" in given:
        answer["state"] = str(given["state"])
    answer["client_id"] = client.client_id
    joint = "&" if "?" in client.redirect_uri else "?"
    return Response(status=302, headers=(("Location", f"{client.redirect_uri}{joint}{urlencode(answer)}"),))


def issue_token(visit: Visit) -> Response:
    """Exchange a code or a refresh token; JSON and forms are taken alike."""
    try:
        return hal.plain(visit.world.oauth.exchange(visit.form))
    except TokenProblem as problem:
        if problem.status != 400:  # noqa: PLR2004 - only a 400 is plain JSON here
            raise
        answer = problem.response()
        return Response(
            status=answer.status, headers=(("Content-Type", "application/json"),), body=answer.body
        )


def account_of_token(visit: Visit) -> Response:
    """Whose account an access token is for."""
    return hal.plain(_account(visit))


def account_of_refresh_token(visit: Visit) -> Response:
    """Whose account a refresh token is for; works after the account was renamed."""
    visit.world.oauth.holder(visit.request.headers.get("x-refresh-token", ""))
    return hal.plain(_account(visit))


def resource_owner(visit: Visit) -> Response:
    """The user behind a token."""
    user = visit.state.users.rows[visit.user_id]
    return hal.plain(
        {"id": user["id"], "name": user["name"], "email": user["email"], "account": _account(visit)}
    )


def exchange_api_key(visit: Visit) -> Response:
    """Turn an old API key into a code: it comes to the redirect address, not with the answer."""
    body = visit.form
    client = visit.world.oauth.client
    if (body.get("client_uuid"), body.get("client_secret")) != (client.client_id, client.client_secret):
        raise bad_request("client_uuid or client_secret is wrong")
    user = next((row for row in visit.state.users.all() if row["email"] == body.get("login")), None)
    if user is None or body.get("api_key") != user["_api_key"]:
        raise forbidden("login or api_key is wrong")
    now = visit.state.now()
    if now - visit.state.exchanged_at.get(user["email"], -EXCHANGE_EVERY) < EXCHANGE_EVERY:
        raise Refusal(429, "Once in five minutes")
    visit.state.exchanged_at[user["email"]] = now
    query = {
        "code": visit.world.oauth.code(user["id"]),
        "referer": _account_host(visit),
        "from_exchange": "1",
        **({"state": str(body["state"])} if body.get("state") else {}),
    }
    visit.state.callbacks.append(f"{client.redirect_uri}?{urlencode(query)}")
    return Response(status=202)


def _account(visit: Visit) -> Row:
    settings = visit.state.settings
    return {
        "id": settings.account_id,
        "subdomain": settings.subdomain,
        "domain": settings.host,
        "top_level_domain": settings.domain.rsplit(".", 1)[-1],
    }


def _account_host(visit: Visit) -> str:
    """The account's host; on a socket, the very address that was called, where the account lives too."""
    host = visit.request.host
    settings = visit.state.settings
    is_real = host == settings.domain or host.endswith(f".{settings.domain}")
    return settings.host if is_real else urlsplit(visit.request.url).netloc


ROUTES: Final = (
    Route("oauth.authorize", "GET", "/oauth", authorize, is_open=True),
    Route("oauth.token", "POST", "/oauth2/access_token", issue_token, is_open=True),
    Route("oauth.account_subdomain", "GET", "/oauth2/account/subdomain", account_of_token),
    Route(
        "oauth.account_current_subdomain",
        "GET",
        "/oauth2/account/current/subdomain",
        account_of_refresh_token,
        is_open=True,
    ),
    Route("oauth.exchange_api_key", "POST", "/oauth2/exchange_api_key", exchange_api_key, is_open=True),
    Route("oauth.resource_owner", "GET", "/v3/user", resource_owner),
)
