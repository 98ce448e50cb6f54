"""The same history in real time: PostgreSQL, two workers as processes of their own, and the clock on the wall.

People, the host's users, the postman and the checks are those of the simulation, in this process, beside the account. The
workers reach it over a socket, through everything that goes wrong there; they are killed, and stopped for a while.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, Self

import attrs
import psycopg
from simulation import checks
from simulation.account import Account, Wire
from simulation.actors import front, people, postman, reader
from simulation.checks import Violation
from simulation.machine import Machine
from simulation.plan import Plan
from simulation.world import KEY, World

from amocrm_sync._clock import SYSTEM_CLOCK
from amocrm_sync._core.oauth import TokenPair
from amocrm_sync._core.sync.fields import flatten
from amocrm_sync._core.sync.outbox import OPEN_STATES
from amocrm_sync._core.token_life import record_of
from amocrm_sync.stores.sql import AsyncSQLSyncStore, AsyncSQLTokenStore
from amocrm_sync.sync import SyncConfig
from amocrm_sync.testing.emulator.http import Request, Response
from amocrm_sync.testing.faults import LostAnswer
from amocrm_sync.testing.server import Server

WORKER = Path(__file__).with_name("real_worker.py")
CREATE_SETTLES = 40.0
"""Seconds after which a create that never arrived is sent again: none is lost on its way when less than this is left."""
FIRST_PULL_FROM = 60.0
"""Seconds; in a shorter history the first pull is done by the workers, amid the trouble."""
_PATIENCE = 120.0
GUARDS = """
CREATE TABLE broken (promise text);
CREATE TABLE generations (id text PRIMARY KEY, generation bigint);
CREATE FUNCTION fence_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.read_fence < OLD.read_fence THEN
    INSERT INTO broken VALUES ('I5: the fence of ' || NEW.entity || ' ' || NEW.uid || ' goes back');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER fence_goes_on BEFORE UPDATE ON amo_record FOR EACH ROW EXECUTE FUNCTION fence_goes_on();
CREATE FUNCTION generation_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE
  name text := concat_ws('|', NEW.tenant_id, NEW.kind, NEW.stream, NEW.key);
  last bigint := (SELECT generation FROM generations WHERE id = name);
BEGIN
  IF NEW.generation < last OR (TG_OP = 'INSERT' AND NEW.generation = last) THEN
    INSERT INTO broken VALUES ('I6: the generation of ' || name || ' goes from ' || last || ' to ' || NEW.generation);
  END IF;
  INSERT INTO generations VALUES (name, NEW.generation)
    ON CONFLICT (id) DO UPDATE SET generation = EXCLUDED.generation;
  RETURN NEW;
