"""What is said to the consent page and to the token endpoint, and what their answers mean.

Requests are built by authlib's transport-free half. Answers are read here: authlib takes the body of a 4xx for a
token, while amoCRM's problems need a cause and a fix. Source: the API pages on OAuth.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias, TypeGuard
from urllib.parse import parse_qsl

import attrs

from amocrm_sync._core.call import Reply
from amocrm_sync._core.hosts import AccountHost
from amocrm_sync._core.jwt import jwt_hints
from amocrm_sync._core.problem import error_from, read_problem, snippet
from amocrm_sync._core.redact import scrub
from amocrm_sync._core.shapes import json_object
from amocrm_sync._core.tokens import DEFAULT_OWNER, TokenKey, TokenRecord
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync.errors import (
    AmoCRMError,
    AuthorizationLost,
    ConfigurationError,
    ErrorContext,
    InvalidResponseError,
    OAuthError,
)

TOKEN_PATH = "/oauth2/access_token"  # noqa: S105 - a path
API_KEY_PATH = "/oauth2/exchange_api_key"
CODE_LIFETIME = 20 * 60.0
"""Seconds that an authorization code lives."""

LEASE_SECONDS = 60.0
"""How long a renewal may take before another process may try; also what the others wait when its process is killed."""
SHORTEST_LEASE = 15.0
"""HTTP gets the lease less 5 seconds, in four phases (pool, connect, write, read) of two seconds at least."""

Grant: TypeAlias = Literal["authorization_code", "refresh_token"]
Mode: TypeAlias = Literal["popup", "post_message"]


class AnyTokenStore(Protocol):
    """A token store of either colour; the client checks that it is its own."""

    def load(self, key: TokenKey) -> Any:
        """See :class:`amocrm_sync.protocols.TokenStore`."""
        ...

    def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> Any:
        """See :class:`amocrm_sync.protocols.TokenStore`."""
        ...

    def delete(self, key: TokenKey) -> Any:
        """See :class:`amocrm_sync.protocols.TokenStore`."""
        ...

    def lease(self, key: TokenKey, ttl: float) -> Any:
        """See :class:`amocrm_sync.protocols.TokenStore`."""
        ...


def _present(_: OAuth, field: attrs.Attribute[str], value: str) -> None:
    if not value or value != value.strip():
        state = "is empty" if not value else "has spaces around it"
        raise ConfigurationError(f"{field.name}: {state}; copy it from the keys tab of the integration")


def _long_enough(_: OAuth, field: attrs.Attribute[float], value: float) -> None:
    if not value >= SHORTEST_LEASE:
        raise ConfigurationError(
            f"{field.name}: at least {SHORTEST_LEASE:.0f} seconds are needed, not {value!r}: the exchange of tokens has to be "
            "over 5 seconds before the lease ends"
        )


@attrs.frozen
class OAuth(Unpicklable):
    """An integration's keys and the store that holds its tokens: ``AmoCRM("mycompany", auth=OAuth(…))``.

    Attributes:
        client_id: The integration's id (a uuid).
        client_secret: Its secret.
        redirect_uri: Exactly as registered in the integration's card.
        store: Where token pairs are kept; sync for ``AmoCRM``, async for ``AsyncAmoCRM``.
        owner: The host's own user or tenant id; empty for the host itself.
        lease_seconds: How long one renewal may take, HTTP and all: every HTTP deadline in it ends 5 seconds before. When the
            process that renews is killed, the others wait that long. The same for all processes that share the store.

    Raises:
        ConfigurationError: A value is empty or has spaces around it, or the lease is too short for an exchange.
    """

    client_id: str = attrs.field(validator=_present)
    client_secret: str = attrs.field(validator=_present, repr=False)
    redirect_uri: str = attrs.field(validator=_present)
    store: AnyTokenStore = attrs.field(kw_only=True)
    owner: str = attrs.field(default=DEFAULT_OWNER, kw_only=True)
    lease_seconds: float = attrs.field(default=LEASE_SECONDS, validator=_long_enough, kw_only=True)


@attrs.frozen
class TokenRequest:
    """A POST to the token endpoint."""

    url: str
    body: dict[str, str] = attrs.field(repr=False)


@attrs.frozen
class TokenPair(Unpicklable):
    """What the token endpoint has issued.

    Attributes:
        access_token: Goes with every call.
        refresh_token: Is exchanged, once, for the next pair.
        expires_at: When the access token ends, unix seconds of our clock; ``None`` if the server did not say.
    """

    access_token: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    expires_at: float | None


def authorization_url(client_id: str, state: str, *, origin: str, mode: Mode = "popup") -> str:
    """The consent page's address.

    Args:
        client_id: The integration's id.
        state: Comes back unchanged in the callback.
        origin: ``https://www.amocrm.ru``; see :func:`amocrm_sync._core.hosts.consent_origin`.
        mode: ``popup``: the redirect happens in the main window; ``post_message``: in the opened one.
    """
    return str(_authlib().prepare_grant_uri(f"{origin}/oauth", client_id, "code", state=state, mode=mode))


def token_request(oauth: OAuth, account: AccountHost, grant: Grant, value: str) -> TokenRequest:
    """The request that exchanges a code or a refresh token for a new pair.

    Raises:
        ConfigurationError: The code or refresh token is empty.
    """
    name = "code" if grant == "authorization_code" else "refresh_token"
    if not value.strip():
        raise ConfigurationError(f"{name}: it is empty")
    form = _authlib().prepare_token_request(
        grant,
        redirect_uri=oauth.redirect_uri,
        client_id=oauth.client_id,
        client_secret=oauth.client_secret,
        **{name: value.strip()},
    )
    return TokenRequest(account.base_url + TOKEN_PATH, dict(parse_qsl(form)))


def _authlib() -> Any:
    """The request builders, imported when first needed: 60 ms that the user of a long-lived token saves."""
    from authlib.oauth2.rfc6749 import parameters  # type: ignore[import-untyped]  # authlib has no types

    return parameters


def read_token_reply(reply: Reply, now: float, grant: Grant, account: str) -> TokenPair | AmoCRMError:
    """The issued pair, or the error that says what to do. Nothing but a complete pair passes for one.

    Args:
        reply: The answer of the token endpoint.
        now: When the request was sent, unix seconds.
        grant: What was exchanged: a refused refresh token is :class:`AuthorizationLost`.
        account: The account's host, for the error.
    """
    context = ErrorContext(
        method="POST",
        path=TOKEN_PATH,
        account=account,
        attempts=1,
        request_id=reply.headers.get("x-request-id"),
    )
    if reply.status == 200:  # noqa: PLR2004 - HTTP's own number
        return _read_pair(reply, now, context)
    if reply.status in (400, 401, 404) and read_problem(reply):
        return _refusal(reply, grant, context)
    if reply.status >= 400:  # noqa: PLR2004 - as above
        return error_from(reply, context)
    return InvalidResponseError(
        f"the token endpoint answered {reply.status}", context=context, status=reply.status, snippet=""
    )


def _read_pair(reply: Reply, now: float, context: ErrorContext) -> TokenPair | AmoCRMError:
    data = json_object(reply.body)
    if not data:
        return InvalidResponseError(
            f"the token endpoint answered 200 with something that is no token: {snippet(reply)}",
            context=context,
            status=200,
            snippet=snippet(reply),
        )
    access, refresh = data.get("access_token"), data.get("refresh_token")
    kind = data.get("token_type", "Bearer")
    if _is_token(access) and _is_token(refresh) and str(kind).lower() == "bearer":
        return TokenPair(access, refresh, _expiry(data.get("expires_in"), access, now))
    # The fields' names only: the body may hold one half of a pair.
    return InvalidResponseError(
        "the token endpoint answered 200 without a complete Bearer pair "
        f"(fields: {', '.join(sorted(map(str, data))) or 'none'})",
        context=context,
        status=200,
        snippet="",
    )


def _is_token(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value) and value.isascii() and not any(map(str.isspace, value))


def _expiry(expires_in: Any, access_token: str, now: float) -> float | None:
    """By our clock: a pair is too precious to be refused for a missing figure, so the JWT's own lifetime helps."""
    try:
        seconds = float(expires_in)
    except (TypeError, ValueError):
        hints = jwt_hints(access_token)
        return None if hints.exp is None or hints.iat is None else now + hints.exp - hints.iat
    return now + seconds if 0 < seconds < 10**10 else None


