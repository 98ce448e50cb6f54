"""The emulator as a program, and as a client without a socket."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def running(*arguments: str):
    """The program; gives its process and what its first line says."""
    command = [sys.executable, "-m", "amocrm_sync.testing.command", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def ask(url: str, token: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        body = answer.read()
    return json.loads(body) if body else None


@pytest.fixture(scope="module")
def program():
    with running("--leads", "30", "--no-limit") as (_, said):
        yield said


def test_the_first_line_says_all_that_a_client_needs(program):
    assert set(program) == {"base_url", "token", "client_id", "client_secret", "redirect_uri", "code"}
    assert (program["client_id"], program["client_secret"]) == ("id", "sec")
    assert program["redirect_uri"] == "https://example.com/cb"
    assert program["base_url"].startswith("http://127.0.0.1:")


def test_the_token_works_and_the_account_is_seeded(program):
    page = ask(f"{program['base_url']}/api/v4/leads?limit=250", program["token"])
    assert len(page["_embedded"]["leads"]) == 30


def test_the_code_can_be_exchanged(program):
    form = {
        "client_id": program["client_id"],
        "client_secret": program["client_secret"],
        "redirect_uri": program["redirect_uri"],
        "grant_type": "authorization_code",
        "code": program["code"],
    }
    with urllib.request.urlopen(
        f"{program['base_url']}/oauth2/access_token", urllib.parse.urlencode(form).encode(), timeout=5
    ) as answer:
        pair = json.loads(answer.read())
    assert ask(f"{program['base_url']}/api/v4/account", pair["access_token"])["subdomain"] == "demo"


def test_without_a_limit_nobody_is_refused(program):
    for _ in range(30):
        assert ask(f"{program['base_url']}/api/v4/account", program["token"])["id"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(number):
    with running("--leads", "0") as (process, said):
        assert ask(f"{said['base_url']}/api/v4/leads", said["token"]) is None
        process.send_signal(number)
        assert process.wait(10) == 0


def test_the_limit_is_on_unless_turned_off():
    def hammer(said: dict[str, str]) -> None:
        for _ in range(30):
            ask(f"{said['base_url']}/api/v4/account", said["token"])

    with running("--leads", "0") as (_, said), pytest.raises(urllib.error.HTTPError) as refused:
        hammer(said)
    assert refused.value.code == 429
    refused.value.close()
