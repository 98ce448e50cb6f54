# Generated from tests/contract/_async/test_links.py by tools/unasync.py: edit that file instead.
from __future__ import annotations

import pytest
from wire import LOST, Answer, Sent, Wire, hal

from amocrm_sync import AmoCRM, ChatLinkFilter, ConfigurationError, FilterIgnoredWarning, LinkFilter
from amocrm_sync.models import Contact, Lead, Link

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AmoCRM:
        return AmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def linked(sent: Sent) -> Answer:
    rows = [{**row, "entity_type": "leads"} for row in reversed(sent.json)]
    return Answer(json=hal("links", rows))


def test_links_of_many_records_take_few_requests(connect):
    def server(sent: Sent) -> Answer:
        asked = [int(value) for name, value in sent.query if name == "filter[entity_id][]"]
        rows = [{"entity_id": key, "to_entity_id": 5, "to_entity_type": "contacts"} for key in asked]
        return Answer(json=hal("links", rows))

    wire = Wire(otherwise=server)
    asked = LinkFilter(to_entity_type="contacts", to_entity_id=5)
    links = connect(wire).leads.links_many(range(1, 401), filter=asked)
    assert [(link.entity_id, link.to_entity_id) for link in links] == [(key, 5) for key in range(1, 401)]
    assert [sent.path for sent in wire.sent] == ["/api/v4/leads/links"] * 3
    assert ("filter[to_entity_type]", "contacts") in wire.sent[2].query
    assert all(len(sent.url) < 7_000 for sent in wire.sent)


def test_links_that_were_not_asked_for_are_said(connect):
    row = {"entity_id": 1, "to_entity_id": 6, "to_entity_type": "contacts"}
    asked = LinkFilter(to_entity_type="companies")
    with pytest.warns(FilterIgnoredWarning, match=r"filter\[to_entity_type\]"):
        connect(Wire(Answer(json=hal("links", [row])))).leads.links(1, filter=asked)


def test_many_links_are_written_at_once_and_matched_by_their_ends(connect):
    wire = Wire(linked)
    given = [
        (5, ("contacts", 9)),
        (6, Contact(id=9)),
        {
            "entity_id": 5,
            "to_entity_id": 3,
            "to_entity_type": "catalog_elements",
            "metadata": {"catalog_id": 1},
        },
        Link(entity_id=7, to_entity_id=9, to_entity_type="contacts"),
    ]
    result = connect(wire).leads.link_many(given)
    assert [(link.entity_id, link.to_entity_id) for link in result.succeeded] == [
        (5, 9),
        (6, 9),
        (5, 3),
        (7, 9),
    ]
    assert wire.sent[0].path == "/api/v4/leads/link"
    assert wire.sent[0].json[0] == {"entity_id": 5, "to_entity_type": "contacts", "to_entity_id": 9}
    assert wire.sent[0].json[2]["metadata"] == {"catalog_id": 1}


def test_unlinking_many_is_answered_with_nothing(connect):
    wire = Wire(Answer(204), LOST)
    result = connect(wire).contacts.unlink_many([(n, ("leads", 9)) for n in range(1, 71)])
    assert len(result.succeeded) == 50
    assert [failure.index for failure in result.ambiguous] == list(range(50, 70))
    assert {sent.path for sent in wire.sent} == {"/api/v4/contacts/unlink"}
    assert "request_id" not in wire.sent[0].json[0]


def test_a_link_that_is_none_is_named(connect):
    with pytest.raises(ConfigurationError, match="links: a pair"):
        connect(Wire()).leads.link_many([5])  # type: ignore[list-item]


class Desk:
    """Leads 1 to 300 share 400 contacts; it counts what is asked of it."""

    def __call__(self, sent: Sent) -> Answer:
        if sent.path == "/api/v4/leads/links":
            asked = [int(value) for name, value in sent.query if name == "filter[entity_id][]"]
            rows = [
                {
                    "entity_id": key,
                    "to_entity_id": 1000 + other,
                    "to_entity_type": "contacts",
                    "metadata": {"main_contact": other == key},
                }
                for key in asked
                for other in (key, key + 1)
            ]
            rows.append({"entity_id": asked[0], "to_entity_id": 5, "to_entity_type": "companies"})
            return Answer(json=hal("links", rows))
        asked = [int(value) for name, value in sent.query if name == "filter[id][]"]
        return Answer(json=hal("contacts", [{"id": key, "name": f"C{key}"} for key in asked if key != 1002]))


def test_contacts_of_many_leads_are_read_once_each(connect):
    wire = Wire(otherwise=Desk())
    leads = [Lead.model_validate({"id": key, "name": f"L{key}"}) for key in range(1, 301)]
    same = connect(wire).leads.hydrate(leads)
    assert [lead.id for lead in same] == list(range(1, 301))
    assert [contact.name for contact in leads[4].contacts] == ["C1005", "C1006"]
    assert leads[4].main_contact is not None
    assert leads[4].main_contact.id == 1005
    assert [contact.id for contact in leads[0].contacts] == [1001], "a contact that is gone is left out"
    assert leads[0].changes() == {}
    assert len(wire.sent) == 4, "two for links, two for contacts"


def test_leads_that_know_their_contacts_ask_for_no_links(connect):
    wire = Wire(otherwise=Desk())
    row = {"id": 1, "_embedded": {"contacts": [{"id": 1001, "is_main": True}], "tags": [{"name": "vip"}]}}
    leads = [Lead.model_validate(row), Lead.model_validate({"id": 2, "_embedded": {"contacts": []}})]
    connect(wire).leads.hydrate(leads)
    assert [contact.name for contact in leads[0].contacts] == ["C1001"]
    assert leads[0].tags.names == ["vip"]
    assert leads[1].contacts == []
    assert len(wire.sent) == 1
    assert connect(wire).leads.hydrate([]) == []
    assert len(wire.sent) == 1


def test_chats_belong_to_contacts(connect):
    row = {"id": 1, "chat_id": "c-1", "contact_id": 5}
    echo = Answer(json=hal("chats", [{**row, "request_id": "0"}]))
    wire = Wire(Answer(json=hal("chats", [row])), Answer(204), echo, echo)
    chats = connect(wire).contacts.chats
    [link] = chats.list(filter=ChatLinkFilter(contact_id=[5, 6])).to_list()
    assert chats.list(filter={"chat_id": ["c-1"]}).to_list() == []
    made = chats.link(5, "c-1")
    result = chats.link_many([{"contact_id": 5, "chat_id": "c-1"}])
    assert link.chat_id == made.chat_id == result.succeeded[0].chat_id == "c-1"
    assert wire.sent[0].query == [("contact_id[]", "5"), ("contact_id[]", "6")]
    assert wire.sent[1].query == [("chat_id[]", "c-1")]
    assert wire.sent[2].json == [{"contact_id": 5, "chat_id": "c-1", "request_id": "0"}]
