"""Answers of the API become models, whatever is in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from amocrm_sync.errors import InvalidResponseError
from amocrm_sync.models import (
    Account,
    Company,
    Contact,
    CustomField,
    CustomFieldGroup,
    Event,
    Lead,
    LeadComplexResult,
    Link,
    LossReason,
    Model,
    Note,
    Pipeline,
    Role,
    Stage,
    Tag,
    Task,
    User,
    Webhook,
    parse_one,
    parse_page,
    parse_rows,
)
from amocrm_sync.models._fields import wire_fields

SAMPLES: dict[type[Model], dict[str, Any]] = {
    Account: {
        "id": 5,
        "name": "Bakery",
        "subdomain": "bakery",
        "created_at": 1_700_000_000,
        "is_unsorted_on": True,
        "invoices_settings": {},
        "_embedded": {"task_types": [{"id": 1, "name": "Call", "color": None, "icon_id": None}]},
    },
    Lead: {
        "id": 7,
        "name": "Cake",
        "price": 1200,
        "status_id": 142,
        "pipeline_id": 3,
        "created_at": 1_700_000_000,
        "closed_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "_embedded": {"tags": [], "contacts": [{"id": 4, "is_main": True}]},
    },
    LeadComplexResult: {"id": 7, "contact_id": 4, "company_id": None, "request_id": ["0"], "merged": False},
    Contact: {
        "id": 4,
        "name": "Анна Петрова",
        "first_name": "Анна",
        "is_main": True,
        "updated_at": 1_700_000_001,
        "custom_fields_values": [],
        "_embedded": {},
    },
    Company: {"id": 9, "name": "Flour Ltd", "closest_task_at": None, "_embedded": {"contacts": []}},
    Task: {"id": 2, "text": "Call", "complete_till": 1_700_000_000, "is_completed": False, "result": {}},
    Note: {"id": 3, "note_type": "common", "params": {"text": "hello"}, "created_by": 0},
    Pipeline: {
        "id": 3,
        "name": "Sales",
        "is_main": True,
        "_embedded": {"statuses": [{"id": 142, "type": 0}]},
    },
    Stage: {"id": 142, "name": "Won", "sort": 10000, "color": "#CCFF66", "is_editable": False},
    User: {
        "id": 1,
        "name": "Olga",
        "email": "o@example.com",
        "rights": {"leads": {"view": "A"}, "is_admin": True},
    },
    Role: {
        "id": 8,
        "name": "Seller",
        "rights": {"leads": {}, "status_rights": None},
        "_embedded": {"users": [1]},
    },
    Webhook: {
        "id": 6,
        "destination": "https://example.com/hook",
        "settings": ["add_lead"],
        "disabled": False,
    },
    Tag: {"id": 11, "name": "vip", "color": "EBEBEB"},
    CustomField: {
        "id": 12,
        "name": "Source",
        "type": "select",
        "code": None,
        "enums": [{"id": 1, "value": "Web", "sort": 1, "code": None}],
        "settings": [],
    },
    CustomFieldGroup: {"id": "leads_1", "name": "Main", "sort": 1, "fields": [12]},
    Link: {"to_entity_id": 4, "to_entity_type": "contacts", "metadata": {"main_contact": True}},
    LossReason: {"id": 13, "name": "Too dear", "sort": 1, "created_at": 1_700_000_000},
    Event: {
        "id": "01h",
        "type": "lead_status_changed",
        "created_at": 1_700_000_000,
        "value_after": [{"lead_status": {"id": 142, "pipeline_id": 3}}],
        "value_before": [],
    },
}

each_model = pytest.mark.parametrize(
    ("model", "row"), SAMPLES.items(), ids=lambda item: getattr(item, "__name__", "")
)
each_mode = pytest.mark.parametrize("strict", [False, True], ids=["loose", "strict"])


def page(*rows: Any, **envelope: Any) -> bytes:
    return json.dumps({"_embedded": {"leads": list(rows)}, **envelope}).encode()


@each_mode
@each_model
def test_a_record_says_what_arrived(model, row, strict):
    record = parse_one(orjson.dumps(row), model, strict=strict)
    assert record.raw == row
    assert record.is_loaded
    assert record.changes() == {}


@each_mode
@each_model
def test_a_field_of_tomorrow_is_kept(model, row, strict):
    record = parse_one(orjson.dumps({**row, "colour_of_tomorrow": {"deep": [1]}}), model, strict=strict)
    assert record.colour_of_tomorrow == {"deep": [1]}
    assert record.raw["colour_of_tomorrow"] == {"deep": [1]}


@each_mode
@each_model
def test_every_field_may_be_null(model, row, strict):
    nulls = {field.wire: None for field in wire_fields(model).values()}
    record = parse_one(orjson.dumps(nulls), model, strict=strict)
    assert record.raw == nulls
    assert record.changes() == {}


@each_mode
@each_model
def test_every_field_may_be_missing(model, row, strict):
    [record] = parse_rows([{"_links": {"self": {"href": "https://example.com"}}}], model, strict=strict)
    assert record.raw == {}


@each_mode
@each_model
def test_the_server_itself_can_be_called_by_every_declared_name(model, row, strict):
    record = parse_one(orjson.dumps(row), model, strict=strict)
    unknown = set(row) - {field.wire for field in wire_fields(model).values()}
    assert not unknown
    assert repr(record).startswith(f"{model.__name__}(")


def test_a_field_may_be_called_like_what_a_model_keeps_for_itself():
    row = {"id": 1, "_edits": [], "changes": 5, "custom_fields": "x"}
    lead = parse_one(orjson.dumps(row), Lead)
    assert lead.changes() == {}
    assert lead.raw == row
    lead.price = 5
    assert lead.changes() == {"price": 5}
    assert lead.raw == row


@each_mode
@pytest.mark.parametrize("empty", [[], {}, None])
def test_php_writes_an_empty_object_as_an_array(strict, empty):
    task = parse_one(orjson.dumps({"id": 1, "result": empty}), Task, strict=strict)
    assert not task.result
    assert task.result != []
    user = parse_one(orjson.dumps({"id": 1, "rights": {"leads": empty}}), User, strict=strict)
    assert not user.rights.leads
    lead = parse_one(
        orjson.dumps({"id": 1, "_embedded": empty, "custom_fields_values": []}), Lead, strict=strict
    )
    assert lead.contacts == []
    assert list(lead.tags) == []
    assert dict(lead.custom_fields) == {}


def test_times_are_aware_utc_datetimes():
    lead = parse_one(b'{"created_at": 1700000000, "closed_at": null}', Lead)
    assert lead.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert lead.created_at.tzinfo is UTC
    assert lead.closed_at is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [(1200, 1200), (12.0, 12), ("12", 12), ("12.0", 12), (12.5, Decimal("12.5")), (None, None)],
)
def test_a_price_is_whole_unless_it_has_minor_units(given, expected):
    price = parse_one(orjson.dumps({"price": given}), Lead).price
    assert price == expected
    assert type(price) is type(expected)


def test_unknown_values_of_an_enumeration_stay_what_they_are():
    note = parse_one(b'{"note_type": "hologram", "params": {"depth": 3}}', Note)
    assert note.note_type == "hologram"
    assert note.params == {"depth": 3}


def test_links_are_dropped_everywhere():
    row = {"id": 1, "_links": {"self": {}}, "_embedded": {"contacts": [{"id": 4, "_links": {"self": {}}}]}}
    [lead] = parse_page(page(row), "leads", Lead).items
    assert lead.raw == {"id": 1, "_embedded": {"contacts": [{"id": 4}]}}
    assert lead.contacts[0].model_extra == {}


@each_mode
def test_raw_is_exactly_what_came_where_it_is_kept(strict):
    row = {
        "id": 1,
        "price": 5,
        "_links": {"self": {"href": "x"}},
        "_embedded": {"contacts": [{"id": 4, "_links": {}}]},
    }
    [lead] = parse_page(page(row), "leads", Lead, strict=strict, keep_raw=True).items
    assert lead.raw == row
    lead.price = 6
    assert lead.raw == row
    assert lead.changes() == {"price": 6}


class TestEnvelope:
    def test_next_link_and_total(self):
        body = page({"id": 1}, _links={"next": {"href": "https://x/api/v4/leads?page=2"}}, _total_items=9)
        found = parse_page(body, "leads", Lead)
        assert (found.next_url, found.total) == ("https://x/api/v4/leads?page=2", 9)

    @pytest.mark.parametrize(
        "links", [[], {}, None, {"self": {}}, {"next": []}, {"next": {}}, {"next": {"href": ""}}]
    )
    def test_no_next_link(self, links):
        assert parse_page(page({"id": 1}, _links=links), "leads", Lead).next_url is None

    @pytest.mark.parametrize(
        "body",
        [
            b"{}",
            b"[]",
            b'{"_embedded": []}',
            b'{"_embedded": {}}',
            b'{"_embedded": null}',
            b'{"_embedded": {"leads": []}}',
        ],
    )
    def test_ways_to_say_nothing(self, body):
        assert parse_page(body, "leads", Lead).items == []

    def test_a_bare_array(self):
        body = b'[{"id": 7, "contact_id": 4, "request_id": ["0"], "merged": true}]'
        [result] = parse_page(body, "leads", LeadComplexResult).items
        assert (result.id, result.request_id, result.merged) == (7, ["0"], True)

    def test_an_array_with_gaps_is_an_object_in_php(self):
        body = b'{"_embedded": {"leads": {"0": {"id": 1}, "2": {"id": 3}}}}'
        assert [lead.id for lead in parse_page(body, "leads", Lead).items] == [1, 3]

    def test_a_list_of_something_else_is_not_an_empty_list(self):
        with pytest.raises(InvalidResponseError, match="a list of leads was expected, not of contacts"):
            parse_page(b'{"_embedded": {"contacts": [{"id": 1}]}}', "leads", Lead)

    @pytest.mark.parametrize(
        "body", [b'{"_embedded": {"leads": [{"id": 7}]}, "_total_items": 1}', b'[{"id": 7}]', b'{"id": 7}']
    )
    def test_one_record_also_in_a_list(self, body):
        assert parse_one(body, Lead).id == 7

    def test_parts_of_a_record_are_not_taken_for_a_list_of_records(self):
        lead = parse_one(b'{"id": 7, "_embedded": {"contacts": [{"id": 4}]}}', Lead)
        assert (lead.id, lead.contacts[0].id) == (7, 4)

    @pytest.mark.parametrize(
        "body", [b'{"_embedded": {"leads": []}}', b"[]", b"7", b'"text"', b'[{"id": 1}, {"id": 2}]']
    )
    def test_no_single_record(self, body):
        with pytest.raises(InvalidResponseError, match="one Lead was expected"):
            parse_one(body, Lead)


class TestBadItems:
    ROWS = (
        {"id": 1},
        {"id": "one"},
        "no object",
        {"id": 3, "created_at": "soon"},
        {"id": 4, "name": "ok"},
        None,
    )

    def test_neighbours_arrive(self):
        found = parse_page(page(*self.ROWS), "leads", Lead)
        assert [lead.id for lead in found.items] == [1, 4]
        assert [bad.index for bad in found.quarantined] == [1, 2, 3, 5]
        assert [bad.raw for bad in found.quarantined] == [self.ROWS[index] for index in (1, 2, 3, 5)]

    def test_reasons_name_the_field(self):
        reasons = [bad.reason for bad in parse_page(page(*self.ROWS), "leads", Lead).quarantined]
        assert reasons[0].startswith("Lead.id: ")
        assert reasons[2].startswith("Lead.created_at: ")

    def test_raw_stays_with_its_own_item(self):
        found = parse_page(page(*self.ROWS), "leads", Lead, keep_raw=True)
        assert [lead.raw for lead in found.items] == [{"id": 1}, {"id": 4, "name": "ok"}]

    def test_strict_raises(self):
        with pytest.raises(InvalidResponseError, match=r"item 1: Lead\.id"):
            parse_page(page(*self.ROWS), "leads", Lead, strict=True)

    @pytest.mark.parametrize(
        ("row", "field"),
        [
            ({"id": "7"}, "id"),
            ({"name": 7}, "name"),
            ({"is_deleted": 1}, "is_deleted"),
            ({"price": "12"}, "price"),
            ({"created_at": "1700000000"}, "created_at"),
            ({"closed_at": False}, "closed_at"),
            ({"_embedded": 5}, "_embedded"),
            ({"custom_fields_values": {}}, "custom_fields_values"),
            ({"custom_fields_values": [{"field_id": "1", "values": []}]}, "custom_fields_values.0.field_id"),
            ({"custom_fields_values": [{"field_id": 1, "values": {}}]}, "custom_fields_values.0.values"),
        ],
    )
    def test_strict_refuses_what_loose_converts(self, row, field):
        assert len(parse_page(page(row), "leads", Lead).items) == 1
        with pytest.raises(InvalidResponseError, match=rf"Lead\.{field}"):
            parse_page(page(row), "leads", Lead, strict=True)

    @pytest.mark.parametrize(
        "row", [{"created_at": 10**30}, {"created_at": 1e300}, {"created_at": True}, {"price": "NaN!"}]
    )
    def test_absurd_values_are_set_aside(self, row):
        assert parse_page(page(row, {"id": 1}), "leads", Lead).items[0].id == 1


class TestBrokenBodies:
    @pytest.mark.parametrize(
        ("body", "kind"),
        [(b"", "empty"), (b"  \n", "empty"), (b"<html><b>403</b></html>", "HTML"), (b'{"a": ', "not JSON"),
         (b"[" * 100_000, "not JSON"), (b'{"id": NaN}', "not JSON"), (b"\xff\xfe", "not JSON")],
    )  # fmt: skip
    def test_an_error_says_what_came(self, body, kind):
        for parse in (lambda: parse_page(body, "leads", Lead), lambda: parse_one(body, Lead)):
            with pytest.raises(InvalidResponseError, match=rf"\({kind}\)") as caught:
                parse()
            assert len(caught.value.snippet) <= 200

    def test_a_snippet_holds_no_secret(self):
        body = b'<html>"access_token": "def50200aabbccddeeff00112233"</html>'
        with pytest.raises(InvalidResponseError) as caught:
            parse_one(body, Lead)
        assert "aabbccdd" not in str(caught.value) + caught.value.snippet

    def test_half_a_character_does_not_lose_the_page(self):
        body = b'{"_embedded": {"leads": [{"id": 1, "name": "cut \\ud83d"}, {"id": 2}]}}'
        first, second = parse_page(body, "leads", Lead).items
        assert first.name == "cut \N{REPLACEMENT CHARACTER}"
        assert second.id == 2
        assert json.loads(first.model_dump_json())["id"] == 1

    def test_a_byte_order_mark_is_no_harm(self):
        assert parse_one(b'\xef\xbb\xbf{"id": 7}', Lead).id == 7


def test_rows_of_the_caller_stay_as_they_are():
    rows = [{"id": 1, "_links": {"self": 1}, "_embedded": {"contacts": [{"id": 4, "_links": {"self": 2}}]}}]
    before = json.dumps(rows)
    parse_rows(rows, Lead)
    assert json.dumps(rows) == before


def test_the_password_of_a_new_user_is_not_shown():
    assert "hunter2" not in repr(User(name="Olga", password="hunter2"))
