"""The client over a real socket, on both families, against the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from amocrm_sync import (
    AccountBlockedError,
    AmbiguousWriteError,
    AmoCRMTokenExpired,
    AsyncAmoCRM,
    LeadFilter,
    NotFoundError,
    Range,
    TaskFilter,
    ValidationError,
)
from amocrm_sync.models import Contact, Lead
from amocrm_sync.testing import Emulator, Faults

pytestmark = pytest.mark.anyio


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator(seed=3, rate_limit=False)
    emulator.seed_account(leads=600, pipelines=2)
    return emulator


@pytest.fixture
def base_url(emulator: Emulator) -> Iterator[str]:
    with emulator.serve() as server:
        yield server.base_url


@pytest.fixture
def connect(family, emulator, base_url):
    def open_client(**options) -> AsyncAmoCRM:
        return AsyncAmoCRM(base_url, **{"token": emulator.long_lived_token(), "limiter": None, **options})

    return open_client


async def test_a_day_of_work(connect, emulator):
    async with connect() as amo:
        account = await amo.account.get(with_=["users_groups", "datetime_settings"])
        assert account.id is not None
        pipeline = (await amo.pipelines.list().to_list())[0]
        stages = await amo.pipelines.stages.list(pipeline.id or 0).to_list()
        open_stage = next(stage for stage in stages if stage.id not in (142, 143) and stage.type == 0)

        contact = await amo.contacts.create(Contact(name="Иван Петров"))
        lead = await amo.leads.create(name="Boat", price=7, pipeline_id=pipeline.id, status_id=open_stage.id)
        await amo.leads.link(lead.id or 0, contact, is_main=True)
        await amo.leads.notes.create(lead.id or 0, text="Called")
        task = await amo.tasks.create(
            text="Call back",
            complete_till=datetime(2030, 1, 1, tzinfo=UTC),
            entity_type="leads",
            entity_id=lead.id,
        )

        read = await amo.leads.get(lead.id or 0, with_=["contacts"])
        assert (read.name, read.price) == ("Boat", 7)
        assert [one.id for one in read.contacts] == [contact.id]
        read.price = 8
        read.tags.add("vip")
        await amo.leads.update(read)
        again = await amo.leads.get(lead.id or 0)
        assert (again.price, [tag.name for tag in again.tags]) == (8, ["vip"])
        assert [note.params for note in await amo.leads.notes.list(lead.id or 0).to_list()] == [
            {"text": "Called"}
        ]
        await amo.tasks.complete(task.id or 0, "done")
        done = await amo.tasks.list(filter=TaskFilter(ids=[task.id or 0], is_completed=True)).to_list()
        assert [one.id for one in done] == [task.id]
    assert emulator.leads[lead.id]["price"] == 8


async def test_a_list_is_exactly_what_the_server_holds(connect, emulator):
    async with connect() as amo:
        leads = await amo.leads.list(limit=50).to_list()
        assert sorted(lead.id for lead in leads if lead.id) == sorted(emulator.leads)
        wanted = sorted(emulator.leads)[::3]
        assert list(await amo.leads.get_many(wanted)) == wanted


async def test_filters_reach_the_server(connect, emulator):
    async with connect() as amo:
        newest = max(lead["updated_at"] for lead in emulator.leads.values())
        since = datetime.fromtimestamp(newest - 30 * 86400, UTC)
        recent = await amo.leads.list(
            filter=LeadFilter(updated_at=Range(since, None)), order={"updated_at": "asc"}
        ).to_list()
        expected = [key for key, lead in emulator.leads.items() if lead["updated_at"] >= newest - 30 * 86400]
        assert sorted(lead.id or 0 for lead in recent) == sorted(expected)
        moments = [lead.updated_at for lead in recent]
        assert moments == sorted(moments, key=lambda moment: moment or since)


async def test_a_post_that_times_out_after_it_was_taken_is_not_sent_twice(connect, emulator):
    emulator.faults = Faults()
    fault = emulator.faults.next(match="POST /api/v4/leads", lose_answer=True)
    before = len(emulator.leads)
    async with connect(timeout=0.5) as amo:
        with pytest.raises(AmbiguousWriteError):
            await amo.leads.create(name="Only once")
    assert fault.hits == 1
    assert [lead["name"] for lead in emulator.leads.values()].count("Only once") == 1
    assert len(emulator.leads) == before + 1


async def test_a_get_that_times_out_is_sent_again(connect, emulator):
    emulator.faults = Faults()
    fault = emulator.faults.next(match="GET /api/v4/account", lose_answer=True)
    async with connect(timeout=0.5) as amo:
        assert (await amo.account.get()).id
    assert fault.hits == 1


async def test_many_are_created_and_changed_in_batches(connect, emulator):
    async with connect() as amo:
        made = await amo.leads.create_many([Lead(name=f"Batch {n}") for n in range(120)])
        made.raise_for_failures()
        for lead in made.succeeded:
            lead.price = 5
        changed = await amo.leads.update_many(made.succeeded)
        changed.raise_for_failures()
        for lead in made.succeeded:
            assert emulator.leads[lead.id]["price"] == 5


async def test_a_custom_field_is_set_by_code_and_by_name(connect, emulator):
    async with connect() as amo:
        fields = await amo.contacts.custom_fields.list().to_list()
        phone = next(field for field in fields if field.code == "PHONE")
        contact = Contact(name="Ольга")
        contact.custom_fields.set("PHONE", "+79120000003", enum="MOB")
        made = await amo.contacts.create(contact)
        read = await amo.contacts.get(made.id or 0)
        assert read.phone == "+79120000003"
        read.custom_fields.set(phone.name or "", "+79120000004", enum="WORK")
        await amo.contacts.update(read)
        assert (await amo.contacts.get(made.id or 0)).phone == "+79120000004"


async def test_what_the_server_refuses_names_the_field(connect):
    async with connect() as amo:
        with pytest.raises(ValidationError) as caught:
            await amo.leads.create({"name": "x", "status_id": 999_999_999})
        assert caught.value.items or caught.value.detail
        with pytest.raises(NotFoundError):
            await amo.leads.get(999_999_999)


async def test_a_wrong_token_and_a_ban_are_told_apart(connect, emulator):
    async with connect(token="nonsense") as amo:
        with pytest.raises(AmoCRMTokenExpired):
            await amo.leads.get(1)
    emulator.faults = Faults()
    emulator.faults.next(
        match="*", status=403, body=b"<html>blocked</html>", headers={"content-type": "text/html"}
    )
    async with connect() as amo:
        with pytest.raises(AccountBlockedError):
            await amo.leads.get(1)
        await amo.unblock()
        assert (await amo.account.get()).id
