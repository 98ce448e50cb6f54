# Generated from tests/contract/_async/test_time_left.py by tools/unasync.py: edit that file instead.
"""A request with an end to its time: it does not leave after that, wherever it was held up; and a push relies on it."""

from __future__ import annotations

import random
from collections import Counter

import attrs
import pytest
from wire import LOST, Answer, Wire, hal, problem

from amocrm_sync import (
    AmbiguousWriteError,
    AmoCRM,
    LocalRateLimiter,
    RateLimitedError,
    RequestNotSent,
)
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import ClientRemote, OpState, SyncConfig, SyncEngine
from amocrm_sync.testing import Emulator, ManualClock

pytestmark = pytest.mark.anyio

ROWS = Answer(json=hal("leads", [{"id": 1, "request_id": "0"}]))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def connect(family, clock):
    def open_client(wire: Wire, **options) -> AmoCRM:
        options = {"token": "secret-token", "limiter": None, "clock": clock, **options}
        return AmoCRM("demo", http_client=wire.client(family), **options)

    return open_client


@pytest.fixture
def write(clock):
    """Send a write that has ten seconds from now."""

    def send(amo, method="POST", **options):
        end = clock.monotonic() + 10
        return amo.request(
            method, "/api/v4/leads", json=[{}], time_left=lambda: end - clock.monotonic(), **options
        )

    return send


def test_a_request_that_has_time_is_sent(connect, write):
    wire = Wire(ROWS)
    write(connect(wire))
    assert len(wire.sent) == 1


def test_waiting_for_the_rate_limit_may_take_all_the_time(connect, write, clock):
    limiter = LocalRateLimiter(clock=clock)
    wire = Wire(ROWS)
    amo = connect(wire, limiter=limiter)
    limiter.penalize(amo._engine.key, retry_after=11)
    with pytest.raises(RequestNotSent, match="its time was over") as caught:
        write(amo)
    assert wire.sent == []
    assert not isinstance(caught.value, AmbiguousWriteError)
    write(amo)
    assert len(wire.sent) == 1, "what is asked for anew has its own time"


def test_waiting_between_two_attempts_may_take_all_the_time(connect, write):
    wire = Wire(problem(429, retry_after=11), ROWS)
    with pytest.raises(RequestNotSent):
        write(connect(wire))
    assert len(wire.sent) == 1


def test_waiting_for_a_new_token_may_take_all_the_time(connect, write, clock):
    class Slow:
        def token(self, *, rejected=None):
            if rejected is not None:
                clock.advance(11)
            return "old" if rejected is None else "new"

    wire = Wire(problem(401), ROWS)
    with pytest.raises(RequestNotSent):
        write(connect(wire, token=None, auth=Slow()))
    assert [sent.token for sent in wire.sent] == ["old"]


@pytest.mark.parametrize("first", [LOST, problem(502)])
def test_an_earlier_attempt_that_may_have_arrived_is_not_forgotten(connect, write, clock, first):
    def slow(_sent):
        clock.advance(11)
        return first if isinstance(first, Answer) else problem(504)

    wire = Wire(slow)
    with pytest.raises(AmbiguousWriteError):
        write(connect(wire), "PATCH")
    assert len(wire.sent) == 1


def test_the_last_look_is_right_before_the_first_byte(family):
    """Reaching the server takes the time: a connection is there, and nothing is written to it."""
    emulator = Emulator(rate_limit=False)
    looks = iter([1.0, 0.0])
    with emulator.serve() as server:
        with AmoCRM(server.base_url, token=emulator.long_lived_token(), limiter=None) as amo:
            with pytest.raises(RequestNotSent, match="its time was over"):
                amo.request(
                    "POST", "/api/v4/leads", json=[{"name": "x"}], time_left=lambda: next(looks), retry=False
                )
            assert next(looks, None) is None, "it was asked twice: before the connection, and with it"
            assert list(emulator.leads) == []
            amo.request("POST", "/api/v4/leads", json=[{"name": "y"}], time_left=lambda: 1.0)
    assert [row["name"] for row in emulator.leads.values()] == ["y"]