END $$;
CREATE TRIGGER generation_goes_on AFTER INSERT OR UPDATE ON amo_work FOR EACH ROW EXECUTE FUNCTION generation_goes_on();
"""
"""The database itself looks at every commit: what belongs to a transaction that is rolled back goes with it."""


def plan_of(seconds: float, seed: int) -> Plan:
    """What goes wrong, and how often. No bans: one stops everything for a quarter of an hour."""
    return Plan(
        seed=seed,
        seconds=seconds,
        page_size=5,
        crash=0.0,
        stall=0.0,
        latency=0.3,
        hook_delay=min(10.0, seconds / 2),
        rows=12,
        people=1.0,
        bulk=0.05,
        local=1.5,
        token_life=20,
        first_pull=seconds >= FIRST_PULL_FROM,
    )


def settings_of(plan: Plan) -> dict[str, Any]:
    """The settings of every engine."""
    return {
        "entities": ["leads", "contacts", "tasks"],
        "tenant": "demo.amocrm.ru",
        "page_size": plan.page_size,
        "conflicts": plan.policy,
        "preread_after": plan.preread,
        "lease": 5.0,
        "pause": 10.0,
        "max_attempts": 40,
        "retry_base": 0.5,
        "retry_cap": 5.0,
    }


@attrs.frozen(kw_only=True)
class RealOutcome:
    """What became of it: the promises that were broken, in words, and how much happened."""

    violations: tuple[str, ...]
    counts: dict[str, int]
    seconds: float


class RealWorld(World):
    """A history on the wall's clock."""

    def __init__(self, plan: Plan, loop: Any, database: str, folder: Path) -> None:
        super().__init__(plan, loop, store="memory", keep_trace=False)
        self.clock = SYSTEM_CLOCK
        self.account = Account(plan, SYSTEM_CLOCK)
        self.database = database
        self.folder = folder
        self.store = AsyncSQLSyncStore(database)
        self.tokens = AsyncSQLTokenStore(database)
        self.config = SyncConfig(**settings_of(plan))
        self.ends_at = float("inf")
        self.unheard: list[Any] = []
        self.is_over = False

    async def run(self) -> tuple[str, ...]:
        try:
            await self._begin()
            await self.watch_commits()
            await self._rough()
            await self._quiet()
        except Violation as violation:
            return (str(violation),)
        finally:
            await self.store.aclose()
        return tuple(self._broken())

    async def watch_commits(self) -> None:
        """Let the database look at every commit from now on."""
        async with await psycopg.AsyncConnection.connect(self.database, autocommit=True) as connection:
            await connection.execute(GUARDS)

    def _broken(self) -> list[str]:
        with psycopg.connect(self.database) as connection:
            return [
                promise for (promise,) in connection.execute("SELECT DISTINCT promise FROM broken LIMIT 20")
            ]

    async def _consent(self) -> None:
        """For the machines of this process, and for the workers."""
        await super()._consent()
        tokens = self.account.emulator.issue_tokens()
        now = self.clock.now()
        pair = TokenPair(
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
            expires_at=now + tokens["expires_in"],
        )
        old = await self.tokens.load(KEY)
        new = record_of(pair, now, domain=self.tenant, previous=None)
        new = attrs.evolve(new, version=1 if old is None else old.version + 1)
        assert await self.tokens.swap(KEY, None if old is None else old.version, new)

    async def _rough(self) -> None:
        """Everybody works, and everything goes wrong."""
        loop = asyncio.get_running_loop()
        with Server(_Gate(self, loop), host="127.0.0.1", port=0) as server, Pair(self, server.port) as pair:
            await pair.start()
            self.ends_at = self.clock.monotonic() + self.plan.seconds
            self.is_rough = self.account.is_rough = True
            host = Machine(self, "host")
            jobs = [
                front(host),
                people(self),
                postman(self),
                reader(self),
                self._sample(),
                self._nemesis(pair),
            ]
            tasks = [loop.create_task(job) for job in jobs]
            person = loop.create_task(self._person())
            await asyncio.sleep(self.plan.seconds)
            self.is_rough = self.account.is_rough = False
            await asyncio.gather(*tasks)
            await self._settled(host)
            self.is_over = True
            await person
            await pair.stop()
            await host.close()

    async def _settled(self, host: Machine) -> None:
        """The workers end what is open by themselves; a person looks at creates that carry no mark (of tasks)."""
        began = self.clock.monotonic()
        while left := await checks.left(self):
            if self.clock.monotonic() - began > _PATIENCE:
                raise Violation(f"I2: not quiet after {_PATIENCE:.0f} s: {left}")
            await self._decide(host)
            await asyncio.sleep(0.5)
        self.counts["seconds until the workers had done everything"] = round(self.clock.monotonic() - began)

    async def _quiet(self) -> None:
        for write in self.unheard:
            write.is_answered = False
        sent = sorted(self.account.sent)
        machine = Machine(self, "closer")
        machine.client.__dict__["_engine"] = attrs.evolve(machine.client._engine, limiter=None)
        await self._close_up(machine)
        await checks.after_incremental(self)
        await machine.engine.reconcile()
        await self._close_up(machine)
        self.account.sent = sent  # the rate is a promise of those who work, not of who compares
        await checks.at_the_end(self)
        await machine.close()

    async def _close_up(self, machine: Machine) -> None:
        """Rounds until nothing changes any more."""
        calm = 0
        while calm < 2:
            before = await checks.version_of(self)
            await machine.engine.resume()
            await machine.engine.run()
            calm = calm + 1 if before == await checks.version_of(self) and not await checks.left(self) else 0
            await asyncio.sleep(1.2)

    async def _sample(self) -> None:
        """I9 and I14, once a second: an edit that is open before and after a reading was so meanwhile."""
        while self.is_rough:
            await asyncio.sleep(1.0)
            before = await self._open_edits()
            async with self.store.tx(self.tenant, write=False) as tx:
                stored = await tx.records.changed_since(0, self.config.entities, limit=100_000)
            after = await self._open_edits()
            records = {item.record.uid: item.record for item in stored}
            for record in records.values():
                self.watch._record(record)
            for seq in before.keys() & after.keys():
                op, record = before[seq], records[before[seq].uid]
                missing = flatten(op.fields).keys() - flatten(record.local).keys()
                if missing and record.deleted_at is None:
                    raise Violation(
                        f"I9: {op.entity} {record.remote_id} does not show its open edit of {missing}"
                    )

    async def _open_edits(self) -> dict[int, Any]:
        async with self.store.tx(self.tenant, write=False) as tx:
            return {op.seq: op for op in await tx.outbox.in_states(OPEN_STATES)}

    async def _nemesis(self, pair: Pair) -> None:
        """Kills a worker, or lets it stand still for longer than its lease."""
        random = Random(f"nemesis:{self.plan.seed}")
        while True:
            await asyncio.sleep(random.uniform(0.3, 0.7) * min(20.0, self.plan.seconds))
            if not self.is_rough:
                return
            place = random.randrange(2)
            if random.random() < 0.7:
                await pair.kill(place)
                self.count("crashes")
            else:
                self.count("stalls")
                await pair.stand_still(place, random.uniform(1.0, min(14.0, self.plan.seconds / 2)))

    async def _person(self) -> None:
        """Who is killed between an exchange of tokens and its storing leaves none: a person consents again."""
        while not self.is_over:
            await asyncio.sleep(1.0)
            record = await self.tokens.load(KEY)
            if record is not None and record.last_error and (record.expires_at or 0.0) < self.clock.now():
                await self.consent_again()


