"""Custom field values that are objects: read loosely, written exactly."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import (
    ChainedRow,
    Discount,
    FileValue,
    InvoiceItem,
    Lead,
    LegalEntity,
    LinkedEntity,
    Payer,
    SmartAddress,
    Supplier,
)


def lead(kind: str, *values: object) -> Lead:
    row = {
        "field_id": 1,
        "field_name": "Field",
        "field_code": None,
        "field_type": kind,
        "values": list(values),
    }
    return Lead.model_validate({"id": 7, "custom_fields_values": [row]})


def written(kind: str, value: object) -> object:
    record = lead(kind)
    record.custom_fields.set(1, value)
    return record.changes()["custom_fields_values"][0]["values"]


class TestReading:
    def test_numbers_and_texts_take_their_types(self):
        [item] = lead("items", {"value": {"sku": 5, "quantity": "2.5", "product_id": "7"}}).custom_fields[1]
        assert item == InvoiceItem(sku="5", quantity=Decimal("2.5"), product_id=7)

    def test_what_is_not_known_yet_is_kept_and_sent_back(self):
        record = lead("legal_entity", {"value": {"name": "A", "swift": "X", "kpp": None}})
        [found] = record.custom_fields[1]
        assert (found.name, found.extra) == ("A", {"swift": "X"})
        assert found.as_wire() == {"name": "A", "swift": "X"}

    def test_what_the_server_computes_is_read_and_never_sent(self):
        record = lead(
            "items",
            {"value": {"sku": "A", "discount": [], "total_sum": 10, "is_total_sum_recalculated": True}},
        )
        [item] = record.custom_fields[1]
        assert item.total_sum == 10
        assert item.as_wire() == {"sku": "A"}
        supplier = lead("supplier", {"value": {"entity_id": 5, "name": "We", "vat_id": "77"}}).custom_fields[
            1
        ]
        assert supplier.name == "We"
        assert supplier.as_wire() == {"entity_id": 5}

    def test_setting_what_was_read_changes_nothing(self):
        record = lead(
            "items", {"value": {"sku": "A", "description": None, "unit_price": "5", "total_sum": 5}}
        )
        record.custom_fields.set(1, record.custom_fields[1])
        assert record.changes() == {}

    def test_the_parts_of_an_address_come_in_any_order_and_by_code_or_id(self):
        record = lead("smart_address", {"value": "644", "enum_id": 5}, {"value": "Omsk", "enum_code": "city"})
        assert record.custom_fields[1] == SmartAddress(city="Omsk", zip="644")
        record.custom_fields.set(1, SmartAddress(city="Omsk", zip="644"))
        assert record.changes() == {}

    @pytest.mark.parametrize("value", [{"file_size": "big"}, {"file_size": True}, [], "a.pdf"])
    def test_what_does_not_fit_is_given_as_it_came(self, value):
        assert lead("file", {"value": value}).custom_fields[1] == value

    def test_no_link_is_lost_where_several_came(self):
        rows = [{"value": {"entity_id": at, "entity_type": "contacts"}} for at in (1, 2)]
        assert [one.entity_id for one in lead("linked_entity", *rows).custom_fields[1]] == [1, 2]


class TestWriting:
    @pytest.mark.parametrize(
        ("kind", "value", "message"),
        [
            ("legal_entity", LegalEntity(vat_id="77"), "LegalEntity.name is needed"),
            ("legal_entity", LegalEntity(name="A", entity_type=3), r"entity_type: one of \[1, 2\]"),
            (
                "legal_entity",
                {"name": "A", "vatid": "7"},
                "'vatid' is not a key of LegalEntity; did you mean 'vat_id'",
            ),
            ("legal_entity", Payer(name="A"), "a LegalEntity is needed, not a Payer"),
            ("linked_entity", {"entity_id": 5}, "LinkedEntity.entity_type is needed"),
            ("linked_entity", LinkedEntity(entity_id=5, entity_type="leads"), "entity_type: one of"),
            ("payer", Payer(), "name, or entity_id"),
            ("payer", Payer(entity_id=5), "entity_type is needed beside entity_id"),
            ("supplier", Supplier(), "Supplier.entity_id is needed"),
            ("file", {"file_size": 5}, "FileValue.file_uuid is needed"),
            ("file", "a.pdf", "a FileValue or a dict is needed"),
            ("items", {"quantity": "many"}, "quantity: a number is needed, not 'many'"),
            ("items", InvoiceItem(discount=Discount(type="gift")), "Discount.type: one of"),
            ("items", InvoiceItem(unit_price=Decimal("NaN")), "a finite number"),
            ("chained_list", ChainedRow(catalog_id=1), "catalog_element_id is needed"),
            ("chained_list", [ChainedRow(catalog_id=1, catalog_element_id=2)] * 6, "at most 5 rows"),
            ("smart_address", {"town": "Omsk", "citi": "x"}, "'citi' is not a key .*did you mean 'city'"),
            ("numeric", Supplier(entity_id=5), "Supplier does not fit a field of type numeric"),
        ],
    )
    def test_what_the_api_would_refuse_is_refused_here(self, kind, value, message):
        with pytest.raises(ConfigurationError, match=f"'Field'.*{message}"):
            written(kind, value)

    def test_a_number_keeps_its_digits(self):
        prices = [Decimal("0.10"), Decimal("12.00"), Decimal("1234567890123456.78")]
        rows = written("items", [InvoiceItem(unit_price=price) for price in prices])
        assert [row["value"]["unit_price"] for row in rows] == [0.1, 12, "1234567890123456.78"]

    def test_a_field_whose_type_is_not_known_here_is_written_by_the_value(self):
        record = Lead(name="x")
        record.custom_fields = {
            1: SmartAddress(city="Omsk"),
            2: FileValue(file_uuid="u"),
            3: [ChainedRow(catalog_id=1, catalog_element_id=2)],
        }
        assert [row["values"] for row in record.create_payload()["custom_fields_values"]] == [
            [{"value": "Omsk", "enum_code": "city"}],
            [{"value": {"file_uuid": "u"}}],
            [{"catalog_id": 1, "catalog_element_id": 2}],
        ]


def test_a_value_says_what_it_holds_and_can_be_a_key_and_be_pickled():
    value = SmartAddress(city="Omsk")
    assert repr(value) == "SmartAddress(city='Omsk')"
    assert {value: 1}[SmartAddress(city="Omsk")] == 1
    assert pickle.loads(pickle.dumps(value)) == value
