# Generated from tests/contract/_async/test_field_checks.py by tools/unasync.py: edit that file instead.
"""Custom fields are checked against the account's definitions before anything is written."""

from __future__ import annotations

import pytest
from wire import Answer, Sent, Wire, hal, problem

from amocrm_sync import AmoCRM, ConfigurationError
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync.models import Contact, Lead
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

SHELVES = [{"id": 1, "value": "Upper"}, {"id": 2, "value": "Lower"}]
SHELF = {"id": 11, "name": "Shelf", "type": "select", "enums": SHELVES}
AREA = {"id": 12, "name": "Area", "type": "numeric"}
PHONE = {"id": 13, "name": "Phone", "code": "PHONE", "type": "multitext"}


class Account:
    """A server with definitions that a test may change; it stores whatever comes."""

    def __init__(self, *definitions: dict) -> None:
        self.definitions: list[dict] | Answer = [*definitions]
        self.wire = Wire(otherwise=self._answer)

    @property
    def asked(self) -> list[str]:
        """Entities whose definitions were read."""
        return [sent.path.split("/")[3] for sent in self.wire.sent if sent.path.endswith("/custom_fields")]

    @property
    def written(self) -> list[Sent]:
        return [sent for sent in self.wire.sent if sent.method != "GET"]

    def _answer(self, sent: Sent) -> Answer:
        if sent.path.endswith("/custom_fields"):
            if isinstance(self.definitions, Answer):
                return self.definitions
            return Answer(json=hal("custom_fields", self.definitions))
        if sent.method == "GET":
            return Answer(json={"id": 1})
        key = sent.path.rpartition("/")[2]
        rows = sent.json if isinstance(sent.json, list) else [sent.json]
        made = [{"id": 100 + place, "request_id": row.get("request_id")} for place, row in enumerate(rows)]
        return Answer(json=hal(key, made))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def connect(family, clock):
    def open_client(account: Account) -> AmoCRM:
        http = account.wire.client(family)
        return AmoCRM("demo", token="t", limiter=None, retry=None, clock=clock, http_client=http)

    return open_client


def shelved(label: str | int, key: int = 11) -> dict:
    value = {"enum_id": label} if isinstance(label, int) else {"value": label}
    return {"name": "Box", "custom_fields_values": [{"field_id": key, "values": [value]}]}


def with_field(key: int | str, value: object) -> Lead:
    lead = Lead(name="Box")
    lead.custom_fields.set(key, value)
    return lead


def test_definitions_are_read_once_and_only_when_there_are_fields(connect):
    account = Account(SHELF)
    leads = connect(account).leads
    leads.create(name="plain")
    leads.update(5, name="plain")
    assert account.asked == []
    leads.create(shelved(1))
    leads.create_many([shelved(2), shelved("Upper")])
    leads.update(5, **shelved(2))
    assert account.asked == ["leads"]
    assert len(account.written) == 5


def test_copies_with_other_options_share_them(connect):
    account = Account(SHELF)
    amo = connect(account)
    amo.with_options(timeout=5).leads.create(shelved(1))
    amo.leads.create(shelved(2))
    amo.with_options(context_user_id=7).leads.create(shelved(1))
    assert account.asked == ["leads"]
    assert len(account.written) == 3


def test_each_entity_has_its_own(connect):
    account = Account(SHELF, PHONE)
    amo = connect(account)
    amo.contacts.create(Contact(name="Ann", custom_fields={"PHONE": "+7 900"}))
    amo.leads.create({**shelved(1), "_embedded": {"contacts": [shelved(2)]}})
    amo.catalogs.elements.create(7, shelved(1))
    amo.customers.segments.create(shelved(1))
    assert account.asked == ["contacts", "leads", "catalogs", "customers"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (shelved("Uper"), r"field 11: 'Uper' is not one of its values; did you mean 'Upper'\? \(known: 'Upper'"),
        (shelved(3), "field 11: '3' is not one of its values"),
        (shelved(1, key=99), "field 99: there is none.*11 'Shelf'"),
        (with_field(11, "Lowr"), "did you mean 'Lower'"),
        (with_field("SHELV", "x"), "'SHELV': there is none"),
        (with_field("Shelve", "Upper"), "'Shelve': there is none; did you mean 'Shelf'"),
        (with_field(12, "wide"), r"field 12 \(numeric\): a number is needed, not 'wide'"),
    ],
)  # fmt: skip
def test_what_the_account_does_not_take_is_refused_before_the_request(connect, item, message):
    account = Account(SHELF, AREA)
    with pytest.raises(ConfigurationError, match=message):
        connect(account).leads.create(item)
    assert account.written == []
    assert account.asked == ["leads"], "just read, so nothing is newer"


