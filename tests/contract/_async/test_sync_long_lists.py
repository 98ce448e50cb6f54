"""Catalogs: long lists without a filter by time, read while people delete from them."""

from __future__ import annotations

import random

import pytest
from contract._async.sync_parts import engine_over
from contract._async.sync_remote import AsyncFakeRemote
from sync_world import World

from amocrm_sync.sync import AsyncSyncEngine

pytestmark = pytest.mark.anyio

ROWS = 38


class Shuffled(World):
    """Elements come in an order of the server's own, which no row leaves."""

    def _key(self, row, order):
        return (row["id"] * 7) % 41 if "catalog_id" in row else row["id"]


def filled(world: World, *catalogs: int) -> World:
    for catalog in catalogs:
        world.add("catalogs", catalog, type="products")
        for _ in range(ROWS):
            world.add(f"products:{catalog}", catalog_id=catalog)
    return world


def engine_of(world: World) -> AsyncSyncEngine:
    return engine_over(AsyncFakeRemote(world), entities=("products",), page_size=5)


async def stored(engine: AsyncSyncEngine, catalog: int) -> set[int]:
    records = await engine.records.products.list()
    return {record["amo_product_id"] for record in records if record["catalog_id"] == catalog}


def deleting(world: World, catalog: int, rows: list[int]) -> None:
    """Before each request somebody deletes one, as long as there are some."""

    def others(world: World) -> None:
        if rows:
            world.delete(f"products:{catalog}", rows.pop(0))

    world.between = others


def asked(world: World, catalog: int) -> int:
    return sum(stream == f"products:{catalog}" for stream, _ in world.requests)


@pytest.mark.parametrize("seed", range(5))
async def test_elements_that_stay_are_there_whatever_is_deleted_meanwhile(seed):
    world = filled(World(), 7)
    engine = engine_of(world)
    victims = random.Random(seed).sample(sorted(world.rows("products:7")), 12)
    deleting(world, 7, victims)
    assert (await engine.pull()).ok
    world.between = None
    assert set(world.rows("products:7")) <= await stored(engine, 7)
    part = (await engine.pull()).entities["products"]
    assert await stored(engine, 7) == set(world.rows("products:7"))
    assert part.fetched == part.unchanged == len(world.rows("products:7"))


async def test_a_list_of_eight_pages_costs_twenty_requests_because_they_overlap():
    world = filled(World(), 7)
    await engine_of(world).pull()
    assert asked(world, 7) <= 20, "of pages of 250 rows a fiftieth is read twice; tiny ones hardly fit"


async def test_in_an_order_of_the_servers_own_two_equal_passes_are_the_proof():
    world = filled(Shuffled(), 7)
    engine = engine_of(world)
    assert (await engine.pull()).ok
    assert await stored(engine, 7) == set(world.rows("products:7"))
    world.delete("products:7", min(world.rows("products:7")))
    part = (await engine.pull()).entities["products"]
    assert part.deleted == 1


async def test_a_list_that_never_settles_is_stored_and_told_of_and_nothing_is_deleted():
    world = filled(Shuffled(), 7, 100)
    busy = sorted(world.rows("products:7"))
    engine = engine_of(world)
    assert (await engine.pull()).ok
    first, last = busy[:12], busy[-12:]

    def people(world: World) -> None:
        """One goes, one comes: no two passes are equal, and rows slip between the pages."""
        if asked(world, 7) % 5 == 0 and len(world.rows("products:7")) > len(busy) // 2:
            world.delete("products:7", min(world.rows("products:7")))
        if asked(world, 7) % 4 == 0:
            world.add("products:7", catalog_id=7)

    world.between = people
    before = asked(world, 7)
    report = await engine.pull()
    world.between = None
    [problem] = report.problems
    assert (problem.entity, "products:7" in problem.message) == ("products", True)
    assert "no two in a row" in problem.message
    assert asked(world, 7) - before <= 20 * 20, "it gives up"
    assert report.entities["products"].deleted == 0
    assert set(first) <= await stored(engine, 7), "gone there, and not proven"
    assert set(last) <= await stored(engine, 7)
    assert await stored(engine, 100) == set(world.rows("products:100")), "the other catalog did not wait"
    report = await engine.pull()
    assert report.ok
    assert await stored(engine, 7) == set(world.rows("products:7"))


async def test_users_who_come_and_go_all_the_time_are_stored_and_nobody_is_taken_for_gone():
    world = World()
    for _ in range(12):
        world.add("users")
    engine = engine_over(AsyncFakeRemote(world), entities=("users", "roles"), page_size=5)
    world.add("roles")
    assert (await engine.pull()).ok

    def people(world: World) -> None:
        if world.requests[-1][1]["page"] == 2:
            world.delete("users", min(world.rows("users")))
            world.add("users")

    world.between = people
    report = await engine.pull()
    world.between = None
    assert [problem.entity for problem in report.problems] == ["users"]
    there = {int(record.remote_id) for record in await engine.records.users.list()}
    assert set(range(1, 13)) < there, "the new ones are stored, the old ones are not proven gone"
    assert (await engine.pull()).ok
    there = {int(record.remote_id) for record in await engine.records.users.list()}
    assert there == set(world.rows("users"))