class Queue:
    """A rate limit in which the next request waits while ``meanwhile`` happens."""

    def __init__(self) -> None:
        self.meanwhile = None

    def acquire(self, key, *, priority=0) -> None:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()

    def penalize(self, key, *, retry_after=None) -> None:
        raise AssertionError("nobody answers 429 here")


class Timeless(ClientRemote):
    """The safeguard taken out: whoever has waited sends, whatever the time."""

    def create(self, stream, items, time_left):
        return super().create(stream, items, lambda: 1.0)

    def update(self, stream, items, time_left):
        return super().update(stream, items, lambda: 1.0)


@attrs.define
class Machines:
    """Two machines on one store; the requests of the first may have to wait."""

    emulator: Emulator
    clock: ManualClock
    queue: Queue
    one: SyncEngine
    two: SyncEngine

    def hold_up(self) -> None:
        """The next request of the first machine waits for a minute, in which the second does all there is to do."""

        def meanwhile() -> None:
            for _ in range(12):
                self.clock.advance(5)
                assert (self.two.push()).ok

        self.queue.meanwhile = meanwhile


@pytest.fixture
def machines(clock, request):
    emulator = Emulator(clock=clock, rate_limit=False)
    emulator.seed_account(leads=1, pipelines=1)
    store, queue = MemorySyncStore(), Queue()
    remote = Timeless if getattr(request, "param", None) else ClientRemote

    def engine(limiter) -> SyncEngine:
        amo = AmoCRM(
            "demo",
            token=emulator.long_lived_token(),
            http_client=emulator.http_client(),
            clock=clock,
            limiter=limiter,
        )
        config = SyncConfig(entities=("leads",), preread_after=None, conflicts="remote")
        return SyncEngine(
            None, store, remote=remote(amo), config=config, clock=clock, random=random.Random(1)
        )

    two = engine(None)
    two.setup()
    two.pull()
    one = engine(queue)
    one.push()
    return Machines(emulator, clock, queue, one, two)


def held_up_create(machines) -> Counter[str]:
    """Make a lead; the first machine takes it and is held up. The leads of that name which amoCRM has in the end."""
    machines.one.records.leads.create(name="Once")
    machines.hold_up()
    machines.one.push()
    machines.clock.advance(60)
    machines.one.push()
    return Counter(row["name"] for row in machines.emulator.leads.values())


def test_an_edit_that_another_machine_has_sent_meanwhile_is_not_sent_again(machines):
    assert (held_up_create(machines))["Once"] == 1
    assert (machines.one.status()).outbox == {"done": 1}
    assert machines.one.dead_letters() == []


@pytest.mark.parametrize("machines", ["without the end of time"], indirect=True)
def test_without_an_end_of_time_it_would_be(machines):
    assert (held_up_create(machines))["Once"] == 2


def test_a_newer_value_is_not_replaced_by_one_that_was_held_up(machines):
    [lead] = machines.emulator.leads
    machines.one.records.leads.update(lead, price=5)
    machines.hold_up()
    held_up = machines.queue.meanwhile

    def and_a_person_changes_it() -> None:
        held_up()
        machines.emulator.ui.edit("leads", lead, price=9)

    machines.queue.meanwhile = and_a_person_changes_it
    machines.one.push()
    assert machines.emulator.leads[lead]["price"] == 9


def test_what_was_held_up_with_nobody_else_about_is_sent_later(machines):
    def meanwhile() -> None:
        machines.clock.advance(9)

    made = machines.one.records.leads.create(name="Once")
    machines.queue.meanwhile = meanwhile
    report = machines.one.push()
    assert "its time was over" in report.problems[0].message
    [op] = machines.one.outbox()
    assert (op.state, op.attempts) == (OpState.PENDING, 0), "it never left, so it counts as no attempt"
    machines.clock.advance(60)
    assert (machines.one.push()).ok
    assert (machines.one.records.leads.get(made.uid)).remote_id is not None


def test_the_error_of_a_limit_is_still_that(connect, write):
    wire = Wire(problem(429, retry_after=1))
    with pytest.raises(RateLimitedError):
        write(connect(wire), retry=False)
