"""Hints from an access token. A token is a JWT that only the server can verify; here it is read, never trusted.

Source: the API page on OAuth, and tokens as they were seen: claim names are not promised.
"""

from __future__ import annotations

import base64
import math
import re
from typing import Any

import attrs

from amocrm_sync._core.shapes import YEAR_10000, as_array, json_object

_FIGURES = re.compile(r"[0-9]{1,18}")


@attrs.frozen(kw_only=True)
class Hints:
    """What a token says of itself; every field is absent in an opaque token.

    Attributes:
        exp: When it expires, unix seconds of the server's clock.
        iat: When it was issued.
        account_id: The account's id.
        user_id: Who consented.
        api_domain: The account's shard, e.g. ``api-a.amocrm.ru``.
        client_id: The integration that it was issued to.
        scopes: What the card of the integration allowed.
    """

    exp: float | None = None
    iat: float | None = None
    account_id: int | None = None
    user_id: int | None = None
    api_domain: str | None = None
    client_id: str | None = None
    scopes: tuple[str, ...] = ()


def jwt_hints(token: str) -> Hints:
    """The claims worth knowing; no hints for anything that is not a readable JWT. Never raises."""
    claims = _claims(token)
    return Hints(
        exp=_moment(claims.get("exp")),
        iat=_moment(claims.get("iat")),
        account_id=_integer(claims.get("account_id")),
        user_id=_integer(claims.get("sub")),
        api_domain=_api_domain(claims),
        client_id=_client_id(claims.get("aud")),
        scopes=tuple(scope for scope in as_array(claims.get("scopes")) if isinstance(scope, str)),
    )


def has_ended(token: str, now: float) -> bool:
    """Whether a token has ended by its own account; one that does not say has not."""
    ends = jwt_hints(token).exp
    return ends is not None and ends <= now


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return {}
    try:
        return json_object(base64.b64decode(_padded(parts[1]), altchars=b"-_", validate=True))
    except ValueError:
        return {}


def _padded(part: str) -> str:
    return part + "=" * (-len(part) % 4)


def _moment(value: Any) -> float | None:
    """Unix seconds; ``None`` for what cannot be a moment between 1970 and 9999."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and 0 < seconds < YEAR_10000 else None


def _integer(value: Any) -> int | None:
    """An id, as a number or in figures; longer than 64 bits is none."""
    if isinstance(value, str) and _FIGURES.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _client_id(audience: Any) -> str | None:
    """The integration that the token was issued to; the claim may be a list."""
    first = next(iter(as_array(audience)), audience)
    return first if isinstance(first, str) and first else None


def _api_domain(claims: dict[str, Any]) -> str | None:
    """The shard's host: the claim is printed both with and without the domain."""
    domain, base = claims.get("api_domain"), claims.get("base_domain")
    if not isinstance(domain, str) or not domain:
        return None
    return f"{domain}.{base}" if "." not in domain and isinstance(base, str) and base else domain
