"""Odd shapes, broken bodies, limits, JSON, names and keys."""

from __future__ import annotations

import pickle

import pytest

from amocrm_sync.errors import AmoCRMError
from amocrm_sync.webhooks import (
    LeadEvent,
    TaskEvent,
    UnknownEvent,
    WebhookAccount,
    WebhookTooLarge,
    canonical_name,
    parse,
)


def names(events):
    return [(event.name, event.id) for event in events]


@pytest.mark.parametrize(
    "body",
    [
        "leads[delete]=5",
        "leads[delete][0]=5",
        "leads[delete][]=5",
        "leads[delete][id]=5",
        "leads[delete][0][id]=5",
        "leads[delete][0][0][id]=5",
        "leads[delete][7][id]=5",
        "leads%5Bdelete%5D%5B0%5D%5Bid%5D=5",
        b"leads[delete][0][id]=5",
        '{"leads":{"delete":"5"}}',
        '{"leads":{"delete":5}}',
        '{"leads":{"delete":[5]}}',
        '{"leads":{"delete":[{"id":5}]}}',
        b' {"leads": {"delete": [[{"id": 5}]]}}',
    ],
)
def test_a_deletion_in_each_of_its_shapes(body):
    events = parse(body)
    assert names(events) == [("lead.delete", "5")]
    assert events.problems == ()
    assert events[0].fields == {"id": "5"}


def test_a_bare_id_that_is_no_number_can_only_be_deleted():
    assert names(parse("unsorted[delete]=f00")) == [("unsorted.delete", "f00")]
    events = parse("unsorted[add][0]=f00")
    assert not events
    assert events.problems[0].place == "unsorted[add][0]"


def test_nested_lists_are_flattened_and_counted_through():
    events = parse("&".join(f"task[update][{i}][{j}][id]={i}{j}" for i in range(2) for j in range(2)))
    assert [(event.id, event.index) for event in events] == [("00", 0), ("01", 1), ("10", 2), ("11", 3)]
    assert {type(event) for event in events} == {TaskEvent}


@pytest.mark.parametrize("item", ["leads[add][0][id]=5", "talk[add][0][talk_id]=5"])
def test_the_account_may_come_before_after_or_not_at_all(item):
    account = "account[id]=9&account[subdomain]=example&account[_links][self]=https://example.amocrm.ru"
    before, after, without = parse(f"{account}&{item}"), parse(f"{item}&{account}"), parse(item)
    assert before == after
    assert before.account == before[0].account == WebhookAccount(9, "example")
    assert without.account == without[0].account == WebhookAccount(None, None)


def test_where_the_envelope_has_no_account_id_the_item_may():
    events = parse("account[subdomain]=example&task[add][0][id]=1&task[add][0][account_id]=9")
    assert events.account == events[0].account == WebhookAccount(9, "example")
    assert parse("account[id]=x&leads[delete]=1").account == WebhookAccount()


@pytest.mark.parametrize(
    ("body", "entity", "action", "record_id"),
    [
        ("invoices[add][0][id]=5", "invoices", "add", "5"),
        ("leads[add][0][name]=no+id", "lead", "add", ""),
        ("leads[add][0][id][x]=5", "lead", "add", ""),
        ("leads[0][id]=5", "lead", "", "5"),
        ("add[0][id]=5", "add", "add", "5"),
        ("invoices[note][0][note][id]=5", "invoices", "note", ""),
        ("event[type]=99&event[data][id]=5", "event", "99", "5"),
        ("event[type]=14&event[data][element_type]=2", "lead", "lead_status_changed", ""),
        ("token=t&return_url=https://example.com/", "salesbot", "widget_request", ""),
    ],
)
def test_what_is_not_known_is_an_unknown_event(body, entity, action, record_id):
    [event] = parse(body)
    assert type(event) is UnknownEvent
    assert (event.entity, event.action, event.id) == (entity, action, record_id)
    assert event.key


def test_an_unknown_action_of_a_known_entity_is_an_event_of_it():
    [event] = parse("leads[archive][0][id]=5")
    assert (type(event), event.name) == (LeadEvent, "lead.archive")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("", ""),
        (b" \r\n", ""),
        ("{", ""),
        ("[]", ""),
        ('["leads"]', ""),
        ("hello", "hello"),
        ("leads=5", "leads"),
        ("leads[add]=five", "leads[add][0]"),
        ("leads[add][0]=five", "leads[add][0]"),
        ("add[0]=five", "add[0]"),
        ("account=5", "account"),
        ("token=0123456789abcdef", "token"),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_place(body, place):
    events = parse(body)
    assert len(events) == 0
    [problem] = events.problems
    assert problem.place == place
    assert str(problem) == (f"{place}: {problem.reason}" if place else problem.reason)
    assert "0123456789abcdef" not in repr(events.problems)


def test_a_problem_does_not_hide_its_neighbours():
    events = parse("leads[add][0]=x&leads[add][1][id]=5&foo=1&contacts[add][0][id]=6")
    assert names(events) == [("lead.add", "5"), ("contact.add", "6")]
    assert [problem.place for problem in events.problems] == ["leads[add][0]", "foo"]


def test_a_problem_names_its_place_shortly_and_without_secrets():
    [problem] = parse("x" * 5000).problems
    assert len(problem.place) <= 100
    [problem] = parse("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjMifQ.sig=1").problems
    assert "eyJ" not in problem.place


