"""What is said to the token endpoint, and what its answers mean."""

from __future__ import annotations

import json
import pickle
from copy import copy
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest
from oauth_server import jwt
from wire import Answer

from amocrm_sync._async.auth import AsyncStaticToken, AsyncTokenManager
from amocrm_sync._async.flow import AsyncOAuthFlow
from amocrm_sync._core.call import Reply
from amocrm_sync._core.callback import Callback
from amocrm_sync._core.hosts import parse_account
from amocrm_sync._core.jwt import Hints, jwt_hints
from amocrm_sync._core.oauth import (
    OAuth,
    TokenPair,
    authorization_url,
    read_token_reply,
    token_request,
)
from amocrm_sync._core.token_life import Stage, record_of, refused_lately, stage, with_refusal
from amocrm_sync._core.tokens import TokenRecord
from amocrm_sync._sync.auth import StaticToken, TokenManager
from amocrm_sync._sync.flow import OAuthFlow
from amocrm_sync.errors import (
    AmoCRMAPIError,
    AmoCRMError,
    AuthorizationLost,
    ConfigurationError,
    ErrorContext,
    ForbiddenError,
    InvalidResponseError,
    OAuthError,
    RateLimitedError,
    ServerError,
    TokensNotSaved,
)
from amocrm_sync.stores import (
    AsyncEncryptedTokenStore,
    AsyncFileTokenStore,
    AsyncMemoryTokenStore,
    EncryptedTokenStore,
    FileTokenStore,
    MemoryTokenStore,
)

NOW = 1_767_225_600.0
DAY = 86_400.0
SECRET = "s3cret"
ACCOUNT = parse_account("demo")
FERNET = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0="


def oauth(**changes) -> OAuth:
    values = {"client_id": "id", "client_secret": SECRET, "redirect_uri": "https://example.com/cb", **changes}
    return OAuth(**{"store": MemoryTokenStore(), **values})


def reply(status: int, body: dict | bytes, **headers: str) -> Reply:
    answer = Answer(status, body=body) if isinstance(body, bytes) else Answer(status, body)
    code, pairs, content = answer.render()
    return Reply(status=code, headers={**dict(pairs), **headers}, body=content)


def read(answer: Reply, grant="refresh_token") -> TokenPair | AmoCRMError:
    return read_token_reply(answer, NOW, grant, ACCOUNT.host)


PAIR = {
    "token_type": "Bearer",
    "expires_in": 86400,
    "access_token": "a",
    "refresh_token": "r",
    "server_time": 5,
}

# Requests


def test_requests_carry_what_the_documentation_asks_for():
    code = token_request(oauth(), ACCOUNT, "authorization_code", " def502+/=& ")
    assert code.url == "https://demo.amocrm.ru/oauth2/access_token"
    assert code.body == {
        "grant_type": "authorization_code",
        "client_id": "id",
        "client_secret": SECRET,
        "redirect_uri": "https://example.com/cb",
        "code": "def502+/=&",
    }
    refresh = token_request(oauth(), ACCOUNT, "refresh_token", "r")
    common = {name: value for name, value in code.body.items() if name not in ("grant_type", "code")}
    assert refresh.body == {**common, "grant_type": "refresh_token", "refresh_token": "r"}
    assert SECRET not in repr(code)


def test_an_empty_code_is_refused_before_it_is_sent():
    with pytest.raises(ConfigurationError, match="code: it is empty"):
        token_request(oauth(), ACCOUNT, "authorization_code", " ")


def test_the_consent_url_escapes_its_parameters():
    url = authorization_url("id&x", "a b", origin="https://www.amocrm.ru", mode="popup")
    assert parse_qs(urlsplit(url).query)["client_id"] == ["id&x"]
    assert parse_qs(urlsplit(url).query)["state"] == ["a b"]


