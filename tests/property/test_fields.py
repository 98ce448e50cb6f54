"""Custom field values of every type survive the way to the server and back."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from field_values import days, moments, numbers, texts, typed
from hypothesis import example, given
from hypothesis import strategies as st

from amocrm_sync._core.fields import needs_timezone, resolve_payload
from amocrm_sync._core.fields_codec import decode, encode
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Choice, CustomField, Lead

ZONES = [
    UTC,
    ZoneInfo("Europe/Moscow"),
    ZoneInfo("America/Sao_Paulo"),
    ZoneInfo("Pacific/Auckland"),
    timezone(timedelta(hours=-11)),
]

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
zones = st.sampled_from(ZONES)

LABELS = [
    {"id": 11, "value": "Реклама", "code": None},
    {"id": 12, "value": "Site", "code": "web"},
    {"id": 13, "value": "11", "code": None},
]
KINDS = [{"id": 31, "value": "WORK", "code": "WORK"}, {"id": 32, "value": "MOB", "code": "MOB"}]
TYPED = typed(
    [Choice(str(row["value"]), row["id"], row["code"]) for row in LABELS],
    [Choice(row["code"], row["id"], row["code"]) for row in KINDS],
)


def definition(kind: str) -> CustomField:
    choices: dict[str, Any] = {
        "multitext": {"enums": KINDS},
        **{name: {"enums": LABELS} for name in ("select", "radiobutton", "multiselect")},
        "category": {"nested": LABELS},
    }
    return CustomField.model_validate(
        {"id": 1, "name": "Field", "type": kind, "code": "FIELD", **choices.get(kind, {})}
    )


def as_server_answers(kind: str, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What amoCRM would show after a write: labels and codes beside the enum ids."""
    known = {row["id"]: row for row in LABELS + KINDS}
    shown: list[dict[str, Any]] = []
    for row in values:
        enum = known.get(row.get("enum_id"))
        if enum is None:
            shown.append(row)
        elif kind == "multitext":
            shown.append({**row, "enum_code": enum["code"]})
        else:
            shown.append({"value": enum["value"], "enum_id": enum["id"], "enum_code": enum["code"]})
    return shown


def written(kind: str, value: Any, zone: tzinfo) -> list[dict[str, Any]]:
    lead = Lead()
    lead.custom_fields.set("FIELD", value)
    payload = resolve_payload(lead.changes(), [definition(kind)], zone)
    return orjson.loads(orjson.dumps(payload))["custom_fields_values"][0]["values"]


@pytest.mark.parametrize("kind", TYPED)
@given(data=st.data(), zone=zones)
def test_a_value_comes_back_as_it_was_set(kind, data, zone):
    value = data.draw(TYPED[kind])
    answer = as_server_answers(kind, written(kind, value, zone))
    back = decode(kind, answer, zone)
    assert back == value
    if isinstance(value, Choice):
        assert back.enum_id == value.enum_id


@pytest.mark.parametrize("kind", TYPED)
@given(data=st.data(), zone=zones)
def test_setting_what_is_there_changes_nothing(kind, data, zone):
    values = as_server_answers(kind, written(kind, data.draw(TYPED[kind]), zone))
    row = {"field_id": 1, "field_name": "Field", "field_code": "FIELD", "field_type": kind, "values": values}
    lead = Lead.model_validate({"id": 7, "custom_fields_values": [row]})
    lead.custom_fields.set(1, lead.custom_fields.localized(zone)[1])
    again = resolve_payload(lead.changes(), [definition(kind)], zone).get("custom_fields_values", [])
    assert [as_server_answers(kind, change["values"]) for change in again] in ([], [values])


@pytest.mark.parametrize("kind", TYPED)
@given(data=st.data())
def test_what_was_set_can_be_read_before_it_is_sent(kind, data):
    value = data.draw(TYPED[kind])
    row = {
        "field_id": 1,
        "field_name": "Field",
        "field_code": None,
        "field_type": kind,
        "values": [{"value": "old"}],
    }
    lead = Lead.model_validate({"id": 7, "custom_fields_values": [row]})
    lead.custom_fields.set("Field", value)
    if kind in ("select", "radiobutton", "category"):
        assert lead.custom_fields["Field"].enum_id == value.enum_id
    elif kind == "multiselect":
        assert [choice.enum_id for choice in lead.custom_fields["Field"]] == [
            choice.enum_id for choice in value
        ]
    else:
        assert lead.custom_fields["Field"] == value


@given(day=days, zone=zones)
@example(day=date(2018, 11, 4), zone=ZoneInfo("America/Sao_Paulo"))
def test_a_day_is_the_same_day_in_the_account(day, zone):
    [row] = written("date", day, zone)
    assert datetime.fromtimestamp(row["value"], zone).date() == day
    assert decode("date", [row], zone) == day
    assert datetime.combine(day, time(), zone).timestamp() == row["value"]


@given(day=days)
def test_a_day_needs_the_timezone_to_be_sent(day):
    lead = Lead(custom_fields={"FIELD": day})
    assert needs_timezone(lead.changes())
    with pytest.raises(ConfigurationError, match="timezone"):
        resolve_payload(lead.changes(), None, None)


@pytest.mark.parametrize("kind", [*TYPED, None, "hologram"])
@given(
    values=json_values
    | st.lists(st.dictionaries(st.sampled_from(["value", "enum_id", "enum_code"]), json_values), max_size=3)
)
def test_reading_never_fails(kind, values):
    row = {"field_id": 1, "field_name": "Field", "field_code": None, "field_type": kind, "values": values}
    fields = Lead.model_validate({"custom_fields_values": [row]}).custom_fields
    assert len(fields) == bool(values)
    assert repr(fields)
    before = copy.deepcopy(values)
    decode(kind, values)
    assert values == before


@pytest.mark.parametrize("kind", [*TYPED, None, "hologram"])
@given(value=json_values | days | moments | numbers)
def test_writing_gives_rows_or_says_what_is_needed(kind, value):
    try:
        rows = encode(kind, value)
    except ValueError as error:
        rows, reason = [], str(error)
    else:
        reason = ""
    assert bool(reason) or all(isinstance(row, dict) for row in rows)
    if isinstance(value, datetime) and kind == "date_time":
        assert not reason


@given(text=texts)
def test_a_number_in_words_is_refused_or_kept_exactly(text):
    try:
        [row] = encode("numeric", text)
    except ValueError:
        return
    assert Decimal(row["value"]) == Decimal(text)


@given(
    steps=st.lists(st.tuples(st.integers(1, 4), st.none() | texts), max_size=8),
    loaded=st.dictionaries(st.integers(1, 3), texts),
)
def test_set_and_clear_send_exactly_the_difference(steps, loaded):
    rows = [{"field_id": key, "field_name": f"F{key}", "field_code": None, "field_type": "text", "values": [{"value": value}]}
            for key, value in loaded.items()]  # fmt: skip
    lead = Lead.model_validate({"id": 7, "custom_fields_values": rows})
    expected: dict[int, str | None] = dict(loaded)
    for key, value in steps:
        lead.custom_fields.set(key, value)
        expected[key] = value
    assert dict(lead.custom_fields) == {key: value for key, value in expected.items() if value is not None}
    sent = {row["field_id"]: row["values"] for row in lead.changes().get("custom_fields_values", [])}
    assert set(sent) >= {key for key, value in expected.items() if value != loaded.get(key)}
    assert not {key for key in sent if key in loaded and expected[key] == loaded[key]}
    for key, values in sent.items():
        assert values == (None if expected[key] is None else [{"value": expected[key]}])
