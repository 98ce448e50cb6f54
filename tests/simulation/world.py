"""One history: machines, people and a postman work side by side for a while; then it is quiet, and everything must agree."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import attrs
from simulation import checks
from simulation.account import HOOK, MARKER, SETTINGS, Account
from simulation.actors import fetcher, front, people, postman, puller, pusher, reader
from simulation.checks import Violation, Watch
from simulation.loop import VirtualClock, VirtualLoop
from simulation.machine import Machine, keep
from simulation.phone import Phone
from simulation.plan import Plan
from simulation.stores import InlineSQLStore, WatchedStore

from amocrm_sync._accounts import known
from amocrm_sync._core.oauth import TokenPair
from amocrm_sync._core.token_life import record_of
from amocrm_sync._core.tokens import TokenKey
from amocrm_sync._tokenfile import MemoryShelf
from amocrm_sync.errors import AmoCRMError, NotFoundError
from amocrm_sync.sync import OfflineRules, OpKind, OpState, SyncConfig

ENTITIES = ("leads", "contacts", "tasks")
KEY = TokenKey("id", "demo.amocrm.ru")
_ROUNDS = 60


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of a history.

    Attributes:
        violations: Which promises were broken, in words.
        counts: How much happened.
        digest: Of the whole trace.
        trace: Its lines, where they were kept.
        seconds: Virtual time.
    """

    plan: Plan
    violations: tuple[str, ...]
    counts: dict[str, int]
    digest: str
    trace: tuple[str, ...]
    seconds: float


