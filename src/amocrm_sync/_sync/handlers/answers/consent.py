# Generated from src/amocrm_sync/_async/handlers/answers/consent.py by tools/unasync.py: edit that file instead.
"""The connection: consent, codes, tokens, and what a badge shows of them."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

import attrs

from amocrm_sync._core.callback import PendingConsent
from amocrm_sync._core.connection import ConnectionStatus
from amocrm_sync._core.handlers.access import Principal, Role
from amocrm_sync._core.handlers.guard import same
from amocrm_sync._core.handlers.message import Response, json_response, redirect
from amocrm_sync._core.handlers.problem import Problem, problem_of, wrong_field
from amocrm_sync._core.handlers.session import cookie_header
from amocrm_sync._core.hosts import trusted_account
from amocrm_sync._core.oauth import CODE_LIFETIME
from amocrm_sync._sync.handlers.answers.page import returned
from amocrm_sync._sync.handlers.call import Call, InputErrors
from amocrm_sync._sync.stores.states import MemoryStateStore
from amocrm_sync.errors import AmoCRMError, AmoCRMTokenExpired, OAuthError

_COOKIE = "amo_state"
_EXCHANGE = "exchange"
_REFUSED = "amoCRM refuses the token: make a new one in the keys tab of the integration"
_DONE = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>amoCRM</title>"
    b"<p>The account is connected. You can close this window.</p></html>"
)


def auth_url(call: Call) -> Response:
    """Begin a consent. The browser keeps a mark of it, so that nobody else's consent ends in this owner's account."""
    request = call.flow.authorization_url(owner=call.owner, mode=call.query.mode)
    _remember(call, request.state)
    mark = cookie_header(
        _mark(request.state),
        int(CODE_LIFETIME),
        path="/",
        secure=call.handlers.options.secure_cookies,
        name=_COOKIE,
    )
    return json_response({"url": request.url, "state": request.state}, headers={"Set-Cookie": mark})


def callback(call: Call) -> Response:
    """The browser comes back: check whose consent it is, exchange the code, save the tokens."""
    try:
        _come_back(call)
    except (Problem, AmoCRMError) as error:
        problem = error if isinstance(error, Problem) else problem_of(error)
        shown = returned(call, problem.code, problem.detail, problem.status)
        if shown is None:
            raise
        return shown
    after = call.handlers.options.after_connect
    if after is not None:
        return redirect(after)
    done = returned(call, "connected", "The account is connected. You can close this window.")
    return done or Response(200, {"Content-Type": "text/html; charset=utf-8"}, _DONE)


def _come_back(call: Call) -> None:
    params = {name: values[0] for name, values in call.request.query.items() if values}
    is_exchange = params.get("from_exchange", "0") not in ("", "0")
    if is_exchange:
        params.pop("state", None)  # such a callback is known by its pending exchange, and by nothing else
    state = params.get("state", "")
    owner = _owner(call, state, is_exchange=is_exchange)
    if not is_exchange:
        _check_browser(call, state, owner)
    connection = call.handlers.connections.get(owner)
    if connection is None or connection.flow is None:
        raise Problem(409, "not-configured", "the settings are gone: begin again")
    connection.flow.handle_callback(params, owner=owner)


def to_app(call: Call) -> Response:
    """Hand code and state on to the app, which exchanges them as the signed-in user. Nothing is exchanged here."""
    target = call.handlers.options.app_redirect
    if target is None:
        raise Problem(404, "no-app", "no app is registered here (app_redirect)")
    query = call.query
    given = {"code": query.code, "state": query.state, "referer": query.referer, "error": query.error}
    found = {name: value for name, value in given.items() if value is not None}
    separator = "&" if "?" in target else "?"
    return redirect(f"{target}{separator}{urlencode(found)}" if found else target)


def exchange_code(call: Call) -> Any:
    """Exchange a code that an app was given: with our state, or for an address that the owner has registered."""
    body, config = call.body, call.account.config
    referer = body.referer or (config.subdomain if config is not None else "")
    if not referer:
        raise Problem(409, "not-configured", "referer: say which account, as the redirect did")
    if body.state is not None:
        params = {"code": body.code, "state": body.state, "referer": referer}
        connection = call.flow.handle_callback(params, owner=call.owner)
    elif config is not None and config.mobile_redirect_uris:
        account = _trusted(call, referer, "referer")
        with InputErrors():
            connection = call.flow.exchange_code(body.code, account=account, owner=call.owner)
    else:
        words = "state: it is needed, for the owner has registered no redirect address for apps"
        raise Problem(409, "not-configured", words)
    return {"connected": True, "domain": connection.domain, "account_id": connection.account_id}


def paste_code(call: Call) -> Any:
    """Exchange a code that a person has copied from the window of a private integration."""
    account = _trusted(call, call.body.account or _account(call), "account")
    call.flow.exchange_code(call.body.code, account=account, owner=call.owner)
    return status(call)


def exchange_api_key(call: Call) -> Any:
    """Begin the exchange of an old API key."""
    account = _trusted(call, _account(call), "subdomain")
    _remember(call, _EXCHANGE)
    with InputErrors():
        call.flow.exchange_api_key(call.body.login, call.body.api_key, account=account, owner=call.owner)
    return {"status": "pending"}


def set_tokens(call: Call) -> Any:
    """Save a pair from elsewhere."""
    body, account = call.body, _account(call)
    with InputErrors():
        call.flow.set_tokens(
            body.access_token,
            body.refresh_token,
            account=account,
            owner=call.owner,
            expires_in=body.expires_in,
        )
    return test(call)


def test(call: Call) -> Any:
    """Whether there is a connection that works."""
    status = _standing(call)
    return {
        "connected": status.state == "connected",
        "has_tokens": status.has_tokens,
        "domain": status.domain,
        "account_id": status.account_id,
    }


def status(call: Call) -> Any:
    """The badge."""
    found = _standing(call)
    return {
        "state": found.state,
        "has_tokens": found.has_tokens,
        "domain": found.domain,
        "account_id": found.account_id,
        "user": found.user,
        "expires_at": found.expires_at,
        "error": found.error,
        "last_success": found.last_success,
    }


def disconnect(call: Call) -> Any:
    """Forget the tokens."""
    until = call.flow.disconnect(call.account.owner)
    return {"message": "disconnected", "access_until": until}


def _standing(call: Call) -> ConnectionStatus:
    """How the connection stands: by its stored tokens, or without a flow by whether amoCRM takes the client's own."""
    account = call.account
    if account.flow is not None or account.client is None:
        return call.flow.status(account.owner)
    standing = ConnectionStatus(
        state="connected",
        has_tokens=False,
        domain=account.client.base_url.partition("://")[2],
        account_id=account.account_id,
    )
    try:
        card = account.client.account.get()
    except AmoCRMTokenExpired:
        return attrs.evolve(standing, state="error", error=_REFUSED)
    except AmoCRMError as error:
        return attrs.evolve(standing, state="error", error=problem_of(error).detail)
    return attrs.evolve(standing, account_id=card.id, user=card.current_user_id)


