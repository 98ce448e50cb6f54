"""Connecting through the browser: the callback is waited for on this machine."""

from __future__ import annotations

import socket
import threading
import urllib.request
import webbrowser

import pytest

from amocrm_sync._loopback import CallbackListener, listen_address
from amocrm_sync.errors import ConfigurationError, OAuthError
from amocrm_sync.testing import Emulator


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def account(monkeypatch):
    redirect = f"http://127.0.0.1:{free_port()}/callback"
    emulator = Emulator(seed=1, redirect_uri=redirect)
    with emulator.serve() as server:
        monkeypatch.setenv("AMOCRM_SUBDOMAIN", server.base_url)
        monkeypatch.setenv("AMOCRM_CLIENT_ID", emulator.client_id)
        monkeypatch.setenv("AMOCRM_CLIENT_SECRET", emulator.client_secret)
        monkeypatch.setenv("AMOCRM_REDIRECT_URI", redirect)
        yield server.base_url


@pytest.fixture
def person(monkeypatch):
    """Somebody who opens what the browser is told to; their browser asks for a favicon first."""
    visits: list[threading.Thread] = []
    suffix = [""]

    def visit(url: str) -> None:
        with urllib.request.urlopen(url + suffix[0], timeout=10) as page:
            page.read()

    def open_browser(url: str) -> bool:
        visits.append(threading.Thread(target=visit, args=(url,)))
        visits[-1].start()
        return True

    monkeypatch.setattr(webbrowser, "open", open_browser)
    yield suffix
    for one in visits:
        one.join(10)


def test_login_through_the_browser(cli, account, person):
    result = cli("auth", "login", "--domain", account, "--wait", "20", "--json")
    assert result.code == 0, result.err
    assert "consent here: http://127.0.0.1" in result.err
    assert cli("auth", "status", "--json").json[0]["state"] == "connected"


def test_somebody_who_declines_is_told_so(cli, account, person):
    person[0] = "&deny=1"
    result = cli("auth", "login", "--domain", account, "--wait", "20")
    assert result.code == 1
    assert "declined" in result.err


def test_nobody_comes(cli, account):
    result = cli("auth", "login", "--domain", account, "--wait", "0.05", "--no-browser")
    assert result.code == 1
    assert "nobody came back" in result.err


def test_other_requests_are_waited_past():
    port = free_port()
    listener = CallbackListener(("127.0.0.1", port), "/callback")
    heard = []

    def browse() -> None:
        for path in ("/favicon.ico", "/callback?code=c&referer=demo.amocrm.ru"):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                heard.append(client.recv(100).split()[1])

    thread = threading.Thread(target=browse)
    thread.start()
    assert listener.wait(10) == {"code": ["c"], "referer": ["demo.amocrm.ru"]}
    thread.join(5)
    assert heard == [b"404", b"200"]


@pytest.mark.parametrize(
    ("redirect_uri", "listen", "address"),
    [
        ("http://localhost:8787/cb", None, ("localhost", 8787)),
        ("https://host.example/cb", "127.0.0.1:9000", ("127.0.0.1", 9000)),
    ],
)
def test_where_to_listen(redirect_uri, listen, address):
    assert listen_address(redirect_uri, listen) == address


@pytest.mark.parametrize(
    ("redirect_uri", "listen"),
    [("https://host.example/cb", None), ("https://host.example:8787/cb", None), ("x", "8787"), ("x", "a:b")],
)
def test_nowhere_to_listen(redirect_uri, listen):
    with pytest.raises(ConfigurationError, match=r"--listen .* --code"):
        listen_address(redirect_uri, listen)


def test_waiting_ends():
    with pytest.raises(OAuthError, match="within 0 s"):
        CallbackListener(("127.0.0.1", 0), "/").wait(0.01)
