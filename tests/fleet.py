"""A fleet on one PostgreSQL: workers and a receiver of webhooks as processes of their own, killed while people work.

``python tests/fleet.py worker|receiver URL TOKEN DATABASE`` is such a process; :class:`Fleet` starts and kills them.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self
from urllib.request import Request, urlopen

import attrs
import psycopg

from amocrm_sync import AmoCRM
from amocrm_sync.stores.sql import PostgresDoorbell, SQLSyncStore
from amocrm_sync.sync import OpState, SyncConfig, SyncEngine, SyncWorker

LEASE = 2.0
"""Seconds; shorter than the ten of the default, so that a test of many kills ends."""
CONFIG = {"entities": ("leads",), "lease": LEASE, "retry_base": 0.2, "retry_cap": 1.0, "preread_after": 0.0}
PULL_EVERY = 1.0


def engine_of(url: str, token: str, database: str) -> SyncEngine:
    amo = AmoCRM(url, token=token, limiter=None)
    return SyncEngine(
        amo, SQLSyncStore(database), config=SyncConfig(**CONFIG), doorbell=PostgresDoorbell(database)
    )


def work(url: str, token: str, database: str) -> None:
    with engine_of(url, token, database) as engine:
        engine.status()
        print("ready", flush=True)
        SyncWorker(engine, pull_every=PULL_EVERY, sweep=1.0, window=0.05).run()


def receive(url: str, token: str, database: str) -> None:
    """The smallest receiver there is: a body is durable, then 200 is answered."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    engine = engine_of(url, token, database)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            engine.receive(body, self.headers["Content-Type"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


@attrs.define
class Tally:
    """What a run has shown.

    Attributes:
        held: Pieces of work that somebody held when a worker was killed.
        pauses: Seconds until an edit made right after a kill was in amoCRM, of a lead that nobody held; of each kill.
        longest_takeover: Seconds from a kill until everything that was held then was ended, or in other hands.
        rest: Seconds until nothing was left to do, after the last.
    """

    kills: int = 0
    edits_here: int = 0
    edits_there: int = 0
    creates: int = 0
    held: int = 0
    pauses: list[float] = attrs.field(factory=list)
    longest_takeover: float = 0.0
    rest: float = 0.0

    @property
    def longest_pause(self) -> float:
        return max(self.pauses)


class Fleet:
    """Two workers and a receiver; a process that is killed is started again."""

    def __init__(self, url: str, token: str, database: str, ui_url: str, log: Path) -> None:
        self.arguments = [url, token, database]
        self.database = database
        self.ui_url = ui_url
        self.log = log.open("ab")
        self.workers: list[subprocess.Popen[bytes]] = []
        self.receiver_port = 0

    def __enter__(self) -> Self:
        self.receiver = self._start("receiver")
        assert self.receiver.stdout is not None
        self.receiver_port = int(self.receiver.stdout.readline())
        self.workers = [self._start("worker"), self._start("worker")]
        for place in (0, 1):
            self.await_ready(place)
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.workers, self.receiver]:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.log.close()

    def kill(self, place: int) -> None:
        """Kill -9, and start another in its place."""
        self.workers[place].kill()
        self.workers[place].wait()
        self.workers[place].stdout.close()
        self.workers[place] = self._start("worker")

    def await_ready(self, place: int) -> None:
        """Wait until a worker is at work: the other is killed next, and somebody must be alive."""
        assert self.workers[place].stdout.readline() == b"ready\n"

    def stop(self, place: int) -> int:
        """SIGTERM; the exit code."""
        self.workers[place].send_signal(signal.SIGTERM)
        return self.workers[place].wait(timeout=LEASE + 10)

    def deliver(self, body: bytes) -> None:
        """Post a webhook, again until it is taken: so does amoCRM."""
        request = Request(
            f"http://127.0.0.1:{self.receiver_port}/",
            data=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        with urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    def _start(self, role: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, __file__, role, *self.arguments], stdout=subprocess.PIPE, stderr=self.log
        )


