# Generated from tests/contract/_async/test_parts.py by tools/unasync.py: edit that file instead.
"""Notes of every type, tags, groups of fields, users; filters that the server ignores."""

from __future__ import annotations

import warnings

import pytest
from wire import Answer, Wire, hal

from amocrm_sync import (
    AmoCRM,
    ConfigurationError,
    CustomFieldFilter,
    FilterIgnoredWarning,
    LeadFilter,
    Range,
    TagFilter,
    TaskFilter,
)
from amocrm_sync.models import CallInNote, UnknownNote

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AmoCRM:
        return AmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def test_a_call_note_is_written_and_read_typed(connect):
    params = {"duration": "65", "phone": "+7 900", "brand_new": 1}
    rows = [
        {"id": 8, "note_type": "call_in", "params": params},
        {"id": 9, "note_type": "brand_new", "params": []},
    ]
    wire = Wire(Answer(json=hal("notes", [{"id": 8, "request_id": "0"}])), Answer(json=hal("notes", rows)))
    notes = connect(wire).leads.notes
    made = notes.create(5, details=CallInNote(duration=65, phone="+7 900"))
    assert made.details == CallInNote(duration=65, phone="+7 900")
    [call, new] = notes.list().to_list()
    assert call.details == CallInNote(duration=65, phone="+7 900", extra={"brand_new": 1})
    assert isinstance(new.details, UnknownNote)
    assert wire.sent[0].json == [
        {
            "entity_id": 5,
            "note_type": "call_in",
            "params": {"duration": 65, "phone": "+7 900"},
            "request_id": "0",
        }
    ]


def test_notes_have_two_addresses(connect):
    note = {"id": 8, "note_type": "common", "params": {"text": "a"}}
    changed = Answer(json={"id": 8, "updated_at": 5})
    wire = Wire(
        Answer(json=note),
        changed,
        changed,
        Answer(json=hal("notes", [{"id": 8, "request_id": "0"}])),
        Answer(json=hal("notes", [{"id": 8}])),
        Answer(json=hal("notes", [{"id": 8}])),
    )
    notes = connect(wire).contacts.notes
    loaded = notes.get(8, parent=5, with_="is_pinned")
    loaded.text = "b"
    notes.update(loaded, parent=5)
    notes.update(8, params={"text": "c"}, note_type="common")
    notes.create_many([{"note_type": "common", "params": {"text": "a"}}], parent=5)
    notes.update_many([{"id": 8, "note_type": "common", "params": {"text": "d"}}], parent=5)
    notes.update_many([{"id": 8, "note_type": "common", "params": {"text": "d"}}])
    assert wire.sent[1].json == {"note_type": "common", "params": {"text": "b"}}
    assert [(sent.method, sent.path.removeprefix("/api/v4/contacts/")) for sent in wire.sent] == [
        ("GET", "5/notes/8"),
        ("PATCH", "5/notes/8"),
        ("PATCH", "notes/8"),
        ("POST", "5/notes"),
        ("PATCH", "5/notes"),
        ("PATCH", "notes"),
    ]


def test_only_tags_of_leads_can_be_changed(connect):
    wire = Wire(Answer(json=hal("tags", [{"id": 3, "name": "vip"}])), Answer(204))
    client = connect(wire)
    result = client.leads.tags.update_many([{"id": 3, "name": "vip"}])
    assert [tag.name for tag in result.succeeded] == ["vip"]
    assert client.leads.tags.list(filter=TagFilter(name="vip")).to_list() == []
    assert ("filter[name]", "vip") in wire.sent[1].query
    with pytest.raises(ConfigurationError, match="only tags of leads"):
        client.contacts.tags.update_many([{"id": 3, "name": "vip"}])


def test_groups_of_fields_have_ids_of_text(connect):
    group = {"id": "leads_12", "name": "Deal", "sort": 5, "fields": [1]}
    wire = Wire(
        Answer(json=hal("custom_field_groups", [group])),
        Answer(json=group),
        Answer(201, hal("custom_field_groups", [{**group, "request_id": "0"}])),
        Answer(json={**group, "name": "Money"}),
        Answer(204),
    )
    groups = connect(wire).leads.custom_fields.groups
    [listed] = groups.list().to_list()
    assert (listed.id, (groups.get("leads_12")).fields) == ("leads_12", [1])
    made = groups.create(name="Deal", sort=5)
    changed = groups.update("leads_12", name="Money")
    groups.delete("leads_12")
    assert (made.id, changed.name) == ("leads_12", "Money")
    assert wire.sent[3].json == {"name": "Money"}
    assert {sent.path for sent in wire.sent[3:]} == {"/api/v4/leads/custom_fields/groups/leads_12"}


def test_fields_are_listed_by_type_and_in_order(connect):
    wire = Wire(Answer(204))
    fields = connect(wire).leads.custom_fields
    fields.list(filter=CustomFieldFilter(type=["text"]), order={"sort": "asc"}).to_list()
    assert wire.sent[0].query[1:] == [("limit", "50"), ("filter[type][]", "text"), ("order[sort]", "asc")]


