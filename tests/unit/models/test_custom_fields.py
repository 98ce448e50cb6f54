"""Custom field values on records: read by code, id or title; set; cleared."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Choice, Company, Contact, Lead, SmartAddress

MOSCOW = timezone(timedelta(hours=3))


def row(
    number: int, name: str, kind: str, *values: object, code: str | None = None, **more: object
) -> dict[str, object]:
    return {
        "field_id": number,
        "field_name": name,
        "field_code": code,
        "field_type": kind,
        "values": list(values),
        **more,
    }


ROWS = [
    row(1, "Source", "select", {"value": "Web", "enum_id": 11, "enum_code": None}),
    row(2, "Delivery day", "date", {"value": 1_767_214_800}),
    row(3, "utm_source", "tracking_data", {"value": "yandex"}, code="UTM_SOURCE"),
    row(4, "Area", "numeric", {"value": "42.50"}),
    row(5, "Signed", "checkbox", {"value": True}),
    row(6, "Services", "multiselect", {"value": "A", "enum_id": 21}, {"value": "B", "enum_id": 22}),
    row(7, "Call at", "date_time", {"value": 1_700_000_000}),
    row(8, "Total", "monetary", {"value": "10"}, is_computed=True),
    row(9, "Hologram", "hologram", {"value": {"depth": 3}}),
    row(10, "Address", "smart_address", {"value": "Kazan", "enum_id": 3, "enum_code": "city"}),
]
PHONES = row(
    20,
    "Телефон",
    "multitext",
    {"value": "+7 1", "enum_id": 31, "enum_code": "WORK"},
    {"value": "+7 2", "enum_id": 32, "enum_code": "MOB"},
    code="PHONE",
)


def lead() -> Lead:
    return Lead.model_validate({"id": 1, "custom_fields_values": ROWS})


def contact() -> Contact:
    return Contact.model_validate({"id": 2, "custom_fields_values": [PHONES]})


def sent(record: Lead | Contact | Company) -> list[dict[str, object]]:
    return record.changes()["custom_fields_values"]


class TestReading:
    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("Source", "Web"),
            ("UTM_SOURCE", "yandex"),
            ("utm_source", "yandex"),
            (3, "yandex"),
            (4, Decimal("42.50")),
            (5, True),
            ("Services", ["A", "B"]),
            ("Call at", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
            ("Hologram", [{"value": {"depth": 3}}]),
            ("Address", SmartAddress(city="Kazan")),
        ],
    )
    def test_by_code_id_or_title(self, key, value):
        assert lead().custom_fields[key] == value
        assert type(lead().custom_fields[key]) in (type(value), Choice)
        assert key in lead().custom_fields

    def test_a_choice_is_a_text_that_knows_its_enum(self):
        source = lead().custom_fields["Source"]
        assert isinstance(source, str)
        assert (source.enum_id, source.enum_code) == (11, None)
        again = pickle.loads(pickle.dumps(source))
        assert (again, again.enum_id) == ("Web", 11)

    def test_a_date_reads_as_utc_unless_the_timezone_is_given(self):
        assert lead().custom_fields["Delivery day"] == date(2025, 12, 31)
        assert lead().custom_fields.localized(MOSCOW)["Delivery day"] == date(2026, 1, 1)

    def test_a_field_without_value_is_not_there(self):
        fields = lead().custom_fields
        assert "Other" not in fields
        assert fields.get("Other", "nothing") == "nothing"
        with pytest.raises(KeyError):
            fields["Other"]

    def test_a_code_goes_before_a_title(self):
        record = Lead.model_validate(
            {
                "custom_fields_values": [
                    row(1, "NAME", "text", {"value": "title"}),
                    row(2, "x", "text", {"value": "code"}, code="NAME"),
                ]
            }
        )
        assert record.custom_fields["NAME"] == "code"

    def test_as_a_mapping(self):
        fields = lead().custom_fields
        assert list(fields) == list(range(1, 11))
        assert len(fields) == 10
        assert dict(fields)[3] == "yandex"
        named = {field.name: (field.id, field.code, field.type) for field in fields.fields()}
        assert named["utm_source"] == (3, "UTM_SOURCE", "tracking_data")
        assert "'Source': 'Web'" in repr(fields)

    @pytest.mark.parametrize(
        "rows",
        [
            None,
            [],
            {},
            "text",
            [None, 5, "x"],
            [{}],
            [{"field_id": 1, "values": None}],
            [{"field_id": 1, "field_type": "text"}],
        ],
    )
    def test_whatever_came_instead_of_rows(self, rows):
        fields = Lead.model_construct(custom_fields_values=rows).custom_fields
        assert dict(fields) == {}
        assert fields.get(1) is None

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("numeric", "wide"),
            ("numeric", "NaN"),
            ("monetary", True),
            ("checkbox", "perhaps"),
            ("date", "soon"),
            ("date", 10**40),
            ("birthday", True),
            ("date_time", {"a": 1}),
            ("text", True),
            ("file", "name.txt"),
            ("items", 5),
        ],
    )
    def test_a_value_that_does_not_fit_is_given_as_it_came(self, kind, value):
        record = Lead.model_validate({"custom_fields_values": [row(1, "X", kind, {"value": value})]})
        assert record.custom_fields[1] == value

    @pytest.mark.parametrize(
        "kind", ["numeric", "date", "select", "multitext", "items", "smart_address", "hologram"]
    )
    @pytest.mark.parametrize(
        "values", [["no row"], [{"value": 1}, None], [{}], "text", 5, {"0": {"value": 1}}]
    )
    def test_rows_of_a_strange_shape_are_given_as_they_came(self, kind, values):
        rows = [{"field_id": 1, "field_type": kind, "values": values}]
        assert Lead.model_construct(custom_fields_values=rows).custom_fields[1] == values

    @pytest.mark.parametrize("kind", ["text", "numeric", "date", "date_time"])
    def test_an_empty_value(self, kind):
        record = Lead.model_validate({"custom_fields_values": [row(1, "X", kind, {"value": None})]})
        assert record.custom_fields[1] is None


class TestSetting:
    @pytest.mark.parametrize(
        ("key", "value", "values"),
        [
            (1, "Phone", [{"value": "Phone"}]),
            ("Source", Choice("Phone", 12), [{"enum_id": 12}]),
            ("Source", 12, [{"enum_id": 12}]),
            ("UTM_SOURCE", "google", [{"value": "google"}]),
            (4, 7, [{"value": "7"}]),
            (4, 7.5, [{"value": "7.5"}]),
            (4, Decimal("7.50"), [{"value": "7.50"}]),
            (5, False, [{"value": False}]),
            ("Services", ["B", 23], [{"value": "B"}, {"enum_id": 23}]),
            ("Call at", datetime(2026, 1, 1, 3, tzinfo=MOSCOW), [{"value": 1_767_225_600}]),
            ("Delivery day", date(2026, 2, 1), [{"value": date(2026, 2, 1)}]),
            ("Delivery day", "2026-02-01", [{"value": date(2026, 2, 1)}]),
            ("Hologram", {"value": {"depth": 4}}, [{"value": {"depth": 4}}]),
            ("Address", {"city": "Omsk", "zip": "644"}, [{"value": "Omsk", "enum_code": "city"}, {"value": "644", "enum_code": "zip"}]),
        ],
    )  # fmt: skip
    def test_a_loaded_field_is_sent_by_id(self, key, value, values):
        record = lead()
        record.custom_fields.set(key, value)
        [change] = sent(record)
        assert change["values"] == values
        assert list(change) == ["field_id", "values"]

    @pytest.mark.parametrize(
        ("key", "address"),
        [
            (99, {"field_id": 99}),
            ("ROISTAT", {"field_code": "ROISTAT"}),
            ("Комментарий", {"field_name": "Комментарий"}),
        ],
    )
    def test_a_field_that_was_not_loaded(self, key, address):
        record = lead()
        record.custom_fields.set(key, "x")
        assert sent(record) == [{**address, "values": [{"value": "x"}]}]
        assert record.custom_fields[key] == "x"

    def test_what_was_set_can_be_read(self):
        record = lead()
        record.custom_fields.set("Area", 7)
        record.custom_fields.set("Delivery day", date(2026, 2, 1))
        record.custom_fields.set("New", ["a", "b"])
        fields = record.custom_fields
        assert (fields["Area"], fields["Delivery day"], fields["New"]) == (
            Decimal(7),
            date(2026, 2, 1),
            ["a", "b"],
        )

    def test_the_same_value_is_no_change(self):
        record = lead()
        for key in ("Source", "UTM_SOURCE", "Area", "Signed", "Services", "Call at"):
            record.custom_fields.set(key, record.custom_fields[key])
        record.custom_fields.set("Area", Decimal("42.50"))
        assert record.changes() == {}

    def test_back_to_what_it_was_is_no_change(self):
        record = lead()
        record.custom_fields.set("UTM_SOURCE", "google")
        record.custom_fields.set("UTM_SOURCE", "yandex")
        assert record.changes() == {}

    def test_the_last_value_counts(self):
        record = lead()
        for value in ("a", "b"):
            record.custom_fields.set("UTM_SOURCE", value)
            record.custom_fields.set("New", value)
        assert [change["values"] for change in sent(record)] == [[{"value": "b"}], [{"value": "b"}]]

    def test_enum_by_id_or_code(self):
        record = lead()
        record.custom_fields.set("Source", None, enum=12)
        record.custom_fields.set("CHANNEL", None, enum="web")
        assert [change["values"] for change in sent(record)] == [[{"enum_id": 12}], [{"enum_code": "web"}]]

    def test_assigning_a_dict_sets_each(self):
        record = Lead(name="x", custom_fields={"UTM_SOURCE": "ad", 7: 5})
        assert sent(record) == [
            {"field_code": "UTM_SOURCE", "values": [{"value": "ad"}]},
            {"field_id": 7, "values": [{"value": 5}]},
        ]

    def test_rows_in_the_shape_of_the_api_pass(self):
        rows = [{"field_id": 1, "values": [{"value": "x"}]}]
        assert sent(Lead(custom_fields_values=rows)) == rows

    def test_neither_the_rows_nor_the_neighbours_are_touched(self):
        record, twin = lead(), lead()
        record.custom_fields.set("UTM_SOURCE", "google")
        record.custom_fields.clear("Source")
        assert ROWS[2]["values"] == [{"value": "yandex"}]
        assert twin.custom_fields["UTM_SOURCE"] == "yandex"

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("Area", "wide", r"'Area' \(numeric\): a number is needed, not 'wide'"),
            ("Area", [1, 2], r"'Area' \(numeric\): one value is needed"),
            ("Signed", "yes", r"'Signed' \(checkbox\): True or False is needed"),
            ("Call at", datetime(2026, 1, 1), r"'Call at' \(date_time\): a datetime needs a timezone"),  # noqa: DTZ001
            ("Call at", "soon", "'Call at'"),
            ("UTM_SOURCE", True, r"'utm_source' \(tracking_data\): a str is needed"),
            ("Total", 5, "'Total': amoCRM computes it"),
        ],
    )
    def test_what_does_not_fit_is_refused_at_once(self, key, value, message):
        record = lead()
        with pytest.raises(ConfigurationError, match=message):
            record.custom_fields.set(key, value)
        assert record.changes() == {}


class TestClearing:
    @pytest.mark.parametrize("clear", [lambda fields: fields.clear("UTM_SOURCE"), lambda fields: fields.set("UTM_SOURCE", None),
                                       lambda fields: fields.set("UTM_SOURCE", [{}][1:] or None)])  # fmt: skip
    def test_a_cleared_field_is_sent_as_null_and_is_gone(self, clear):
        record = lead()
        clear(record.custom_fields)
        assert sent(record) == [{"field_id": 3, "values": None}]
        assert "UTM_SOURCE" not in record.custom_fields
        assert len(record.custom_fields) == 9

    def test_a_field_that_was_not_loaded_can_be_cleared(self):
        record = lead()
        record.custom_fields.clear(99)
        assert sent(record) == [{"field_id": 99, "values": None}]

    def test_a_new_record_has_nothing_to_clear(self):
        record = Lead(name="x")
        record.custom_fields.clear(99)
        assert not record.create_payload().get("custom_fields_values")


class TestPhonesAndMails:
    def test_reading(self):
        assert contact().phone == "+7 1"
        assert contact().phones == ["+7 1", "+7 2"]
        assert contact().email is None
        assert contact().emails == []

    def test_the_first_is_replaced_and_the_others_stay(self):
        record = contact()
        record.phone = "+7 9"
        assert sent(record) == [
            {"field_id": 20, "values": [{"value": "+7 9", "enum_id": 31}, {"value": "+7 2", "enum_id": 32}]}
        ]
        assert record.phones == ["+7 9", "+7 2"]

    def test_the_same_phone_is_no_change(self):
        record = contact()
        record.phone = "+7 1"
        assert record.changes() == {}

    def test_set_replaces_all(self):
        record = contact()
        record.custom_fields.set("PHONE", "+7 9", enum="HOME")
        assert sent(record) == [{"field_id": 20, "values": [{"value": "+7 9", "enum_code": "HOME"}]}]

    def test_several_with_kinds(self):
        record = Contact(name="Anna")
        record.custom_fields.set("PHONE", [("+7 1", "MOB"), "+7 2"])
        record.email = "a@example.com"
        assert sent(record) == [
            {"field_code": "PHONE", "values": [{"value": "+7 1", "enum_code": "MOB"}, {"value": "+7 2"}]},
            {"field_code": "EMAIL", "values": [{"value": "a@example.com", "enum_code": "WORK"}]},
        ]
        assert record.phones == ["+7 1", "+7 2"]

    def test_cleared(self):
        record = contact()
        record.phone = None
        assert sent(record) == [{"field_id": 20, "values": None}]
        assert record.phones == []

    def test_companies_have_them_too(self):
        assert sent(Company(phone="+7")) == [
            {"field_code": "PHONE", "values": [{"value": "+7", "enum_code": "WORK"}]}
        ]

    def test_a_phone_is_a_text(self):
        with pytest.raises(ConfigurationError, match=r"Contact\.phone: a str is needed, not 79120000000"):
            contact().phone = 79120000000
