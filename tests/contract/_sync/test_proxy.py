# Generated from tests/contract/_async/test_proxy.py by tools/unasync.py: edit that file instead.
from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from amocrm_sync import AmoCRM

pytestmark = pytest.mark.anyio


class Proxy(ThreadingHTTPServer):
    """A forward proxy that answers by itself and remembers what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = b'{"id": 1, "name": "Behind a proxy"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Stay quiet."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    server = Proxy()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def account_name(**options) -> str | None:
    with AmoCRM("http://crm.example:8080", token="t", limiter=None, retry=None, **options) as amo:
        return (amo.account.get()).name


def test_the_proxy_of_the_argument(family, proxy):
    assert account_name(proxy=proxy.url) == "Behind a proxy"
    assert proxy.asked == ["http://crm.example:8080/api/v4/account"]


def test_the_proxy_of_the_environment(family, proxy, monkeypatch):
    monkeypatch.setenv("AMOCRM_PROXY", proxy.url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert account_name() == "Behind a proxy"


def test_the_argument_goes_before_the_environment(family, proxy, monkeypatch):
    monkeypatch.setenv("AMOCRM_PROXY", "http://127.0.0.1:9")
    assert account_name(proxy=proxy.url) == "Behind a proxy"


def test_the_proxy_of_the_system_is_the_last_resort(family, proxy, monkeypatch):
    monkeypatch.setenv("http_proxy", proxy.url)
    assert account_name() == "Behind a proxy"
