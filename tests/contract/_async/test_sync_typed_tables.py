"""The typed tables: a row for every record, with the columns that hosts need, to be queried and mapped by them."""

from __future__ import annotations

import json
import random

import pytest
import sqlalchemy as sa
from contract._async.sync_remote import AsyncFakeRemote
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import create_async_engine
from sync_world import World

from amocrm_sync._core.sync.projections import COLUMNS, project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.stored import Activity, Stored
from amocrm_sync.stores.sql import AsyncSQLSyncStore, metadata
from amocrm_sync.sync import AsyncSyncEngine, SyncConfig

pytestmark = pytest.mark.anyio

COMMON = {"account_id", "amo_created_at", "amo_updated_at", "created_at", "updated_at", "raw"}
PROMISED = {
    "pipelines": {"name", "sort", "is_main", "is_unsorted_on", "is_archive"},
    "stages": {"pipeline_id", "name", "sort", "color", "type", "mapped_status"},
    "users": {"name", "email", "lang"},
    "roles": {"name"},
    "contacts": {"name", "first_name", "last_name", "email", "phone", "responsible_user_id", "telegram"},
    "companies": {"name", "email", "phone", "responsible_user_id"},
    "leads": {"name", "price", "status", "stage_id", "pipeline_id", "responsible_user_id", "amo_lead_id"}
    | {"amo_contact_id", "contact_ids", "guest_name", "guest_phone", "guest_email", "property_id", "host"},
    "tasks": {"text", "task_type_id", "complete_till", "is_completed", "responsible_user_id", "entity_type"}
    | {"entity_id", "duration", "result_text", "created_by", "updated_by"},
    "customers": {"name", "next_price", "responsible_user_id"},
    "products": {"name", "catalog_id", "sku", "price"},
    "notes": {"note_type", "text", "entity_type", "entity_id"},
    "communications": {"kind", "direction", "text", "entity_type", "entity_id", "talk_id", "contact_id"},
    "activity": {"at", "actor", "entity", "remote_id", "event", "before", "after"},
}


def test_every_table_has_the_columns_that_hosts_were_promised():
    for name, columns in PROMISED.items():
        assert set(metadata("x_").tables[f"x_{name}"].c.keys()) >= columns | COMMON | {"tenant_id"}, name
    assert set(COLUMNS) | {"activity"} == set(PROMISED)


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request, tmp_path):
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/amo.db"
    made = AsyncSQLSyncStore(url)
    yield made
    await made.aclose()


def stored(entity: str, uid: str, base: dict, **more) -> Stored:
    record = Record(entity=entity, uid=uid, remote_id=str(base["id"]), base=base, **more)
    return Stored(record=record, row=project(record))


FIELDS = [
    {"field_id": 1, "field_code": "PHONE", "values": [{"value": "+7 1"}, {"value": "+7 2"}]},
    {"field_id": 2, "field_code": "EMAIL", "values": [{"value": "a@b.c"}]},
    {
        "field_id": 3,
        "field_code": "IM",
        "values": [{"value": "skype"}, {"value": "@ann", "enum_code": "TELEGRAM"}],
    },
]


def test_a_contact_shows_how_to_reach_the_person():
    row = stored("contacts", "u", {"id": 1, "custom_fields_values": FIELDS}).row
    assert (row["phone"], row["email"], row["telegram"]) == ("+7 1", "a@b.c", "@ann")
    assert row["identities"] == {"PHONE": ["+7 1", "+7 2"], "EMAIL": ["a@b.c"], "IM": ["skype", "@ann"]}
    named = [{"field_id": 9, "field_name": "Telegram ID", "field_code": None, "values": [{"value": 77}]}]
    assert stored("contacts", "u", {"id": 1, "custom_fields_values": named}).row["telegram"] == "77"


@pytest.mark.parametrize(("sent", "price"), [("12.5", 12.5), (7, 7.0), ("free", None), (None, None)])
def test_the_price_of_a_product_is_a_number(sent, price):
    field = {"field_code": "PRICE", "values": [{"value": sent}]}
    row = stored("products", "u", {"id": 1, "catalog_id": 5, "custom_fields_values": [field]}).row
    assert (row["price"], row["catalog_id"], row["amo_product_id"]) == (price, 5, 1)


