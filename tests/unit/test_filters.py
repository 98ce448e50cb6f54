from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from amocrm_sync import ConfigurationError, LeadFilter, NoteFilter, Range, TaskFilter
from amocrm_sync._core.filters import build_query


def query(**arguments) -> str:
    return unquote(build_query(**arguments))


def test_a_lead_filter_speaks_the_apis_language():
    since = datetime(2026, 1, 1, tzinfo=UTC)
    text = query(
        filter=LeadFilter(statuses=[(7, 142)], updated_at=Range(since, None), ids=[1, 2], price=(10, 20))
    )
    assert text.split("&") == [
        "filter[id][]=1",
        "filter[id][]=2",
        f"filter[updated_at][from]={int(since.timestamp())}",
        "filter[statuses][0][pipeline_id]=7",
        "filter[statuses][0][status_id]=142",
        "filter[price][from]=10",
        "filter[price][to]=20",
    ]


def test_custom_fields_are_filtered_by_id():
    text = query(filter=LeadFilter(custom_fields={5: [1, 2], 6: True, 7: Range(1, 2)}))
    assert text.split("&") == [
        "filter[custom_fields_values][5][]=1",
        "filter[custom_fields_values][5][]=2",
        "filter[custom_fields_values][6][]=1",
        "filter[custom_fields_values][7][from]=1",
        "filter[custom_fields_values][7][to]=2",
    ]


def test_the_rest_of_a_list():
    text = query(
        with_=["contacts", "loss_reason"], order={"updated_at": "asc"}, query="Иван", limit=10, page=2
    )
    assert text == "page=2&limit=10&with=contacts,loss_reason&query=Иван&order[updated_at]=asc"


def test_brackets_travel_unescaped_and_values_escaped():
    assert build_query(filter={"name": "a b&c"}) in ("filter[name]=a%20b%26c", "filter[name]=a+b%26c")


def test_a_dict_works_as_well():
    assert query(filter={"id": [1, 2], "updated_at": {"from": 5}}) == (
        "filter[id][]=1&filter[id][]=2&filter[updated_at][from]=5"
    )


def test_mistakes_are_named_before_anything_is_sent():
    with pytest.raises(ConfigurationError, match="entity_type"):
        TaskFilter(entity_id=5)
    with pytest.raises(ConfigurationError, match="timezone"):
        query(filter=NoteFilter(updated_at=Range(datetime(2026, 1, 1), None)))  # noqa: DTZ001 - the mistake itself
    with pytest.raises(ConfigurationError, match=r"order\[id\]"):
        query(order={"id": "up"})
    with pytest.raises(TypeError, match="status_id"):
        LeadFilter(status_id=5)