@pytest.mark.parametrize(
    ("body", "limits", "limit"),
    [
        ("leads[add][0][id]=5", {"max_bytes": 18}, "bytes"),
        ('{"leads":{"delete":5}}', {"max_bytes": 21}, "bytes"),
        (b"a=" + b"x" * 1024 * 1024, {}, "bytes"),
        ("leads[add][0][id]=5", {"max_depth": 3}, "depth"),
        ('{"leads":{"add":[{"id":5}]}}', {"max_depth": 3}, "depth"),
        ("a" + "[b]" * 5000 + "=1", {}, "depth"),
        ('{"a":' * 5000 + "1" + "}" * 5000, {}, "depth"),
        ('{"a":' * 500 + "1" + "}" * 500, {"max_depth": 100_000}, "depth"),
        ("[" * 100_000, {}, "depth"),
        ("&".join(f"a[{n}]=1" for n in range(60_000)), {}, "pairs"),
    ],
)
def test_a_body_over_a_limit_is_refused(body, limits, limit):
    with pytest.raises(WebhookTooLarge) as caught:
        parse(body, **limits)
    assert isinstance(caught.value, AmoCRMError)
    assert caught.value.limit == limit
    assert str(caught.value.allowed) in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).limit == limit


@pytest.mark.parametrize("body", ["leads[add][0][id]=5", '{"leads":{"add":[{"id":5}]}}'])
def test_a_body_at_its_limits_is_read(body):
    assert names(parse(body, max_bytes=len(body), max_depth=4)) == [("lead.add", "5")]


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded; charset=utf-8", "", None]
)
def test_the_body_is_trusted_more_than_the_header(content_type):
    assert names(parse('{"leads":{"add":[{"id":5}]}}', content_type=content_type)) == [("lead.add", "5")]
    assert names(parse("leads[add][0][id]=5", content_type=content_type)) == [("lead.add", "5")]


def test_a_multipart_body_is_a_problem():
    events = parse(b"--x\r\n...", content_type="multipart/form-data; boundary=x")
    assert "multipart" in events.problems[0].reason


def test_json_is_read_in_the_shape_of_a_form():
    [event] = parse('{"leads":{"add":[{"id":5,"hot":true,"cold":false,"no":null,"rate":1.5,"l":[1,[],{}]}]}}')
    assert event.fields == {"id": "5", "hot": "1", "cold": "0", "rate": "1.5", "l": {"0": "1"}}


def test_a_widget_request_in_json():
    body = '{"token":"t","data":{"message":"hi"},"return_url":"https://example.amocrm.ru/api/v4/salesbot/3/continue/1"}'
    [event] = parse(body, content_type="application/json")
    assert (event.name, event.id, event.data) == ("salesbot.widget_request", "3", {"message": "hi"})


@pytest.mark.parametrize(
    ("kind", "element", "name"),
    [
        ("1", "2", "lead.lead_added"),
        ("15", "2", "lead.lead_appeared_in_status"),
        ("19", "2", "lead.chat"),
        ("21", "12", "customer.customer_period_changed"),
        ("99", "12", "customer.99"),
    ],
)
def test_widget_events_without_a_type_code_are_named_by_their_number(kind, element, name):
    [event] = parse(f'{{"event":{{"type":{kind},"data":{{"id":5,"element_type":{element}}}}}}}')
    assert event.name == name


def test_tags_as_one_text():
    [lead] = parse("leads[add][0][id]=1&leads[add][0][tags]=a,+b+,,")
    assert lead.tags == ("a", "b")


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("leads.status", "lead.status"),
        ("lead.status", "lead.status"),
        ("status_lead", "lead.status"),
        ("deals.update", "lead.update"),
        ("companies.add", "company.add"),
        ("tasks.add", "task.add"),
        ("notes.note", "note.note"),
        ("catalogs.add", "catalog_element.add"),
        ("add_outgoing_message", "outgoing_message.add"),
        ("add_chat_template_review", "chat_template_review.add"),
        ("invoice.add", "invoice.add"),
        ("leads", "lead"),
    ],
)
def test_names_that_people_give(given, canonical):
    assert canonical_name(given) == canonical


def test_an_event_matches_any_of_its_names(sample):
    [status] = parse(sample("leads-status"))
    assert status.matches("lead.status")
    assert status.matches("task.add", "leads.status")
    assert status.matches("status_lead")
    assert not status.matches("lead.update", "leads.add")
    [note] = parse(sample("contacts-note-company"))
    assert note.matches("companies.note")
    assert note.matches("note.note")
    assert not note.matches("contact.note")


def test_the_key_does_not_depend_on_what_surrounds_the_event():
    item = "leads[update][0][id]=5&leads[update][0][updated_at]=1760000300&account[id]=9"
    [alone] = parse(item)
    assert parse(item + "&tasks[add][0][id]=1")[0].key == alone.key
    assert parse("account[subdomain]=x&" + item)[0].key == alone.key
    assert alone.key.startswith("9:lead.update:5:1760000300:")


@pytest.mark.parametrize(
    "change",
    [
        "account[id]=8",
        "leads[update][0][updated_at]=1760000301",
        "leads[update][0][price]=2",
        "leads[update][0][id]=6",
    ],
)
def test_the_key_tells_changes_apart(change):
    item = "leads[update][0][id]=5&leads[update][0][updated_at]=1760000300&leads[update][0][price]=1&account[id]=9"
    assert parse(f"{item}&{change}")[0].key != parse(item)[0].key
