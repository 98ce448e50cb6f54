"""A changed mapping and the stored leads, over SQLite: one transaction, events, overrides, and the way back."""

from __future__ import annotations

from functools import partial

import pytest
from contract._async.sync_parts import engine_over
from contract._async.sync_remote import AsyncFakeRemote
from sync_world import World

from amocrm_sync.mapping import ReopenRefused, Status, StatusMapping
from amocrm_sync.stores.sql import AsyncSQLSyncStore

pytestmark = pytest.mark.anyio

STAGES = [
    {"id": 11, "name": "Новая заявка", "sort": 10, "type": 0},
    {"id": 12, "name": "Бухгалтерия", "sort": 20, "type": 0},
    {"id": 142, "name": "Успешно реализовано", "sort": 10000, "type": 0},
    {"id": 143, "name": "Закрыто и не реализовано", "sort": 11000, "type": 0},
]


@pytest.fixture
def world():
    made = World()
    made.add("pipelines", 5, _embedded={"statuses": STAGES})
    for status_id in (11, 12, 12, 142):
        made.add("leads", status_id=status_id, pipeline_id=5)
    return made


@pytest.fixture
async def store(tmp_path):
    made = AsyncSQLSyncStore(f"sqlite:///{tmp_path}/amo.db")
    yield made
    await made.aclose()


engine_of = partial(engine_over, entities=("pipelines", "leads"), page_size=10)


@pytest.fixture
async def engine(world, store):
    made = engine_of(AsyncFakeRemote(world), store)
    await made.pull()
    await made.auto_apply(0.9)
    return made


async def leads(engine):
    return {int(item.remote_id): item for item in await engine.records.leads.list()}


class TestAChangedMapping:
    async def test_only_the_leads_that_it_concerns_get_a_new_status_and_one_new_version(self, engine):
        before, version = await leads(engine), (await engine.status()).version
        mapping = await engine.mapping()
        mapping.set(12, Status.CLOSED, pipeline_id=5)
        assert await engine.set_mapping(mapping) == 3  # two leads and their stage
        after = await leads(engine)
        moved = {number for number in after if after[number].version != before[number].version}
        assert moved == {number for number in after if after[number]["stage_id"] == 12}
        assert {after[number]["status"] for number in moved} == {"CLOSED"}
        assert {after[number].version for number in moved} == {version + 1}
        assert (await engine.status()).version == version + 1

    async def test_the_same_mapping_again_changes_nothing(self, engine):
        version = (await engine.status()).version
        assert await engine.set_mapping(await engine.mapping()) == 0
        assert (await engine.status()).version == version

    async def test_if_the_leads_cannot_be_written_the_mapping_is_not_kept_either(
        self, engine, store, world, monkeypatch
    ):
        before, version = await leads(engine), (await engine.status()).version
        kept = (await engine.mapping()).to_dict()
        mapping = await engine.mapping()
        mapping.set(12, Status.CLOSED, pipeline_id=5)
        with monkeypatch.context() as broken:
            broken.setattr(type(engine._context), "stored", _full)
            with pytest.raises(OSError, match="disk is full"):
                await engine.set_mapping(mapping)
        assert (await engine.mapping()).to_dict() == kept
        again = engine_of(AsyncFakeRemote(world), store)
        assert (await again.mapping()).to_dict() == kept
        assert (await again.status()).version == version
        assert {n: r["status"] for n, r in (await leads(again)).items()} == {
            n: r["status"] for n, r in before.items()
        }

    async def test_a_copy_that_is_changed_changes_nothing_until_it_is_set(self, engine):
        mapping = await engine.mapping()
        mapping.set(12, "MINE", pipeline_id=5)
        assert (await engine.mapping()).resolve(12, 5) != "MINE"


def _full(_context, _record):
    raise OSError("the disk is full")


class TestEvents:
    async def test_a_move_is_told_with_the_mapped_status_before_and_after(self, engine, world):
        mapping = await engine.mapping()
        mapping.set(12, "ACCOUNTING", pipeline_id=5)
        await engine.set_mapping(mapping)
        told = []
        engine.on("lead.status_changed", told.append)
        world.now_ += 10
        world.change(
            "leads",
            next(n for n, lead in (await leads(engine)).items() if lead["stage_id"] == 11),
            status_id=12,
        )
        await engine.pull()
        assert [(event.previous_status, event.status) for event in told] == [("NEW", "ACCOUNTING")]


class TestOverrides:
    async def test_what_a_person_set_survives_a_rename_a_pull_and_auto_apply(self, engine, world, store):
        mapping = await engine.mapping()
        mapping.set(12, Status.CLOSED, pipeline_id=5)
        await engine.set_mapping(mapping)
        world.now_ += 10
        renamed = [{**stage, "name": "Переговоры"} if stage["id"] == 12 else stage for stage in STAGES]
        world.change("pipelines", 5, _embedded={"statuses": renamed})
        await engine.pull()
        result = await engine.auto_apply(0.5)
        assert [item.why for item in result.skipped] == ["A person has set this stage."]
        kept = {(item.stage_id): item for item in await engine_of(AsyncFakeRemote(world), store).mapping()}
        assert (kept[12].status, kept[12].source, kept[12].stage_name) == ("CLOSED", "person", "Переговоры")
        assert {lead["status"] for lead in (await leads(engine)).values() if lead["stage_id"] == 12} == {
            "CLOSED"
        }


class TestTheWayBack:
    async def test_a_closed_lead_is_opened_only_if_that_is_said(self, engine):
        mapping = await engine.mapping()
        for closed in (142, 143):
            with pytest.raises(ReopenRefused, match="reopen=True"):
                mapping.stage_for(Status.NEW, pipeline_id=5, current=closed)
        choice = mapping.stage_for(Status.NEW, pipeline_id=5, current=142, reopen=True)
        assert (choice.stage_id, choice.moves) == (11, True)

    async def test_a_lead_in_a_stage_that_a_person_called_closed_is_not_opened_silently_either(self, engine):
        mapping = await engine.mapping()
        mapping.set(12, Status.CLOSED, pipeline_id=5)
        with pytest.raises(ReopenRefused, match="stage 12"):
            mapping.stage_for(Status.NEW, pipeline_id=5, current=12)
        assert mapping.stage_for(Status.NEW, pipeline_id=5, current=12, reopen=True).stage_id == 11

    async def test_a_mapping_of_nobody_knows_won_and_lost(self):
        mapping = StatusMapping()
        with pytest.raises(ReopenRefused):
            mapping.stage_for(Status.IN_PROGRESS, pipeline_id=9, current=143)
