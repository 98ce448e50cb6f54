"""What counts as settled is left as it is by the closer look: the short way and the long one agree."""

from __future__ import annotations

from datetime import date

import pytest

from amocrm_sync._core.fields import resolve_payload
from amocrm_sync._core.fields_settled import is_settled


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
