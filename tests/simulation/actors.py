"""Who takes part: machines with a job each, people in amoCRM's pages, the postman, and an offline client that reads."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any

from simulation import checks
from simulation.machine import Machine

from amocrm_sync.errors import AmoCRMError

if TYPE_CHECKING:
    from simulation.world import World

TITLE = {"leads": "name", "contacts": "name", "tasks": "text"}


async def _attempts(machine: Machine, work: Any, shortest: float, longest: float) -> None:
    """Do something again and again; what goes wrong is for the next time."""
    while machine.world.is_rough:
        await asyncio.sleep(machine.random.uniform(shortest, longest))
        try:
            await work()
        except AmoCRMError as error:
            machine.tell(f"{type(error).__name__}: {error}")
            await machine.world.heal(error)


async def puller(machine: Machine) -> None:
    """Pulls, and now and then compares everything."""

    async def work() -> None:
        full = machine.world.plan.reconcile and machine.random.random() < 0.3
        report = await (machine.engine.reconcile() if full else machine.engine.pull())
        for problem in report.problems:
            machine.tell(f"{problem}")

    await _attempts(machine, work, 2.0, 8.0)


async def fetcher(machine: Machine) -> None:
    """Follows what webhooks point at."""
    await _attempts(machine, machine.engine.process_inbox, 0.5, 3.0)


async def pusher(machine: Machine) -> None:
    """Sends edits."""
    await _attempts(machine, machine.engine.push, 0.5, 3.0)


async def front(machine: Machine) -> None:
    """The host's own users."""
    random, world = machine.random, machine.world

    async def work() -> None:
        entity = random.choice(("leads", "leads", "contacts", "tasks"))
        local = machine.engine.records.of(entity)
        records = [record for record in await local.list() if record.deleted_at is None]
        number = world.counts.get("edits", 0)
        world.count("edits")
        if not records or random.random() < 0.12:
            fields = {TITLE[entity]: f"l{number}"}
            if entity == "tasks":
                fields["complete_till"] = 1_999_999_999
            made = await local.create(fields)
            world.edits.append(checks.Edit(entity, made.uid, fields, is_create=True))
            machine.tell(f"creates {entity} {made.uid} {fields}")
            return
        record = random.choice(records)
        if random.random() < 0.03:
            await local.delete(record.uid)
            world.watch.deleted_here.add(record.uid)
            return
        fields = {TITLE[entity]: f"l{number}"}
        if entity == "leads" and random.random() < 0.4:
            fields = {"price": 1_000_000 + number}
        edited = await local.update(record.uid, **fields)
        world.edits.append(checks.Edit(entity, edited.uid, fields))
        machine.tell(f"edits {entity} {edited.remote_id} {fields}")

    await _attempts(machine, work, 0.2 / world.plan.local, 1.8 / world.plan.local)


async def people(world: World) -> None:
    """People in amoCRM's own pages."""
    random, number = Random(f"people:{world.plan.seed}"), 0
    while world.is_rough:
        await asyncio.sleep(random.expovariate(world.plan.people))
        if not world.is_rough:
            return
        number += 1
        world.count("changes in amoCRM")
        entity = random.choice(("leads", "leads", "contacts", "tasks"))
        chance = random.random()
        if chance < world.plan.bulk:
            for row_id in list(world.account.live(entity)):
                _edit(world, entity, row_id, f"p{number}-{row_id}")
        elif chance < world.plan.bulk + world.plan.removals:
            _remove(world, random, entity)
        elif chance < world.plan.bulk + world.plan.removals + 0.12:
            title = TITLE[entity]
            row = {title: f"p{number}"} | ({"complete_till": 1_999_999_999} if entity == "tasks" else {})
            world.account.call("POST", f"/api/v4/{entity}", [row])
            world.tell(f"people: create {entity} {row}")
        elif rows := list(world.account.live(entity)):
            _edit(world, entity, random.choice(rows), f"p{number}")


def _edit(world: World, entity: str, row_id: int, value: str) -> None:
    world.tell(f"people: {entity} {row_id} = {value}")
    world.account.call("PATCH", f"/api/v4/{entity}/{row_id}", {TITLE[entity]: value})


def _remove(world: World, random: Random, entity: str) -> None:
    ui, rows = world.account.emulator.ui, list(world.account.live(entity))
    trash = [] if entity == "tasks" else list(world.account.emulator.trash(entity))
    chance = random.random()
    if trash and chance < 0.35:
        row_id = random.choice(trash)
        (ui.restore_lead if entity == "leads" else ui.restore_contact)(row_id)
        world.tell(f"people: restore {entity} {row_id}")
    elif len(rows) > 2 and entity != "tasks" and chance < 0.5:
        kept, lost = random.sample(rows, 2)
        (ui.merge_leads if entity == "leads" else ui.merge_contacts)(kept, lost)
        world.account.merged(entity, lost, kept)
        world.tell(f"people: merge {entity} {lost} into {kept}")
    elif len(rows) > 1:
        row_id = random.choice(rows)
        delete = {"leads": ui.delete_lead, "contacts": ui.delete_contact, "tasks": ui.delete_task}[entity]
        delete(row_id)
        world.tell(f"people: delete {entity} {row_id}")


async def postman(world: World) -> None:
    """Brings webhooks: late, in any order, some twice, some never."""
    random, plan = Random(f"post:{world.plan.seed}"), world.plan
    machine = Machine(world, "receiver")
    machine.is_steady = True  # what it does not store, amoCRM sends again
    under_way: set[asyncio.Task[None]] = set()

    async def deliver(body: bytes, delay: float) -> None:
        await asyncio.sleep(delay)
        await machine.engine._context.open()
        receipt = await machine.engine.receive(body, "application/x-www-form-urlencoded")
        world.count("webhooks" if not receipt.duplicate else "webhooks twice")

    while world.is_rough or world.account.emulator.webhooks.pending:
        for hook in world.account.emulator.webhooks.drain():
            if random.random() < plan.hook_loss:
                world.count("webhooks lost")
                continue
            for _ in range(1 + (random.random() < plan.hook_double)):
                task = asyncio.get_running_loop().create_task(
                    deliver(hook.body, random.uniform(0.05, plan.hook_delay))
                )
                under_way.add(task)
                task.add_done_callback(under_way.discard)
        await asyncio.sleep(0.5)
    if under_way:
        await asyncio.gather(*under_way)
    await machine.close()


async def reader(world: World) -> None:
    """An offline client: asks for what changed since the version it has."""
    random = Random(f"reader:{world.plan.seed}")
    while world.is_rough:
        await asyncio.sleep(random.uniform(0.5, 5.0))
        await checks.catch_up(world)
