"""A row that a filter excludes is noticed, for every typed filter; a row that fits, or may fit, is not."""

from __future__ import annotations

import attrs
import pytest

from amocrm_sync import (
    BotFilter,
    CatalogElementFilter,
    CatalogFilter,
    ChatLinkFilter,
    ChatTemplateFilter,
    CompanyFilter,
    ContactFilter,
    CustomerFilter,
    CustomFieldFilter,
    EventFilter,
    LeadFilter,
    LinkFilter,
    NoteFilter,
    Range,
    SourceFilter,
    TagFilter,
    TalkFilter,
    TaskFilter,
    TransactionFilter,
    UnsortedFilter,
    WebhookFilter,
)
from amocrm_sync._core.filters_check import ignored_filters
from amocrm_sync.models import (
    Bot,
    Catalog,
    CatalogElement,
    ChatLink,
    ChatTemplate,
    Company,
    Contact,
    Customer,
    CustomField,
    Event,
    Lead,
    Link,
    Note,
    Source,
    Tag,
    Talk,
    Task,
    Transaction,
    Unsorted,
    Webhook,
)

SINCE = 1_700_000_000
FIELD = {"field_id": 5, "values": [{"value": "Upper deck", "enum_id": 51}]}
AREA = {"field_id": 6, "values": [{"value": "40"}]}


def cards(kind, model):
    yield kind(ids=[1]), model, {"id": 1}, {"id": 2}
    yield kind(name="Boat"), model, {"name": "The boat"}, {"name": "Car"}
    for name in ("created_by", "updated_by", "responsible_user_id"):
        yield kind(**{name: [3, 4]}), model, {name: 4}, {name: 5}
    for name in ("created_at", "updated_at", "closest_task_at"):
        yield kind(**{name: Range(SINCE, SINCE + 9)}), model, {name: SINCE + 10}, {name: SINCE + 11}
    held = {"custom_fields_values": [FIELD, AREA]}
    yield kind(custom_fields={5: [51, 52]}), model, held, {"custom_fields_values": [AREA]}
    yield kind(custom_fields={5: "deck"}), model, held, {"custom_fields_values": None}
    yield kind(custom_fields={6: Range(30, 50)}), model, held, {"custom_fields_values": [FIELD]}
    yield kind(custom_fields={6: Range(30, 38)}), model, {}, held
    yield kind(custom_fields={5: False}), model, {"custom_fields_values": None}, None