_CAUSES: tuple[tuple[str, str, bool], ...] = (
    # words of the server, what is wrong and what to do, whether the grant itself is dead
    ("code has expired", "the code is older than 20 minutes: send the user to the consent page again", True),
    ("code has been revoked", "the code was already used: a code works once; send the user to the consent page again", True),
    ("authorization code", "the code is not one of this integration's: take it from the latest callback, whole", True),
    ("token has been revoked", "the refresh token was already used, or the grant was revoked: connect again", True),
    ("token has expired", "the refresh token was not used for three months: connect again", True),
    ("token is not linked", "the refresh token belongs to another integration: check client_id", False),
    ("refresh token", "the refresh token is damaged or another integration's: connect again", True),
    ("redirect", "redirect_uri must be the registered one, character by character (slash at the end, http/https)", False),
    ("client authentication", "client_id or client_secret is wrong: copy both from the keys tab (a regenerated secret replaces the old one)", False),
    ("client_secret", "client_secret is wrong: copy it from the keys tab", False),
    ("invalid_client", "client_id or client_secret is wrong: copy both from the keys tab", False),
    ("client_id", "client_id is wrong: copy it from the keys tab", False),
    ("disabled", "the integration is switched off in the account: switch it on, then connect again", True),
    ("account not found", "there is no such account at this address: check the subdomain and the zone (.ru, .com, kommo.com)", False),
)  # fmt: skip
_UNKNOWN = {
    "authorization_code": (
        "check in this order: the code is under 20 minutes old and was not used before; redirect_uri equals the "
        "registered one; client_secret is the present one; the account is the one of the callback's referer"
    ),
    "refresh_token": (
        "the refresh token is used, revoked or outdated, the integration is switched off, or its secret was "
        "regenerated: check client_secret, then connect again"
    ),
}


