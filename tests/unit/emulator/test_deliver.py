"""The courier by itself: real HTTP receivers, a manual clock, an outbox that the test fills."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import attrs
import pytest

from amocrm_sync._clock import SYSTEM_CLOCK
from amocrm_sync.testing import Courier, ManualClock
from amocrm_sync.testing import deliver as deliver_module
from amocrm_sync.testing.deliver import post, why_not

HOUR = 3600.0


@attrs.frozen
class Hook:
    destination: str
    body: bytes = b"leads[add][0][id]=1"


class Box:
    """An outbox as the emulator has one."""

    def __init__(self) -> None:
        self.pending: list[Hook] = []
        self.disabled: list[str] = []
        self._callbacks: list[Callable[[], None]] = []

    def put(self, *hooks: Hook) -> None:
        self.pending += hooks
        for callback in list(self._callbacks):
            callback()

    def take(self, wanted: Callable[[str], bool]) -> list[Hook]:
        taken = [hook for hook in self.pending if wanted(hook.destination)]
        self.pending = [hook for hook in self.pending if not wanted(hook.destination)]
        return taken

    def on_pending(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def disable(self, destination: str) -> None:
        self.disabled.append(destination)


class Receiver:
    """A host's webhook endpoint; answers with the codes it is given, then with 200."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.seen: list[tuple[str, str, bytes]] = []
        self.arrived = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.gate.wait(10)
                receiver.seen.append((self.path, self.headers["Content-Type"], body))
                code = receiver.codes.pop(0) if receiver.codes else 200
                self.send_response(code)
                self.send_header("Content-Length", "0")
                if 300 <= code < 400:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                receiver.arrived.release()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?key=1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def box():
    return Box()


@pytest.fixture
def courier(box, clock):
    return Courier(box, clock=clock)


def test_a_webhook_arrives_as_a_form(box, courier, receiver):
    box.put(Hook(receiver.url, b"account[id]=1&leads[add][0][id]=7"))
    (attempt,) = courier.deliver_due()
    assert receiver.seen == [
        ("/hook?key=1", "application/x-www-form-urlencoded", b"account[id]=1&leads[add][0][id]=7")
    ]
    assert (attempt.status, attempt.number, attempt.is_delivered) == (200, 1, True)


def test_what_is_delivered_is_not_sent_again(box, courier, receiver, clock):
    box.put(Hook(receiver.url))
    courier.deliver_due()
    clock.advance(24 * HOUR)
    assert courier.deliver_due() == []


@pytest.mark.parametrize(
    ("code", "waits"),
    [
        (500, [300, 900, 900, 3600]),
        (599, [300, 900, 900, 3600]),
        (499, [300, 900, 900, 3600]),
        (404, [300, 900]),
        (301, [300, 900]),
        (299, []),
        (204, []),
    ],
)
def test_attempts_follow_the_documented_schedule(box, courier, receiver, clock, *, code, waits):
    receiver.codes = [code] * 10
    box.put(Hook(receiver.url))
    courier.deliver_due()
    for wait in waits:
        clock.advance(wait - 1)
        assert courier.deliver_due() == []
        clock.advance(1)
        assert [attempt.status for attempt in courier.deliver_due()] == [code]
    clock.advance(24 * HOUR)
    assert courier.deliver_due() == []
    assert [attempt.number for attempt in courier.attempts] == list(range(1, len(waits) + 2))


def test_a_late_attempt_depends_on_the_code_of_the_one_before(box, courier, receiver, clock):
    receiver.codes = [404, 404, 500, 404]
    box.put(Hook(receiver.url))
    courier.deliver_due()
    for wait in (300, 900, 900, 3600):
        clock.advance(wait)
        courier.deliver_due()
    assert [attempt.status for attempt in courier.attempts] == [404, 404, 500, 404]


def test_a_retry_can_succeed(box, courier, receiver, clock):
    receiver.codes = [503]
    box.put(Hook(receiver.url))
    courier.deliver_due()
    clock.advance(300)
    assert [attempt.is_delivered for attempt in courier.deliver_due()] == [True]
    assert courier.retries == []


def test_nobody_listening_is_no_answer(box, courier, receiver):
    with Receiver() as gone:
        address = gone.url
    box.put(Hook(address))
    assert [attempt.status for attempt in courier.deliver_due()] == [0]
    assert len(courier.retries) == 1