@pytest.mark.parametrize("field", ["client_id", "client_secret", "redirect_uri"])
@pytest.mark.parametrize(("value", "words"), [("", "is empty"), (" x", "has spaces"), ("x\n", "has spaces")])
def test_keys_that_were_copied_badly_are_named(field, value, words):
    with pytest.raises(ConfigurationError, match=f"{field}: {words}"):
        oauth(**{field: value})


# Answers


def test_a_pair_is_read():
    pair = read(reply(200, PAIR))
    assert pair == TokenPair("a", "r", NOW + 86400)


@pytest.mark.parametrize(
    ("change", "expires_at"),
    [
        ({"expires_in": "3600"}, NOW + 3600),
        ({"expires_in": None}, None),
        ({"expires_in": -5}, None),
        ({"expires_in": "soon", "access_token": jwt(iat=100, exp=700)}, NOW + 600),
        ({"token_type": "bearer"}, NOW + 86400),
    ],
)
def test_a_pair_is_too_precious_to_be_refused_for_its_lifetime(change, expires_at):
    pair = read(reply(200, {**PAIR, **change}))
    assert isinstance(pair, TokenPair)
    assert pair.expires_at == expires_at


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>ok</html>",
        b"[]",
        b'"token"',
        {"access_token": "precious", "expires_in": 1},
        {**PAIR, "refresh_token": ""},
        {**PAIR, "refresh_token": None},
        {**PAIR, "access_token": ["precious"]},
        {**PAIR, "access_token": "pre cious"},
        {**PAIR, "token_type": "MAC"},
        {"title": "Bad Request", "status": 400, "detail": "200 with a problem"},
    ],
)
def test_an_incomplete_pair_is_an_error_that_quotes_no_token(body):
    error = read(reply(200, body))
    assert isinstance(error, InvalidResponseError)
    assert "precious" not in str(error)
    assert "precious" not in error.snippet


@pytest.mark.parametrize("status", [201, 204, 302])
def test_another_success_is_no_token(status):
    assert isinstance(read(reply(status, PAIR)), InvalidResponseError)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_pair_in_an_error_is_no_token(status):
    assert isinstance(read(reply(status, PAIR)), AmoCRMError)


@pytest.mark.parametrize(
    ("hint", "status", "grant", "kind", "fix"),
    [
        ("Authorization code has expired", 400, "authorization_code", OAuthError, "older than 20 minutes"),
        ("Authorization code has been revoked", 400, "authorization_code", OAuthError, "a code works once"),
        ("Cannot decrypt the authorization code", 400, "authorization_code", OAuthError, "latest callback"),
        (
            "Check the `redirect_uri` parameter",
            400,
            "authorization_code",
            OAuthError,
            "character by character",
        ),
        ("Client authentication failed", 401, "authorization_code", OAuthError, "keys tab"),
        ("Client authentication failed", 401, "refresh_token", OAuthError, "keys tab"),
        ("Check the `redirect_uri` parameter", 400, "refresh_token", OAuthError, "character by character"),
        ("Token is not linked to client", 400, "refresh_token", OAuthError, "check client_id"),
        ("Token has been revoked", 401, "refresh_token", AuthorizationLost, "already used"),
        ("Token has expired", 401, "refresh_token", AuthorizationLost, "three months"),
        ("Cannot decrypt the refresh token", 401, "refresh_token", AuthorizationLost, "connect again"),
        ("", 401, "refresh_token", AuthorizationLost, "check client_secret, then connect again"),
        ("", 400, "authorization_code", OAuthError, "check in this order"),
        ("", 404, "refresh_token", OAuthError, "refresh token"),
    ],
)
def test_a_refusal_names_cause_and_fix(hint, status, grant, kind, fix):
    problem = {
        "hint": hint,
        "title": "Некорректный запрос",
        "status": status,
        "detail": "параметры невалидны",
    }
    error = read(reply(status, problem), grant)
    assert type(error) is kind
    assert fix in str(error)
    assert hint in str(error)
    assert error.context.account == "demo.amocrm.ru"


