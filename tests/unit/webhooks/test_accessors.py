"""What the events say in types, from the samples."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest

from amocrm_sync.webhooks import (
    CatalogElementEvent,
    ChatTemplateReviewEvent,
    ContactEvent,
    CustomerEvent,
    DigitalPipelineEvent,
    LeadEvent,
    MessageEvent,
    NoteEvent,
    SalesbotEvent,
    TalkEvent,
    TaskEvent,
    UnsortedEvent,
    WebhookEvent,
    WebhookFieldValue,
    parse,
)

CREATED = datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)
UPDATED = datetime(2025, 10, 9, 8, 58, 20, tzinfo=UTC)
CHAT = "00000000-0000-4000-8000-00000000c4a7"


@pytest.fixture
def event(sample):
    """A function from a sample's name to its only event, of the class that the test wants."""

    def only(name, kind):
        [found] = parse(sample(name))
        assert isinstance(found, kind)
        return found

    return only


def test_lead(event):
    lead = event("leads-status", LeadEvent)
    assert (lead.status_id, lead.old_status_id, lead.pipeline_id) == (142, 7_000_002, 3_000_001)
    assert (lead.entity_id, lead.price, lead.responsible_user_id) == (25_000_001, 15_000, 900_001)
    assert (lead.created_at, lead.updated_at) == (CREATED, UPDATED)
    assert lead.fields["name"] == "Заказ № 17 & доставка"
    assert lead.tags == ("vip", "постоянный")
    assert lead.old_pipeline_id is None
    assert lead.parent_entity is None


def test_who_was_responsible_before(event):
    assert event("leads-responsible", LeadEvent).old_responsible_user_id == 900_009
    assert event("contacts-update", ContactEvent).old_responsible_user_id == 900_009
    assert event("task-update", TaskEvent).old_responsible_user_id == 900_009
    assert event("leads-update", LeadEvent).old_responsible_user_id is None


def test_custom_fields_in_each_of_their_shapes(event):
    lead = event("leads-add", LeadEvent)
    assert [field.value for field in lead.custom_fields] == ["сайт", "1729717200", "1", "белый"]
    assert lead.custom_field("UTM_SOURCE") == lead.custom_field(700_001) == lead.custom_field("Источник")
    assert lead.custom_field("Цвета").values == (
        WebhookFieldValue("белый", "501"),
        WebhookFieldValue("синий", "502"),
    )
    assert lead.custom_field("PHONE") is None

    contact = event("contacts-add", ContactEvent)
    assert [row.value for row in contact.custom_field("PHONE").values] == [
        "+7 000 000-00-01",
        "+7 000 000-00-02",
    ]
    assert contact.custom_field("Birthday").value == "12.01.1980"
    assert contact.custom_field("Radio").values == (WebhookFieldValue("yes", "777"),)
    assert contact.custom_field("Реквизиты").value == {"name": "ООО Пример", "vat_id": "0000000000"}


def test_contact_and_company(event):
    contact = event("contacts-add", ContactEvent)
    assert contact.linked_lead_ids == (25_000_001, 25_000_002)
    assert contact.fields["linked_leads_id"]["25000001"] == {"ID": "25000001"}
    assert contact.linked_company_id == 27_000_001
    assert contact.tags == ("опт",)
    company = event("contacts-add-company", ContactEvent)
    assert (company.entity, company.raw_key, company.linked_company_id) == ("company", "contacts", None)


@pytest.mark.parametrize("name", ["task-add", "task-update", "task-update-nested-twice", "task-responsible"])
def test_task(event, name):
    task = event(name, TaskEvent)
    assert (task.element_type, task.parent_entity, task.parent_id) == ("lead", "lead", 25_000_001)
    assert (task.task_type_id, task.text) == (1, "Перезвонить")
    assert task.deadline == datetime(2025, 10, 10, 20, 59, tzinfo=UTC)
    assert (task.created_at, task.updated_at) == (CREATED, UPDATED)