def test_a_batch_names_the_item_and_nothing_of_it_is_sent(connect):
    account = Account(SHELF)
    with pytest.raises(ConfigurationError, match="leads, item 1: custom field 11: 'Cellar'"):
        connect(account).leads.create_many([shelved("Upper"), shelved("Cellar")])
    assert account.written == []


def test_labels_and_numbers_go_out_as_the_field_wants_them(connect):
    account = Account(SHELF, AREA)
    item = {**shelved("lower"), "name": "Box"}
    item["custom_fields_values"].append({"field_id": 12, "values": [{"value": 7}]})
    connect(account).leads.create(item)
    [sent] = account.written[0].json
    assert sent["custom_fields_values"] == [
        {"field_id": 11, "values": [{"enum_id": 2}]},
        {"field_id": 12, "values": [{"value": "7"}]},
    ]
    assert item["custom_fields_values"][0]["values"] == [{"value": "lower"}], "the caller's dict stays"


def test_what_was_added_since_is_found_by_reading_again(connect):
    account = Account(SHELF)
    leads = connect(account).leads
    leads.create(shelved(1))
    account.definitions = [{**SHELF, "enums": [*SHELVES, {"id": 3, "value": "Cellar"}]}, AREA]
    leads.create(shelved("Cellar"))
    leads.create(with_field("Area", 5))
    assert account.asked == ["leads"] * 2
    with pytest.raises(ConfigurationError, match="'Roof'"):
        leads.create(shelved("Roof"))
    assert account.asked == ["leads"] * 3, "once for what is not known even then"


@pytest.mark.parametrize("failure", [problem(403), problem(500), Answer(body=b"<html>"), Answer(204)])
def test_without_definitions_values_are_sent_as_given(connect, clock, failure):
    account = Account(SHELF)
    known, account.definitions = account.definitions, failure
    leads = connect(account).leads
    leads.create(shelved("whatever"))
    leads.create(shelved("whatever"))
    assert [sent.json[0]["custom_fields_values"] for sent in account.written] == [
        shelved("whatever")["custom_fields_values"]
    ] * 2
    assert account.asked == ["leads"], "a failure is not repeated by every write"
    account.definitions = known
    clock.advance(61)
    with pytest.raises(ConfigurationError, match="'whatever' is not one of its values"):
        leads.create(shelved("whatever"))


def test_a_title_needs_them_and_says_why_there_are_none(connect):
    account = Account()
    account.definitions = problem(403, "not yours")
    with pytest.raises(Exception, match="not yours"):
        connect(account).leads.create(with_field("Shelf", "Upper"))
    assert account.written == []


def test_a_refusal_stands_where_they_cannot_be_read_again(connect):
    account = Account(SHELF)
    leads = connect(account).leads
    leads.create(shelved(1))
    account.definitions = problem(500)
    with pytest.raises(ConfigurationError, match="'Cellar' is not one of its values"):
        leads.create(shelved("Cellar"))


def test_who_writes_at_the_same_time_shares_one_reading(connect):
    account = Account(SHELF)
    leads = connect(account).leads
    bounded_map(leads.create, [shelved(1) for _ in range(4)], limit=4)
    assert account.asked == ["leads"]
    account.definitions = [{**SHELF, "enums": [{"id": 9, "value": "Cellar"}]}]
    bounded_map(leads.create, [shelved(9) for _ in range(4)], limit=4)
    assert len(account.written) == 8
    assert len(account.asked) <= 3, "a miss of one is the reading of all"


def test_a_definition_of_a_new_shape_stops_nobody(connect):
    account = Account(SHELF, {"id": 14, "name": "Odd", "type": "new", "enums": {"1": 5}, "sort": {"a": 1}})
    connect(account).leads.create(with_field(14, "x"))
    [sent] = account.written[0].json
    assert sent["custom_fields_values"] == [{"field_id": 14, "values": [{"value": "x"}]}]
