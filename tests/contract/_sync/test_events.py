# Generated from tests/contract/_async/test_events.py by tools/unasync.py: edit that file instead.
from __future__ import annotations

from datetime import UTC, datetime

import pytest
from wire import Answer, Wire, hal

from amocrm_sync import AmoCRM, ConfigurationError, EventFilter, ValueFilter
from amocrm_sync.models import CustomFieldChange, LinkedValue, NoteValue, StageValue, TagValue, UnknownValue

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AmoCRM:
        return AmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def test_events_are_typed_and_what_is_new_is_kept(connect):
    row = {
        "id": "01abc",
        "type": "lead_status_changed",
        "entity_id": 5,
        "entity_type": "lead",
        "created_at": 1_700_000_000,
        "value_before": [{"lead_status": {"id": 1, "pipeline_id": 7}}],
        "value_after": [{"lead_status": {"id": 142, "pipeline_id": 7}}, {"brand_new": {"x": 1}}],
        "_embedded": {"entity": {"id": 5, "name": "Boat"}},
    }
    wire = Wire(Answer(json=hal("events", [row])))
    [event] = connect(wire).events.list(with_=["lead_name"]).to_list()
    assert event.before == [StageValue(7, 1)]
    assert event.after == [StageValue(7, 142), UnknownValue("brand_new", {"x": 1})]
    assert (event.entity_name, event.created_at) == ("Boat", datetime.fromtimestamp(1_700_000_000, UTC))
    assert wire.sent[0].query == [("page", "1"), ("limit", "100"), ("with", "lead_name")]


def test_one_event_and_whatever_its_values_are(connect):
    values = [
        {"note": {"id": "9"}},
        {"tag": {"name": "vip"}},
        {"link": {"entity": {"type": "contact", "id": 4}}},
        {"custom_field_value": {"field_id": 3, "field_type": 4, "enum_id": None, "text": "x"}},
        {"nps": []},
        "nonsense",
    ]
    wire = Wire(Answer(json={"id": "01abc", "value_after": values, "value_before": {}}), Answer(204))
    events = connect(wire).events
    event = events.get("01abc")
    assert event.after == [
        NoteValue(9),
        TagValue("vip"),
        LinkedValue("contact", 4, is_linked=True),
        CustomFieldChange(3, 4, None, "x"),
        UnknownValue("nps", []),
    ]
    assert event.before == []
    assert events.get_or_none("01abd") is None
    assert wire.sent[0].path == "/api/v4/events/01abc"


def test_kinds_come_in_the_language_asked_for(connect):
    wire = Wire(Answer(json=hal("events_types", [{"key": "lead_added", "type": 1, "lang": "New lead"}])))
    [kind] = connect(wire).events.types.list(language_code="en").to_list()
    assert (kind.key, kind.lang) == ("lead_added", "New lead")
    assert wire.sent[0].query == [("language_code", "en")]


def test_the_filter_speaks_the_apis_language(connect):
    wire = Wire(Answer(204))
    asked = EventFilter(
        created_at=(5, None),
        created_by=1,
        entity="lead",
        entity_id=[5, 6],
        type=["lead_status_changed"],
        value_before=ValueFilter(leads_statuses=[(7, 1)]),
        value_after=ValueFilter(responsible_user_id=[1, 2], customers_statuses=3, value="x"),
    )
    connect(wire).events.list(filter=asked).to_list()
    assert wire.sent[0].query[2:] == [
        ("filter[created_at][from]", "5"),
        ("filter[created_by][]", "1"),
        ("filter[entity][]", "lead"),
        ("filter[entity_id][]", "5"),
        ("filter[entity_id][]", "6"),
        ("filter[type][]", "lead_status_changed"),
        ("filter[value_before][leads_statuses][0][pipeline_id]", "7"),
        ("filter[value_before][leads_statuses][0][status_id]", "1"),
        ("filter[value_after][customers_statuses][0][status_id]", "3"),
        ("filter[value_after][responsible_user_id]", "1,2"),
        ("filter[value_after][value]", "x"),
    ]


def test_what_the_server_refuses_or_ignores_is_refused_here():
    with pytest.raises(ConfigurationError, match="exactly one type"):
        EventFilter(entity_id=5)
    with pytest.raises(ConfigurationError, match="at most 10"):
        EventFilter(created_by=range(11))
    with pytest.raises(ConfigurationError, match="only type"):
        EventFilter(type=["lead_added", "custom_field_5_value_changed"])
    with pytest.raises(ConfigurationError, match="customers_statuses"):
        ValueFilter(customers_statuses=[])


def test_a_page_has_a_hundred_at_most(connect):
    with pytest.raises(ConfigurationError, match="limit: 1 to 100"):
        connect(Wire()).events.list(limit=250)