def test_a_task_that_was_completed(event):
    done = event("task-update", TaskEvent)
    assert (done.is_completed, done.closed_now, done.result_text) == (True, True, "Договорились")
    opened = event("task-add", TaskEvent)
    assert (opened.is_completed, opened.closed_now, opened.result_text) == (False, False, None)


def test_a_deadline_that_comes_as_text_only():
    [task] = parse("task[add][0][id]=1&task[add][0][complete_till]=2025-10-10+20:59:00")
    assert task.deadline == datetime(2025, 10, 10, 20, 59, tzinfo=UTC)
    [task] = parse("task[add][0][id]=1&task[add][0][complete_till]=tomorrow")
    assert task.deadline is None


@pytest.mark.parametrize(
    ("name", "parent", "parent_id"),
    [
        ("leads-note", "lead", 25_000_001),
        ("contacts-note", "contact", 26_000_001),
        ("contacts-note-company", "company", 27_000_001),
        ("customers-note", "customer", 28_000_001),
    ],
)
def test_note(event, name, parent, parent_id):
    note = event(name, NoteEvent)
    assert (note.entity, note.action, note.id) == ("note", "note", "41000001")
    assert (note.parent_entity, note.parent_id) == (parent, parent_id)
    assert (note.text, note.note_type) == ("Позвонил, перезвонить в среду", 4)
    assert note.metadata["event_source"]["author_name"] == "Anna"
    assert (note.created_at, note.updated_at) == (CREATED, CREATED)


def test_a_note_that_says_less():
    [note] = parse("contacts[note][0][note][id]=1&contacts[note][0][note][metadata]={broken")
    assert (note.parent_entity, note.parent_id, note.metadata, note.text) == ("contact", None, {}, None)
    [note] = parse("leads[note][0][id]=1&leads[note][0][text]=flat")
    assert (note.name, note.id, note.text) == ("lead.note", "1", "flat")


def test_unsorted(event):
    form = event("unsorted-add-form", UnsortedEvent)
    assert (form.category, form.pipeline_id, form.decision) == ("forms", 3_000_001, None)
    assert (form.lead_ids, form.contact_ids, form.entity_id) == ((25_000_001,), (26_000_001,), None)
    assert form.fields["source_data"]["data"]["name_1"]["value"] == "Иван"
    assert event("unsorted-add-form-flat", UnsortedEvent).contact_ids == ()
    assert event("unsorted-add-chat", UnsortedEvent).lead_ids == (25_000_001,)
    assert event("unsorted-update", UnsortedEvent).lead_ids == (25_000_001,)


def test_unsorted_accepted_and_declined(event):
    accepted = event("unsorted-delete-accept", UnsortedEvent)
    assert (accepted.action, accepted.decision) == ("delete", "accept")
    assert (accepted.lead_ids, accepted.contact_ids) == ((25_000_001,), (26_000_001,))
    declined = event("unsorted-delete-decline", UnsortedEvent)
    assert (declined.decision, declined.lead_ids, declined.contact_ids) == ("decline", (25_000_001,), ())


def test_catalog_element(event):
    element = event("catalogs-add", CatalogElementEvent)
    assert (element.catalog_id, element.is_deleted) == (5001, False)
    assert element.custom_field("SKU").value == "A-1"
    assert element.updated_at == UPDATED
    assert event("catalogs-delete", CatalogElementEvent).is_deleted is None


def test_talk(event):
    opened = event("talk-add", TalkEvent)
    assert (opened.entity_id, opened.chat_id, opened.contact_id) == (77, CHAT, 26_000_001)
    assert (opened.parent_entity, opened.parent_id) == ("lead", 25_000_001)
    assert (opened.is_read, opened.is_in_work) == (False, True)
    closed = event("talk-update", TalkEvent)
    assert (closed.is_read, closed.is_in_work) == (True, False)


