# Generated from tests/e2e/_async/walk_lists.py by tools/unasync.py: edit that file instead.
"""What stands between and beside cards: links, tags, files, fields, groups, lists, products, events, incoming leads."""

from __future__ import annotations

from amocrm_sync import (
    AmoCRM,
    CatalogElementFilter,
    EventFilter,
    LinkFilter,
    TagFilter,
    UnsortedFilter,
    UnsortedSummaryFilter,
)
from amocrm_sync.models import StageValue, Unsorted
from amocrm_sync.testing import Emulator


def walk_links(amo: AmoCRM, emulator: Emulator) -> None:
    lead, ann = amo.leads.create(name="Boat"), amo.contacts.create(name="Ann")
    amo.leads.link(lead.id, ann, is_main=True)
    [link] = amo.leads.links(lead.id)
    assert (link.to_entity_id, link.to_entity_type, link.is_main) == (ann.id, "contacts", True)
    assert emulator.linked("contacts", ann.id, "leads") == [lead.id], "from both ends"
    amo.leads.unlink(lead.id, ann)
    assert amo.leads.links(lead.id) == []
    firm = amo.companies.create(name="Boats Ltd")
    pairs = [(lead.id, ann), (lead.id, firm)]
    (amo.leads.link_many(pairs)).raise_for_failures()
    asked = LinkFilter(to_entity_type="companies", to_entity_id=firm.id)
    found = amo.leads.links_many([lead.id], filter=asked)
    assert [(one.to_entity_type, one.to_entity_id) for one in found] == [("companies", firm.id)]
    (amo.leads.unlink_many(pairs)).raise_for_failures()
    assert amo.leads.links_many([lead.id]) == []


def walk_tags(amo: AmoCRM, emulator: Emulator) -> None:
    tag = amo.leads.tags.create(name="vip")
    lead = amo.leads.create(name="Boat", tags_to_add=[{"name": "vip"}])
    (amo.leads.tags.update_many([{"id": tag.id, "name": "gold"}])).raise_for_failures()
    [found] = amo.leads.tags.list(filter=TagFilter(name="gold")).to_list()
    assert found.id == tag.id
    assert (amo.leads.get(lead.id)).tags.names == ["gold"]
    assert emulator.leads[lead.id]["name"] == "Boat"
    amo.companies.tags.create(name="firm")
    assert [one.name for one in amo.companies.tags.list().to_list()] == ["firm"]


def walk_files(amo: AmoCRM, emulator: Emulator) -> None:
    emulator.settings.max_part_size = 4
    lead = amo.leads.create(name="Boat")
    file = amo.files.upload(b"content", name="note.txt")
    assert amo.files.download(file) == b"content"
    newer = amo.files.upload(b"newer content", name="note.txt", version_of=file)
    assert sorted(version.size for version in amo.files.versions(newer)) == [7, 13]
    assert (amo.files.update(file, name="renamed")).name == "renamed"
    assert (amo.files.get(file.uuid)).name == "renamed"
    amo.leads.files.attach(lead.id, file)
    assert [one.file_uuid for one in amo.leads.files.list(lead.id).to_list()] == [file.uuid]
    assert [(one.entity_type, one.id) for one in amo.files.links(file)] == [("leads", lead.id)]
    amo.leads.files.detach(lead.id, file)
    assert amo.leads.files.list(lead.id).to_list() == []
    amo.files.delete(file)
    assert amo.files.list().to_list() == []
    amo.files.restore(file)
    assert [one.uuid for one in amo.files.list().to_list()] == [file.uuid]


def walk_fields(amo: AmoCRM, emulator: Emulator) -> None:
    fields = amo.leads.custom_fields
    made = fields.create(
        name="Size", type="select", enums=[{"value": "S", "sort": 1}, {"value": "L", "sort": 2}]
    )
    note = fields.create(name="Remark", type="text")
    lead = amo.leads.create(name="Boat", custom_fields={made.id: "L", note.id: "blue"})
    assert (amo.leads.get(lead.id)).custom_fields["Size"] == "L"
    fields.update(note.id, name="Colour")
    (fields.update_many([{"id": made.id, "sort": 700}])).raise_for_failures()
    assert (fields.get(note.id)).name == "Colour"
    assert (fields.get(made.id)).sort == 700
    group = fields.groups.create(name="Sizes", sort=5)
    fields.groups.update(group.id, name="Figures", fields=[made.id])
    assert (fields.groups.get(group.id)).name == "Figures"
    assert (fields.get(made.id)).group_id == group.id
    assert group.id in [one.id for one in fields.groups.list()]
    fields.groups.delete(group.id)
    assert group.id not in [one.id for one in fields.groups.list()]
    fields.delete(note.id)
    assert {one.id for one in fields.list()}.isdisjoint({note.id})
    left = emulator.leads[lead.id]["custom_fields_values"]
    assert [row["field_id"] for row in left] == [made.id], "its values went with it"


