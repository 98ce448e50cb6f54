"""Who asks: each authenticator takes a request and gives a principal, or ``None`` where it does not know them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from amocrm_sync._async._primitives import Lock
from amocrm_sync._async.handlers._primitives import settled
from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.handlers.access import Principal, Role
from amocrm_sync._core.handlers.guard import any_same, fingerprint
from amocrm_sync._core.handlers.message import Request
from amocrm_sync._core.handlers.session import COOKIE, SessionKey, cookie_header
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync.errors import ConfigurationError

if TYPE_CHECKING:
    from joserfc.jwk import KeySet, OctKey

AsyncAuthenticate: TypeAlias = Callable[[Request], Awaitable[Principal | None] | Principal | None]
"""Any callable does: a host's own function, or one of the classes here."""

_FRESH_SECONDS = 300.0
_BETWEEN_TRIES = 30.0


class AsyncJWTAuthenticator(Unpicklable):
    """``Authorization: Bearer`` with a JSON Web Token of the host. Needs no extra.

    Everything is pinned: issuer, audience, the one algorithm, expiry. The claims ``sub``, ``role`` (``admin``, ``user``,
    ``guest``, ``service``) and, where there is one, ``owner`` say who it is.

    Args:
        issuer: What ``iss`` must be.
        audience: What must be in ``aud``.
        algorithm: The only algorithm that is accepted, whatever the token says.
        secret: The shared secret, at least 32 bytes, for HS256 and its like.
        jwks: The public keys, as a JWKS document.
        jwks_url: Where they are; they are read again every five minutes, and when a token names a new key.
        http_client: A client of httpx or httpx2 for ``jwks_url``.
        role_claim: The claim with the role.
        owner_claim: The claim with the owner; without it a user owns what stands under ``sub``.
        roles: The host's own words for roles → ours.
        leeway: Seconds that clocks may differ.
        clock: Where time comes from.

    Raises:
        ConfigurationError: Not exactly one of ``secret``, ``jwks``, ``jwks_url``; a short secret; an unknown algorithm.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        algorithm: str = "HS256",
        secret: str | None = None,
        jwks: Mapping[str, Any] | None = None,
        jwks_url: str | None = None,
        http_client: Any = None,
        role_claim: str = "role",
        owner_claim: str = "owner",
        roles: Mapping[str, str] | None = None,
        leeway: float = 30.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        from amocrm_sync._core.handlers.tokens import ALGORITHMS, TokenRules, key_set, secret_key

        if sum(given is not None for given in (secret, jwks, jwks_url)) != 1:
            raise ConfigurationError("secret, jwks or jwks_url: give exactly one of them")
        if algorithm not in ALGORITHMS:
            raise ConfigurationError(
                f"algorithm: {algorithm!r} is not accepted; use one of {sorted(ALGORITHMS)}"
            )
        self._rules = TokenRules(
            issuer=issuer,
            audience=audience,
            algorithm=algorithm,
            leeway=leeway,
            role_claim=role_claim,
            owner_claim=owner_claim,
            roles=dict(roles or {}),
        )
        self._clock = clock
        self._key: OctKey | KeySet | None = None
        self._remote: AsyncRemoteKeys | None = None
        if secret is not None:
            self._key = secret_key(secret, algorithm)
        elif jwks is not None:
            self._key = key_set(jwks, algorithm)
        elif jwks_url is not None:
            self._remote = AsyncRemoteKeys(jwks_url, algorithm, http_client, clock)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._rules.issuer} {self._rules.algorithm}>"

    async def __call__(self, request: Request) -> Principal | None:
        """Who the bearer token speaks for."""
        from amocrm_sync._core.handlers.tokens import bearer, principal_of

        token = bearer(request.header("authorization"))
        if token is None:
            return None
        key = self._key if self._remote is None else await self._remote.current()
        found = None if key is None else principal_of(token, key, self._rules, self._clock.now())
        if found is None and self._remote is not None:
            newer = await self._remote.newer()
            if newer is not None:
                found = principal_of(token, newer, self._rules, self._clock.now())
        return found


class AsyncRemoteKeys:
    """The keys at an address, kept for five minutes."""

    def __init__(self, url: str, algorithm: str, http_client: Any, clock: Clock) -> None:
        from amocrm_sync._http import AsyncHTTP

        if not url.startswith(("https://", "http://localhost", "http://127.0.0.1")):
            raise ConfigurationError("jwks_url: an https address is needed")
        self._url = url
        self._http = AsyncHTTP.open(http_client, base_url=url, proxy=None)
        self._algorithm = algorithm
        self._clock = clock
        self._lock = Lock()
        self._keys: KeySet | None = None
        self._tried_at = float("-inf")

    async def current(self) -> KeySet | None:
        """The keys; those of before where the address does not answer."""
        return await self._read(_FRESH_SECONDS)

    async def newer(self) -> KeySet | None:
        """The keys, if they have been read since, or can be now: at most every half minute."""
        before = self._keys
        keys = await self._read(_BETWEEN_TRIES)
        return keys if keys is not before else None

    async def _read(self, age: float) -> KeySet | None:
        from amocrm_sync._core.handlers.tokens import key_set
        from amocrm_sync._core.shapes import json_object
        from amocrm_sync._http import Failure

        async with self._lock:
            now = self._clock.monotonic()
            if now - self._tried_at < (age if self._keys is not None else _BETWEEN_TRIES):
                return self._keys
            self._tried_at = now
            reply = await self._http.send("GET", self._url, headers={}, content=None, timeout=5.0)
            if not isinstance(reply, Failure) and reply.status == 200:  # noqa: PLR2004 - OK
                try:
                    self._keys = key_set(json_object(reply.body), self._algorithm)
                except ConfigurationError:
                    return self._keys
            return self._keys


class AsyncAPIKeyAuthenticator(Unpicklable):
    """``X-API-Key`` between services, compared in constant time.

    Args:
        keys: Name of the service → its key, or several while one is replaced by another. At least 20 characters each.
        role: What the services are.
        header: Where the key comes.

    Raises:
        ConfigurationError: No key, or a short one; the message names the service, not the key.
    """

    def __init__(
        self,
        keys: Mapping[str, str | Sequence[str]],
        *,
        role: Role | str = Role.SERVICE,
        header: str = "X-API-Key",
    ) -> None:
        self._role = Role(role)
        self._header = header.lower()
        self._keys: dict[str, tuple[bytes, ...]] = {}
        for name, given in keys.items():
            each = (given,) if isinstance(given, str) else tuple(given)
            if not each or any(len(key) < 20 for key in each):  # noqa: PLR2004 - about 100 random bits
                raise ConfigurationError(f"keys: {name!r} needs a key of at least 20 characters")
            self._keys[name] = tuple(map(fingerprint, each))
        if not self._keys:
            raise ConfigurationError("keys: name at least one service with its key")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self._keys)}>"

    async def __call__(self, request: Request) -> Principal | None:
        """Which service sends the key; all are compared, whichever fits."""
        given = request.header(self._header)
        if not given:
            return None
        found = [name for name, keys in self._keys.items() if any_same(given, keys)]
        return Principal(id=found[0], role=self._role) if found else None


class AsyncSessionAuthenticator(Unpicklable):
    """The page's session: a signed cookie. Unsafe requests must bring ``X-CSRF-Token`` (see ``GET /session``).

    Args:
        secret: At least 32 characters; all sessions end when it changes.
        seconds: How long a session lasts.
        secure: ``False`` only for http on the machine itself.
        clock: Where time comes from.
    """

    def __init__(
        self, secret: str, *, seconds: int = 12 * 3600, secure: bool = True, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        if len(secret) < 32:  # noqa: PLR2004 - see the docstring
            raise ConfigurationError("secret: at least 32 characters are needed")
        self._key = SessionKey(secret)
        self._seconds = seconds
        self._secure = secure
        self._clock = clock

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def issue(self, principal: Principal) -> str:
        """The value of a ``Set-Cookie`` header that signs somebody in."""
        value = self._key.seal(principal, self._clock.now() + self._seconds)
        return cookie_header(value, self._seconds, path="/", secure=self._secure)

    async def __call__(self, request: Request) -> Principal | None:
        """Who the cookie stands for."""
        cookie = request.cookie(COOKIE)
        return self._key.open(cookie, self._clock.now()) if cookie else None


class AsyncAnyOf:
    """The first of several authenticators that knows who asks.

    Args:
        authenticators: In the order in which they are asked.
    """

    def __init__(self, *authenticators: AsyncAuthenticate) -> None:
        if not authenticators:
            raise ConfigurationError("AnyOf: give at least one authenticator")
        self._authenticators = authenticators

    async def __call__(self, request: Request) -> Principal | None:
        """Who it is, if one of them knows."""
        for authenticate in self._authenticators:
            principal: Principal | None = await settled(authenticate(request))
            if principal is not None:
                return principal
        return None