def test_a_wrong_address_is_told_by_the_header():
    error = read(reply(401, {"title": "Unauthorized"}, **{"x-error": "Account not found"}))
    assert type(error) is OAuthError
    assert "check the subdomain and the zone" in str(error)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(403, b"<html>Blocked</html>"), ForbiddenError),
        (reply(429, {"title": "Too many"}), RateLimitedError),
        (reply(502, b"bad gateway"), ServerError),
        (reply(401, b"<html>who are you</html>"), AmoCRMAPIError),
    ],
)
def test_other_errors_keep_their_kind_and_lose_no_connection(answer, kind):
    error = read(answer)
    assert isinstance(error, kind)
    assert not isinstance(error, AuthorizationLost)


def test_errors_pickle():
    error = TokensNotSaved("not saved", context=ErrorContext(account="demo.amocrm.ru"))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


# Hints


def test_hints_of_a_token():
    token = jwt(
        exp=200,
        iat=100.5,
        account_id=7,
        sub="42",
        api_domain="api-a.amocrm.ru",
        aud="client",
        scopes=["crm", 5],
    )
    assert jwt_hints(token) == Hints(
        exp=200,
        iat=100.5,
        account_id=7,
        user_id=42,
        api_domain="api-a.amocrm.ru",
        client_id="client",
        scopes=("crm",),
    )


@pytest.mark.parametrize(
    ("claims", "domain"),
    [
        ({"api_domain": "api-b", "base_domain": "kommo.com"}, "api-b.kommo.com"),
        ({"api_domain": "api-b"}, "api-b"),
        ({"api_domain": ""}, None),
        ({"api_domain": 5}, None),
    ],
)
def test_a_shard_without_its_domain_gets_it(claims, domain):
    assert jwt_hints(jwt(**claims)).api_domain == domain


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque",
        "a.b",
        "a.b.c",
        "a.!!!.c",
        f"a.{json.dumps([1])}.c",
        "..",
        jwt(exp="soon", iat=True, sub="x" * 9),
    ],
)
def test_an_opaque_token_has_no_hints(token):
    assert jwt_hints(token) == Hints()


# The life of a token


@pytest.mark.parametrize(
    ("life", "age", "expected"),
    [
        (DAY, 0, Stage.FRESH),
        (DAY, DAY / 2 - 1, Stage.FRESH),
        (DAY, DAY / 2, Stage.AHEAD),
        (DAY, DAY - 301, Stage.AHEAD),
        (DAY, DAY - 300, Stage.DUE),
        (DAY, DAY - 1, Stage.DUE),
        (DAY, DAY, Stage.OVER),
        (10, 4, Stage.FRESH),
        (10, 5, Stage.AHEAD),
        (10, 9, Stage.DUE),
        (10, 10, Stage.OVER),
        (0, 0, Stage.OVER),
    ],
)
def test_stages_of_a_life(life, age, expected):
    record = TokenRecord(access_token="a", expires_at=NOW + life, updated_at=NOW)
    assert stage(record, NOW + age) is expected


def test_a_token_without_an_end_stays_fresh():
    assert stage(TokenRecord(access_token="a"), NOW) is Stage.FRESH


def test_the_record_of_a_renewal_keeps_what_the_new_token_does_not_say():
    previous = TokenRecord(
        access_token="old", version=4, created_at=1.0, account_id=7, user_id=8, scopes=("crm",), api_domain="api-a",
        last_error="refused", last_error_at=2.0,
    )  # fmt: skip
    record = record_of(TokenPair("opaque", "r", NOW + 5), NOW, domain="demo.amocrm.ru", previous=previous)
    assert (record.version, record.created_at, record.updated_at) == (5, 1.0, NOW)
    assert (record.account_id, record.user_id, record.scopes, record.api_domain) == (7, 8, ("crm",), "api-a")
    assert (record.last_error, record.last_error_at) == (None, None)


