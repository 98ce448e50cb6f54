"""A machine of the host's: an engine with its own client and its own view of the shared stores. It may die at any step.

A machine that is dead does nothing more, not even in ``finally``: whatever it still tries fails before it has an effect,
as after kill -9. Its open transaction is rolled back, and a request that is on the wire arrives all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Any

import attrs
from simulation.account import Wire

from amocrm_sync import AsyncAmoCRM
from amocrm_sync._core.oauth import OAuth
from amocrm_sync.stores import AsyncMemoryTokenStore
from amocrm_sync.sync import AsyncSyncEngine

if TYPE_CHECKING:
    from simulation.world import World

SHORT = 0.06


class Dead(BaseException):
    """The machine is dead."""


class Machine:
    """See the module."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.is_dead = False
        self.is_steady = False
        self.task: asyncio.Task[None] | None = None
        self.random = Random(f"{name}:{world.plan.seed}")
        self.tokens = MachineTokens(world, self)
        self.client = self._client()
        self.engine = AsyncSyncEngine(
            self.client,
            MachineStore(world.store, self),
            config=world.config,
            clock=world.clock,
            random=self.random,
        )

    def _client(self) -> AsyncAmoCRM:
        """A client of this machine's, with nothing random in it but ours."""
        oauth = OAuth(
            client_id="id", client_secret="sec", redirect_uri="https://example.com/cb", store=self.tokens
        )
        client = AsyncAmoCRM(
            "demo", auth=oauth, http_client=Wire(self.world.account, self), clock=self.world.clock
        )
        client._settings.authenticator._random = self.random
        client.__dict__["_engine"] = attrs.evolve(client._settings.engine(), random=self.random)
        return client

    def tell(self, what: str) -> None:
        """A line of the trace."""
        self.world.tell(f"{self.name}: {what}")

    def check(self) -> None:
        """Nothing is done by the dead."""
        if self.is_dead:
            raise Dead(self.name)

    async def point(self, where: str, *, may_stall: bool = True) -> None:
        """A step: here the machine may die, stand still, or let others go first."""
        self.check()
        world, plan = self.world, self.world.plan
        if world.is_rough and not self.is_steady:
            if self.may_die():
                self.die(where)
            chance = self.random.random()
            if chance < plan.stall and may_stall:
                world.count("stalls")
                self.tell(f"stands still at {where}")
                await asyncio.sleep(self.random.uniform(1.0, plan.longest_stall))
            elif chance < plan.stall + SHORT:
                await asyncio.sleep(self.random.uniform(0.0, 0.05))
        self.check()

    def may_die(self) -> bool:
        """Whether it does, now."""
        is_safe = self.is_steady or not self.world.is_rough
        return not is_safe and self.random.random() < self.world.plan.crash

    def die(self, where: str) -> None:
        """Kill -9."""
        self.tell(f"dies at {where}")
        self.is_dead = True
        self.world.dead.add(self.name)
        self.world.count("crashes")
        if self.task is not None:
            self.task.cancel()
        raise Dead(self.name)

    async def close(self) -> None:
        """Nothing of it is used any more."""
        await self.client.aclose()


class MachineStore:
    """The shared store, as one machine reaches it."""

    def __init__(self, store: Any, machine: Machine) -> None:
        self._store = store
        self._machine = machine

    async def prepare(self) -> None:
        await self._store.prepare()

    def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> _MachineTx:
        return _MachineTx(self._machine, self._store.tx(tenant, write=write, lock=lock), write=write)

    async def now(self, clock: Any) -> float:
        return await self._store.now(clock)

    async def save_mapping(self, mapping: Any, tenant: str) -> None:
        await self._store.save_mapping(mapping, tenant)

    async def load_mapping(self, tenant: str) -> Any:
        return await self._store.load_mapping(tenant)

    async def aclose(self) -> None:
        """It is everybody's."""


class _MachineTx:
    """A transaction of one machine's: it may die before it, before its commit, or after it."""

    def __init__(self, machine: Machine, transaction: Any, *, write: bool) -> None:
        self._machine = machine
        self._transaction = transaction
        self._write = write

    async def __aenter__(self) -> Any:
        await self._machine.point("transaction")
        return await self._transaction.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            await self._transaction.__aexit__(kind, error, trace)
            return
        machine = self._machine
        try:
            machine.check()
            if self._write and machine.may_die():
                machine.die("commit")
        except Dead as dead:
            await self._transaction.__aexit__(Dead, dead, None)
            raise
        await self._transaction.__aexit__(None, None, None)
        await machine.point("committed")


class MachineTokens(AsyncMemoryTokenStore):
    """The shared tokens, as one machine reaches them."""

    def __init__(self, world: World, machine: Machine) -> None:
        super().__init__(clock=world.clock)
        self._shelf = world.shelf
        self._machine = machine

    async def read(self, look):
        self._machine.check()
        return await super().read(look)

    async def change(self, edit):
        await self._machine.point("tokens")
        return await super().change(edit)

    async def load(self, key):
        await self._machine.point("tokens")
        return await super().load(key)

    async def lease(self, key, ttl):
        lease = await super().lease(key, ttl)
        longest = self._machine.world.plan.token_stall
        if longest and self._machine.world.is_rough:
            await asyncio.sleep(self._machine.random.uniform(0.0, longest))
        return lease


async def keep(world: World, name: str, work: Callable[[Machine], Awaitable[None]]) -> None:
    """Let a machine live and work; after its death another takes its place."""
    random = Random(f"{world.plan.seed}:{name}")
    life = 0
    while world.is_rough:
        life += 1
        machine = Machine(world, f"{name}.{life}")
        machine.task = asyncio.get_running_loop().create_task(work(machine))
        await asyncio.wait([machine.task])
        error = None if machine.task.cancelled() else machine.task.exception()
        if error is not None and not machine.is_dead:
            raise error
        await machine.close()
        if machine.is_dead:
            await asyncio.sleep(random.uniform(0.1, 6.0))
