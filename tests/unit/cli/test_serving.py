"""What ``amocrm-sync serve`` stands on: the key that works once, the keys of the stores, a port that is taken."""

from __future__ import annotations

import socket
import stat
from http import HTTPStatus

import pytest

from amocrm_sync import ConfigurationError
from amocrm_sync.cli import serve, serving
from amocrm_sync.handlers import CRMConfig, Request, SessionAuthenticator


class Asked:
    """A door, and what it said and let through."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.sessions = SessionAuthenticator("s" * 32, secure=False)
        self.door = serving.Door(self._behind, self.sessions, "http://here", tell=self.told.append)

    def _behind(self, environ, start_response):
        start_response("200 OK", [])
        return [b"behind"]

    def get(self, path, method="GET"):
        given = {}

        def start(status, headers):
            given.update(headers)
            given["status"] = int(status[:3])

        body = b"".join(self.door({"PATH_INFO": path, "REQUEST_METHOD": method}, start))
        return given, body

    def key(self):
        return self.told[-1].removeprefix("http://here")


def test_a_key_signs_in_once_and_the_next_one_is_told():
    asked = Asked()
    first = asked.key()
    answer, _ = asked.get(first)
    assert (answer["status"], answer["Location"]) == (HTTPStatus.FOUND, "/admin/crm/")
    cookie = answer["Set-Cookie"]
    assert "HttpOnly" in cookie
    request = Request("GET", "/", headers={"Cookie": cookie.partition(";")[0]})
    assert asked.sessions(request).role == "admin"
    assert asked.get(first)[0]["status"] == HTTPStatus.FORBIDDEN
    assert asked.key() != first
    assert asked.get(asked.key())[0]["status"] == HTTPStatus.FOUND


@pytest.mark.parametrize("path", ["/login/", "/login/x", "/login/é"])
def test_a_wrong_key_lets_nobody_in(path):
    asked = Asked()
    answer, body = asked.get(path)
    assert answer["status"] == HTTPStatus.FORBIDDEN
    assert "Set-Cookie" not in answer
    assert b"see the terminal" in body
    assert len(asked.told) == 1


def test_a_key_is_not_spent_by_who_only_looks_whether_it_is_there():
    asked = Asked()
    assert asked.get(asked.key(), "HEAD")[0]["status"] == HTTPStatus.FORBIDDEN
    assert asked.get(asked.key())[0]["status"] == HTTPStatus.FOUND


def test_everything_else_passes():
    asked = Asked()
    assert asked.get("/admin/crm/status")[1] == b"behind"
    assert asked.get("/")[0]["Location"] == "/admin/crm/"


def test_the_key_of_the_stores_is_made_once_and_is_nobody_elses_to_read(tmp_path):
    database = f"sqlite:///{tmp_path / 'amo.db'}"
    serving.open_stores(database).configs.save("", None, CRMConfig(subdomain="mycompany", version=1))
    [key] = tmp_path.glob("*.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert serving.open_stores(database).configs.load("").subdomain == "mycompany.amocrm.ru"


def test_a_database_elsewhere_needs_a_key_of_its_own():
    with pytest.raises(ConfigurationError, match="AMOCRM_TOKEN_KEYS"):
        serving.open_stores("postgresql://host/database")


def test_settings_of_another_account_are_not_taken_for_this_one(tmp_path):
    stores = serving.open_stores(f"sqlite:///{tmp_path / 'amo.db'}")
    serve.fill_in(stores, serve.config_of("one", "id", "sec", "https://here"))
    serve.fill_in(stores, serve.config_of("one", "", "", "https://here"))
    assert stores.configs.load("").client_id == "id"
    with pytest.raises(ConfigurationError, match=r"one\.amocrm\.ru"):
        serve.fill_in(stores, serve.config_of("two", "id", "sec", "https://here"))


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match="--port: cannot listen"):
            serving.Server("127.0.0.1", port)


@pytest.mark.parametrize("address", ["http://192.0.2.1:8765", "ftp://here", "crm.example"])
def test_an_address_without_https_is_refused(address):
    with pytest.raises(ConfigurationError, match="--url"):
        serve.checked(address)
    assert serve.checked("https://crm.example/") == "https://crm.example"


def test_a_token_that_is_refused_is_said_at_once_with_what_to_do(cli, account):
    token = account.long_lived_token()
    account.revoke_tokens()
    result = cli("serve", "--token", token, "--port", "0")
    assert (result.code, result.out) == (3, "")
    assert "--token (or AMOCRM_TOKEN)" in result.err
    assert "make a new one in the keys tab" in result.err
    assert token not in result.err


@pytest.mark.parametrize(
    ("changed", "fix"),
    [
        ({"AMOCRM_SUBDOMAIN": ""}, "Give --account, or set AMOCRM_SUBDOMAIN"),
        ({"AMOCRM_TOKEN": "Bearer abc"}, "paste the token alone, without 'Bearer'"),
    ],
)
@pytest.mark.usefixtures("account")
def test_a_token_without_its_account_or_not_alone_is_wrong_use(cli, monkeypatch, changed, fix):
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    result = cli("serve", "--port", "0")
    assert (result.code, result.out) == (2, "")
    assert fix in result.err