async def test_tasks_are_found_by_what_they_are_about(store):
    tasks = [
        stored("tasks", f"u{n}", {"id": n, "is_completed": n == 1, "entity_type": kind, "entity_id": n % 2})
        for n, kind in enumerate(["leads", "leads", "contacts", "leads"])
    ]
    async with store.tx("t") as tx:
        await tx.records.put(tasks)

        async def found(**wanted):
            return [item.record.uid for item in await tx.records.find("tasks", wanted)]

        assert await found(is_completed=False) == ["u0", "u2", "u3"]
        assert await found(entity_type="leads", entity_id=1) == ["u1", "u3"]
        assert await found(entity_type="leads", entity_id=1, is_completed=False) == ["u3"]
        assert await tx.records.count("tasks", {"is_completed": True}) == 1


async def test_a_host_maps_a_table_with_its_orm(store):
    class Base(orm.DeclarativeBase):
        metadata = metadata()

    class Lead(Base):
        __table__ = metadata().tables["amo_leads"]

    base = {"id": 5, "name": "Kitchen", "price": 70, "created_at": 11, "updated_at": 12, "account_id": 9}
    async with store.tx("t") as tx:
        await tx.records.put([stored("leads", "u1", base, created_at=1.5)])
        await tx.activity.add([Activity(at=3.7, entity="leads", event="lead.created", created_at=4.0)])
    host = create_async_engine(store._url)
    async with host.connect() as connection:
        query = sa.select(Lead.name, Lead.price, Lead.amo_lead_id, Lead.raw, Lead.amo_created_at)
        row = (await connection.execute(query.where(Lead.account_id == 9))).one()
        activity = metadata().tables["amo_activity"].c
        times = (await connection.execute(sa.select(activity.amo_created_at, activity.updated_at))).one()
    await host.dispose()
    assert tuple(row) == ("Kitchen", 70, 5, base, 11)
    assert tuple(times) == (3, 4.0)


async def test_a_deleted_record_keeps_its_row_without_amocrms_id(store):
    async with store.tx("t") as tx:
        await tx.records.put([stored("leads", "u1", {"id": 5, "name": "Kitchen"})])
        gone = stored("leads", "u1", {"id": 5, "name": "Kitchen"}, deleted_at=9.0, delete_reason="trash")
        await tx.records.put([gone])
        [found] = await tx.records.find("leads", {}, deleted=True)
    assert (found.row["amo_lead_id"], found.row["name"], found.row["deleted_at"]) == (None, "Kitchen", 9.0)
    assert found.record.remote_id == "5", "a restore finds it again"


async def test_a_lead_shows_its_guest_and_the_hosts_columns(store):
    world = World()
    world.add("contacts", 7, name="Ann", custom_fields_values=FIELDS)
    contacts = {"contacts": [{"id": 6}, {"id": 7, "is_main": True}]}
    field = {"field_id": 601003, "values": [{"value": 42}]}
    world.add("leads", 1, _embedded=contacts, custom_fields_values=[field])
    world.add("leads", 2)
    host = {"leads": {"property_id": "custom_fields_values.601003", "floor": "price"}}
    engine = AsyncSyncEngine(
        None,
        store,
        config=SyncConfig(entities=("leads", "contacts"), host=host),
        clock=world,
        random=random.Random(1),
        remote=AsyncFakeRemote(world),
    )
    await engine.pull()
    lead, other = await engine.records.leads.list()
    assert [lead[name] for name in ("guest_name", "guest_phone", "guest_email")] == ["Ann", "+7 1", "a@b.c"]
    assert (lead["property_id"], lead["host"]["floor"], lead["floor"]) == ("42", None, None)
    assert (lead["amo_contact_id"], lead["contact_ids"]) == (7, [6, 7])
    assert other["guest_name"] is None
    assert [found.uid for found in await engine.records.leads.list({"property_id": "42"})] == [lead.uid]

    world.now_ += 10
    world.change("contacts", 7, name="Anna")
    await engine.pull()
    again, unchanged = await engine.records.leads.list()
    assert again["guest_name"] == "Anna"
    assert again.version > lead.version, "phones hear of it"
    assert unchanged == other
    assert json.dumps(again.raw), "and the JSON is as it came"
