from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote

import attrs
import pytest

from amocrm_sync import (
    BotFilter,
    CatalogElementFilter,
    CatalogFilter,
    ChatLinkFilter,
    ChatTemplateFilter,
    ConfigurationError,
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
    UnsortedSummaryFilter,
)
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


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (
            CustomerFilter(status_id=1, next_date=(1, 2)),
            "[status_id][]=1&[next_date][from]=1&[next_date][to]=2",
        ),
        (TransactionFilter(ids=[1, 2]), "[id][]=1&[id][]=2"),
        (CatalogElementFilter(ids=1), "[id][]=1"),
        (CustomFieldFilter(ids=1, type="text"), "[id][]=1&[type][]=text"),
        (TagFilter(ids=[1], name="vip"), "[id][]=1&[name]=vip"),
        (LinkFilter(to_entity_type="leads", to_entity_id=5), "[to_entity_id]=5&[to_entity_type]=leads"),
        (LinkFilter(to_catalog_id=7), "[to_catalog_id]=7"),
        (UnsortedFilter(uid="a", category=["sip"]), "[uid][]=a&[category][]=sip"),
        (UnsortedSummaryFilter(pipeline_id=3), "[pipeline_id]=3"),
        (SourceFilter(external_id=["a", "b"]), "[external_id][]=a&[external_id][]=b"),
        (ChatTemplateFilter(external_id="a"), "[external_id][]=a"),
        (TalkFilter(talk_id=1, only_in_work=True), "[talk_id][]=1&[only_in_work]=1"),
        (BotFilter(ids=1, type_functionality="nps"), "[id][]=1&[type_functionality][]=nps"),
        (
            TaskFilter(created_by=1, lead_statuses=[(7, 142)]),
            "[created_by][]=1&[lead_statuses][0][pipeline_id]=7&[lead_statuses][0][status_id]=142",
        ),
    ],
)
def test_every_builder_speaks_the_apis_language(asked, text):
    assert query(filter=asked) == "&".join(f"filter{part}" for part in text.split("&"))


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (CatalogFilter(type="products"), "type=products"),
        (ChatLinkFilter(contact_id=[1], chat_id="c"), "contact_id[]=1&chat_id[]=c"),
    ],
)
def test_two_filters_stand_at_the_top_of_the_query(asked, text):
    assert query(filter=asked) == text


BUILDERS = [
    CustomerFilter, TransactionFilter, CatalogFilter, CatalogElementFilter, CustomFieldFilter, TagFilter, LinkFilter,
    UnsortedFilter, UnsortedSummaryFilter, ChatLinkFilter, SourceFilter, ChatTemplateFilter, TalkFilter, BotFilter,
    EventFilter, LeadFilter, NoteFilter, TaskFilter,
]  # fmt: skip


@pytest.mark.parametrize("builder", BUILDERS)
def test_an_empty_list_is_refused_with_its_name_by_every_builder(builder):
    for field in attrs.fields(builder):
        with pytest.raises(ConfigurationError, match=rf"^{field.name}: an empty list"):
            builder(**{field.name: []})