def test_message(event):
    message = event("message-add", MessageEvent)
    assert (message.talk_id, message.chat_id, message.contact_id) == (77, CHAT, 26_000_001)
    assert (message.text, message.direction, message.entity_id) == ("Где мой заказ?", "incoming", None)
    assert (message.parent_entity, message.parent_id) == ("lead", 25_000_001)
    assert message.fields["author"]["name"] == "Иван"
    orphan = event("message-add-without-lead", MessageEvent)
    assert (orphan.parent_entity, orphan.parent_id) == (None, None)
    assert event("outgoing-message-add", MessageEvent).direction == "outgoing"
    assert event("message-add-unwrapped", MessageEvent).raw_key == "add"


def test_chat_template_review(event):
    [review] = event("chat-template-review", ChatTemplateReviewEvent).reviews
    assert (review["id"], review["status"], review["reject_reason"]) == ("1", "review", "")


def test_digital_pipeline(event):
    lead = event("pipeline-lead-status", LeadEvent)
    assert (lead.pipeline_id, lead.old_pipeline_id) == (3_000_001, 3_000_002)
    assert (lead.price, lead.updated_at, lead.custom_fields, lead.tags) == (None, None, (), ())
    customer = event("pipeline-customer-period", CustomerEvent)
    assert (customer.period_id, customer.old_period_id) == (2, 1)


def test_widget_in_the_digital_pipeline(event):
    told = event("pipeline-widget", DigitalPipelineEvent)
    assert (told.entity, told.action, told.raw_key) == ("lead", "lead_status_changed", "event")
    assert (told.status_id, told.pipeline_id, told.created_at) == (7_000_002, 3_000_001, CREATED)
    assert (told.account.id, told.account.subdomain) == (31_000_001, "example")
    assert told.settings == {"template": "17"}
    assert told.data["direction_of_movement"] == "went_to_trigger"


def test_salesbot_request(event):
    asked = event("salesbot-request", SalesbotEvent)
    assert asked.data == {"message": "hello", "from": "widget"}
    assert asked.return_url == "https://example.amocrm.ru/api/v4/salesbot/321/continue/2"


def test_contents_and_tokens_are_in_no_repr(sample):
    for name in ("salesbot-request", "contacts-add"):
        events = parse(sample(name))
        shown = repr(events) + repr(events[0])
        assert "eyJ" not in shown
        assert "Иван" not in shown
        assert events[0].id in shown


def test_events_are_values(sample):
    events, again = parse(sample("mixed")), parse(sample("mixed"))
    assert events == again
    assert len({*events, *again}) == len(events)
    assert pickle.loads(pickle.dumps(events)) == events


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("0", None),
        ("", None),
        ("-5", None),
        ("253402300800", None),
        ("9" * 400, None),
        ("1760000000", CREATED),
    ],
)
def test_times_that_are_none(value, seen):
    [lead] = parse(f"leads[add][0][id]=1&leads[add][0][updated_at]={value}")
    assert lead.updated_at == seen


def test_accessors_of_unreadable_values_give_none():
    names = [
        "status_id",
        "price",
        "pipeline_id",
        "updated_at",
        "responsible_user_id",
        "tags",
        "custom_fields",
    ]
    for rest in ("", "[deep]", "[0][values][a][b]"):
        form = "&".join(f"leads[add][0][{name}]{rest}=x" for name in names)
        [lead] = parse(f"leads[add][0][id]=1&{form}")
        assert (lead.status_id, lead.price, lead.pipeline_id) == (None, None, None)
        assert (lead.updated_at, lead.responsible_user_id) == (None, None)
        assert isinstance(lead.tags, tuple)
        assert isinstance(lead.custom_fields, tuple)


def test_an_event_can_be_made_by_hand():
    made = WebhookEvent(entity="lead", action="add", id="5", fields={"id": "5"})
    assert (made.name, made.entity_id, made.account.id) == ("lead.add", 5, None)
