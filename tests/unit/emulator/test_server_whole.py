"""Emulator, server and courier together: what a client and a webhook endpoint see of an account on a socket."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs

import pytest

from amocrm_sync.testing import Emulator, Faults, ManualClock


@pytest.fixture
def emulator():
    return Emulator(seed=1, clock=ManualClock(), rate_limit=False)


@pytest.fixture
def server(emulator):
    with emulator.serve() as running:
        yield running


@pytest.fixture
def inbox():
    """A webhook endpoint: its address, and the bodies that it got."""
    bodies: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    endpoint = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=endpoint.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{endpoint.server_port}/hook", bodies
    endpoint.shutdown()
    endpoint.server_close()
    thread.join()


class Account:
    """A bare client: one connection, one token."""

    def __init__(self, emulator: Emulator, port: int) -> None:
        self._token = emulator.long_lived_token()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        raw = answer.read()
        return answer.status, json.loads(raw) if raw else None


@pytest.fixture
def account(emulator, server):
    with Account(emulator, server.port) as client:
        yield client


def test_links_are_on_the_address_that_was_asked(emulator, server, account):
    emulator.seed_account(leads=5)
    _, page = account.ask("GET", "/api/v4/leads?limit=2")
    assert page["_links"]["next"]["href"].startswith(f"{server.base_url}/api/v4/leads?")
    assert page["_embedded"]["leads"][0]["_links"]["self"]["href"].startswith(server.base_url)


def test_a_change_reaches_the_subscriber_by_http(emulator, server, account, inbox):
    destination, bodies = inbox
    assert (
        account.ask("POST", "/api/v4/webhooks", {"destination": destination, "settings": ["add_lead"]})[0]
        == 201
    )
    _, made = account.ask("POST", "/api/v4/leads", [{"name": "Новая"}])
    assert server.courier.wait_idle(5)
    (body,) = bodies
    assert body["leads[add][0][id]"] == [str(made["_embedded"]["leads"][0]["id"])]
    assert body["leads[add][0][name]"] == ["Новая"]
    assert body["account[subdomain]"] == ["demo"]


def test_what_people_do_reaches_the_subscriber_too(emulator, server, account, inbox):
    destination, bodies = inbox
    account.ask("POST", "/api/v4/webhooks", {"destination": destination, "settings": ["delete_lead"]})
    _, made = account.ask("POST", "/api/v4/leads", [{"name": "x"}])
    lead_id = made["_embedded"]["leads"][0]["id"]
    emulator.ui.delete_lead(lead_id)
    assert server.courier.wait_idle(5)
    assert [body["leads[delete][0][id]"] for body in bodies] == [[str(lead_id)]]


def test_webhooks_for_other_machines_wait_to_be_drained(emulator, server, account):
    outside = "https://example.com/hook"
    account.ask("POST", "/api/v4/webhooks", {"destination": outside, "settings": ["add_lead"]})
    account.ask("POST", "/api/v4/leads", [{"name": "x"}])
    assert server.courier.wait_idle(5)
    assert [hook.destination for hook in emulator.webhooks.drain()] == [outside]


def test_lost_and_doubled_webhooks(emulator, server, account, inbox):
    destination, bodies = inbox
    account.ask("POST", "/api/v4/webhooks", {"destination": destination, "settings": ["add_lead"]})
    emulator.faults = Faults(webhook_duplicates=1.0)
    account.ask("POST", "/api/v4/leads", [{"name": "twice"}])
    assert server.courier.wait_idle(5)
    emulator.faults = Faults(webhook_loss=1.0)
    account.ask("POST", "/api/v4/leads", [{"name": "never"}])
    assert server.courier.wait_idle(5)
    assert [body["leads[add][0][name]"] for body in bodies] == [["twice"], ["twice"]]


def test_a_receiver_that_always_fails_is_switched_off(emulator, server, account):
    with closing(socket.create_server(("127.0.0.1", 0))) as held:
        destination = f"http://127.0.0.1:{held.getsockname()[1]}/hook"
    account.ask("POST", "/api/v4/webhooks", {"destination": destination, "settings": ["add_lead"]})
    account.ask("POST", "/api/v4/leads", [{"name": str(number)} for number in range(101)])
    assert server.courier.wait_idle(20)
    _, hooks = account.ask("GET", "/api/v4/webhooks")
    assert hooks["_embedded"]["webhooks"][0]["disabled"] is True


def test_a_write_whose_answer_is_lost_has_happened(emulator, server, account):
    emulator.faults = faults = Faults()
    faults.next(lose_answer=True, hang=False, match="POST /api/v4/leads")
    with pytest.raises(http.client.RemoteDisconnected):
        account.ask("POST", "/api/v4/leads", [{"name": "taken"}])
    assert [lead["name"] for lead in emulator.leads.values()] == ["taken"]


def test_twenty_clients_write_and_read_at_once(emulator, server):
    def work(own: int) -> list[str]:
        with Account(emulator, server.port) as client:
            for number in range(10):
                status, made = client.ask("POST", "/api/v4/leads", [{"name": f"{own}-{number}"}])
                assert status == 200
                lead_id = made["_embedded"]["leads"][0]["id"]
                _, lead = client.ask("GET", f"/api/v4/leads/{lead_id}")
                assert lead["name"] == f"{own}-{number}"
            return [f"{own}-{number}" for number in range(10)]

    with ThreadPoolExecutor(20) as pool:
        written = [name for names in pool.map(work, range(20)) for name in names]
    assert sorted(lead["name"] for lead in emulator.leads.values()) == sorted(written)
