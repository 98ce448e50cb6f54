"""Every record that resources give: a sample in strict mode; nulls, empty arrays and news in loose mode."""

from __future__ import annotations

import pickle
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples

from amocrm_sync import ConfigurationError
from amocrm_sync import models as m
from amocrm_sync.models._fields import wire_fields
from amocrm_sync.models.event_values import read_values
from amocrm_sync.models.note_params import NOTE_TYPES, UnknownNote, read_note_params
from amocrm_sync.models.page import parse_page, parse_rows

SAMPLES: list[tuple[type[m.Model], dict[str, Any]]] = [
    (
        m.Customer,
        {
            "id": 1,
            "name": "Ann",
            "next_price": 5,
            "ltv": 10,
            "created_at": 1_700_000_000,
            "is_deleted": False,
        },
    ),
    (m.CustomersMode, {"mode": "segments", "is_enabled": True}),
    (m.CustomerStatus, {"id": 1, "name": "New", "sort": 10, "type": 0, "conditions": [], "color": "#fff"}),
    (m.Segment, {"id": 1, "name": "VIP", "customers_count": 3, "available_products_price_types": [5]}),
    (m.Transaction, {"id": 1, "price": 5, "comment": "x", "customer_id": 4, "is_deleted": False}),
    (
        m.Catalog,
        {"id": 1, "name": "Boats", "type": "regular", "can_add_elements": True, "sdk_widget_code": None},
    ),
    (
        m.CatalogElement,
        {"id": 1, "catalog_id": 2, "name": "Boat", "invoice_link": None, "metadata": {"quantity": 1}},
    ),
    (m.ProductsSettings, {"is_enabled": True, "catalog_id": 5}),
    (m.Unsorted, {"uid": "ab", "category": "sip", "metadata": {"phone": 7}, "created_at": 1_700_000_000}),
    (m.UnsortedSummary, {"total": 1, "accepted": 0, "declined": 0, "average_sort_time": 0, "categories": {}}),
    (m.Event, {"id": "01", "type": "lead_added", "value_after": [{"note": {"id": 1}}], "value_before": []}),
    (m.EventKind, {"key": "lead_added", "type": 1, "lang": "New lead"}),
    (m.Call, {"id": 1, "direction": "inbound", "call_responsible": "Ann", "entity_type": "contact"}),
    (m.CallNotice, {"element_id": None, "element_type": 1, "uid": "u", "phone_number": "+7"}),
    (
        m.Widget,
        {"id": 1, "code": "w", "rating": "2,8", "settings": {}, "settings_template": [], "version": "1.0"},
    ),
    (m.Source, {"id": 1, "name": "Bot", "external_id": "x", "default": True, "services": []}),
    (m.WebsiteButton, {"source_id": 1, "button_id": None, "trusted_websites": ["a.example"]}),
    (m.Talk, {"talk_id": 1, "status": "in_work", "is_in_work": True, "missed_at": None, "rate": 0}),
    (m.TalkMessage, {"id": "m", "text": "hi", "author": {"id": 1}}),
    (m.ChatLink, {"id": 1, "contact_id": 2, "chat_id": "c"}),
    (
        m.ChatTemplate,
        {"id": 1, "name": "Hi", "content": "x", "buttons": [], "attachment": None, "waba_examples": {}},
    ),
    (m.TemplateReview, {"id": 1, "source_id": 2, "status": "review", "reject_reason": ""}),
    (m.Bot, {"id": 1, "name": "B", "settings": {"active": True}, "is_visual_editor": True}),
    (m.ShortLink, {"url": "https://s.example", "metadata": {"entity_id": 5}, "account_id": 1}),
    (m.Currency, {"code": "RUB"}),
    (m.Subscription, {"subscriber_id": 1, "type": "user"}),
    (m.AccountAddress, {"id": 1, "subdomain": "demo", "domain": "demo.amocrm.ru", "top_level_domain": "ru"}),
]
IDS = [model.__name__ for model, _ in SAMPLES]


@pytest.mark.parametrize("strict", [False, True], ids=["loose", "strict"])
@pytest.mark.parametrize(("model", "row"), SAMPLES, ids=IDS)
def test_a_sample_comes_back_as_it_came(model, row, strict):
    [record] = parse_rows([row], model, strict=strict)
    assert record.raw == row
    assert record.changes() == {}
    assert pickle.loads(pickle.dumps(record)).raw == row


