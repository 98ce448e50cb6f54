from __future__ import annotations

from datetime import UTC, datetime

import pytest
from wire import LOST, Answer, Sent, Wire, hal, problem

from amocrm_sync import (
    AsyncAmoCRM,
    BatchError,
    ConfigurationError,
    NotFoundError,
    PaymentRequiredError,
    ValidationError,
)
from amocrm_sync.models import Contact, Lead

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AsyncAmoCRM:
        return AsyncAmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def stored(sent: Sent) -> Answer:
    """What amoCRM answers to a batch: ids and request ids, in another order."""
    key = sent.path.rpartition("/")[2]
    answers = []
    for place, item in enumerate(sent.json):
        row = {"request_id": item["request_id"], "id": item.get("id", 100 + place)}
        answers.append(row if sent.method == "POST" else {"id": row["id"], "updated_at": 1_700_000_000})
    return Answer(json=hal(key, reversed(answers)))


async def test_create_takes_fields_a_dict_or_a_model(connect):
    wire = Wire(otherwise=stored)
    leads = connect(wire).leads
    one = await leads.create(name="Boat", price=7, status_id=142)
    two = await leads.create({"name": "Car", "_embedded": {"tags": [{"name": "vip"}]}})
    three = await leads.create(Lead(name="House", created_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert [lead.id for lead in (one, two, three)] == [100] * 3
    assert [lead.name for lead in (one, two, three)] == ["Boat", "Car", "House"]
    assert [sent.json[0] for sent in wire.sent] == [
        {"name": "Boat", "price": 7, "status_id": 142, "request_id": "0"},
        {"name": "Car", "_embedded": {"tags": [{"name": "vip"}]}, "request_id": "0"},
        {"name": "House", "created_at": 1_767_225_600, "request_id": "0"},
    ]
    assert one.changes() == {}


async def test_update_sends_only_what_changed(connect):
    wire = Wire(
        Answer(json={"id": 5, "name": "Boat", "price": 7, "updated_at": 1, "created_by": 3, "account_id": 1}),
        Answer(json={"id": 5, "updated_at": 1_700_000_000}),
    )
    leads = connect(wire).leads
    lead = await leads.get(5)
    lead.price = 8
    same = await leads.update(lead)
    assert wire.sent[1].json == {"price": 8}
    assert same is lead
    assert lead.updated_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert lead.changes() == {}
    assert await leads.update(lead) is lead
    assert len(wire.sent) == 2, "nothing changed, nothing sent"


async def test_null_is_sent_and_what_was_not_given_is_not(connect):
    wire = Wire(Answer(json={"id": 5}))
    await connect(wire).leads.update(5, loss_reason_id=None)
    assert wire.sent[0].json == {"loss_reason_id": None}


async def test_what_was_stored_is_what_was_sent_whatever_becomes_of_the_dicts(connect):
    tags = [{"name": "vip"}]
    items = [{"name": "Boat", "_embedded": {"tags": tags}}, Lead(name="Car", price=5)]
    result = await connect(Wire(otherwise=stored)).leads.create_many(items)
    tags.append({"name": "late"})
    items[0]["name"] = "Raft"
    assert [(lead.id, lead.name, [tag.name for tag in lead.tags]) for lead in result.succeeded] == [
        (100, "Boat", ["vip"]),
        (101, "Car", []),
    ]
    assert all(lead.is_loaded and not lead.changes() for lead in result.succeeded)
    assert "request_id" not in items[0]


async def test_loaded_records_take_the_answer_over_without_being_looked_at(connect):
    loaded = [Lead.model_validate({"id": key, "name": "old"}) for key in (1, 2)]
    for lead in loaded:
        lead.name = "new"
    result = await connect(Wire(otherwise=stored)).leads.update_many([loaded[0], {"id": 3}, loaded[1]])
    assert [lead.changes() for lead in loaded] == [{}, {}]
    assert [lead.id for lead in result.succeeded] == [1, 3, 2]
    assert result.succeeded[2] is loaded[1]


async def test_many_are_split_at_fifty_and_matched_whatever_the_order(connect):
    wire = Wire(otherwise=stored)
    result = await connect(wire).leads.create_many({"name": f"Lead {n}"} for n in range(120))
    assert [len(sent.json) for sent in wire.sent] == [50, 50, 20]
    assert result.ok
    assert [lead.name for lead in result.succeeded] == [f"Lead {n}" for n in range(120)]
    assert [lead.id for lead in result.succeeded[48:52]] == [148, 149, 100, 101]


def refuse_odd(sent: Sent) -> Answer:
    bad = [item["request_id"] for item in sent.json if item["name"].endswith("bad")]
    if not bad:
        return stored(sent)
    errors = [{"request_id": key, "errors": [{"code": "X", "path": "name", "detail": "bad"}]} for key in bad]
    return problem(400, "Request validation failed", **{"validation-errors": errors})


async def test_a_refused_create_names_its_items_and_sends_nothing_twice(connect):
    wire = Wire(otherwise=refuse_odd)
    names = ["a", "b bad", "c", "d", "e"]
    result = await connect(wire).leads.create_many([{"name": name} for name in names], batch_size=3)
    assert [lead.name for lead in result.succeeded] == ["d", "e"]
    assert sorted(failure.index for failure in result.failed) == [0, 1, 2]
    assert len(wire.sent) == 2
    named = next(failure for failure in result.failed if failure.index == 1)
    assert isinstance(named.error, ValidationError)
    assert "name X" in str(named.error)
    with pytest.raises(BatchError, match="3 of 5"):
        result.raise_for_failures()


async def test_a_refused_update_goes_on_without_the_refused(connect):
    wire = Wire(otherwise=refuse_odd)
    items = [{"id": n, "name": name} for n, name in enumerate(["a", "b bad", "c"], start=1)]
    result = await connect(wire).leads.update_many(items)
    assert sorted(lead.id or 0 for lead in result.succeeded) == [1, 3]
    assert [failure.index for failure in result.failed] == [1]
    assert [len(sent.json) for sent in wire.sent] == [3, 2]


async def test_a_lost_answer_makes_its_items_ambiguous_and_the_rest_goes_on(connect):
    wire = Wire(LOST, otherwise=stored)
    result = await connect(wire).leads.create_many([{"name": "x"}] * 70)
    assert [failure.index for failure in result.ambiguous] == list(range(50))
    assert len(result.succeeded) == 20
    assert len(wire.sent) == 2


async def test_an_error_of_the_account_ends_the_batch_and_says_what_was_not_sent(connect):
    wire = Wire(stored, problem(402, "pay"))
    result = await connect(wire).leads.create_many([{"name": "x"}] * 130)
    assert len(result.succeeded) == 50
    assert [failure.index for failure in result.failed] == list(range(50, 100))
    assert [failure.index for failure in result.not_sent] == list(range(100, 130))
    assert isinstance(result.not_sent[0].error, PaymentRequiredError)
    assert len(wire.sent) == 2


async def test_an_item_that_the_answer_forgets_is_ambiguous(connect):
    wire = Wire(Answer(json=hal("leads", [{"id": 1, "request_id": "0"}])))
    result = await connect(wire).leads.create_many([{"name": "a"}, {"name": "b"}])
    assert [failure.index for failure in result.ambiguous] == [1]


async def test_bad_arguments_are_named(connect):
    leads = connect(Wire()).leads
    with pytest.raises(ConfigurationError, match="batch_size"):
        await leads.create_many([{}], batch_size=251)
    with pytest.raises(ConfigurationError, match="id: a number"):
        await leads.update({"name": "x"})
    with pytest.raises(ConfigurationError, match="at most 50"):
        await leads.create_complex([{}] * 51)


async def test_complex_leads_come_back_with_their_contacts(connect):
    answer = [{"id": 1, "contact_id": 2, "company_id": None, "request_id": ["0"], "merged": True}]
    wire = Wire(Answer(json=answer))
    lead = {"name": "Boat", "_embedded": {"contacts": [{"first_name": "Ivan"}]}}
    [result] = await connect(wire).leads.create_complex([lead])
    assert (result.id, result.contact_id, result.merged) == (1, 2, True)
    assert wire.sent[0].path == "/api/v4/leads/complex"


async def test_links_go_out_in_the_apis_shape(connect):
    row = {"to_entity_id": 9, "to_entity_type": "contacts", "metadata": {"main_contact": True}}
    wire = Wire(Answer(json=hal("links", [row])), Answer(204), Answer(json=hal("links", [row])))
    leads = connect(wire).leads
    [link] = await leads.link(5, ("contacts", 9), is_main=True)
    await leads.unlink(5, Contact(id=9))
    [again] = await leads.links(5)
    assert link.to_entity_id == again.to_entity_id == 9
    assert [(sent.method, sent.path) for sent in wire.sent] == [
        ("POST", "/api/v4/leads/5/link"),
        ("POST", "/api/v4/leads/5/unlink"),
        ("GET", "/api/v4/leads/5/links"),
    ]
    assert wire.sent[0].json == [
        {"to_entity_type": "contacts", "to_entity_id": 9, "metadata": {"is_main": True}}
    ]


async def test_tasks_are_completed_with_their_result(connect):
    wire = Wire(Answer(json={"id": 3, "updated_at": 5}))
    task = await connect(wire).tasks.complete(3, "called")
    assert wire.sent[0].json == {"is_completed": True, "result": {"text": "called"}}
    assert task.is_completed is True


async def test_notes_hang_on_their_record(connect):
    wire = Wire(
        Answer(json=hal("notes", [{"id": 8, "request_id": "0", "entity_id": 5}])), Answer(204), Answer(204)
    )
    notes = connect(wire).leads.notes
    note = await notes.create(5, text="Called")
    await notes.pin(8)
    assert await notes.list(5).to_list() == []
    assert (note.id, note.entity_id, note.note_type) == (8, 5, "common")
    assert wire.sent[0].json == [
        {"note_type": "common", "params": {"text": "Called"}, "entity_id": 5, "request_id": "0"}
    ]
    assert [sent.path for sent in wire.sent[1:]] == ["/api/v4/leads/notes/8/pin", "/api/v4/leads/5/notes"]


async def test_stages_are_addressed_with_their_pipeline(connect):
    wire = Wire(Answer(json={"id": 142, "name": "Won"}), Answer(404, {"detail": "no"}))
    stages = connect(wire).pipelines.stages
    assert (await stages.get(7, 142)).name == "Won"
    with pytest.raises(NotFoundError):
        await stages.delete(7, 5)
    assert [sent.path for sent in wire.sent] == [
        "/api/v4/leads/pipelines/7/statuses/142",
        "/api/v4/leads/pipelines/7/statuses/5",
    ]


async def test_webhooks_are_subscribed_by_address(connect):
    wire = Wire(
        Answer(201, {"id": 1, "destination": "https://h.example/x", "settings": ["add_lead"]}), Answer(204)
    )
    webhooks = connect(wire).webhooks
    hook = await webhooks.subscribe("https://h.example/x", ["add_lead"])
    await webhooks.unsubscribe("https://h.example/x")
    assert hook.settings == ["add_lead"]
    assert (wire.sent[1].method, wire.sent[1].json) == ("DELETE", {"destination": "https://h.example/x"})


def person(key: int, phone: str, email: str = "") -> dict:
    fields = [{"field_id": 1, "field_code": "PHONE", "field_type": "multitext", "values": [{"value": phone}]}]
    if email:
        fields.append(
            {"field_id": 2, "field_code": "EMAIL", "field_type": "multitext", "values": [{"value": email}]}
        )
    return {"id": key, "name": f"Person {key}", "custom_fields_values": fields}


async def test_a_fuzzy_search_never_merges_two_people(connect):
    rows = [person(1, "+7 912 000 00 04"), person(2, "8 (912) 000-00-03"), person(3, "+79120000003")]
    wire = Wire(Answer(json=hal("contacts", rows)))
    found = await connect(wire).contacts.find_or_create(phone="+7 912 000-00-03")
    assert found.id == 2
    assert ("query", "9120000003") in wire.sent[0].query


async def test_who_is_not_found_is_created_once(connect):
    found = Answer(json=hal("contacts", [person(1, "+7 912 000 00 04")]))
    phone = {"id": 1, "code": "PHONE", "type": "multitext"}
    wire = Wire(found, Answer(json=hal("custom_fields", [phone])), stored)
    made = await connect(wire).contacts.find_or_create(phone="+7 912 000-00-03", name="Ivan")
    assert made.id == 100
    [item] = wire.sent[2].json
    assert item["name"] == "Ivan"
    assert item["custom_fields_values"] == [
        {"field_code": "PHONE", "values": [{"value": "+7 912 000-00-03", "enum_code": "WORK"}]}
    ]