class People:
    """Edit on both sides until told to stop; what each field of each lead must be at last."""

    def __init__(self, fleet: Fleet, engine: SyncEngine, amo: AmoCRM, leads: list[int], seed: int) -> None:
        self.fleet, self.engine, self.amo = fleet, engine, amo
        self.rng = random.Random(seed)
        half = len(leads) // 2
        self.here, self.there = leads[:half], leads[half:]
        self.prices: dict[int, int] = {}
        self.names: list[str] = []
        self.tally = Tally()
        self.stopped = threading.Event()
        self.errors: list[BaseException] = []

    def work(self) -> None:
        """One person's day."""
        try:
            number = 0
            while not self.stopped.is_set():
                number += 1
                self._edit_here(number)
                self._edit_there(number)
                if number % 10 == 0:
                    self._create(number)
                self.stopped.wait(0.05)
        except BaseException as error:
            self.errors.append(error)
            raise

    def _edit_here(self, number: int) -> None:
        lead = self.rng.choice(self.here)
        self.prices[lead] = 1000 + number
        self.engine.records.leads.update(lead, price=self.prices[lead])
        self.tally.edits_here += 1

    def _edit_there(self, number: int) -> None:
        lead = self.rng.choice(self.there)
        self.prices[lead] = 500_000 + number
        self.amo.leads.update(lead, price=self.prices[lead])
        body = f"leads[update][0][id]={lead}&leads[update][0][price]={self.prices[lead]}"
        self.fleet.deliver(body.encode())
        self.tally.edits_there += 1

    def _create(self, number: int) -> None:
        name = f"made here {number}"
        self.engine.records.leads.create(name=name)
        self.names.append(name)
        self.tally.creates += 1


def kill_and_check(fleet: Fleet, people: People, kills: int, server_leads) -> Tally:
    """Kill workers at random moments while people work, and see how long an edit takes that is made right after.

    ``server_leads`` gives the leads that amoCRM has, by id.
    """
    tally, rng = people.tally, people.rng
    worker = threading.Thread(target=people.work, daemon=True)
    worker.start()
    witness = people.there[0]
    people.there.remove(witness)
    for number in range(kills):
        time.sleep(rng.uniform(0.1, 0.9))
        fleet.kill(number % 2)
        killed_at = time.monotonic()
        held = claims(fleet.database)
        tally.kills += 1
        tally.held += len(held)
        tally.pauses.append(round(served_within(people, witness, number, server_leads), 2))
        wait_for(lambda held=held: not held & claims(fleet.database), 30)
        tally.longest_takeover = max(tally.longest_takeover, time.monotonic() - killed_at)
        fleet.await_ready(number % 2)
    people.stopped.set()
    worker.join()
    assert not people.errors, people.errors
    began = time.monotonic()
    wait_for(lambda: is_quiet(people.engine), LEASE + 1 + 10)
    tally.rest = time.monotonic() - began
    return tally


def claims(database: str) -> set[tuple[object, ...]]:
    """Work that is in somebody's hands, each with the token of its lease; one that has run out is nobody's yet."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT kind, stream, key, lease_token FROM amo_work WHERE lease_until IS NOT NULL"
        )
        return set(rows.fetchall())


def served_within(people: People, lead: int, number: int, server_leads) -> float:
    """Seconds until an edit of a lead that nobody holds is in amoCRM."""
    began = time.monotonic()
    price = people.prices[lead] = 900_000 + number
    people.engine.records.leads.update(lead, price=price)
    wait_for(lambda: server_leads()[lead]["price"] == price, 30)
    return time.monotonic() - began


def is_quiet(engine: SyncEngine) -> bool:
    status = engine.status()
    open_edits = sum(
        status.outbox.get(state.value, 0)
        for state in OpState
        if state.value in {"pending", "inflight", "unknown"}
    )
    return not open_edits and not status.inbox.get("new") and not status.inbox["hints"]


def wait_for(condition, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.01)


if __name__ == "__main__":
    {"worker": work, "receiver": receive}[sys.argv[1]](*sys.argv[2:])
