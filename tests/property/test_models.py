"""For any record: loading changes nothing, edits are exactly what is sent, copies are independent."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples

from amocrm_sync import models
from amocrm_sync._core.unset import UNSET
from amocrm_sync.errors import ConfigurationError, InvalidResponseError
from amocrm_sync.models import Lead, Model, parse_one, parse_page

MODELS = [
    model
    for name in models.__all__
    if isinstance(model := getattr(models, name), type) and issubclass(model, Model) and model is not Model
]

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(2**31), 2**53) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
seconds = st.integers(0, 4_000_000_000)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("name"), st.none() | texts),
        st.tuples(st.just("price"), st.none() | st.integers(0, 10**9)),
        st.tuples(st.just("loss_reason_id"), st.none() | st.integers(1, 99)),
        st.tuples(st.just("closed_at"), st.none() | seconds.map(lambda at: datetime.fromtimestamp(at, UTC))),
    ),
    max_size=6,
)
rows = st.fixed_dictionaries(
    {"id": st.integers(1, 2**53)},
    optional={
        "name": st.none() | texts,
        "price": st.none() | st.integers(-(10**9), 10**9),
        "loss_reason_id": st.none() | st.integers(1, 99),
        "created_at": st.none() | seconds,
        "closed_at": st.none() | seconds,
        "is_deleted": st.booleans(),
        "custom_fields_values": st.none() | st.lists(st.dictionaries(texts, values, max_size=3), max_size=2),
        "_embedded": st.dictionaries(texts, values, max_size=2),
        "field_of_tomorrow": values,
    },
)  # fmt: skip


def wire(value: Any) -> Any:
    return int(value.timestamp()) if isinstance(value, datetime) else value


def attempt(parse: Callable[..., Any], *arguments: Any) -> tuple[Any, InvalidResponseError | None]:
    """What a parser gives, or how it refuses; any other error is a failure of the test."""
    try:
        return parse(*arguments), None
    except InvalidResponseError as refusal:
        return None, refusal


@given(row=rows)
def test_loading_changes_nothing_and_loses_nothing(row):
    lead = parse_one(orjson.dumps(row), Lead)
    assert lead.changes() == {}
    expected = json.loads(json.dumps(row))
    for part in expected.get("_embedded", {}).values():
        for item in part if isinstance(part, list) else ():
            if isinstance(item, dict):
                item.pop("_links", None)
    assert lead.raw == expected


@pytest.mark.parametrize("model", MODELS)
@examples(10)
@given(
    body=st.dictionaries(
        texts | st.sampled_from(["id", "name", "_embedded", "created_at", "rights", "enums"]),
        values,
        max_size=5,
    )
)
def test_any_object_is_read_or_refused_by_name(model, body):
    record, refusal = attempt(parse_one, orjson.dumps(body), model)
    if refusal is not None:
        assert model.__name__ in str(refusal)
        return
    assert isinstance(record, Model)
    assert record.changes() == {}
    assert repr(record)
    assert pickle.loads(pickle.dumps(record)) == record


@given(items=st.lists(rows | values, max_size=8))
def test_a_page_gives_each_item_once(items):
    page = parse_page(orjson.dumps({"_embedded": {"leads": items}}), "leads", Lead)
    assert len(page.items) + len(page.quarantined) == len(items)
    kept = [item for index, item in enumerate(items) if index not in {bad.index for bad in page.quarantined}]
    assert [lead.id for lead in page.items] == [
        parse_one(orjson.dumps(item), Lead).id for item in kept if item != []
    ]


@given(body=st.binary(max_size=200) | values.map(orjson.dumps))
def test_any_body_is_read_or_refused(body):
    _, refusal = attempt(parse_one, body, Lead)
    assert refusal is None or len(refusal.snippet) <= 200
    _, refusal = attempt(parse_page, body, "leads", Lead)
    assert refusal is None or len(refusal.snippet) <= 200


@given(row=rows, steps=edits)
def test_what_is_sent_turns_the_loaded_record_into_the_edited_one(row, steps):
    lead = parse_one(orjson.dumps(row), Lead)
    for name, value in steps:
        setattr(lead, name, value)
    final = {name: wire(value) for name, value in steps}
    changed = {name: value for name, value in final.items() if name not in row or row[name] != value}
    assert lead.changes() == changed
    assert {**row, **lead.changes()} == {**row, **final}
    lead.mark_clean()
    assert lead.changes() == {}


@given(row=rows, steps=edits)
def test_edits_can_be_taken_back(row, steps):
    lead = parse_one(orjson.dumps(row), Lead)
    before = copy.deepcopy(lead)
    for name, value in steps:
        setattr(lead, name, value)
    for name in {name for name, _ in steps}:
        setattr(lead, name, UNSET)
    assert lead == before
    assert lead.changes() == {}
    assert lead.raw == before.raw


@given(row=rows, first=edits, second=edits)
def test_a_copy_is_independent(row, first, second):
    lead = parse_one(orjson.dumps(row), Lead)
    for name, value in first:
        setattr(lead, name, value)
    twin, changes = copy.copy(lead), lead.changes()
    assert (twin, twin.changes()) == (lead, changes)
    for name, value in second:
        setattr(twin, name, value)
    twin.tags.add("new")
    twin.custom_fields.set(1, "x")
    assert lead.changes() == changes


@given(steps=edits)
def test_a_new_record_sends_what_was_set(steps):
    fields = dict(steps)
    assert Lead(**fields).create_payload() == {name: wire(value) for name, value in fields.items()}


@given(name=st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=12))
def test_a_name_that_is_no_field_is_refused(name):
    if not hasattr(Lead, name) and name not in Lead.model_fields:
        with pytest.raises(ConfigurationError, match=f"Lead has no field '{name}'"):
            Lead(**{name: 1})


names = st.sampled_from(["vip", "cold", "new", "сайт"])


@given(loaded=st.sets(names), steps=st.lists(st.tuples(st.booleans(), names), max_size=8))
def test_tags_are_a_set_of_names(loaded, steps):
    lead = Lead.model_validate({"_embedded": {"tags": [{"name": name} for name in sorted(loaded)]}})
    expected = set(loaded)
    for add, name in steps:
        (lead.tags.add if add else lead.tags.remove)(name)
        (expected.add if add else expected.discard)(name)
    assert set(lead.tags.names) == expected
    assert len(lead.tags) == len(expected)
    changes = lead.changes()
    after = loaded | {row["name"] for row in changes.get("tags_to_add", [])}
    assert after - {row["name"] for row in changes.get("tags_to_delete", [])} == expected
