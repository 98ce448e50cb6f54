"""JSON Web Tokens of the host: checked by joserfc, with every claim that matters pinned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from amocrm_sync._core.handlers.access import Principal, Role
from amocrm_sync._core.shapes import is_array
from amocrm_sync.errors import ConfigurationError

ALGORITHMS = frozenset(
    {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
    | {"ES256", "ES384", "ES512", "EdDSA"}
)
_SHORTEST_SECRET = 32


@attrs.frozen(kw_only=True)
class TokenRules:
    """What a token must say.

    Attributes:
        issuer: Its ``iss``.
        audience: In its ``aud``.
        algorithm: The one algorithm; never taken from the token.
        leeway: Seconds that clocks may differ.
        role_claim: The claim with the role, or a list of them.
        owner_claim: The claim with the owner; ``sub`` where it is absent.
        roles: The host's own words for roles → ours.
    """

    issuer: str
    audience: str
    algorithm: str
    leeway: float = 30.0
    role_claim: str = "role"
    owner_claim: str = "owner"
    roles: Mapping[str, str] = attrs.field(factory=dict[str, str])


def bearer(authorization: str | None) -> str | None:
    """The token of an ``Authorization`` header."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def secret_key(secret: str, algorithm: str) -> OctKey:
    """The key that a shared secret is.

    Raises:
        ConfigurationError: It is too short, or the algorithm wants a key pair.
    """
    if not algorithm.startswith("HS"):
        raise ConfigurationError(f"algorithm: {algorithm} needs jwks or jwks_url; a secret goes with HS256")
    if len(secret.encode()) < _SHORTEST_SECRET:
        raise ConfigurationError(f"secret: at least {_SHORTEST_SECRET} bytes are needed")
    return OctKey.import_key(secret)


def key_set(document: Any, algorithm: str) -> KeySet:
    """The keys of a JWKS document.

    Raises:
        ConfigurationError: It is none, or holds shared secrets.
    """
    if algorithm.startswith("HS"):
        raise ConfigurationError(
            f"algorithm: {algorithm} is for a secret; name the one that the keys are for"
        )
    try:
        return KeySet.import_key_set(document)
    except (JoseError, KeyError, TypeError, ValueError):
        raise ConfigurationError("jwks: it is no set of keys ({'keys': […]})") from None


def principal_of(token: str, key: OctKey | KeySet, rules: TokenRules, now: float) -> Principal | None:
    """Who a token speaks for, or ``None`` if anything about it is not right."""
    try:
        claims = jwt.decode(token, key, algorithms=[rules.algorithm]).claims
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if not _is_valid(claims, rules, now):
        return None
    subject, role = claims.get("sub"), _role(claims.get(rules.role_claim), rules.roles)
    if not isinstance(subject, str) or not subject or role is None:
        return None
    owner = claims.get(rules.owner_claim)
    return Principal(id=subject, role=role, owner=owner if isinstance(owner, str) else None)


def _is_valid(claims: Mapping[str, Any], rules: TokenRules, now: float) -> bool:
    expires, begins, audience = claims.get("exp"), claims.get("nbf", 0), claims.get("aud")
    audiences: Sequence[Any] = audience if is_array(audience) else [audience]
    return (
        claims.get("iss") == rules.issuer
        and rules.audience in audiences
        and isinstance(expires, int | float)
        and now < expires + rules.leeway
        and isinstance(begins, int | float)
        and now >= begins - rules.leeway
    )


def _role(value: Any, names: Mapping[str, str]) -> Role | None:
    """The strongest role that the claim names."""
    said = {names.get(str(word), str(word)) for word in (value if is_array(value) else [value])}
    return next(
        (role for role in (Role.ADMIN, Role.SERVICE, Role.USER, Role.GUEST) if role.value in said), None
    )