def test_users_are_switched_ten_at_a_time(connect):
    wire = Wire(Answer(202), Answer(204), Answer(204), Answer(json={"id": 1, "name": "Ann"}))
    client = connect(wire)
    client.users.activate(range(1, 13))
    client.users.deactivate([5])
    assert [len(sent.json) for sent in wire.sent] == [10, 2, 1]
    assert (client.account.current_user()).name == "Ann"
    assert wire.sent[3].path == "/v3/user"
    with pytest.raises(ConfigurationError, match="1 to 10"):
        client.users.create_many([{}], batch_size=11)


def lead(**fields) -> Answer:
    return Answer(json=hal("leads", [{"id": 1, **fields}]))


@pytest.mark.parametrize(
    ("asked", "row", "named"),
    [
        (LeadFilter(ids=[2]), {}, "filter[id]"),
        (
            LeadFilter(updated_at=Range(1_700_000_000, None)),
            {"updated_at": 1_600_000_000},
            "filter[updated_at]",
        ),
        (LeadFilter(statuses=[(7, 1)]), {"pipeline_id": 7, "status_id": 2}, "filter[statuses]"),
        (LeadFilter(price=(10, 20)), {"price": 5}, "filter[price]"),
        ({"responsible_user_id": 5}, {"responsible_user_id": 6}, "filter[responsible_user_id]"),
    ],
)
def test_a_filter_that_was_ignored_is_said_once(connect, asked, row, named):
    wire = Wire(lead(**row), lead(**row))
    pager = connect(wire).leads.list(filter=asked)
    with pytest.warns(FilterIgnoredWarning) as caught:
        assert len(pager.to_list()) == 1
    assert named in str(caught[0].message)
    assert "is_api_filter_enabled" in str(caught[0].message)
    assert len(caught) == 1


def test_rows_that_fit_say_nothing(connect):
    row = {
        "updated_at": 1_700_000_000,
        "pipeline_id": 7,
        "status_id": 1,
        "responsible_user_id": 5,
        "price": 5,
    }
    asked = LeadFilter(
        ids=1, updated_at=(1_700_000_000, None), statuses=[(7, 1)], responsible_user_id=[5, 6], price=(5, 5)
    )
    wire = Wire(lead(**row), lead(**row), lead())
    client = connect(wire)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client.leads.list(filter=asked).to_list()
        client.leads.list(query="boat").to_list()
        client.leads.list(filter=asked).to_list()


def test_what_would_select_everything_is_refused(connect):
    leads = connect(Wire()).leads
    with pytest.raises(ConfigurationError, match="ids: an empty list"):
        LeadFilter(ids=[])
    with pytest.raises(ConfigurationError, match="updated_at: a range with neither"):
        LeadFilter(updated_at=(None, None))
    with pytest.raises(ConfigurationError, match="statuses: an empty"):
        LeadFilter(statuses=[])
    with pytest.raises(ConfigurationError, match="entity_type"):
        TaskFilter(entity_id=3)
    with pytest.raises(ConfigurationError, match=r"filter\[id\]"):
        leads.list(filter={"id": []})
    with pytest.raises(ConfigurationError, match=r"order\[price\].*created_at, updated_at, id"):
        leads.list(order={"price": "asc"})
    assert leads.get_many([]) == {}


def test_the_consent_host_says_where_an_account_is(connect):
    row = {"id": 1, "subdomain": "demo", "domain": "demo.amocrm.ru", "top_level_domain": "ru"}
    wire = Wire(Answer(json=row), Answer(json=row))
    client = connect(wire)
    assert (client.account.address()).domain == "demo.amocrm.ru"
    emulated = AmoCRM("http://127.0.0.1:1", token="t", limiter=None, http_client=wire.client())
    emulated.account.address()
    assert [sent.url for sent in wire.sent] == [
        "https://www.amocrm.ru/oauth2/account/subdomain",
        "http://127.0.0.1:1/oauth2/account/subdomain",
    ]


def test_titles_of_fields_of_a_leads_contact_are_those_of_contacts(connect):
    field = {"id": 11, "name": "Source", "type": "text"}
    wire = Wire(Answer(json=hal("custom_fields", [field])), Answer(json=[{"id": 1, "contact_id": 2}]))
    person = {"custom_fields_values": [{"field_name": "Source", "values": [{"value": "x"}]}]}
    lead = {"name": "Boat", "_embedded": {"contacts": [person], "tags": [{"name": "vip"}]}}
    connect(wire).leads.create_complex([lead])
    assert wire.sent[0].path == "/api/v4/contacts/custom_fields"
    sent = wire.sent[1].json[0]["_embedded"]
    assert sent["contacts"][0]["custom_fields_values"][0]["field_id"] == 11
    assert sent["tags"] == [{"name": "vip"}]
