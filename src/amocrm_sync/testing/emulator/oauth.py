"""Codes and tokens: who was given what, and whether it still counts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs
from joserfc import jwt
from joserfc.jwk import OctKey

from amocrm_sync.testing.emulator.refusals import Refusal
from amocrm_sync.testing.emulator.state import State

RefreshMode: TypeAlias = Literal["strict", "overlap"]

CODE_TTL: Final = 20 * 60
REFRESH_TTL: Final = 90 * 86_400
LONG_LIVED_TTL: Final = 5 * 365 * 86_400
SCOPES: Final = ("push_notifications", "files", "crm", "files_delete", "notifications")


@attrs.frozen(kw_only=True)
class Client:
    """An integration: its id, secret and registered address."""

    client_id: str
    client_secret: str = attrs.field(repr=False)
    redirect_uri: str


@attrs.define(kw_only=True)
class Grant:
    """A user's consent to an integration, and the refresh tokens that still stand for it (with their ends)."""

    user_id: int
    client_id: str
    refresh_tokens: dict[str, int] = attrs.field(factory=dict[str, int], repr=False)


@attrs.define(kw_only=True)
class Access:
    """An access token's meaning."""

    user_id: int
    client_id: str
    expires_at: float
    is_long_lived: bool = False


class TokenProblem(Refusal):
    """What the token endpoint refuses, with the hint that says why."""

    def __init__(self, hint: str, *, status: int = 400) -> None:
        """Take the hint."""
        detail = "Authorization failed" if status == 401 else "Parameters are missing or invalid"  # noqa: PLR2004
        super().__init__(status, detail, hint=hint)


class OAuth:
    """Issues and checks codes and tokens.

    ``strict`` kills a refresh token as soon as it was exchanged; ``overlap`` keeps it until its successor is
    used (the two things that the documentation of amoCRM and of Kommo say).
    """

    def __init__(self, state: State, client: Client, *, mode: RefreshMode, access_ttl: int) -> None:
        """Serve one integration."""
        self.client = client
        self.mode: RefreshMode = mode
        self.access_ttl = access_ttl
        self.refreshes = 0
        self.refusals = 0
        self._state = state
        self._random = random.Random(state.random.getrandbits(64))
        self._key = OctKey.import_key(self._random.randbytes(32))
        self._codes: dict[str, tuple[int, int]] = {}
        self._spent_codes: set[str] = set()
        self._grants: dict[str, Grant] = {}
        self._access: dict[str, Access] = {}

    def code(self, user_id: int) -> str:
        """An authorization code: good for 20 minutes, once."""
        code = self._opaque(64)
        self._codes[code] = (user_id, self._state.now() + CODE_TTL)
        return code

    def long_lived(self, user_id: int) -> str:
        """A long-lived token of the integration."""
        return self._access_token(user_id, LONG_LIVED_TTL, is_long_lived=True)

    def pair(self, user_id: int) -> dict[str, Any]:
        """A fresh pair of tokens, as the token endpoint answers."""
        return self._pair(Grant(user_id=user_id, client_id=self.client.client_id))

    def exchange(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What ``POST /oauth2/access_token`` does.

        Raises:
            TokenProblem: 400 for anything wrong with the request, 401 for a dead refresh token.
        """
        try:
            self._check_client(body)
            if body["grant_type"] == "authorization_code":
                return self._exchange_code(str(body.get("code")))
            return self._refresh(str(body.get("refresh_token")))
        except TokenProblem:
            self.refusals += 1
            raise

    def check(self, token: str) -> Access:
        """The meaning of an access token.

        Raises:
            Refusal: 401 for a token that is unknown, expired or revoked.
        """
        access = self._access.get(token)
        if access is None or access.expires_at <= self._state.clock.now():
            raise unauthorized()
        return access

    def holder(self, refresh_token: str) -> Grant:
        """Whose live refresh token this is.

        Raises:
            Refusal: 401 for a dead one.
        """
        grant = self._live(refresh_token)
        if grant is None:
            raise unauthorized()
        return grant

    def expire_access(self) -> None:
        """End every access token now; long-lived ones stay."""
        for access in self._access.values():
            if not access.is_long_lived:
                access.expires_at = 0

    def revoke(self) -> None:
        """Switch the integration off in the account: no token works any more."""
        self._access.clear()
        for grant in self._grants.values():
            grant.refresh_tokens.clear()

    def _check_client(self, body: Mapping[str, Any]) -> None:
        if body.get("grant_type") not in ("authorization_code", "refresh_token"):
            raise TokenProblem("Check the `grant_type` parameter")
        for name in ("client_id", "client_secret", "redirect_uri"):
            if not body.get(name):
                raise TokenProblem(f"Check the `{name}` parameter")
        if body["client_id"] != self.client.client_id or body["client_secret"] != self.client.client_secret:
            raise TokenProblem("Client authentication failed")
        if body["redirect_uri"] != self.client.redirect_uri:
            raise TokenProblem("Check the `redirect_uri` parameter")

    def _exchange_code(self, code: str) -> dict[str, Any]:
        if code in self._spent_codes:
            raise TokenProblem("Authorization code has been revoked")
        user_id, ends_at = self._codes.pop(code, (0, 0))
        if not ends_at:
            raise TokenProblem("Cannot decrypt the authorization code")
        self._spent_codes.add(code)
        if ends_at <= self._state.now():
            raise TokenProblem("Authorization code has expired")
        return self.pair(user_id)

    def _refresh(self, token: str) -> dict[str, Any]:
        grant = self._live(token)
        if grant is None:
            raise TokenProblem("Token has been revoked", status=401)
        self.refreshes += 1
        ends_at = grant.refresh_tokens[token]
        grant.refresh_tokens.clear()
        if self.mode == "overlap":
            grant.refresh_tokens[token] = ends_at
        return self._pair(grant)

    def _live(self, token: str) -> Grant | None:
        grant = self._grants.get(token)
        if grant is None or grant.refresh_tokens.get(token, 0) <= self._state.now():
            return None
        return grant

    def _pair(self, grant: Grant) -> dict[str, Any]:
        now = self._state.now()
        refresh = "def50200" + self._opaque(120)
        grant.refresh_tokens[refresh] = now + REFRESH_TTL
        self._grants[refresh] = grant
        return {
            "token_type": "Bearer",
            "expires_in": self.access_ttl,
            "server_time": now,
            "access_token": self._access_token(grant.user_id, self.access_ttl),
            "refresh_token": refresh,
        }

    def _access_token(self, user_id: int, ttl: int, *, is_long_lived: bool = False) -> str:
        settings = self._state.settings
        now = self._state.now()
        claims: dict[str, Any] = {
            "aud": self.client.client_id,
            "jti": self._opaque(80),
            "iat": now,
            "nbf": now,
            "exp": now + ttl,
            "sub": str(user_id),
            "grant_type": "",
            "account_id": settings.account_id,
            "base_domain": settings.domain,
            "version": 2,
            "scopes": list(SCOPES),
            "user_flags": 0,
            "hash_uuid": self._state.uuid(),
            "api_domain": f"api-a.{settings.domain}",
        }
        token = jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, self._key)
        self._access[token] = Access(
            user_id=user_id,
            client_id=self.client.client_id,
            expires_at=now + ttl,
            is_long_lived=is_long_lived,
        )
        return token

    def _opaque(self, length: int) -> str:
        return f"{self._random.getrandbits(length * 4):0{length}x}"


def unauthorized() -> Refusal:
    """What a request without a good token is answered."""
    return Refusal(401, "Invalid user name or password")