def test_a_refusal_counts_for_five_minutes():
    record = with_refusal(TokenRecord(access_token="a", updated_at=5.0), NOW, "refused")
    assert (record.version, record.updated_at, record.last_error) == (2, 5.0, "refused")
    assert refused_lately(record, NOW + 299)
    assert not refused_lately(record, NOW + 300)
    assert not refused_lately(record, NOW - 1000)  # written down by a clock that was ahead
    assert not refused_lately(TokenRecord(access_token="a"), NOW)


# Colours and secrets


class _NoHTTP:
    """Nothing is sent."""

    send = None


@pytest.mark.parametrize(
    ("make", "fix"),
    [
        (lambda: AsyncTokenManager(oauth(), ACCOUNT, _NoHTTP()), "use AsyncMemoryTokenStore"),
        (
            lambda: TokenManager(oauth(store=AsyncMemoryTokenStore()), ACCOUNT, _NoHTTP()),
            "use MemoryTokenStore",
        ),
        (lambda: AsyncOAuthFlow("i", "s", "u", store=MemoryTokenStore()), "use AsyncMemoryTokenStore"),
        (lambda: OAuthFlow("i", "s", "u", store=AsyncMemoryTokenStore()), "use MemoryTokenStore"),
        (lambda: EncryptedTokenStore(AsyncMemoryTokenStore(), keys=[FERNET]), "use MemoryTokenStore"),
        (lambda: AsyncEncryptedTokenStore(MemoryTokenStore(), keys=[FERNET]), "use AsyncMemoryTokenStore"),
        (lambda: TokenManager(oauth(store="tokens.json"), ACCOUNT, _NoHTTP()), "e.g. FileTokenStore"),
        (lambda: AsyncTokenManager(oauth(store=None), ACCOUNT, _NoHTTP()), "e.g. AsyncFileTokenStore"),
    ],
)
def test_a_store_of_the_wrong_colour_is_refused_with_the_right_name(make, fix):
    with pytest.raises(ConfigurationError, match=f"store: .*{fix}"):
        make()


@pytest.fixture(
    params=[
        lambda path: oauth(),
        lambda path: TokenPair("plain-access", "plain-refresh", None),
        lambda path: TokenRecord(access_token="plain-access", refresh_token="plain-refresh"),
        lambda path: Callback(code="plain-code", referer="x", state="plain-state"),
        lambda path: StaticToken("plain-access"),
        lambda path: AsyncStaticToken("plain-access"),
        lambda path: TokenManager(oauth(), ACCOUNT, _NoHTTP()),
        lambda path: AsyncTokenManager(oauth(store=AsyncMemoryTokenStore()), ACCOUNT, _NoHTTP()),
        lambda path: OAuthFlow("i", SECRET, "u", store=MemoryTokenStore()),
        lambda path: AsyncOAuthFlow("i", SECRET, "u", store=AsyncMemoryTokenStore()),
        lambda path: MemoryTokenStore(),
        lambda path: AsyncMemoryTokenStore(),
        lambda path: FileTokenStore(path / "tokens.json"),
        lambda path: AsyncFileTokenStore(path / "tokens.json"),
        lambda path: EncryptedTokenStore(MemoryTokenStore(), keys=[FERNET]),
        lambda path: AsyncEncryptedTokenStore(AsyncMemoryTokenStore(), keys=[FERNET]),
    ]
)
def secretive(request, tmp_path):
    return request.param(tmp_path)


def test_what_holds_secrets_does_not_pickle(secretive):
    for take_apart in (pickle.dumps, copy):
        with pytest.raises(TypeError, match="holds secrets and does not pickle"):
            take_apart(secretive)


def test_what_holds_secrets_hides_them(secretive):
    for text in (repr(secretive), str(secretive), f"{secretive!r:>5}"):
        assert not any(secret in text for secret in ("plain-", SECRET, FERNET))


def test_oauth_is_a_value():
    one = oauth(store=MemoryTokenStore(), owner="user-1")
    assert attrs.evolve(one, owner="user-2").owner == "user-2"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one.owner = "x"
