# Generated from tests/contract/_async/test_flow_tokens.py by tools/unasync.py: edit that file instead.
"""Tokens that amoCRM signs for the host, and the button that makes an integration."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from oauth_server import ACCOUNT_ID, CLIENT_ID, REDIRECT, SECRET
from wire import Wire

from amocrm_sync._core.disposable import BotToken, DisposableToken
from amocrm_sync._core.external import ExternalIntegration, IntegrationKeys, read_secrets
from amocrm_sync._sync.flow import OAuthFlow
from amocrm_sync.errors import ConfigurationError, OAuthError
from amocrm_sync.stores import MemoryTokenStore
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

MISSING = object()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def flow(clock) -> OAuthFlow:
    store = MemoryTokenStore(clock=clock)
    return OAuthFlow(CLIENT_ID, SECRET, REDIRECT, store=store, http_client=Wire().client(), clock=clock)


def signed(claims, *, algorithm="HS256", secret=SECRET, said=None) -> str:
    header = {"typ": "JWT", "alg": said or algorithm}
    parts = [encoded(json.dumps(part).encode()) for part in (header, claims)]
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[algorithm]
    signature = hmac.new(secret.encode(), ".".join(parts).encode(), digest).digest()
    return ".".join([*parts, encoded(signature)])


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def changed(claims, **changes):
    merged = {**claims, **changes}
    return {name: value for name, value in merged.items() if value is not MISSING}


@pytest.fixture
def widget(clock):
    now = int(clock.now())
    return {
        "iss": "https://demo.amocrm.ru",
        "aud": "https://host.example",
        "jti": "8b6f7c1e-0000-4000-8000-000000000001",
        "iat": now,
        "nbf": now,
        "exp": now + 1800,
        "account_id": ACCOUNT_ID,
        "user_id": 4242,
        "client_uuid": CLIENT_ID,
    }


@pytest.fixture
def bot(widget):
    return changed(widget, jti=MISSING, user_id=MISSING, entity_type="lead", entity_id=77)


def test_a_widget_token_says_who_is_looking(flow, widget):
    token = flow.parse_disposable_token(signed({**widget, "is_admin": True}))
    assert token == DisposableToken(
        "demo.amocrm.ru", ACCOUNT_ID, 4242, widget["jti"], widget["exp"], is_admin=True
    )


def test_a_bot_token_says_which_record_is_meant(flow, bot):
    expected = BotToken("demo.amocrm.ru", ACCOUNT_ID, "lead", 77, bot["exp"])
    assert flow.parse_bot_token(signed(bot, algorithm="HS512")) == expected
    bare = changed(bot, aud=MISSING, client_uuid=MISSING)
    assert flow.parse_bot_token(signed(bare, algorithm="HS512")) == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iss": "https://evil.example"}, "iss is no account"),
        ({"iss": "demo"}, "iss is no account"),
        ({"iss": MISSING}, "iss is no account"),
        ({"aud": "https://other.example"}, "aud is not this host"),
        ({"client_uuid": "other"}, "client_uuid is another integration"),
        ({"exp": 1}, "it has expired"),
        ({"exp": MISSING}, "exp is missing"),
        ({"exp": True}, "exp is missing"),
        ({"iat": 9e9}, "iat lies ahead: check this machine's clock"),
        ({"nbf": 9e9}, "nbf lies ahead"),
        ({"nbf": MISSING}, "nbf is missing"),
        ({"account_id": "x"}, "account_id is no id"),
        ({"account_id": True}, "account_id is no id"),
    ],
)
def test_each_claim_is_checked(flow, widget, bot, changes, words):
    with pytest.raises(OAuthError, match=words):
        flow.parse_disposable_token(signed(changed(widget, **changes)))
    with pytest.raises(OAuthError, match=words):
        flow.parse_bot_token(signed(changed(bot, **changes), algorithm="HS512"))


@pytest.mark.parametrize(("name", "words"), [("jti", "jti"), ("user_id", "user_id"), ("aud", "aud")])
def test_a_widget_token_needs_its_claims(flow, widget, name, words):
    with pytest.raises(OAuthError, match=words):
        flow.parse_disposable_token(signed(changed(widget, **{name: MISSING})))


@pytest.mark.parametrize("name", ["entity_type", "entity_id"])
def test_a_bot_token_needs_its_record(flow, bot, name):
    with pytest.raises(OAuthError, match=name):
        flow.parse_bot_token(signed(changed(bot, **{name: MISSING}), algorithm="HS512"))


def test_the_algorithm_is_not_the_sender_s_to_choose(flow, widget, bot):
    for token in (signed(widget, algorithm="HS512"), signed(widget, said="none")):
        with pytest.raises(OAuthError, match="not signed with HS256"):
            flow.parse_disposable_token(token)
    with pytest.raises(OAuthError, match="not signed with HS512"):
        flow.parse_bot_token(signed(bot))


@pytest.mark.parametrize("damage", ["", "x", "a.b.c", "é.é.é"])
def test_what_is_no_token_is_refused(flow, damage):
    with pytest.raises(OAuthError, match="the token is refused"):
        flow.parse_disposable_token(damage)


def test_a_wrong_or_missing_signature_is_refused(flow, widget):
    good = signed(widget)
    for token in (signed(widget, secret="other"), good.rpartition(".")[0] + ".", good[:-4] + "AAAA"):
        with pytest.raises(OAuthError, match="the signature is wrong") as caught:
            flow.parse_disposable_token(token)
        assert SECRET not in str(caught.value)


# The button

CARD = ExternalIntegration(
    name="Host & Co",
    description="keeps a copy",
    redirect_uri=REDIRECT,
    secrets_uri="https://host.example/keys",
)


def test_the_button_asks_for_an_integration(flow):
    request = flow.button_url(CARD, owner="user-1", mode="post_message")
    parts = urlsplit(request.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://www.amocrm.ru/oauth"
    assert parse_qs(parts.query) == {
        "name": ["Host & Co"],
        "description": ["keeps a copy"],
        "redirect_uri": [REDIRECT],
        "secrets_uri": ["https://host.example/keys"],
        "scopes[]": ["crm", "notifications"],
        "state": [request.state],
        "mode": ["post_message"],
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "^name"),
        ({"redirect_uri": "http://host.example/cb"}, "^redirect_uri: an https"),
        ({"secrets_uri": "https://"}, "^secrets_uri"),
        ({"logo": "logo.png"}, "^logo"),
        ({"scopes": ("files",)}, "^scopes"),
        ({"scopes": "crm"}, "^scopes"),
        ({"scopes": ()}, "^scopes"),
    ],
)
def test_a_card_that_amocrm_would_refuse_is_refused_here(changes, words):
    values = {
        "name": "Host",
        "description": "d",
        "redirect_uri": REDIRECT,
        "secrets_uri": "https://host.example/keys",
        **changes,
    }
    with pytest.raises(ConfigurationError, match=words):
        ExternalIntegration(**values)


def test_the_keys_that_follow():
    keys = read_secrets({"client_id": "c", "client_secret": "plain-secret", "state": None})
    assert keys == IntegrationKeys("c", "plain-secret", None)
    assert "plain-secret" not in repr(keys)
    with pytest.raises(OAuthError, match="incomplete"):
        read_secrets({"client_id": "c"})
