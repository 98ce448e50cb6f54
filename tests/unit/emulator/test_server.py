"""The socket server, against a handler that echoes: framing, keep-alive, limits, ends."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from amocrm_sync.testing import Server
from amocrm_sync.testing import server as server_module
from amocrm_sync.testing.emulator.http import Request, Response
from amocrm_sync.testing.faults import LostAnswer


class Echo:
    """Answers with what it was asked, as JSON."""

    def handle(self, request: Request) -> Response:
        if request.path == "/nothing":
            return Response(status=204)
        if request.path == "/lost":
            return LostAnswer(hang="hang" in request.query)
        seen = {
            "method": request.method,
            "url": request.url,
            "origin": request.origin,
            "headers": dict(request.headers),
            "body": request.body.decode("latin-1"),
        }
        headers = (("Content-Type", "application/json"), ("X-Path", request.path))
        return Response(status=200, headers=headers, body=json.dumps(seen).encode())


@pytest.fixture
def server():
    with Server(Echo()) as running:
        yield running


@pytest.fixture
def client(server):
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
        yield connection


def ask(client: http.client.HTTPConnection, method: str, target: str, **rest: Any) -> Any:
    client.request(method, target, **rest)
    return json.loads(client.getresponse().read())


def raw(server: Server, message: bytes) -> bytes:
    """Send bytes, say that no more come, and read until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def threads_of(server: Server) -> list[str]:
    return [thread.name for thread in threading.enumerate() if f":{server.port}" in thread.name]


def test_a_request_arrives_whole(client):
    seen = ask(client, "POST", "/api/v4/leads?filter[id][]=1&page=2", body=b'[{"name":"\xd0\x98"}]')
    assert seen["method"] == "POST"
    assert seen["url"].endswith("/api/v4/leads?filter[id][]=1&page=2")
    assert seen["body"].encode("latin-1") == b'[{"name":"\xd0\x98"}]'


def test_base_url_leads_to_it(server, client):
    assert server.base_url == f"http://127.0.0.1:{server.port}"
    assert ask(client, "GET", "/")["origin"] == server.base_url


def test_host_header_decides_the_origin(client):
    assert (
        ask(client, "GET", "/x", headers={"Host": "demo.amocrm.test:81"})["url"]
        == "http://demo.amocrm.test:81/x"
    )


def test_an_absolute_target_wins_over_the_host_header(client):
    assert ask(client, "GET", "https://other.test/x?y=1")["url"] == "https://other.test/x?y=1"


def test_header_names_are_lower_case_and_repeats_are_joined(server):
    answer = raw(server, b"GET / HTTP/1.1\r\nHost: a\r\nX-Thing: 1\r\nx-thing: 2\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["headers"]["x-thing"] == "1, 2"


def test_one_connection_serves_many_requests(server, client):
    for number in range(50):
        assert ask(client, "GET", f"/{number}")["url"] == f"{server.base_url}/{number}"
    assert len(threads_of(server)) == 2  # the listener and this connection


def test_requests_sent_ahead_are_answered_in_order(server):
    answers = raw(server, b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(20)))
    found = [line for line in answers.split(b"\r\n") if line.lower().startswith(b"x-path")]
    assert found == [b"X-Path: /%d" % number for number in range(20)]


def test_chunked_bodies_are_joined(client):
    assert ask(client, "POST", "/", body=iter([b"one ", b"two ", b"three"]))["body"] == "one two three"


def test_a_client_that_waits_for_permission_to_send_gets_it(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"hello")
        assert b'"body": "hello"' in connection.recv(65536)


