"""What counts as settled is left as it is by the closer look: the short way and the long one agree."""

from __future__ import annotations

from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples

from amocrm_sync._core.fields import resolve_payload
from amocrm_sync._core.fields_known import KnownFields
from amocrm_sync._core.fields_settled import is_settled
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import CustomField


def field(**row):
    return {"name": "x", "custom_fields_values": [row]}


@pytest.mark.parametrize(
    "payload",
    [
        {"name": "x"},
        {"custom_fields_values": None},
        {"custom_fields_values": []},
        field(field_id=1, values=[{"value": "a"}, {"value": 2}]),
        field(field_code="PHONE", values=[{"value": "+7", "enum_code": "WORK"}]),
        field(field_id=1, values=[{"enum_id": 5}]),
        field(field_id=1, values=None),
        {"_embedded": {"tags": [{"name": "vip"}], "contacts": [{"id": 5, "is_main": True}]}},
    ],
)
def test_a_settled_payload_would_come_back_as_it_is(payload):
    assert is_settled(payload)
    assert resolve_payload(payload, None, None) == payload


@pytest.mark.parametrize(
    "payload",
    [
        field(field_name="Budget", values=[{"value": 1}]),
        field(field_id=1, values=[{"value": date(2026, 5, 1)}]),
        field(field_id=1, values=[{"value": {"city": "Perm"}}]),
        field(field_id=None, field_code="PHONE", values=[{"value": "+7"}]),
        field(field_id=1, field_type="text", values=[{"value": "a"}]),
        field(field_id=1),
        {"custom_fields_values": ["no row"]},
        {"custom_fields_values": {"0": {"field_id": 1, "values": []}}},
        {"_embedded": {"contacts": [field(field_id=1, values=[{"value": date(2026, 5, 1)}])]}},
        {"_embedded": {"contacts": [{"_embedded": {}}]}},
        {"_embedded": {"metadata": {"form_id": "1"}}},
    ],
)
def test_what_may_need_the_account_takes_the_closer_look(payload):
    assert not is_settled(payload)


LABELS = [{"id": 5, "value": "a"}, {"id": 6, "value": "b", "code": "B"}]
KNOWN = KnownFields(
    CustomField.model_validate({"id": number, "name": kind, "type": kind, "code": kind.upper(), **more})
    for number, (kind, more) in enumerate(
        [
            ("text", {}),
            ("select", {"enums": LABELS}),
            ("multiselect", {"enums": LABELS}),
            ("category", {"nested": LABELS}),
            ("checkbox", {}),
            ("numeric", {}),
            ("date", {}),
            ("multitext", {"enums": LABELS}),
            ("url", {"is_computed": True}),
        ]
    )
)
VALUES = st.one_of(
    st.fixed_dictionaries({"enum_id": st.sampled_from([5, 6, 7, True, "5"])}),
    st.fixed_dictionaries({"value": st.sampled_from(["a", "7", 7, True, None, date(2026, 5, 1)])}),
    st.fixed_dictionaries({"value": st.just("a"), "enum_id": st.sampled_from([5, 7])}),
    st.just({}),
)
ROWS = st.fixed_dictionaries(
    {"field_id": st.integers(0, 9), "values": st.none() | st.lists(VALUES, max_size=2)}
)


@examples(300)
@given(st.lists(ROWS, max_size=2))
def test_what_passes_the_short_look_passes_the_long_one_unchanged(rows):
    payload = {"custom_fields_values": rows}
    if is_settled(payload) and KNOWN.take(payload):
        assert resolve_payload(payload, KNOWN, UTC) == payload


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (0, {"value": "x"}),
        (1, {"enum_id": 5}),
        (2, {"enum_id": 6}),
        (3, {"enum_id": 5}),
        (4, {"value": True}),
    ],
)
def test_the_usual_values_need_no_closer_look(number, value):
    payload = field(field_id=number, values=[value, value])
    assert is_settled(payload)
    assert KNOWN.take(payload)


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (0, {"value": True}),
        (1, {"enum_id": 7}),
        (4, {"value": "no"}),
        (8, {"value": "x"}),
        (99, {"value": "x"}),
    ],
)
def test_what_its_field_does_not_take_is_refused(number, value):
    payload = field(field_id=number, values=[value])
    assert not KNOWN.take(payload)
    with pytest.raises(ConfigurationError, match="custom field"):
        resolve_payload(payload, KNOWN, UTC)
