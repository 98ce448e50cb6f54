"""No cassette holds anything that looks like a secret, and scrubbing is what keeps it so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from cassettes_config import FOLDER, HOST, anonymous_request, anonymous_response, hidden
from vcr.request import Request

CASSETTES = sorted([*FOLDER.glob("*.yaml"), *(Path(__file__).parent / "documented").glob("*.yaml")])
FORBIDDEN = re.compile(r"(?i)authorization|cookie|bearer|client_secret|refresh_token|access_token")
NOBODYS = re.compile(
    r"""
    "(?:access|refresh)_token":\s*"synthetic-(?:access|refresh)-\d"
    | "(?:client_secret|refresh_token)":\s*"\*\*\*"
    | "grant_type":\s*"(?:authorization_code|refresh_token)"
    | "token_type":\s*"Bearer"
    | /oauth2/access_token$
    | Authorization\ code\ has\ expired
    """,
    re.VERBOSE,
)
"""What an exchange of tokens has to have, in values that say that they are nobody's."""


def texts(value):
    """Every string of a cassette."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield value.decode() if isinstance(value, bytes) else str(value)


def test_there_are_cassettes():
    assert {path.parent.name for path in CASSETTES} >= {FOLDER.name, "documented"}


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_a_cassette_has_nothing_that_looks_like_a_secret(path):
    for whole in texts(yaml.safe_load(path.read_text(encoding="utf-8"))):
        text = NOBODYS.sub("", whole)
        assert hidden(text) == text
        assert not FORBIDDEN.search(text)


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_a_cassette_knows_only_the_synthetic_account(path):
    hosts = set(re.findall(r"https?:(?:\\?/){2}([\w.-]+)", path.read_text(encoding="utf-8")))
    assert {host for host in hosts if not host.endswith(".example")} <= {HOST, "httpstatus.es"}


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "eyJ0eXAiOiJKV1QifQ.a.b"}',
        '{"refresh_token": "def50200aabbccddeeff00112233"}',
        '{"client_secret": "s3cret-value"}',
        "Authorization: Bearer synthetic-access-1",
    ],
)
def test_what_is_somebodys_is_found_beside_what_is_nobodys(text):
    assert FORBIDDEN.search(NOBODYS.sub("", text))


def test_scrubbing_takes_out_what_identifies():
    request = anonymous_request(
        Request(
            "POST",
            "https://real.amocrm.ru/oauth2/access_token?code=def5020012345678901234567890",
            b'{"client_secret": "s3cret-value", "code": "def50200aabbccddeeff00112233"}',
            {
                "Authorization": "Bearer eyJ0eXAiOiJKV1QifQ.a.b",
                "Cookie": "a=b",
                "Content-Type": "application/json",
            },
        )
    )
    assert request.uri.startswith(f"https://{HOST}/oauth2/access_token?code=***")
    assert {name.lower() for name in request.headers} == {"content-type"}
    assert b"s3cret" not in request.body
    assert b"def50" not in request.body
    response = anonymous_response(
        {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Set-Cookie": ["session_id=1"], "content-type": ["application/json"]},
            "body": {
                "string": b'{"access_token": "eyJ0eXAiOiJKV1QifQ.a.b", "href": "https://real.amocrm.ru/x"}'
            },
        }
    )
    assert response["headers"] == {"content-type": ["application/json"]}
    assert response["body"]["string"] == f'{{"access_token": "***", "href": "https://{HOST}/x"}}'.encode()


def test_scrubbing_keeps_what_tells_records_apart():
    first, second = "0a" * 30, "0b" * 30
    text = f'{{"code": "PHONE", "uid": "{first}", "other": "{second}", "again": "{first}"}}'
    shown = hidden(text)
    assert '"code": "PHONE"' in shown
    assert first not in shown
    assert second not in shown
    stand_ins = re.findall(r'": "([0-9a-f]{40})"', shown)
    assert stand_ins[0] == stand_ins[2] != stand_ins[1]
    assert hidden('{"code": "def5020012345678901234567890"}') == '{"code": "***"}'
