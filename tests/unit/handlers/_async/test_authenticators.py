"""Who asks: tokens with everything pinned, keys that rotate, keys at an address."""

from __future__ import annotations

import base64
import hmac

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.handlers import (
    AsyncAnyOf,
    AsyncAPIKeyAuthenticator,
    AsyncJWTAuthenticator,
    Principal,
    Request,
    Role,
)
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

SECRET = "0123456789abcdef0123456789abcdef"
CLOCK = ManualClock()
RULES = {"issuer": "https://id.example", "audience": "crm", "clock": CLOCK}


def claims(**changed):
    good = {
        "iss": "https://id.example",
        "aud": "crm",
        "sub": "user-7",
        "role": "user",
        "exp": int(CLOCK.now()) + 60,
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def asked(token: str) -> Request:
    return Request("GET", "/", headers={"Authorization": f"Bearer {token}"})


def signed(key=None, algorithm="HS256", kid=None, **changed) -> str:
    header = {"alg": algorithm, **({} if kid is None else {"kid": kid})}
    return jwt.encode(header, claims(**changed), key or OctKey.import_key(SECRET), algorithms=[algorithm])


async def test_a_good_token_is_a_principal():
    who = AsyncJWTAuthenticator(secret=SECRET, **RULES)
    assert await who(asked(signed())) == Principal(id="user-7", role="user")
    shared = await who(asked(signed(owner="team-1")))
    assert (shared.id, shared.own) == ("user-7", "team-1")
    assert await who(asked(signed(aud=["other", "crm"]))) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": int(CLOCK.now()) - 31},
        {"exp": None},
        {"exp": "never"},
        {"nbf": int(CLOCK.now()) + 60},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"role": "root"},
        {"role": None},
    ],
)
async def test_a_claim_that_is_not_right_makes_nobody(changed):
    who = AsyncJWTAuthenticator(secret=SECRET, **RULES)
    assert await who(asked(signed(**changed))) is None


async def test_the_algorithm_is_ours_to_say():
    """Neither ``none``, nor a public key taken for a shared secret, gets through."""
    key = RSAKey.generate_key(2048, {"kid": "one"})
    who = AsyncJWTAuthenticator(jwks=KeySet([key]).as_dict(private=False), algorithm="RS256", **RULES)
    assert await who(asked(signed(key, "RS256", kid=key.kid))) is not None
    public = key.as_pem(private=False).decode()
    head, body, _ = signed().split(".")
    forged = hmac.new(public.encode(), f"{head}.{body}".encode(), "sha256").digest()
    mark = base64.urlsafe_b64encode(forged).decode().rstrip("=")
    assert await who(asked(f"{head}.{body}.{mark}")) is None
    assert await who(asked(f"eyJhbGciOiJub25lIn0.{body}.")) is None
    hs512 = AsyncJWTAuthenticator(secret=SECRET, algorithm="HS512", **RULES)
    assert await hs512(asked(signed())) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b.c.d.e", "é.é.é", "." * 2000])
async def test_what_is_no_token_is_nobody(token):
    who = AsyncJWTAuthenticator(secret=SECRET, **RULES)
    assert await who(asked(token)) is None
    assert await who(Request("GET", "/", headers={"Authorization": "Basic eDp5"})) is None
    assert await who(Request("GET", "/")) is None


async def test_roles_in_the_hosts_own_words():
    who = AsyncJWTAuthenticator(secret=SECRET, roles={"manager": "admin"}, role_claim="groups", **RULES)
    found = await who(asked(signed(groups=["guest", "manager"])))
    assert found.role is Role.ADMIN


async def test_keys_at_an_address_are_read_once_and_again_for_a_new_key():
    old, new = (ECKey.generate_key("P-256", {"kid": kid}) for kid in ("old", "new"))
    keys, reads = [old], []

    def serve(request: httpx.Request) -> httpx.Response:
        reads.append(str(request.url))
        return httpx.Response(200, json=KeySet(keys).as_dict(private=False))

    who = AsyncJWTAuthenticator(
        jwks_url="https://id.example/keys",
        algorithm="ES256",
        http_client=httpx.AsyncClient(transport=httpx.MockTransport(serve)),
        **RULES,
    )
    for _ in range(3):
        assert await who(asked(signed(old, "ES256", kid=old.kid))) is not None
    assert reads == ["https://id.example/keys"]
    keys.append(new)
    assert await who(asked(signed(new, "ES256", kid=new.kid))) is None  # asked for the keys a moment ago
    CLOCK.advance(31)
    assert await who(asked(signed(new, "ES256", kid=new.kid))) is not None
    assert len(reads) == 2


async def test_an_api_key_and_the_one_that_replaces_it():
    who = AsyncAPIKeyAuthenticator({"billing": ("old-key-of-billing-0", "new-key-of-billing-0")})
    for key in ("old-key-of-billing-0", "new-key-of-billing-0"):
        found = await who(Request("GET", "/", headers={"x-api-key": key}))
        assert found == Principal(id="billing", role="service")
    for key in ("", "old-key-of-billing-", "old-key-of-billing-00", "ключ"):
        assert await who(Request("GET", "/", headers={"X-API-Key": key})) is None


async def test_any_of_asks_in_order():
    nobody = AsyncAPIKeyAuthenticator({"a": "k" * 20})
    who = AsyncAnyOf(nobody, lambda _: Principal(id="guest", role="guest"))
    assert (await who(Request("GET", "/"))).id == "guest"


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, "secret, jwks or jwks_url"),
        ({"secret": SECRET, "jwks": {"keys": []}}, "secret, jwks or jwks_url"),
        ({"secret": "short"}, "secret"),
        ({"secret": SECRET, "algorithm": "none"}, "algorithm"),
        ({"secret": SECRET, "algorithm": "RS256"}, "algorithm"),
        ({"jwks": {"keys": []}}, "algorithm"),
        ({"jwks": {"no": 1}, "algorithm": "RS256"}, "jwks"),
        ({"jwks_url": "http://id.example/keys", "algorithm": "RS256"}, "jwks_url"),
    ],
)
async def test_a_wrong_argument_is_named(arguments, names):
    with pytest.raises(ConfigurationError, match=names) as caught:
        AsyncJWTAuthenticator(**{**RULES, **arguments})
    assert SECRET not in str(caught.value)
    assert "short" not in str(caught.value).replace("too short", "")


async def test_a_short_api_key_is_refused_without_being_quoted():
    with pytest.raises(ConfigurationError, match="billing") as caught:
        AsyncAPIKeyAuthenticator({"billing": "tiny"})
    assert "tiny" not in str(caught.value)