class World:
    """Everything that takes part in one history."""

    def __init__(self, plan: Plan, loop: VirtualLoop, *, store: str, keep_trace: bool) -> None:
        self.plan = plan
        self.loop = loop
        self.clock = VirtualClock(loop)
        self.account = Account(plan, self.clock)
        self.is_rough = False
        self.counts: dict[str, int] = {}
        self.edits: list[checks.Edit] = []
        self.shelf = MemoryShelf()
        self.watch = Watch(self)
        self.store: Any = WatchedStore(self.watch.committed) if store == "memory" else InlineSQLStore()
        self.replica: dict[str, int] = {}
        self.phones = [Phone(self, number) for number in range(plan.phones)]
        self.dead: set[str] = set()
        self.tenant = "demo.amocrm.ru"
        self._digest = hashlib.sha256()
        self._keeps = keep_trace
        self.trace: list[str] = []
        self.config = SyncConfig(
            entities=ENTITIES,
            page_size=plan.page_size,
            conflicts=plan.policy,
            preread_after=plan.preread,
            marker=None if plan.mark == "none" else MARKER,
            events=plan.events,
            pause=10.0,
            max_attempts=40,
            retry_cap=60.0,
            telemetry=False,
            offline=OfflineRules(key=b"k" * 32),
        )

    def tell(self, what: str) -> None:
        """A line of the trace."""
        line = f"{self.loop.time():9.3f} {what}"
        self._digest.update(line.encode())
        if self._keeps:
            self.trace.append(line)

    def count(self, what: str, by: int = 1) -> None:
        """One more of something."""
        self.counts[what] = self.counts.get(what, 0) + by

    async def run(self) -> tuple[str, ...]:
        """The whole history; the promises that were broken."""
        try:
            await self._begin()
            await self._rough()
            await self._quiet()
        except Violation as violation:
            return (str(violation),)
        return ()

    def outcome(self, violations: tuple[str, ...]) -> Outcome:
        """What became of it."""
        counts = {**self.counts}
        for name, number in self.account.counts.items():
            counts[name] = counts.get(name, 0) + number
        counts["requests"] = len(self.account.sent)
        counts["refreshes"] = len(self.account.refreshes)
        return Outcome(
            plan=self.plan,
            violations=violations,
            counts=counts,
            digest=self._digest.hexdigest()[:16],
            trace=tuple(self.trace),
            seconds=self.loop.time(),
        )

    async def _begin(self) -> None:
        account, plan = self.account, self.plan
        for number in range(plan.rows):
            account.call("POST", "/api/v4/leads", [{"name": f"p-lead{number}", "price": number}])
            account.call("POST", "/api/v4/contacts", [{"name": f"p-contact{number}"}])
            account.call(
                "POST", "/api/v4/tasks", [{"text": f"p-task{number}", "complete_till": 1_999_999_999}]
            )
        if plan.webhooks:
            account.call("POST", "/api/v4/webhooks", {"destination": HOOK, "settings": SETTINGS})
        await self._consent()
        first = Machine(self, "setup")
        if plan.mark != "none":
            result = await first.engine.setup()
            assert bool(result.tagged) == (plan.mark == "tag"), result
        if plan.first_pull:
            await first.engine.pull()
        await first.close()
        await checks.plant_neighbour(self)

    async def consent_again(self) -> None:
        """A person connects the account anew, after the tokens were lost."""
        self.count("consents")
        await self._consent()

    async def _consent(self) -> None:
        tokens = self.account.emulator.issue_tokens()
        pair = TokenPair(
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
            expires_at=self.clock.now() + tokens["expires_in"],
        )
        old = self.shelf.read(lambda table: table.records.get(KEY))
        new = record_of(pair, self.clock.now(), domain="demo.amocrm.ru", previous=None)
        new = attrs.evolve(new, version=1 if old is None else old.version + 1)
        self.shelf.change(lambda table: table.swap(KEY, None if old is None else old.version, new))

    async def _rough(self) -> None:
        """Everybody works, and everything goes wrong."""
        plan, self.is_rough = self.plan, True
        self.account.is_rough = True
        workers = [
            *(keep(self, f"puller{n}", puller) for n in range(plan.pullers)),
            *(keep(self, f"fetcher{n}", fetcher) for n in range(plan.fetchers)),
            *(keep(self, f"pusher{n}", pusher) for n in range(plan.pushers)),
            *(keep(self, f"front{n}", front) for n in range(plan.fronts)),
            *(keep(self, f"server{n}", phone.live) for n, phone in enumerate(self.phones)),
        ]
        tasks = [self.loop.create_task(worker) for worker in workers]
        tasks += [self.loop.create_task(each(self)) for each in (people, postman, reader)]
        await asyncio.sleep(plan.seconds)
        self.is_rough = self.account.is_rough = False
        self.tell("quiet")
        done, _ = await asyncio.wait(tasks)
        for task in done:
            if (error := task.exception()) is not None:
                raise error

    async def _quiet(self) -> None:
        """No more faults and no more changes: what is left is done, and then all must agree."""
        await asyncio.sleep(40.0)
        machine = Machine(self, "closer")
        for phone in self.phones:
            await phone.sync(machine)
        await self._drain(machine)
        await checks.after_incremental(self)
        await machine.engine.reconcile()
        await self._drain(machine)
        for phone in self.phones:
            await phone.sync(machine)
        await checks.at_the_end(self)
        await machine.close()

    async def _drain(self, machine: Machine) -> None:
        """Rounds of everything until nothing is left to do and nothing changes."""
        calm = 0
        for _ in range(_ROUNDS):
            known(self.clock).blocks.clear("demo.amocrm.ru")
            before = await checks.version_of(self)
            try:
                await machine.engine.resume()
                report = await machine.engine.run()
                if not report.ok:
                    self.tell(f"closer: {report.problems}")
            except AmoCRMError as error:
                self.tell(f"closer: {type(error).__name__}: {error}")
                await self.heal(error)
            await self._decide(machine)
            calm = calm + 1 if before == await checks.version_of(self) and not await checks.left(self) else 0
            if calm >= 2:
                return
            await asyncio.sleep(8.0)
        raise Violation(f"I2: not quiet after {_ROUNDS} rounds: {await checks.left(self)}")

    async def heal(self, error: Exception) -> None:
        """What only a person can mend."""
        if type(error).__name__ == "AuthorizationLost":
            await self.consent_again()

    async def _decide(self, machine: Machine) -> None:
        """A person decides conflicts, and about creates that cannot be looked for."""
        random = Random(f"person:{self.plan.seed}")
        gone: set[str] = set()
        for conflict in await machine.engine.conflicts.list("open"):
            try:
                await machine.engine.conflicts.resolve(conflict.id, random.choice(("local", "remote")))
            except NotFoundError:  # of a record that is deleted by now: there is nothing left to decide
                gone.add(conflict.uid)
        for op in await machine.engine.outbox(OpState.HELD):
            if op.kind is OpKind.CREATE:
                checks.may_be_held(self, op)
                self.count("suspected duplicates")
            if op.kind is OpKind.CREATE or op.uid in gone:
                await machine.engine.discard(op.seq)


@contextmanager
def _own_loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    loop.set_exception_handler(lambda *_: None)  # a violation ends everything; others fall with it
    try:
        yield loop
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        if pending:
            loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def run(plan: Plan, *, store: str = "memory", keep_trace: bool = False) -> Outcome:
    """Live through one history."""
    with _own_loop() as loop:
        world = World(plan, loop, store=store, keep_trace=keep_trace)
        try:
            violations = loop.run_until_complete(world.run())
        finally:
            loop.run_until_complete(world.store.aclose())
        return world.outcome(violations)
