"""Payloads become ready to send: titles to ids, dates to seconds, labels to enums."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import orjson
import pytest

from amocrm_sync._core.fields import needs_registry, needs_timezone, resolve_payload
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Choice, Contact, CustomField, Lead

MOSCOW = ZoneInfo("Europe/Moscow")
NEW_YORK = ZoneInfo("America/New_York")


def field(
    number: int, name: str, kind: str, code: str | None = None, *labels: tuple[int, str, str | None]
) -> CustomField:
    enums = [{"id": key, "value": value, "code": enum_code} for key, value, enum_code in labels]
    return CustomField.model_validate(
        {"id": number, "name": name, "type": kind, "code": code, "enums": enums or None}
    )


REGISTRY = [
    field(1, "Источник трафика", "select", None, (11, "Реклама", None), (12, "Сайт", "web")),
    field(2, "Delivery day", "date"),
    field(3, "utm_source", "tracking_data", "UTM_SOURCE"),
    field(4, "Area", "numeric"),
    field(5, "Signed", "checkbox"),
    field(6, "Services", "multiselect", None, (21, "A", None), (22, "B", None)),
    field(7, "Телефон", "multitext", "PHONE", (31, "WORK", "WORK"), (32, "MOB", "MOB")),
    field(8, "Twin", "text"),
    field(9, "Twin", "text"),
    field(10, "Comment", "textarea"),
    field(11, "Call at", "date_time"),
    field(12, "Payer", "payer"),
]


def payload(**fields: object) -> dict[str, object]:
    return Lead(name="x", custom_fields=fields).create_payload()


def resolved(key: str | int, value: object, enum: int | str | None = None) -> object:
    lead = Lead()
    lead.custom_fields.set(key, value, enum)
    result = resolve_payload(lead.changes(), REGISTRY, MOSCOW)
    assert orjson.dumps(result)
    [row] = result["custom_fields_values"]
    return row


class TestTitles:
    @pytest.mark.parametrize("name", ["Источник трафика", "источник  ТРАФИКА "])
    def test_a_title_becomes_an_id(self, name):
        assert resolved(name, "Сайт") == {"field_id": 1, "values": [{"enum_id": 12}]}

    def test_a_code_in_small_letters_is_found_as_well(self):
        assert resolved("utm_source", "ad") == {"field_id": 3, "values": [{"value": "ad"}]}

    def test_a_code_stays_a_code(self):
        assert resolved("UTM_SOURCE", "ad") == {"field_code": "UTM_SOURCE", "values": [{"value": "ad"}]}

    def test_cleared_by_title(self):
        lead = Lead.model_validate({"id": 1})
        lead.custom_fields.clear("Comment")
        assert resolve_payload(lead.changes(), REGISTRY, None) == {
            "custom_fields_values": [{"field_id": 10, "values": None}]
        }

    def test_an_unknown_title_names_the_nearest(self):
        with pytest.raises(
            ConfigurationError,
            match="custom field 'Источник трафик': there is none; did you mean 'Источник трафика'",
        ):
            resolved("Источник трафик", "x")

    def test_an_unknown_code_names_the_nearest(self):
        with pytest.raises(
            ConfigurationError, match="'UTM_SOURSE': there is none; did you mean 'UTM_SOURCE'"
        ):
            resolved("UTM_SOURSE", "x")

    def test_two_fields_of_one_title(self):
        with pytest.raises(
            ConfigurationError, match="'Twin': several fields have this title; use one of the ids 8, 9"
        ):
            resolved("Twin", "x")

    def test_an_unknown_id_names_the_fields_with_theirs(self):
        with pytest.raises(
            ConfigurationError,
            match=r"field 999: there is none \(known: 1 'Источник трафика', 2 'Delivery day'",
        ):
            resolved(999, "x")

    def test_an_id_may_be_text(self):
        made = {"custom_fields_values": [{"field_id": "10", "values": [{"value": "x"}]}]}
        assert resolve_payload(made, REGISTRY, None) == made

    @pytest.mark.parametrize("key", [[], {}, 1.5, "x"])
    def test_an_id_of_a_wrong_shape(self, key):
        with pytest.raises(ConfigurationError, match="there is none"):
            resolve_payload({"custom_fields_values": [{"field_id": key, "values": []}]}, REGISTRY, None)

    def test_what_amocrm_computes_cannot_be_set(self):
        known = [CustomField.model_validate({"id": 1, "name": "Sum", "type": "numeric", "is_computed": True})]
        with pytest.raises(ConfigurationError, match="field 'Sum': amoCRM computes it"):
            resolve_payload(payload(Sum=1), known, None)

    def test_without_definitions_a_title_cannot_be_sent(self):
        with pytest.raises(
            ConfigurationError, match="'Comment': a title needs the account's field definitions"
        ):
            resolve_payload(payload(Comment="x"), None, None)


class TestValues:
    @pytest.mark.parametrize(
        ("key", "value", "values"),
        [
            (1, "Реклама", [{"enum_id": 11}]),
            (1, "реклама", [{"enum_id": 11}]),
            (1, "web", [{"enum_id": 12}]),
            (1, 12, [{"enum_id": 12}]),
            (1, Choice("whatever", 11), [{"enum_id": 11}]),
            (6, ["A", "B"], [{"enum_id": 21}, {"enum_id": 22}]),
            (4, 7, [{"value": "7"}]),
            (4, Decimal("7.50"), [{"value": "7.50"}]),
            (5, True, [{"value": True}]),
            (5, 0, [{"value": False}]),
            (5, "1", [{"value": True}]),
            (10, 7, [{"value": "7"}]),
            (2, date(2026, 1, 1), [{"value": 1_767_214_800}]),
            (11, date(2026, 1, 1), [{"value": 1_767_214_800}]),
            (11, datetime(2026, 1, 1, tzinfo=UTC), [{"value": 1_767_225_600}]),
            ("PHONE", "+7", [{"value": "+7", "enum_id": 31}]),
            ("PHONE", [("+7", "MOB"), "+8"], [{"value": "+7", "enum_id": 32}, {"value": "+8"}]),
            (12, {"name": "Anna"}, [{"value": {"name": "Anna"}}]),
        ],
    )
    def test_what_is_sent(self, key, value, values):
        assert resolved(key, value)["values"] == values

    @pytest.mark.parametrize(
        ("key", "value", "enum", "message"),
        [
            (1, "Рекламма", None, r"custom field 1: 'Рекламма' is not one of its values; did you mean 'Реклама'\? \(known: 'Реклама', 'Сайт'\)"),
            (1, None, 99, "'99' is not one of its values"),
            ("PHONE", "+7", "MOBILE", r"custom field 'PHONE': 'MOBILE' is not one of its values; did you mean 'MOB'"),
            (4, "wide", None, r"custom field 4 \(numeric\): a number is needed, not 'wide'"),
            (5, "yes", None, r"custom field 5 \(checkbox\): True or False is needed"),
            (2, "soon", None, "custom field 2"),
            (10, True, None, r"custom field 10 \(textarea\): a str is needed"),
        ],
    )  # fmt: skip
    def test_errors_name_the_field_and_the_fix(self, key, value, enum, message):
        with pytest.raises(ConfigurationError, match=message):
            resolved(key, value, enum)

    def test_enums_may_be_plain_dicts(self):
        class Plain:
            id, name, code, type, is_computed = 1, "Shelf", None, "select", None
            enums = ({"id": 5, "value": "a", "code": None},)

        result = resolve_payload(payload(Shelf="a"), [Plain()], None)
        assert result["custom_fields_values"] == [{"field_id": 1, "values": [{"enum_id": 5}]}]

    @pytest.mark.parametrize("rows", [["x"], [{"values": []}], [{"field_id": 1, "values": ["x"]}]])
    def test_dicts_of_a_wrong_shape(self, rows):
        with pytest.raises(ConfigurationError, match="custom"):
            resolve_payload({"custom_fields_values": rows}, REGISTRY, None)


class TestDates:
    @pytest.mark.parametrize(
        ("timezone", "seconds"), [(MOSCOW, 1_767_214_800), (UTC, 1_767_225_600), (NEW_YORK, 1_767_243_600)]
    )
    def test_a_day_begins_in_the_account(self, timezone, seconds):
        result = resolve_payload(payload(D1=date(2026, 1, 1)), None, timezone)
        assert result["custom_fields_values"][0]["values"] == [{"value": seconds}]

    def test_summer_time(self):
        result = resolve_payload(payload(D1=date(2026, 7, 1)), None, NEW_YORK)
        moment = datetime.fromtimestamp(result["custom_fields_values"][0]["values"][0]["value"], NEW_YORK)
        assert (moment.date(), moment.hour) == (date(2026, 7, 1), 0)

    def test_an_unknown_timezone_is_not_guessed(self):
        with pytest.raises(ConfigurationError, match="'D1': the account's timezone is not known"):
            resolve_payload(payload(D1=date(2026, 1, 1)), None, None)

    def test_a_naive_datetime_in_a_dict(self):
        rows = [{"field_id": 1, "values": [{"value": datetime(2026, 1, 1)}]}]  # noqa: DTZ001 - what must be refused
        with pytest.raises(ConfigurationError, match="a datetime needs a timezone"):
            resolve_payload({"custom_fields_values": rows}, None, MOSCOW)


class TestNeeds:
    @pytest.mark.parametrize(
        ("fields", "registry", "timezone"),
        [
            ({}, False, False),
            ({"UTM_SOURCE": "ad"}, False, False),
            ({"Comment": "x"}, True, False),
            ({"D1": date(2026, 1, 1)}, False, True),
            ({"D1": datetime(2026, 1, 1, tzinfo=UTC)}, False, False),
            ({"Delivery day": date(2026, 1, 1)}, True, True),
            ({"D1": None}, False, False),
        ],
    )
    def test_only_what_is_needed_is_asked_for(self, fields, registry, timezone):
        made = payload(**fields)
        assert (needs_registry(made), needs_timezone(made)) == (registry, timezone)

    @pytest.mark.parametrize(
        "made", [{}, {"custom_fields_values": None}, {"custom_fields_values": [None, {}]}, {"_embedded": []}]
    )
    def test_whatever_a_dict_holds(self, made):
        assert not needs_registry(made)
        assert not needs_timezone(made)

    def test_dates_inside_embedded_records(self):
        lead = Lead(name="x", contacts=[Contact(name="Anna", custom_fields={"BORN": date(1990, 1, 1)})])
        made = lead.create_payload()
        assert needs_timezone(made)
        inner = resolve_payload(made, REGISTRY, UTC)["_embedded"]["contacts"][0]
        assert inner["custom_fields_values"] == [{"field_code": "BORN", "values": [{"value": 631_152_000}]}]

    def test_titles_inside_embedded_records_belong_to_another_entity(self):
        lead = Lead(name="x", contacts=[Contact(name="Anna", custom_fields={"Comment": "x"})])
        assert not needs_registry(lead.create_payload())
        with pytest.raises(
            ConfigurationError, match="'Comment': a title needs the account's field definitions"
        ):
            resolve_payload(lead.create_payload(), REGISTRY, UTC)


def test_the_payload_given_is_not_changed():
    made = payload(Comment="x", Area=5, UTM_SOURCE="ad", **{"Delivery day": date(2026, 1, 1)})
    before = copy.deepcopy(made)
    resolve_payload(made, REGISTRY, MOSCOW)
    assert made == before


def test_resolving_twice_is_resolving_once():
    once = resolve_payload(
        payload(Comment="x", Area=5, **{"Delivery day": date(2026, 1, 1)}), REGISTRY, MOSCOW
    )
    assert resolve_payload(once, REGISTRY, MOSCOW) == once