def _refusal(reply: Reply, grant: Grant, context: ErrorContext) -> AmoCRMError:
    """The typed error of a refused exchange, with its cause and fix."""
    problem = read_problem(reply)
    words = [
        str(problem[name]) for name in ("hint", "title", "detail", "error", "message") if problem.get(name)
    ]
    words.append(reply.headers.get("x-error", ""))
    said = scrub("; ".join(dict.fromkeys(filter(None, words))))
    lowered = said.lower()
    cause = next(((text, dead) for needle, text, dead in _CAUSES if needle in lowered), None)
    fix, dead = cause or (_UNKNOWN[grant], reply.status != 404)  # noqa: PLR2004
    may_have_moved = reply.status in (401, 404) and (cause is None or "account not found" in lowered)
    kind = AuthorizationLost if grant == "refresh_token" and dead else OAuthError
    what = "the refresh token" if grant == "refresh_token" else "the authorization code"
    message = f"{what} was refused with {reply.status} ({said}): {fix}"
    return kind(message, context=context, may_have_moved=may_have_moved)


def api_key_request(oauth: OAuth, account: AccountHost, login: str, api_key: str, state: str) -> TokenRequest:
    """The request that turns an API key of the old days into a code, which comes to ``redirect_uri`` later."""
    for name, value in (("login", login), ("api_key", api_key)):
        if not value.strip():
            raise ConfigurationError(f"{name}: it is empty")
    body = {
        "login": login.strip(),
        "api_key": api_key.strip(),
        "client_uuid": oauth.client_id,
        "client_secret": oauth.client_secret,
        "state": state,
    }
    return TokenRequest(account.base_url + API_KEY_PATH, body)


def read_api_key_reply(reply: Reply, account: str) -> AmoCRMError | None:
    """``None`` when amoCRM has accepted the key (202: the code follows), else the error that says what to do."""
    if reply.status == 202:  # noqa: PLR2004 - HTTP's own number
        return None
    context = ErrorContext(method="POST", path=API_KEY_PATH, account=account, attempts=1)
    if reply.status < 400:  # noqa: PLR2004 - as above
        return InvalidResponseError(
            f"exchange_api_key answered {reply.status} instead of 202", context=context, status=reply.status
        )
    if reply.status == 429:  # noqa: PLR2004 - as above
        return OAuthError(
            "the key of a user may be exchanged once in 5 minutes: try again then", context=context
        )
    error = error_from(reply, context)
    fix = "check login and api_key, and that the integration is installed in the account"
    return OAuthError(f"the API key was refused: {error.message}; {fix}", context=context)
