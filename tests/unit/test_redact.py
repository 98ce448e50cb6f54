"""What must not be read is hidden, and what helps a reader stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.redact import HIDDEN, mask, scrub

SECRET = "s3cr3t-VALUE_9"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl-_x"


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token":"%s","expires_in":86400}',
        '{"refresh_token" : "%s"}',
        '{"client_secret":"%s"',
        '"api_key":"a\\"%s"',
        '{"code":"%s"}',
        "{'client_secret': '%s', 'grant_type': 'refresh_token'}",
        r"{\"access_token\":\"%s\",\"x\":1}",
        "&quot;code&quot;:&quot;%s&quot;,",
        "grant_type=authorization_code&code=%s",
        "https://host.example/cb?referer=x.amocrm.ru&code=%s&state=1",
        "https://host.example/go?to=%%2Fcb%%3Fcode%%3D%s%%26state%%3D1",
        "%%7B%%22access_token%%22%%3A%%22%s%%22%%7D",
        "integration[client_secret]=%s",
        "integration%%5Bclient_secret%%5D=%s",
        "Authorization: Bearer %s",
        "authorization: bearer %s",
        "sent 'Bearer %s' to the server",
        "X-Auth-Token: %s",
        "USER_LOGIN=a@b.example&USER_HASH=%s",
        "proxy http://user:%s@proxy.example:3128 refused",
    ],
)
def test_a_named_secret_is_hidden(text):
    clean = scrub(text % SECRET)
    assert SECRET not in clean
    assert HIDDEN in clean


@pytest.mark.parametrize(
    "secret",
    [JWT, JWT.rpartition(".")[0], JWT.partition(".")[0], "def50200" + "0a9f" * 40, "kP3" * 22],
    ids=["jwt", "jwt without signature", "first part of a jwt", "refresh token", "client secret"],
)
def test_what_is_shaped_like_a_secret_needs_no_name(secret):
    assert scrub(f"the server said {secret} and left") == f"the server said {HIDDEN} and left"


@pytest.mark.parametrize(
    "text",
    [
        '{"code": 110, "detail": "wrong login"}',
        "HTTP code: 500",
        "status_code=404",
        '{"token_type":"Bearer","expires_in":86400}',
        '{"access_token":null,"hint":"Token has expired"}',
        "lead 123456789012345 of account 31234567 was not found",
        "https://example.amocrm.ru/api/v4/leads?filter[id][]=1&page=2",
        "8f14e45f-ceea-467f-a0e6-1b7c2b3d4e5f",
    ],
)
def test_the_rest_stays(text):
    assert scrub(text) == text


def test_neighbours_of_a_secret_stay():
    clean = scrub('{"hint":"Token has been revoked","access_token":"abc","status":401}')
    assert clean == '{"hint":"Token has been revoked","access_token":"***","status":401}'
    assert scrub("a=1&client_secret=abc&b=2") == "a=1&client_secret=***&b=2"


def test_mask_shows_four_characters_of_a_long_secret_and_none_of_a_short_one():
    assert mask("0123456789abcdefWXYZ") == "***WXYZ"
    assert mask("short") == "***"
    assert mask("") == "***"


SECRETS = st.text(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=", min_size=9, max_size=80
)
NAMES = st.sampled_from(["access_token", "refresh_token", "client_secret", "api_key", "code"])
SETTINGS = st.sampled_from(
    [
        '{{"{name}":"{secret}"}}',
        '{{"a":1,"{name}": "{secret}", "b":2}}',
        "a=1&{name}={secret}&b=2",
        "https://example.com/cb?{name}={secret}",
        "Authorization: Bearer {secret}",
        '{{\\"{name}\\":\\"{secret}\\"}}',
    ]
)
NOISE = st.text(" \n\t\"'<>&;:,{}[]\\%абвгд", max_size=30)


@given(before=NOISE, after=NOISE, setting=SETTINGS, name=NAMES, secret=SECRETS)
def test_nothing_secret_survives(before, after, setting, name, secret):
    assert secret not in scrub(f"{before} {setting.format(name=name, secret=secret)} {after}")


@given(st.text())
def test_scrubbing_twice_changes_nothing(text):
    once = scrub(text)
    assert scrub(once) == once


@given(st.text())
def test_mask_keeps_at_most_four_characters_and_never_the_whole(secret):
    kept = mask(secret).removeprefix(HIDDEN)
    assert len(kept) <= 4
    assert secret.endswith(kept)
    assert not secret or kept != secret


@pytest.mark.timeout(20)  # a megabyte takes 0.2 s; were the cost quadratic, it would take hours
@pytest.mark.parametrize("piece", ["token", "token=", "token:'", "eyJ", "://a", 'token\\"', "code", "a"])
def test_a_hostile_text_costs_no_more_than_its_length(piece):
    text = piece * (1_000_000 // len(piece))
    assert len(scrub(text)) <= len(text)