CASES = [
    *cards(LeadFilter, Lead),
    *cards(ContactFilter, Contact),
    *cards(CompanyFilter, Company),
    *cards(CustomerFilter, Customer),
    (LeadFilter(statuses=[(7, 1)]), Lead, {"pipeline_id": 7, "status_id": 1}, {"pipeline_id": 8, "status_id": 1}),
    (LeadFilter(pipeline_id=7), Lead, {"pipeline_id": 7}, {"pipeline_id": 8}),
    (LeadFilter(price=(10, None)), Lead, {"price": 10}, {"price": 5}),
    (LeadFilter(closed_at=(SINCE, None)), Lead, {"closed_at": None}, {"closed_at": 5}),
    (CustomerFilter(status_id=1), Customer, {"status_id": 1}, {"status_id": 2}),
    (CustomerFilter(next_price=(1, 5)), Customer, {"next_price": 5}, {"next_price": 50}),
    (CustomerFilter(next_date=(SINCE, None)), Customer, {"next_date": SINCE}, {"next_date": 5}),
    (TransactionFilter(ids=1), Transaction, {"id": 1}, {"id": 2}),
    (TaskFilter(ids=1), Task, {"id": 1}, {"id": 2}),
    (TaskFilter(responsible_user_id=1), Task, {"responsible_user_id": 1}, {"responsible_user_id": 2}),
    (TaskFilter(is_completed=False), Task, {"is_completed": False}, {"is_completed": True}),
    (TaskFilter(task_type=1), Task, {"task_type_id": 1}, {"task_type_id": 2}),
    (TaskFilter(entity_type="leads"), Task, {"entity_type": "leads"}, {"entity_type": "contacts"}),
    (TaskFilter(entity_type="leads", entity_id=1), Task, {"entity_id": 1}, {"entity_id": 2}),
    (TaskFilter(updated_at=(SINCE, None)), Task, {"updated_at": SINCE}, {"updated_at": 5}),
    (TaskFilter(created_by=1), Task, {"created_by": 1}, {"created_by": 2}),
    (TaskFilter(lead_statuses=[(7, 1)]), Task, {"id": 1}, None),
    (NoteFilter(ids=1), Note, {"id": 1}, {"id": 2}),
    (NoteFilter(note_type="common"), Note, {"note_type": "common"}, {"note_type": "sms_in"}),
    (NoteFilter(entity_id=1), Note, {"entity_id": 1}, {"entity_id": 2}),
    (NoteFilter(updated_at=(SINCE, None)), Note, {"updated_at": SINCE}, {"updated_at": 5}),
    (EventFilter(ids="a"), Event, {"id": "a"}, {"id": "b"}),
    (EventFilter(created_at=(SINCE, None)), Event, {"created_at": SINCE}, {"created_at": 5}),
    (EventFilter(created_by=1), Event, {"created_by": 1}, {"created_by": 2}),
    (EventFilter(entity="lead"), Event, {"entity_type": "lead"}, {"entity_type": "contact"}),
    (EventFilter(entity="lead", entity_id=1), Event, {"entity_id": 1}, {"entity_id": 2}),
    (EventFilter(type="lead_added"), Event, {"type": "lead_added"}, {"type": "lead_deleted"}),
    (UnsortedFilter(uid="a"), Unsorted, {"uid": "a"}, {"uid": "b"}),
    (UnsortedFilter(category="sip"), Unsorted, {"category": "sip"}, {"category": "forms"}),
    (UnsortedFilter(pipeline_id=1), Unsorted, {"pipeline_id": 1}, {"pipeline_id": 2}),
    (CatalogFilter(type="products"), Catalog, {"type": "products"}, {"type": "regular"}),
    (CatalogElementFilter(ids=1), CatalogElement, {"id": 1}, {"id": 2}),
    (CustomFieldFilter(ids=1), CustomField, {"id": 1}, {"id": 2}),
    (CustomFieldFilter(type="text"), CustomField, {"type": "text"}, {"type": "date"}),
    (TagFilter(ids=1), Tag, {"id": 1}, {"id": 2}),
    (TagFilter(name="vip"), Tag, {"name": "VIP"}, {"name": "cold"}),
    (LinkFilter(to_entity_type="contacts"), Link, {"to_entity_type": "contacts"}, {"to_entity_type": "leads"}),
    (LinkFilter(to_entity_type="contacts", to_entity_id=1), Link, {"to_entity_id": 1}, {"to_entity_id": 2}),
    (LinkFilter(to_catalog_id=1), Link, {"metadata": {"catalog_id": 1}}, {"metadata": {"catalog_id": 2}}),
    (ChatLinkFilter(contact_id=1), ChatLink, {"contact_id": 1}, {"contact_id": 2}),
    (ChatLinkFilter(chat_id="a"), ChatLink, {"chat_id": "a"}, {"chat_id": "b"}),
    (SourceFilter(external_id="a"), Source, {"external_id": "a"}, {"external_id": "b"}),
    (ChatTemplateFilter(external_id="a"), ChatTemplate, {"external_id": "a"}, {"external_id": "b"}),
    (TalkFilter(talk_id=1), Talk, {"talk_id": 1}, {"talk_id": 2}),
    (TalkFilter(contact_id=1), Talk, {"contact_id": 1}, {"contact_id": 2}),
    (TalkFilter(entity_type="lead", entity_id=1), Talk, {"entity_id": 1}, {"entity_id": 2}),
    (TalkFilter(entity_type="lead"), Talk, {"entity_type": "lead"}, {"entity_type": "customer"}),
    (TalkFilter(only_in_work=True), Talk, {"is_in_work": True}, {"is_in_work": False}),
    (BotFilter(ids=1), Bot, {"id": 1}, {"id": 2}),
    (BotFilter(type_functionality="nps"), Bot, {"type_functionality": "nps"}, {"type_functionality": "regular"}),
    (WebhookFilter(destination="https://a"), Webhook, {"destination": "https://a"}, {"destination": "https://b"}),
]  # fmt: skip
"""A filter, and a row that fits and one that does not (``None``: a row does not show it)."""

NOT_SHOWN = {"value_before", "value_after"}


@pytest.mark.parametrize(("asked", "model", "fits", "contradicts"), CASES)
def test_only_what_contradicts_is_named(asked, model, fits, contradicts):
    assert ignored_filters(asked, [model.model_validate(fits)]) == []
    assert ignored_filters(asked, [model.model_validate({})]) == [], (
        "a row that does not show it proves nothing"
    )
    if contradicts is not None:
        assert ignored_filters(asked, [model.model_validate(contradicts)])


def test_every_field_of_every_filter_has_a_case():
    seen = {
        (type(asked), field.name)
        for asked, *_ in CASES
        for field in attrs.fields(type(asked))
        if getattr(asked, field.name) is not None
    }
    kinds = {type(asked) for asked, *_ in CASES}
    missing = {(kind.__name__, field.name) for kind in kinds for field in attrs.fields(kind)} - {
        (kind.__name__, name) for kind, name in seen
    }
    assert {name for _, name in missing} == NOT_SHOWN