def walk_catalogs(amo: AmoCRM, emulator: Emulator) -> None:
    boats = amo.catalogs.create(name="Boats")
    amo.catalogs.update(boats.id, name="Yachts")
    (amo.catalogs.update_many([{"id": boats.id, "sort": 77}])).raise_for_failures()
    read = amo.catalogs.get(boats.id)
    assert (read.name, read.sort) == ("Yachts", 77)
    assert [one.name for one in amo.catalogs.list().to_list()] == ["Yachts"]

    elements = amo.catalogs.elements
    yacht = elements.create(boats.id, name="Anna")
    elements.update(boats.id, yacht.id, name="Berta")
    (elements.update_many(boats.id, [{"id": yacht.id, "name": "Clara"}])).raise_for_failures()
    assert (elements.get(boats.id, yacht.id)).name == "Clara"
    [found] = elements.list(boats.id, filter=CatalogElementFilter(ids=[yacht.id])).to_list()
    assert found.id == yacht.id
    lead = amo.leads.create(name="Sale")
    elements.link(boats.id, yacht.id, ("leads", lead.id))
    assert [one.to_entity_id for one in elements.links(boats.id, yacht.id)] == [lead.id]
    hung = amo.leads.get(lead.id, with_=["catalog_elements"])
    assert [one.id for one in hung.catalog_elements] == [yacht.id]
    elements.unlink(boats.id, yacht.id, ("leads", lead.id))
    assert elements.links(boats.id, yacht.id) == []

    amo.catalogs.change_v2(add=[{"name": "Old way"}])
    assert {one.name for one in amo.catalogs.list_v2()} == {"Yachts", "Old way"}
    amo.catalogs.delete(boats.id)
    assert [one.name for one in amo.catalogs.list().to_list()] == ["Old way"]
    assert emulator.leads[lead.id]["name"] == "Sale"


def walk_products(amo: AmoCRM, emulator: Emulator) -> None:
    assert (amo.products.get_settings()).is_enabled is False
    amo.products.update_settings(is_enabled=True)
    settings = amo.products.get_settings_v2()
    assert settings.is_enabled is True
    assert settings.catalog_id in [one.id for one in amo.catalogs.list()]
    assert (amo.products.update_settings_v2(is_enabled=False)).is_enabled is False
    assert emulator.settings.products_enabled is False


def walk_events(amo: AmoCRM, emulator: Emulator) -> None:
    pipeline = amo.pipelines.list().first()
    lead = amo.leads.create(name="Boat", pipeline_id=pipeline.id)
    amo.leads.update(lead.id, status_id=142, pipeline_id=pipeline.id)
    asked = EventFilter(type="lead_status_changed", entity="lead", entity_id=lead.id)
    [event] = amo.events.list(filter=asked).to_list()
    assert event.after == [StageValue(pipeline.id, 142)]
    assert (amo.events.get(event.id)).after == event.after
    kinds = {kind.key for kind in amo.events.types.list(language_code="en")}
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


def walk_unsorted(amo: AmoCRM, emulator: Emulator) -> None:
    forms = amo.unsorted.create_forms([form("a")])
    calls = amo.unsorted.create_sip([call("b")])
    forms.raise_for_failures()
    calls.raise_for_failures()
    [site], [caller] = forms.succeeded, calls.succeeded
    assert (amo.unsorted.get(site.uid)).metadata["form_name"] == "Form"
    [found] = amo.unsorted.list(filter=UnsortedFilter(category=["sip"])).to_list()
    assert found.uid == caller.uid
    taken = amo.unsorted.accept(site.uid)
    assert (amo.leads.get(taken.leads[0].id)).name == "Lead a"
    gone = amo.unsorted.decline(caller.uid)
    assert gone.leads[0].id in emulator.trash("leads")

    channel = emulator.chat_channel
    amojo = amo.amojo(channel.id, channel.secret)
    amojo.connect()
    amojo.send_message("c-1", "Hello", sender={"id": "u-1", "name": "Dan"}, msgid="m-1")
    [chat] = amo.unsorted.list(filter=UnsortedFilter(category=["chats"])).to_list()
    lead = amo.leads.create(name="Known already")
    amo.unsorted.link(chat.uid, lead)
    assert amo.unsorted.list().to_list() == []
    summary = amo.unsorted.summary(filter=UnsortedSummaryFilter(pipeline_id=chat.pipeline_id))
    assert (summary.total, summary.accepted, summary.declined) == (3, 2, 1), "linked counts as accepted"
