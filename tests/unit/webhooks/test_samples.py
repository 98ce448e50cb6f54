"""Every kind of body that amoCRM sends gives the one event that it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from amocrm_sync import webhooks
from amocrm_sync.webhooks import parse

LEAD, CONTACT, COMPANY, CUSTOMER = "25000001", "26000001", "27000001", "28000001"
UID = "44aa55bb66cc77dd88ee99ff"
MESSAGE = "00000000-0000-4000-8000-000000000001"

EVENTS = {
    "leads-add": ("lead.add", webhooks.LeadEvent, LEAD),
    "leads-update": ("lead.update", webhooks.LeadEvent, LEAD),
    "leads-restore": ("lead.restore", webhooks.LeadEvent, LEAD),
    "leads-status": ("lead.status", webhooks.LeadEvent, LEAD),
    "leads-responsible": ("lead.responsible", webhooks.LeadEvent, LEAD),
    "leads-delete": ("lead.delete", webhooks.LeadEvent, LEAD),
    "leads-delete-bare": ("lead.delete", webhooks.LeadEvent, LEAD),
    "leads-note": ("lead.note", webhooks.NoteEvent, "41000001"),
    "contacts-add": ("contact.add", webhooks.ContactEvent, CONTACT),
    "contacts-update": ("contact.update", webhooks.ContactEvent, CONTACT),
    "contacts-restore": ("contact.restore", webhooks.ContactEvent, CONTACT),
    "contacts-responsible": ("contact.responsible", webhooks.ContactEvent, CONTACT),
    "contacts-delete": ("contact.delete", webhooks.ContactEvent, CONTACT),
    "contacts-note": ("contact.note", webhooks.NoteEvent, "41000001"),
    "contacts-add-company": ("company.add", webhooks.ContactEvent, COMPANY),
    "contacts-update-company": ("company.update", webhooks.ContactEvent, COMPANY),
    "contacts-delete-company": ("company.delete", webhooks.ContactEvent, COMPANY),
    "contacts-note-company": ("company.note", webhooks.NoteEvent, "41000001"),
    "companies-update": ("company.update", webhooks.ContactEvent, COMPANY),
    "customers-add": ("customer.add", webhooks.CustomerEvent, CUSTOMER),
    "customers-update": ("customer.update", webhooks.CustomerEvent, CUSTOMER),
    "customers-delete": ("customer.delete", webhooks.CustomerEvent, CUSTOMER),
    "customers-responsible": ("customer.responsible", webhooks.CustomerEvent, CUSTOMER),
    "customers-note": ("customer.note", webhooks.NoteEvent, "41000001"),
    "task-add": ("task.add", webhooks.TaskEvent, "42000001"),
    "task-update": ("task.update", webhooks.TaskEvent, "42000001"),
    "task-update-nested-twice": ("task.update", webhooks.TaskEvent, "42000001"),
    "task-responsible": ("task.responsible", webhooks.TaskEvent, "42000001"),
    "task-delete": ("task.delete", webhooks.TaskEvent, "42000001"),
    "unsorted-add-form": ("unsorted.add", webhooks.UnsortedEvent, UID),
    "unsorted-add-form-flat": ("unsorted.add", webhooks.UnsortedEvent, UID),
    "unsorted-add-chat": ("unsorted.add", webhooks.UnsortedEvent, UID),
    "unsorted-update": ("unsorted.update", webhooks.UnsortedEvent, UID),
    "unsorted-delete-accept": ("unsorted.delete", webhooks.UnsortedEvent, UID),
    "unsorted-delete-decline": ("unsorted.delete", webhooks.UnsortedEvent, UID),
    "catalogs-add": ("catalog_element.add", webhooks.CatalogElementEvent, "29000001"),
    "catalogs-update": ("catalog_element.update", webhooks.CatalogElementEvent, "29000001"),
    "catalogs-delete": ("catalog_element.delete", webhooks.CatalogElementEvent, "29000001"),
    "talk-add": ("talk.add", webhooks.TalkEvent, "77"),
    "talk-update": ("talk.update", webhooks.TalkEvent, "77"),
    "message-add": ("message.add", webhooks.MessageEvent, MESSAGE),
    "message-add-without-lead": ("message.add", webhooks.MessageEvent, MESSAGE),
    "message-add-unwrapped": ("message.add", webhooks.MessageEvent, MESSAGE),
    "message-add-unwrapped-outgoing": ("outgoing_message.add", webhooks.MessageEvent, MESSAGE),
    "outgoing-message-add": ("outgoing_message.add", webhooks.MessageEvent, MESSAGE),
    "chat-template-review": ("chat_template_review.add", webhooks.ChatTemplateReviewEvent, "9001"),
    "pipeline-lead-status": ("lead.status", webhooks.LeadEvent, LEAD),
    "pipeline-lead-mail_in": ("lead.mail_in", webhooks.LeadEvent, LEAD),
    "pipeline-lead-call_in": ("lead.call_in", webhooks.LeadEvent, LEAD),
    "pipeline-lead-chat": ("lead.chat", webhooks.LeadEvent, LEAD),
    "pipeline-lead-site_visit": ("lead.site_visit", webhooks.LeadEvent, LEAD),
    "pipeline-customer-period": ("customer.period", webhooks.CustomerEvent, CUSTOMER),
    "pipeline-widget": ("lead.lead_status_changed", webhooks.DigitalPipelineEvent, LEAD),
    "salesbot-request": ("salesbot.widget_request", webhooks.SalesbotEvent, "321"),
}
WITHOUT_ACCOUNT = {
    "salesbot-request",
    *(f"pipeline-lead-{name}" for name in ("mail_in", "call_in", "chat", "site_visit")),
}


def test_every_sample_is_in_the_table():
    found = {path.stem for path in Path(__file__).with_name("samples").glob("*.txt")}
    assert found == {*EVENTS, "mixed"}


@pytest.mark.parametrize("name", EVENTS)
def test_a_body_gives_its_event(sample, name):
    events = parse(sample(name))
    assert events.problems == ()
    [event] = events
    assert (event.name, type(event), event.id) == EVENTS[name]
    assert event.index == 0
    assert event.account == events.account
    assert event.account.id == (None if name in WITHOUT_ACCOUNT else 31_000_001)


SAME = {
    "message-add": "message-add-unwrapped",
    "outgoing-message-add": "message-add-unwrapped-outgoing",
}
"""The same message with its wrapper and without."""


def test_keys_are_equal_for_every_delivery_and_differ_between_events(sample):
    keys = {name: parse(sample(name))[0].key for name in EVENTS}
    assert keys == {name: parse(sample(name))[0].key for name in EVENTS}
    for name, other in SAME.items():
        assert keys.pop(name) == keys[other]
    assert len(set(keys.values())) == len(keys)
    for name, key in keys.items():
        assert f":{EVENTS[name][2]}:" in key


def test_a_body_of_many_gives_each_once_and_in_order(sample):
    events = parse(sample("mixed"))
    assert [(event.name, event.id, event.index) for event in events] == [
        ("lead.add", "1", 0),
        ("lead.add", "2", 1),
        ("lead.update", "3", 0),
        ("contact.add", "4", 0),
        ("company.add", "5", 1),
        ("task.delete", "6", 0),
        ("unsorted.delete", "7f", 0),
        ("talk.update", "8", 0),
    ]
    assert {event.account for event in events} == {webhooks.WebhookAccount(31_000_001, "example")}
    assert [event.raw_key for event in events][:5] == ["leads", "leads", "leads", "contacts", "contacts"]
    assert len(events) == 8
    assert events[1:3] == (events[1], events[2])