def _account(call: Call) -> str:
    """Which account is meant: the settings' one, else the one that was connected last."""
    config = call.account.config
    if config is not None and config.subdomain:
        return config.subdomain
    known = (call.flow.status(call.owner)).domain
    if known is None:
        raise Problem(409, "not-configured", "subdomain: save the account's address in the settings first")
    return known


def _trusted(call: Call, account: str, field: str) -> str:
    """The account's address, if it is amoCRM's or Kommo's, or the emulator's: the client secret is sent there."""
    try:
        return trusted_account(account, call.flow.origin).base_url
    except OAuthError:
        raise wrong_field(field, "write mycompany or mycompany.amocrm.ru") from None


def _states(call: Call) -> Any:
    """Where it is kept who began a consent."""
    handlers = call.handlers
    if handlers.states is None:
        handlers.states = MemoryStateStore()
    return handlers.states


def _remember(call: Call, state: str) -> None:
    now = call.handlers.clock.now()
    pending = PendingConsent(owner=call.owner, expires_at=now + CODE_LIFETIME)
    _states(call).put(_mark(state), pending, now=now)


def _owner(call: Call, state: str, *, is_exchange: bool) -> str:
    """Who began the consent that comes back."""
    pending = _states(call).take(_mark(_EXCHANGE if is_exchange else state))
    if pending is None or pending.expires_at <= call.handlers.clock.now():
        raise Problem(403, "state", "the state is unknown, used or over: begin the consent again")
    owner: str = pending.owner
    return owner


def _check_browser(call: Call, state: str, owner: str) -> None:
    """The browser that comes back must be the one that began, or be signed in as the owner."""
    if not call.handlers.options.bind_browser:
        return
    principal = call.principal
    if principal is not None and _may_be(principal, owner, call.handlers.connections.default_owner):
        return
    if not same(call.request.cookie(_COOKIE) or "", _mark(state)):
        raise Problem(403, "state", "the consent was begun in another browser: begin it again here")


def _may_be(principal: Principal, owner: str, default: str) -> bool:
    if principal.role is Role.ADMIN:
        return True
    return principal.role is Role.USER and (principal.own or default) == owner


def _mark(state: str) -> str:
    """What is kept of a state: not the state."""
    return hashlib.sha256(f"mark:{state}".encode("utf-8", "replace")).hexdigest()