class _Gate:
    """The account behind a socket: everything that happens to it happens in the loop of its world."""

    def __init__(self, world: RealWorld, loop: asyncio.AbstractEventLoop) -> None:
        self._world = world
        self._loop = loop

    def handle(self, request: Request) -> Response:
        try:
            return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop).result()
        except CancelledError:  # the world has ended, and who asked was killed before
            return LostAnswer(hang=False)

    async def _answer(self, request: Request) -> Response:
        world, account = self._world, self._world.account
        if not request.path.startswith("/oauth2/"):
            account.sent.append(float(request.headers["x-left"]))
        fault = account.draw(request.path)
        if fault == "unsent" and (
            request.method != "POST" or world.ends_at - time.monotonic() > CREATE_SETTLES
        ):
            world.count("requests lost on their way")
            return LostAnswer(hang=False)
        wire = Wire(account, SimpleNamespace(name=request.headers["x-by"]))
        answer = await wire._answer(request, fault)
        return LostAnswer(hang=False) if answer is None else answer


class Pair:
    """Two workers; one that is killed has a successor."""

    def __init__(self, world: RealWorld, port: int) -> None:
        self._world = world
        self._port = port
        self._lives = 0
        self._log = (world.folder / "workers.log").open("ab")
        self._names = ["", ""]
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
            process.stdout.close()
        self._log.close()

    async def start(self) -> None:
        self._processes = [self._begin(0), self._begin(1)]
        for process in self._processes:
            await self._ready(process)

    async def kill(self, place: int) -> None:
        """Kill -9; what was under way is answered to nobody."""
        name, writes = self._names[place], self._world.account.writes
        process = self._processes[place]
        process.kill()
        process.wait()
        process.stdout.close()
        self._world.dead.add(name)
        self._world.unheard += [write for write in writes if write.by == name and not write.is_answered]
        self._processes[place] = self._begin(place)
        await self._ready(self._processes[place])

    async def stand_still(self, place: int, seconds: float) -> None:
        """As a machine does that swaps, or that is moved to another host."""
        self._processes[place].send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._processes[place].send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """SIGTERM: an orderly end."""
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        codes = [await asyncio.to_thread(process.wait, 30) for process in self._processes]
        if codes != [0, 0]:
            raise Violation(f"the workers ended with {codes}, not orderly")

    def _begin(self, place: int) -> subprocess.Popen[bytes]:
        self._lives += 1
        self._names[place] = f"worker{place}.{self._lives}"
        orders = {
            "name": self._names[place],
            "port": self._port,
            "database": self._world.database,
            "settings": settings_of(self._world.plan),
        }
        return subprocess.Popen(
            [sys.executable, str(WORKER), json.dumps(orders)], stdout=subprocess.PIPE, stderr=self._log
        )

    async def _ready(self, process: subprocess.Popen[bytes]) -> None:
        if await asyncio.to_thread(process.stdout.readline) != b"ready\n":
            raise Violation("a worker did not begin; see workers.log")


def run(seconds: float, database: str, folder: Path, *, seed: int = 1) -> RealOutcome:
    """Live through one history of so many seconds."""
    began = time.monotonic()
    with asyncio.Runner() as runner:
        world = RealWorld(plan_of(seconds, seed), runner.get_loop(), database, folder)
        violations = runner.run(world.run())
    outcome = world.outcome(violations)
    return RealOutcome(violations=violations, counts=outcome.counts, seconds=time.monotonic() - began)
