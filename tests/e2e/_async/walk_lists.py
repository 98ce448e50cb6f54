"""What stands between and beside cards: links, tags, files, fields, groups, lists, products, events, incoming leads."""

from __future__ import annotations

from amocrm_sync import (
    AsyncAmoCRM,
    CatalogElementFilter,
    EventFilter,
    LinkFilter,
    TagFilter,
    UnsortedFilter,
    UnsortedSummaryFilter,
)
from amocrm_sync.models import StageValue, Unsorted
from amocrm_sync.testing import Emulator


async def walk_links(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    lead, ann = await amo.leads.create(name="Boat"), await amo.contacts.create(name="Ann")
    await amo.leads.link(lead.id, ann, is_main=True)
    [link] = await amo.leads.links(lead.id)
    assert (link.to_entity_id, link.to_entity_type, link.is_main) == (ann.id, "contacts", True)
    assert emulator.linked("contacts", ann.id, "leads") == [lead.id], "from both ends"
    await amo.leads.unlink(lead.id, ann)
    assert await amo.leads.links(lead.id) == []
    firm = await amo.companies.create(name="Boats Ltd")
    pairs = [(lead.id, ann), (lead.id, firm)]
    (await amo.leads.link_many(pairs)).raise_for_failures()
    asked = LinkFilter(to_entity_type="companies", to_entity_id=firm.id)
    found = await amo.leads.links_many([lead.id], filter=asked)
    assert [(one.to_entity_type, one.to_entity_id) for one in found] == [("companies", firm.id)]
    (await amo.leads.unlink_many(pairs)).raise_for_failures()
    assert await amo.leads.links_many([lead.id]) == []


async def walk_tags(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    tag = await amo.leads.tags.create(name="vip")
    lead = await amo.leads.create(name="Boat", tags_to_add=[{"name": "vip"}])
    (await amo.leads.tags.update_many([{"id": tag.id, "name": "gold"}])).raise_for_failures()
    [found] = await amo.leads.tags.list(filter=TagFilter(name="gold")).to_list()
    assert found.id == tag.id
    assert (await amo.leads.get(lead.id)).tags.names == ["gold"]
    assert emulator.leads[lead.id]["name"] == "Boat"
    await amo.companies.tags.create(name="firm")
    assert [one.name for one in await amo.companies.tags.list().to_list()] == ["firm"]


async def walk_files(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    emulator.settings.max_part_size = 4
    lead = await amo.leads.create(name="Boat")
    file = await amo.files.upload(b"content", name="note.txt")
    assert await amo.files.download(file) == b"content"
    newer = await amo.files.upload(b"newer content", name="note.txt", version_of=file)
    assert sorted(version.size for version in await amo.files.versions(newer)) == [7, 13]
    assert (await amo.files.update(file, name="renamed")).name == "renamed"
    assert (await amo.files.get(file.uuid)).name == "renamed"
    await amo.leads.files.attach(lead.id, file)
    assert [one.file_uuid for one in await amo.leads.files.list(lead.id).to_list()] == [file.uuid]
    assert [(one.entity_type, one.id) for one in await amo.files.links(file)] == [("leads", lead.id)]
    await amo.leads.files.detach(lead.id, file)
    assert await amo.leads.files.list(lead.id).to_list() == []
    await amo.files.delete(file)
    assert await amo.files.list().to_list() == []
    await amo.files.restore(file)
    assert [one.uuid for one in await amo.files.list().to_list()] == [file.uuid]


async def walk_fields(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    fields = amo.leads.custom_fields
    made = await fields.create(
        name="Size", type="select", enums=[{"value": "S", "sort": 1}, {"value": "L", "sort": 2}]
    )
    note = await fields.create(name="Remark", type="text")
    lead = await amo.leads.create(name="Boat", custom_fields={made.id: "L", note.id: "blue"})
    assert (await amo.leads.get(lead.id)).custom_fields["Size"] == "L"
    await fields.update(note.id, name="Colour")
    (await fields.update_many([{"id": made.id, "sort": 700}])).raise_for_failures()
    assert (await fields.get(note.id)).name == "Colour"
    assert (await fields.get(made.id)).sort == 700
    group = await fields.groups.create(name="Sizes", sort=5)
    await fields.groups.update(group.id, name="Figures", fields=[made.id])
    assert (await fields.groups.get(group.id)).name == "Figures"
    assert (await fields.get(made.id)).group_id == group.id
    assert group.id in [one.id async for one in fields.groups.list()]
    await fields.groups.delete(group.id)
    assert group.id not in [one.id async for one in fields.groups.list()]
    await fields.delete(note.id)
    assert {one.id async for one in fields.list()}.isdisjoint({note.id})
    left = emulator.leads[lead.id]["custom_fields_values"]
    assert [row["field_id"] for row in left] == [made.id], "its values went with it"


async def walk_catalogs(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    boats = await amo.catalogs.create(name="Boats")
    await amo.catalogs.update(boats.id, name="Yachts")
    (await amo.catalogs.update_many([{"id": boats.id, "sort": 77}])).raise_for_failures()
    read = await amo.catalogs.get(boats.id)
    assert (read.name, read.sort) == ("Yachts", 77)
    assert [one.name for one in await amo.catalogs.list().to_list()] == ["Yachts"]

    elements = amo.catalogs.elements
    yacht = await elements.create(boats.id, name="Anna")
    await elements.update(boats.id, yacht.id, name="Berta")
    (await elements.update_many(boats.id, [{"id": yacht.id, "name": "Clara"}])).raise_for_failures()
    assert (await elements.get(boats.id, yacht.id)).name == "Clara"
    [found] = await elements.list(boats.id, filter=CatalogElementFilter(ids=[yacht.id])).to_list()
    assert found.id == yacht.id
    lead = await amo.leads.create(name="Sale")
    await elements.link(boats.id, yacht.id, ("leads", lead.id))
    assert [one.to_entity_id for one in await elements.links(boats.id, yacht.id)] == [lead.id]
    hung = await amo.leads.get(lead.id, with_=["catalog_elements"])
    assert [one.id for one in hung.catalog_elements] == [yacht.id]
    await elements.unlink(boats.id, yacht.id, ("leads", lead.id))
    assert await elements.links(boats.id, yacht.id) == []

    await amo.catalogs.change_v2(add=[{"name": "Old way"}])
    assert {one.name for one in await amo.catalogs.list_v2()} == {"Yachts", "Old way"}
    await amo.catalogs.delete(boats.id)
    assert [one.name for one in await amo.catalogs.list().to_list()] == ["Old way"]
    assert emulator.leads[lead.id]["name"] == "Sale"


async def walk_products(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    assert (await amo.products.get_settings()).is_enabled is False
    await amo.products.update_settings(is_enabled=True)
    settings = await amo.products.get_settings_v2()
    assert settings.is_enabled is True
    assert settings.catalog_id in [one.id async for one in amo.catalogs.list()]
    assert (await amo.products.update_settings_v2(is_enabled=False)).is_enabled is False
    assert emulator.settings.products_enabled is False


async def walk_events(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    pipeline = await amo.pipelines.list().first()
    lead = await amo.leads.create(name="Boat", pipeline_id=pipeline.id)
    await amo.leads.update(lead.id, status_id=142, pipeline_id=pipeline.id)
    asked = EventFilter(type="lead_status_changed", entity="lead", entity_id=lead.id)
    [event] = await amo.events.list(filter=asked).to_list()
    assert event.after == [StageValue(pipeline.id, 142)]
    assert (await amo.events.get(event.id)).after == event.after
    kinds = {kind.key async for kind in amo.events.types.list(language_code="en")}
    assert {row["type"] for row in emulator.events} <= kinds


def form(key: str) -> Unsorted:
    return Unsorted(
        source_uid=key,
        source_name="Site",
        metadata={
            "form_id": "f",
            "form_name": "Form",
            "form_page": "https://site.example",
            "form_sent_at": 1_700_000_000,
            "ip": "127.0.0.1",
            "referer": "https://site.example",
        },
        leads=[{"name": f"Lead {key}"}],
        contacts=[{"name": f"Contact {key}"}],
    )


def call(key: str) -> Unsorted:
    return Unsorted(
        source_uid=key,
        source_name="Telephony",
        metadata={
            "phone": "+79120000005",
            "called_at": 1_700_000_000,
            "duration": 15,
            "link": "https://pbx.example/record.mp3",
            "service_code": "pbx",
            "uniq": key,
            "from": "+79120000005",
        },
        leads=[{"name": "Called"}],
        contacts=[{"name": "Caller"}],
    )


async def walk_unsorted(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    forms = await amo.unsorted.create_forms([form("a")])
    calls = await amo.unsorted.create_sip([call("b")])
    forms.raise_for_failures()
    calls.raise_for_failures()
    [site], [caller] = forms.succeeded, calls.succeeded
    assert (await amo.unsorted.get(site.uid)).metadata["form_name"] == "Form"
    [found] = await amo.unsorted.list(filter=UnsortedFilter(category=["sip"])).to_list()
    assert found.uid == caller.uid
    taken = await amo.unsorted.accept(site.uid)
    assert (await amo.leads.get(taken.leads[0].id)).name == "Lead a"
    gone = await amo.unsorted.decline(caller.uid)
    assert gone.leads[0].id in emulator.trash("leads")

    channel = emulator.chat_channel
    amojo = await amo.amojo(channel.id, channel.secret)
    await amojo.connect()
    await amojo.send_message("c-1", "Hello", sender={"id": "u-1", "name": "Dan"}, msgid="m-1")
    [chat] = await amo.unsorted.list(filter=UnsortedFilter(category=["chats"])).to_list()
    lead = await amo.leads.create(name="Known already")
    await amo.unsorted.link(chat.uid, lead)
    assert await amo.unsorted.list().to_list() == []
    summary = await amo.unsorted.summary(filter=UnsortedSummaryFilter(pipeline_id=chat.pipeline_id))
    assert (summary.total, summary.accepted, summary.declined) == (3, 2, 1), "linked counts as accepted"