def test_a_slow_receiver_is_no_answer(box, courier, receiver, monkeypatch):
    monkeypatch.setattr(deliver_module, "ANSWER_WITHIN", 0.1)
    receiver.gate.clear()
    assert post(receiver.url, b"") == 0


@pytest.mark.parametrize("destination", ["http://127.0.0.1:8000/x", "http://localhost/x", "http://[::1]:80/"])
def test_this_machine_is_called(destination):
    assert why_not(destination) is None


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        ("https://127.0.0.1/x", "http"),
        ("file:///etc/passwd", "http"),
        ("", "http"),
        ("http://127.0.0.1.example.com/", "machine"),
        ("http://example.com/hook", "machine"),
        ("http://10.0.0.1/", "machine"),
    ],
)
def test_nothing_else_is_called_and_the_reason_is_said(destination, reason):
    assert reason in str(why_not(destination))


def test_what_is_for_others_stays_in_the_outbox_with_a_reason(box, courier, receiver):
    outside = Hook("https://example.com/hook")
    box.put(outside, Hook(receiver.url))
    assert len(courier.deliver_due()) == 1
    assert box.pending == [outside]
    assert list(courier.held) == [outside.destination]


def test_more_than_a_hundred_failures_in_two_hours_switch_a_subscription_off(box, courier, receiver):
    receiver.codes = [500] * 101
    box.put(*[Hook(receiver.url)] * 100)
    courier.deliver_due()
    assert box.disabled == []
    box.put(Hook(receiver.url))
    courier.deliver_due()
    assert box.disabled == [receiver.url]
    assert courier.retries == []


def test_failures_older_than_two_hours_do_not_count(box, courier, receiver, clock):
    receiver.codes = [404] * 101
    box.put(*[Hook(receiver.url)] * 100)
    courier.deliver_due()
    courier.retries.clear()
    clock.advance(2 * HOUR + 1)
    box.put(Hook(receiver.url))
    courier.deliver_due()
    assert box.disabled == []


def test_failures_of_one_receiver_do_not_touch_another(box, courier, receiver):
    with Receiver() as other:
        receiver.codes, other.codes = [500] * 101, [500]
        box.put(Hook(other.url), *[Hook(receiver.url)] * 101)
        courier.deliver_due()
        assert box.disabled == [receiver.url]
        assert [retry.webhook.destination for retry in courier.retries] == [other.url]


def test_in_the_background_webhooks_go_out_as_they_come(box, clock, receiver):
    box.put(Hook(receiver.url, b"before"))
    with Courier(box, clock=clock):
        assert receiver.arrived.acquire(timeout=5)
        box.put(Hook(receiver.url, b"after"))
        assert receiver.arrived.acquire(timeout=5)
    assert [body for _, _, body in receiver.seen] == [b"before", b"after"]


def test_in_the_background_retries_follow_the_manual_clock(box, clock, receiver):
    receiver.codes = [500, 500]
    with Courier(box, clock=clock) as courier:
        box.put(Hook(receiver.url))
        assert courier.wait_idle(5)
        for wait in (300, 900):
            clock.advance(wait)
            assert courier.wait_idle(5)
    assert [attempt.status for attempt in courier.attempts] == [500, 500, 200]


def test_in_the_background_retries_follow_the_machine_s_clock(box, receiver, monkeypatch):
    monkeypatch.setattr(deliver_module, "RETRY_AFTER", (0.05, 0.05))
    receiver.codes = [500, 500]
    with Courier(box, clock=SYSTEM_CLOCK):
        box.put(Hook(receiver.url))
        assert all(receiver.arrived.acquire(timeout=5) for _ in range(3))


def test_idle_is_not_reached_while_a_receiver_thinks(box, clock, receiver):
    receiver.gate.clear()
    with Courier(box, clock=clock) as courier:
        box.put(Hook(receiver.url))
        assert not courier.wait_idle(0.05)
        receiver.gate.set()
        assert courier.wait_idle(5)


def test_stopping_ends_the_thread_and_the_subscriptions(box, clock):
    with Courier(box, clock=clock):
        assert any(thread.name == "amocrm-emulator-webhooks" for thread in threading.enumerate())
    assert not any(thread.name == "amocrm-emulator-webhooks" for thread in threading.enumerate())
    assert box._callbacks == clock._watchers == []
