"""The forward proxy: whom it connects to, and that bytes pass unchanged."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from amocrm_sync._core.forward import connect_target, is_allowed
from amocrm_sync._forward_proxy import ForwardProxy


@pytest.mark.parametrize(
    "host",
    ["demo.amocrm.ru", "www.amocrm.ru", "api-a.amocrm.ru", "drive-b.kommo.com", "amojo.amocrm.com"],
)
def test_hosts_of_amocrm_are_allowed(host):
    assert is_allowed(host, 443)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("example.com", 443),
        ("demo.amocrm.ru", 80),
        ("demo.amocrm.ru", 22),
        ("evilamocrm.ru", 443),
        ("demo.amocrm.ru.example.com", 443),
        ("127.0.0.1", 443),
        ("localhost", 443),
        ("169.254.169.254", 443),
    ],
)
def test_nobody_else_is(host, port):
    assert not is_allowed(host, port)


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("CONNECT Demo.amoCRM.ru:443 HTTP/1.1", ("demo.amocrm.ru", 443)),
        ("CONNECT demo.amocrm.ru HTTP/1.1", None),
        ("CONNECT user@demo.amocrm.ru:443 HTTP/1.1", None),
        ("CONNECT demo.amocrm.ru:443x HTTP/1.1", None),
        ("CONNECT [::1]:443 HTTP/1.1", None),
        ("GET http://demo.amocrm.ru/ HTTP/1.1", None),
        ("CONNECT demo.amocrm.ru:443", None),
        ("", None),
    ],
)
def test_the_request_line(line, target):
    assert connect_target(line) == target


class Outside:
    """A server that says what it hears in capitals; the proxy believes that every host is it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.asked: list[tuple[str, int]] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def connect(self, host: str, port: int) -> socket.socket:
        self.asked.append((host, port))
        if host.startswith("gone."):
            raise OSError("no route")
        return socket.create_connection(self._listener.getsockname(), timeout=5)

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                while piece := client.recv(65_536):
                    client.sendall(piece.upper())


@pytest.fixture
def outside() -> Iterator[Outside]:
    server = Outside()
    yield server
    server.close()


@pytest.fixture
def proxy(outside) -> Iterator[ForwardProxy]:
    with ForwardProxy(port=0, connect=outside.connect) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def talk(proxy: ForwardProxy, *pieces: bytes) -> bytes:
    """Everything that the proxy answers."""
    with socket.create_connection(proxy.server_address, timeout=5) as client:
        for piece in pieces:
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := client.recv(65_536):
            heard += piece
        return heard


def test_bytes_pass_through_a_tunnel(proxy, outside):
    body = bytes(range(97, 123)) * 20_000
    heard = talk(proxy, b"CONNECT demo.amocrm.ru:443 HTTP/1.1\r\nHost: x\r\n\r\n" + body[:10], body[10:])
    head, _, rest = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert rest == body.upper()
    assert outside.asked == [("demo.amocrm.ru", 443)]


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", b"403"),
        (b"CONNECT demo.amocrm.ru:25 HTTP/1.1\r\n\r\n", b"403"),
        (b"GET http://demo.amocrm.ru/ HTTP/1.1\r\n\r\n", b"405"),
        (b"", b"405"),
    ],
)
def test_anything_else_is_refused_and_nothing_is_connected(proxy, outside, request_head, status):
    assert talk(proxy, request_head).startswith(b"HTTP/1.1 " + status)
    assert outside.asked == []


def test_a_host_that_is_away_is_a_502(proxy):
    assert talk(proxy, b"CONNECT gone.amocrm.ru:443 HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 502")