def test_head_and_body_leave_in_one_segment(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        assert length == len(body) > 0


def test_no_call_waits_for_a_delayed_acknowledgement(client):
    ask(client, "GET", "/")
    began = time.perf_counter()
    for _ in range(50):
        ask(client, "POST", "/", body=b"x" * 2_000)
    assert (time.perf_counter() - began) / 50 < 0.03  # Nagle with delayed acknowledgements costs 0.04 each


def test_204_has_no_body_and_the_connection_lives_on(client):
    client.request("GET", "/nothing")
    answer = client.getresponse()
    assert (answer.status, answer.read(), answer.getheader("Content-Length")) == (204, b"", None)
    assert ask(client, "GET", "/next")["url"].endswith("/next")


def test_head_gets_the_length_and_no_body(client):
    client.request("HEAD", "/")
    answer = client.getresponse()
    assert answer.read() == b""
    assert int(answer.getheader("Content-Length") or 0) > 0
    assert ask(client, "GET", "/next")["url"].endswith("/next")


def test_connection_close_is_honoured(client):
    client.request("GET", "/", headers={"Connection": "close"})
    answer = client.getresponse()
    assert answer.getheader("Connection") == "close"
    answer.read()


def test_what_is_not_http_gets_400(server):
    assert raw(server, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_request_without_host_gets_400(server):
    assert raw(server, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_endless_headers_are_refused(server):
    assert raw(server, b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000).startswith(b"HTTP/1.1 431 ")


def test_a_body_over_the_limit_is_refused(server, monkeypatch):
    monkeypatch.setattr(server_module, "BODY_LIMIT", 1_000)
    message = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2_000
    assert raw(server, message).startswith(b"HTTP/1.1 413 ")


def test_a_body_cut_short_reaches_nobody(server):
    answer = raw(server, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_lost_answer_closes_the_connection(client):
    client.request("GET", "/lost?close")
    with pytest.raises(http.client.RemoteDisconnected):
        client.getresponse()


def test_a_hanging_answer_stays_silent_until_the_client_gives_up(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as connection:
        connection.sendall(b"GET /lost?hang HTTP/1.1\r\nHost: a\r\n\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_twenty_clients_never_get_each_others_answers(server):
    def talk(own: int) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
            good = 0
            for number in range(40):
                text = f"{own}-{number}-" + "x" * (own * 97 % 3_000)
                body: Any = text.encode() if number % 2 else iter([text[:7].encode(), text[7:].encode()])
                seen = ask(connection, "POST", f"/{own}/{number}", body=body)
                good += seen["url"] == f"{server.base_url}/{own}/{number}" and seen["body"] == text
            return good

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(talk, range(20))) == [40] * 20


def test_stop_leaves_no_thread_and_no_listener():
    arrived = threading.Semaphore(0)

    class Notes(Echo):
        def handle(self, request: Request) -> Response:
            arrived.release()
            return super().handle(request)

    server = Server(Notes()).start()
    idle = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    hanging = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    with idle, hanging:
        idle.sendall(b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        hanging.sendall(b"GET /lost?hang HTTP/1.1\r\nHost: a\r\n\r\n")
        assert idle.recv(65536).startswith(b"HTTP/1.1 204 ")
        assert arrived.acquire(timeout=5)
        assert arrived.acquire(timeout=5)
        server.stop()
        assert threads_of(server) == []
        assert idle.recv(1) == hanging.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=1)
    server.stop()  # a second stop changes nothing


def test_stop_lets_an_answer_under_way_finish():
    entered, released = threading.Event(), threading.Event()

    class Slow:
        def handle(self, request: Request) -> Response:
            entered.set()
            released.wait(5)
            return Response(status=200, body=b"done")

    server = Server(Slow()).start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert entered.wait(5)
        threading.Timer(0.05, released.set).start()
        server.stop()
        assert connection.recv(65536).endswith(b"done")


def test_it_listens_on_this_machine_only(server):
    assert server._listener.getsockname()[0] == "127.0.0.1"


def test_a_server_that_was_never_started_can_be_stopped():
    Server(Echo()).stop()


def test_it_is_fast_enough_not_to_be_what_is_measured(server):
    """Small answers over keep-alive, with the client in the same process and under the same lock."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        began = time.perf_counter()
        for _ in range(500):
            connection.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.recv(65536)
        rate = 500 / (time.perf_counter() - began)
    print(f"{rate:.0f} requests a second")
    assert rate > 300
