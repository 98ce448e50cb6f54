"""Tokens that amoCRM signs for the host: of a widget's page, and of a bot. Every claim is checked before one is believed.

Source: fact file oauth.md, section 10.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import attrs

from amocrm_sync._core.hosts import AccountHost, is_amocrm_host, parse_account
from amocrm_sync._core.shapes import json_object
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync.errors import ConfigurationError, OAuthError

LEEWAY = 30.0
"""Seconds that the clocks of amoCRM and of the host may differ."""

Algorithm: TypeAlias = Literal["HS256", "HS512"]


@attrs.frozen
class DisposableToken:
    """Who is looking at the widget (header ``X-Auth-Token`` of its requests).

    Attributes:
        account: The account's host.
        account_id: Its id.
        user_id: The user.
        jti: The token's own id: keep it for 30 minutes to refuse a second use.
        expires_at: When it ends, unix seconds.
        is_admin: Whether the user administers the account, where the token says so.
    """

    account: str
    account_id: int
    user_id: int
    jti: str
    expires_at: float
    is_admin: bool | None = None


@attrs.frozen
class BotToken:
    """Which record a bot's ``widget_request`` is about (field ``token`` of its body).

    Attributes:
        account: The account's host.
        account_id: Its id.
        entity: ``lead``, ``contact`` or ``customer``.
        entity_id: The record.
        expires_at: When the token ends, unix seconds.
    """

    account: str
    account_id: int
    entity: str
    entity_id: int
    expires_at: float


@attrs.frozen
class Audience(Unpicklable):
    """Whom a token must be for.

    Attributes:
        client_id: The integration.
        client_secret: The key of the signature.
        redirect_uri: Its scheme and host are the audience.
        origin: An emulator's origin, which may be the issuer as well.
    """

    client_id: str
    client_secret: str = attrs.field(repr=False)
    redirect_uri: str
    origin: str = ""


def parse_disposable_token(token: str, audience: Audience, now: float) -> DisposableToken:
    """The claims of a widget's token, if its signature (HS256) and all of them are right.

    Raises:
        OAuthError: One is not; the message names it. The request is then nobody's.
    """
    claims = _verified(token, audience, "HS256", now)
    _require(claims.get("aud") == _origin(audience.redirect_uri), "aud is not this host")
    _require(claims.get("client_uuid") == audience.client_id, "client_uuid is another integration")
    jti = claims.get("jti")
    _require(isinstance(jti, str) and bool(jti), "jti is missing")
    is_admin = claims.get("is_admin")
    return DisposableToken(
        account=_issuer(claims, audience).host,
        account_id=_id(claims, "account_id"),
        user_id=_id(claims, "user_id"),
        jti=str(jti),
        expires_at=float(claims["exp"]),
        is_admin=is_admin if isinstance(is_admin, bool) else None,
    )


def parse_bot_token(token: str, audience: Audience, now: float) -> BotToken:
    """The claims of a bot's token, if its signature (HS512) and all of them are right.

    Raises:
        OAuthError: One is not; the message names it. The request is then nobody's.
    """
    claims = _verified(token, audience, "HS512", now)
    if "aud" in claims:
        _require(claims["aud"] == _origin(audience.redirect_uri), "aud is not this host")
    if "client_uuid" in claims:
        _require(claims["client_uuid"] == audience.client_id, "client_uuid is another integration")
    entity = claims.get("entity_type")
    _require(isinstance(entity, str) and bool(entity), "entity_type is missing")
    return BotToken(
        account=_issuer(claims, audience).host,
        account_id=_id(claims, "account_id"),
        entity=str(entity),
        entity_id=_id(claims, "entity_id"),
        expires_at=float(claims["exp"]),
    )


def _verified(token: str, audience: Audience, algorithm: Algorithm, now: float) -> dict[str, Any]:
    """The claims, once signature and times are right. The algorithm is ours to choose, not the token's."""
    if not audience.client_secret:
        raise ConfigurationError("client_secret: it is empty, so no signature can be checked")
    parts = token.split(".")
    _require(len(parts) == 3 and token.isascii(), "it is not a JWT")  # noqa: PLR2004 - header, claims, signature
    header, claims = _object(parts[0]), _object(parts[1])
    _require(header.get("alg") == algorithm, f"it is not signed with {algorithm}")
    digest = hashlib.sha256 if algorithm == "HS256" else hashlib.sha512
    signed = f"{parts[0]}.{parts[1]}".encode()
    expected = hmac.new(audience.client_secret.encode(), signed, digest).digest()
    _require(hmac.compare_digest(expected, _bytes(parts[2])), "the signature is wrong: check client_secret")
    _require(_moment(claims, "exp") > now - LEEWAY, "it has expired")
    for name in ("iat", "nbf"):
        _require(_moment(claims, name) <= now + LEEWAY, f"{name} lies ahead: check this machine's clock")
    return claims


def _issuer(claims: dict[str, Any], audience: Audience) -> AccountHost:
    issuer = claims.get("iss")
    try:
        account = parse_account(issuer) if isinstance(issuer, str) and "://" in issuer else None
    except ConfigurationError:
        account = None
    if account is None or not (is_amocrm_host(account.host) or account.base_url == audience.origin):
        raise OAuthError("the token is refused: iss is no account of amoCRM or Kommo")
    return account


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _id(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise OAuthError(f"the token is refused: {name} is no id")
    return value


def _moment(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OAuthError(f"the token is refused: {name} is missing")
    return float(value)


def _object(part: str) -> dict[str, Any]:
    return json_object(_bytes(part))


def _bytes(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _require(kept: bool, what: str) -> None:
    if not kept:
        raise OAuthError(f"the token is refused: {what}")
