"""A real server under requests that mean harm: each is refused cheaply, and webhooks are taken all the while."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import httpx
import pytest
import uvicorn

from amocrm_sync.adapters import asgi
from amocrm_sync.handlers import AsyncCRMHandlers, Group

SECRET = "secret-of-the-hostile-tests"
PATH = f"/webhooks/amocrm/{SECRET}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
LORISES = 100


class AsyncInbox:
    """As much of an engine as webhooks need."""

    tenant = "demo.amocrm.ru"

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def receive(self, body, content_type=None):
        from amocrm_sync.sync import Receipt
        from amocrm_sync.webhooks import parse

        events = parse(body, content_type=content_type)
        self.bodies.append(body)
        return Receipt(processed=len(events), errors=len(events.problems), duplicate=False)


@pytest.fixture
def inbox():
    return AsyncInbox()


@pytest.fixture
def address(inbox, monkeypatch):
    """A host behind uvicorn on a free port."""
    monkeypatch.setattr(asgi, "READ_SECONDS", 0.5)
    handlers = AsyncCRMHandlers(engine=inbox, webhook_secret=SECRET, groups=[Group.WEBHOOKS])
    config = uvicorn.Config(asgi.app(handlers, worker=False), port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()
    server.should_exit = True
    thread.join(20)


def is_taken(address) -> bool:
    """Whether a webhook is taken now."""
    host, port = address
    answer = httpx.post(f"http://{host}:{port}{PATH}", content="leads[update][0][id]=1", headers=FORM)
    return (answer.status_code, answer.json()["processed"]) == (200, 1)


def test_bodies_that_come_drop_by_drop_are_given_up_and_nobody_waits_for_them(address, inbox):
    async def loris(head: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(head)
        with contextlib.suppress(ConnectionError):
            while not reader.at_eof() and not (first := await _line(reader)):
                writer.write(b"a")
                await writer.drain()
        writer.close()
        return first

    async def attack() -> list[bytes]:
        head = f"POST {PATH} HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        tasks = [asyncio.create_task(loris(head.encode())) for _ in range(LORISES)]
        assert await asyncio.to_thread(is_taken, address)
        return await asyncio.gather(*tasks)

    answers = asyncio.run(attack())
    assert {answer.split()[1] for answer in answers} == {b"408"}
    assert is_taken(address)
    assert len(inbox.bodies) == 2


async def _line(reader: asyncio.StreamReader) -> bytes:
    """What the server says, if it says something within a tenth of a second."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            return await reader.readline()
    return b""


@pytest.mark.parametrize(
    ("attack", "status"),
    [
        ((PATH, b"x" * 5_000_000, FORM), 413),
        ((PATH, b"a" + b"[b]" * 5_000 + b"=1", FORM), 413),
        ((PATH, b"&".join(b"a[]=1" for _ in range(100_000)), FORM), 413),
        ((PATH, b"[" * 50_000, JSON), 413),
        ((PATH, b'{"a":' * 20_000 + b"1" + b"}" * 20_000, JSON), 413),
        ((PATH, b"leads[add][0][id]=1", {"Content-Type": "text/plain"}), 415),
        ((PATH, b"\x00\xff" * 500, {"Content-Type": "application/octet-stream"}), 415),
        (("/webhooks/amocrm/wrong-secret-of-the-tests", b"leads[add][0][id]=1", FORM), 404),
        (("/webhooks/amocrm/" + "%2e%2e/" * 50, b"leads[add][0][id]=1", FORM), 404),
    ],
    ids=[
        "oversize",
        "deep",
        "many",
        "deep JSON",
        "deep and whole JSON",
        "wrong type",
        "binary",
        "wrong secret",
        "strange path",
    ],
)
def test_what_is_refused_is_refused_cheaply(attack, status, address, inbox):
    (path, body, headers), (host, port) = attack, address
    before = time.process_time()
    for _ in range(5):
        assert httpx.post(f"http://{host}:{port}{path}", content=body, headers=headers).status_code == status
    spent = (time.process_time() - before) / 5
    assert inbox.bodies == []
    assert is_taken(address)
    assert spent < 0.25, "seconds of this process, the client's among them"
