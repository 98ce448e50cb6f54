"""How near to the rate limit the engine reads, on virtual time: the real engine, client and limiter over the emulator."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from math import ceil
from random import Random
from typing import Any, TypeVar
from urllib.parse import urlencode

import attrs
from simulation.loop import VirtualClock, VirtualLoop

from amocrm_sync import AsyncAmoCRM
from amocrm_sync._async.limiter import AsyncLocalRateLimiter
from amocrm_sync._http import family
from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.sync import AsyncSyncEngine, SyncConfig
from amocrm_sync.testing import Emulator
from amocrm_sync.testing.emulator.http import Request

LIMIT = 7
"""Requests a second that amoCRM takes."""
PAGE = 250
T = TypeVar("T")


@attrs.frozen
class InitialSync:
    """What a first pull took. ``requests`` are all of them: the proof, empty tails, the trash and the events included."""

    leads: int
    page: int
    stored: int
    requests: int
    refused: int
    seconds: float

    @property
    def efficiency(self) -> float:
        """The least time that the limit allows for the pages, by the time it took."""
        return ceil(self.leads / self.page) / LIMIT / self.seconds


@attrs.frozen
class Burst:
    """What following many webhooks took. ``behind`` is how long after the last one everything was stored."""

    hooks: int
    entities: int
    requests: int
    behind: float
    wrong: int


class Wire(family().AsyncClient):
    """The emulator, with half of the latency on the way there and half on the way back."""

    def __init__(self, emulator: Emulator, latency: float) -> None:
        super().__init__(trust_env=False, verify=False)
        self._emulator = emulator
        self._half = latency / 2

    async def request(self, method, url, *, headers, content=b"", **_options):
        lowered = {name.lower(): value for name, value in headers.items()}
        await asyncio.sleep(self._half)
        answer = self._emulator.handle(
            Request(method=method, url=str(url), headers=lowered, body=content or b"")
        )
        await asyncio.sleep(self._half)
        return family().Response(answer.status, headers=list(answer.headers), content=answer.body)


class Field:
    """An account with leads, on a loop of its own.

    A schedule depends on the number of pages alone, so that few leads on small pages show it as well as many do.
    """

    def __init__(self, leads: int, *, seed: int = 1, page: int = PAGE, filters: bool = True) -> None:
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop)
        self.page = page
        self.emulator = Emulator(seed=seed, clock=self.clock, filters_enabled=filters)
        self.emulator.seed_account(leads=leads, pipelines=1, contacts=50, companies=5, tasks=0, notes=0)
        self._token = self.emulator.long_lived_token()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end."""
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        """Done."""
        self.loop.close()

    def engine(self, store: AsyncMemorySyncStore, latency: float) -> AsyncSyncEngine:
        """The engine as a host makes it; its limiter is new, as in a process of its own."""
        client = AsyncAmoCRM(
            "demo",
            token=self._token,
            http_client=Wire(self.emulator, latency),
            limiter=AsyncLocalRateLimiter(clock=self.clock),
            clock=self.clock,
        )
        config = SyncConfig(entities=("leads",), page_size=self.page)
        return AsyncSyncEngine(client, store, config=config, clock=self.clock, random=Random(1))

    async def initial(self, latency: float, *, stop_after: float | None = None) -> InitialSync:
        """Pull everything into an empty store; killed after some seconds and begun again, if asked for."""
        store = AsyncMemorySyncStore()
        first = len(self.emulator.requests)
        refused = self.emulator.stats.rate_limited
        started = self.loop.time()
        if stop_after is not None:
            killed = self.loop.create_task(self.engine(store, latency).pull())
            await asyncio.sleep(stop_after)
            killed.cancel()
            await asyncio.gather(killed, return_exceptions=True)
            await asyncio.sleep(2)
        engine = self.engine(store, latency)
        await engine.pull()
        return InitialSync(
            leads=len(self.emulator.leads),
            page=self.page,
            stored=await engine.records.leads.count(),
            requests=len(self.emulator.requests) - first,
            refused=self.emulator.stats.rate_limited - refused,
            seconds=self.loop.time() - started,
        )

    async def pulled(self, latency: float) -> AsyncSyncEngine:
        """An engine that has everything."""
        engine = self.engine(AsyncMemorySyncStore(), latency)
        await engine.pull()
        return engine

    async def reconciled(
        self, seed: int, *, deletes: float = 12 / 60, updates: float = 5.0
    ) -> tuple[int, int]:
        """Read everything again while people delete and change leads: rows buried alive, and rows missed or left behind."""
        engine = await self.pulled(0.6)
        buried = await self.reconcile(engine, seed, deletes=deletes, updates=updates)
        await engine.reconcile()
        kept = {lead["amo_lead_id"] for lead in await engine.records.leads.list()}
        return buried, len(kept ^ set(self.emulator.leads))

    async def reconcile(
        self, engine: AsyncSyncEngine, seed: int, *, deletes: float = 12 / 60, updates: float = 5.0
    ) -> int:
        """The rows that the engine takes for deleted, and that are not, after it has read everything while people worked."""
        random, leads, done = Random(seed), sorted(self.emulator.leads), asyncio.Event()

        async def people() -> None:
            while not done.is_set():
                await asyncio.sleep(random.expovariate(deletes + updates))
                lead = random.choice(leads)
                if random.random() < deletes / (deletes + updates):
                    self.emulator.ui.delete_lead(lead)
                    leads.remove(lead)
                else:
                    self.emulator.ui.edit("leads", lead, price=random.randrange(1_000_000))

        working = self.loop.create_task(people())
        await engine.reconcile()
        done.set()
        await working
        kept = {lead["amo_lead_id"] for lead in await engine.records.leads.list()}
        return len(set(self.emulator.leads) - kept)

    async def burst(self, hooks: int, seconds: float, *, latency: float, every: float) -> Burst:
        """Webhooks about all the leads, evenly over some seconds; a worker looks at the inbox every so often."""
        engine = self.engine(AsyncMemorySyncStore(), latency)
        await engine.pull()
        ids, random = sorted(self.emulator.leads), Random(2)
        first = len(self.emulator.requests)
        done = asyncio.Event()

        async def work() -> None:
            is_last = False
            while not is_last:
                await asyncio.sleep(every)
                is_last = done.is_set()
                await engine.process_inbox()

        worker = self.loop.create_task(work())
        for number in range(hooks):
            lead = ids[number] if number < len(ids) else random.choice(ids)
            self.emulator.ui.edit("leads", lead, price=10_000 + number)
            body = {"leads[update][0][id]": lead, "leads[update][0][price]": 1, "number": number}
            await engine.receive(urlencode(body))
            await asyncio.sleep(seconds / hooks)
        last = self.loop.time()
        done.set()
        await worker
        behind = self.loop.time() - last
        stored = {lead["amo_lead_id"]: lead["price"] for lead in await engine.records.leads.list()}
        return Burst(
            hooks=hooks,
            entities=len(ids),
            requests=len(self.emulator.requests) - first,
            behind=behind,
            wrong=sum(stored[lead] != self.emulator.leads[lead]["price"] for lead in ids),
        )
