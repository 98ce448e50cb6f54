# Generated from tests/contract/_async/test_unsorted.py by tools/unasync.py: edit that file instead.
from __future__ import annotations

import pytest
from wire import Answer, Sent, Wire, hal, problem

from amocrm_sync import (
    AmoCRM,
    ConfigurationError,
    NotFoundError,
    Range,
    UnsortedFilter,
    UnsortedSummaryFilter,
    ValidationError,
)
from amocrm_sync.models import Contact, Unsorted

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AmoCRM:
        return AmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


PHONES = Answer(json=hal("custom_fields", [{"id": 1, "name": "Phone", "code": "PHONE", "type": "multitext"}]))


def arrived(sent: Sent) -> Answer:
    rows = [
        {"uid": f"u{place}", "request_id": row["request_id"], "_embedded": {"leads": [{"id": 40 + place}]}}
        for place, row in enumerate(sent.json)
    ]
    return Answer(json=hal("unsorted", rows))


def test_incoming_leads_are_listed_by_kind(connect):
    row = {"uid": "ab", "category": "forms", "metadata": {"form_sent_at": "1700000000"}, "created_at": 5}
    wire = Wire(Answer(json=hal("unsorted", [row])))
    asked = UnsortedFilter(category=["forms", "sip"], pipeline_id=3)
    [lead] = connect(wire).unsorted.list(filter=asked, order={"created_at": "desc"}).to_list()
    assert (lead.uid, (lead.metadata or {})["form_sent_at"]) == ("ab", "1700000000")
    assert wire.sent[0].query[2:] == [
        ("filter[category][]", "forms"),
        ("filter[category][]", "sip"),
        ("filter[pipeline_id]", "3"),
        ("order[created_at]", "desc"),
    ]


def test_forms_come_in_with_their_lead_and_contact(connect):
    wire = Wire(PHONES, otherwise=arrived)
    person = Contact(name="Ann")
    person.custom_fields.set("PHONE", "+7 900", enum="WORK")
    form = Unsorted(
        source_uid="s1",
        source_name="Site",
        metadata={"form_id": "f"},
        leads=[{"name": "Boat"}],
        contacts=[person],
    )
    result = connect(wire).unsorted.create_forms([form])
    result.raise_for_failures()
    assert [lead.id for lead in result.succeeded[0].leads] == [40]
    assert [sent.path for sent in wire.sent] == [
        "/api/v4/contacts/custom_fields",
        "/api/v4/leads/unsorted/forms",
    ]
    [sent] = wire.sent[1].json
    assert sent["_embedded"]["leads"] == [{"name": "Boat"}]
    assert sent["_embedded"]["contacts"][0]["custom_fields_values"][0]["field_code"] == "PHONE"


def test_titles_of_fields_inside_are_those_of_the_entity_inside(connect):
    field = {"id": 11, "name": "Source", "type": "text"}
    wire = Wire(Answer(json=hal("custom_fields", [field])), arrived)
    lead = {"custom_fields_values": [{"field_name": "Source", "values": [{"value": "x"}]}]}
    item = {"source_uid": "s", "source_name": "n", "metadata": {}, "_embedded": {"leads": [lead]}}
    connect(wire).unsorted.create_sip([item])
    assert wire.sent[0].path == "/api/v4/leads/custom_fields"
    assert wire.sent[1].json[0]["_embedded"]["leads"][0]["custom_fields_values"][0]["field_id"] == 11


def test_the_same_one_twice_is_named(connect):
    errors = [{"request_id": "0", "errors": [{"code": "Duplicate", "path": "source_uid", "detail": "known"}]}]
    wire = Wire(problem(400, **{"validation-errors": errors}))
    result = connect(wire).unsorted.create_sip([{"source_uid": "s"}])
    [failure] = result.failed
    assert isinstance(failure.error, ValidationError)
    assert "source_uid Duplicate" in str(failure.error)


def test_they_are_accepted_declined_and_linked(connect):
    done = Answer(json={"uid": "ab", "category": "chats", "_embedded": {"leads": [{"id": 40}]}})
    wire = Wire(done, done, done)
    unsorted = connect(wire).unsorted
    accepted = unsorted.accept("ab", user_id=1, status_id=142)
    unsorted.decline("ab")
    unsorted.link("ab", ("customers", 9), contact_id=4)
    assert accepted.leads[0].id == 40
    assert [(sent.method, sent.path.rpartition("/")[2], sent.json) for sent in wire.sent] == [
        ("POST", "accept", {"user_id": 1, "status_id": 142}),
        ("DELETE", "decline", {}),
        (
            "POST",
            "link",
            {"link": {"entity_id": 9, "entity_type": "customers", "metadata": {"contact_id": 4}}},
        ),
    ]


def test_the_summary_counts(connect):
    row = {
        "total": 5,
        "accepted": 2,
        "declined": 1,
        "average_sort_time": 60,
        "categories": {"sip": {"total": 3}},
    }
    wire = Wire(Answer(json=row))
    summary = connect(wire).unsorted.summary(filter=UnsortedSummaryFilter(created_at=Range(1, 9)))
    assert (summary.total, summary.total_of("sip"), summary.total_of("mail")) == (5, 3, 0)
    assert wire.sent[0].query == [("filter[created_at][from]", "1"), ("filter[created_at][to]", "9")]


def test_a_uid_that_is_gone_or_no_text(connect):
    unsorted = connect(Wire(problem(404), problem(404))).unsorted
    with pytest.raises(NotFoundError):
        unsorted.get("ab")
    assert unsorted.get_or_none("ab") is None
    with pytest.raises(ConfigurationError, match="a text is needed"):
        unsorted.get(5)  # type: ignore[arg-type]