@pytest.mark.parametrize(("model", "row"), SAMPLES, ids=IDS)
def test_nulls_and_news_lose_no_page(model, row):
    fields = [field.wire for field in wire_fields(model).values() if field.wire != "_embedded"]
    rows = [dict.fromkeys(fields), {**row, "brand_new": {"x": 1}, "_embedded": []}, {}]
    page = parse_page(orjson.dumps({"_embedded": {"rows": rows}}), "rows", model)
    assert page.quarantined == []
    assert page.items[1].raw["brand_new"] == {"x": 1}


def test_an_empty_object_may_be_an_empty_array():
    rows = [{"uid": "a", "metadata": []}]
    assert parse_rows(rows, m.Unsorted)[0].metadata == {}
    assert parse_rows([{"id": 1, "settings": []}], m.Widget)[0].settings == {}
    assert parse_rows([{"total": 1, "categories": []}], m.UnsortedSummary)[0].total_of("sip") == 0


def test_parts_of_records_are_typed():
    element = parse_rows(
        [{"id": 1, "_embedded": {"warning": {"message": "recalculated"}}}], m.CatalogElement
    )[0]
    assert element.warning == "recalculated"
    assert parse_rows([{"id": 1, "warning": None}], m.CatalogElement)[0].warning is None
    short = parse_rows([{"url": "u", "entity_id": 5}], m.ShortLink)[0]
    assert short.contact_id == 5
    embedded = {"companies": [{"id": 3}], "catalog_elements": [{"id": 4, "metadata": {"quantity": 2}}]}
    customer = parse_rows([{"id": 1, "_embedded": embedded}], m.Customer)[0]
    assert [company.id for company in customer.companies] == [3]
    assert customer.catalog_elements[0].metadata == {"quantity": 2}


def test_what_only_the_server_sets_cannot_be_written():
    with pytest.raises(ConfigurationError, match=r"Customer\.ltv"):
        m.Customer(name="x", ltv=5)
    with pytest.raises(ConfigurationError, match=r"Note\.details"):
        m.Note(details={"text": "x"})
    with pytest.raises(ConfigurationError, match=r"Note\.details"):
        m.Note(details=UnknownNote())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PARAM = st.sampled_from(
    ["text", "phone", "duration", "contacts", "campaign", "service", "url", "is_error", "brand_new"]
)


@pytest.mark.parametrize("note_type", NOTE_TYPES)
@examples(25)
@given(params=st.dictionaries(PARAM, JSON, max_size=6) | JSON)
def test_params_of_a_note_never_raise(note_type, params):
    note = m.Note.model_validate({"note_type": note_type, "params": {}})
    found = read_note_params(note.note_type, params)
    assert found.note_type == note_type


@pytest.mark.parametrize("note_type", NOTE_TYPES)
def test_typed_params_are_written_as_they_are_read(note_type):
    given_params = {"text": "a", "service": "b", "phone": "+7", "duration": 5, "brand_new": [1]}
    found = read_note_params(note_type, given_params)
    assert found.to_params() == given_params
    note = m.Note(entity_id=5, details=found)
    assert note.changes() == {"entity_id": 5, "note_type": note_type, "params": given_params}


KEYS = [
    "lead_status", "customer_status", "responsible_user", "custom_field_value", "tag", "link", "unlink", "note",
    "message", "task", "task_deadline", "task_type", "helpbot", "transaction", "nps", "brand_new",
]  # fmt: skip


@given(rows=st.lists(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=2), max_size=4) | JSON)
def test_values_of_an_event_never_raise(rows):
    for value in read_values(rows):
        assert isinstance(value, get_args(m.EventValue))


def test_every_value_of_an_event_has_its_class():
    read = {
        key: type(
            read_values([{key: {"id": 1, "entity": {"type": "lead", "id": 2}, "timestamp": 5}}])[0]
        ).__name__
        for key in KEYS
    }
    assert read == {
        "lead_status": "StageValue",
        "customer_status": "CustomerStatusValue",
        "responsible_user": "ResponsibleValue",
        "custom_field_value": "CustomFieldChange",
        "tag": "TagValue",
        "link": "LinkedValue",
        "unlink": "LinkedValue",
        "note": "NoteValue",
        "message": "MessageValue",
        "task": "TaskTextValue",
        "task_deadline": "TaskDeadlineValue",
        "task_type": "TaskTypeValue",
        "helpbot": "HelpbotValue",
        "transaction": "TransactionValue",
        "nps": "NpsValue",
        "brand_new": "UnknownValue",
    }
