# Generated from tests/property/_async/test_fields_wire.py by tools/unasync.py: edit that file instead.
"""Every type of custom field through the emulator: made, read, changed, filtered, cleared.

What was put in comes back; and what went over the wire is held against the API's own pages (:mod:`field_shapes`).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import orjson
import pytest
from field_shapes import CHECKS, check_field
from field_values import TEXT, texts, typed
from hypothesis import assume, given
from hypothesis import strategies as st
from property_depth import examples

from amocrm_sync import AmoCRM, ConfigurationError, LeadFilter, Range
from amocrm_sync._http import in_process_client
from amocrm_sync.models import Choice
from amocrm_sync.testing import Emulator, ManualClock
from amocrm_sync.testing.emulator.http import Request

pytestmark = pytest.mark.anyio

LABELS = ["Реклама", "Site", "11"]
KINDS = ["WORK", "MOB", "HOME"]
EXTRAS: dict[str, dict[str, Any]] = {
    **{kind: {"enums": [{"value": label, "sort": at} for at, label in enumerate(LABELS)]}
       for kind in ("select", "radiobutton", "multiselect")},
    "category": {"nested": [{"value": label, "sort": at} for at, label in enumerate(LABELS)]},
    "monetary": {"currency": "RUB"},
}  # fmt: skip
LISTS = {
    **dict.fromkeys(["price", "category", "items", "linked_entity"], "regular"),
    **dict.fromkeys(["payer", "supplier"], "invoices"),
    "org_legal_name": "suppliers",
}
FEW = examples(15)


@attrs.frozen
class World:
    """An account with one field of the type under test, and everything that was sent to it."""

    kind: str
    emulator: Emulator
    clock: ManualClock
    sent: list[tuple[str, str, bytes]]

    def client(self, family: str = "httpx") -> AmoCRM:
        token = self.emulator.long_lived_token()
        return AmoCRM(
            "demo", token=token, http_client=in_process_client(self._answer, family), clock=self.clock
        )

    def _answer(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        self.sent.append((method, url, body))
        lowered = {name.lower(): value for name, value in headers.items()}
        response = self.emulator.handle(Request(method=method, url=url, headers=lowered, body=body))
        return response.status, list(response.headers), response.body

    def last_row(self) -> dict[str, Any]:
        """The values of the field in the last write, as they stood on the wire."""
        body = next(body for method, _, body in reversed(self.sent) if method in ("POST", "PATCH"))
        document = orjson.loads(body)
        [row] = (document[0] if isinstance(document, list) else document)["custom_fields_values"]
        return row


@attrs.frozen
class Field:
    """The field under test, where it lives, and what its values may be."""

    id: int
    owner: tuple[int, ...]
    where: str
    zone: ZoneInfo
    values: st.SearchStrategy[Any]

    def records(self, amo: AmoCRM) -> Any:
        return attrgetter(self.where)(amo)


@cache
def world(kind: str) -> World:
    """One world a type: making an account for each example would be most of the work."""
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock)
    return World(kind, emulator, clock, [])


FIELDS: dict[str, Field] = {}


def field_of(amo: AmoCRM, kind: str) -> Field:
    """The one field of this type in the account: made when it is first asked for."""
    if kind in FIELDS:
        return FIELDS[kind]
    owner: tuple[int, ...] = ()
    where = "contacts" if kind == "multitext" else "leads"
    definitions = attrgetter(where)(amo).custom_fields
    if kind in LISTS:
        owner = ((amo.catalogs.create(name="List", type=LISTS[kind])).id,)
        where, definitions = "catalogs.elements", amo.catalogs.custom_fields(owner[0])
    made = definitions.create(name="Поле", type=kind, **EXTRAS.get(kind, {}))
    account = amo.account.get(with_="datetime_settings")
    choices = [
        Choice(enum.value, enum.id, getattr(enum, "code", None)) for enum in made.nested or made.enums or ()
    ]
    kinds = [choice for choice in choices if choice.enum_code in KINDS]
    values = typed(choices or [Choice("none")], kinds or [Choice("none")])[kind]
    FIELDS[kind] = Field(made.id, owner, where, ZoneInfo(account.timezone), values)
    return FIELDS[kind]


def read(field: Field, record: Any) -> Any:
    return record.custom_fields.localized(field.zone).get(field.id)


def assert_same(back: Any, value: Any) -> None:
    assert back == value
    assert type(back) is type(value)
    if isinstance(value, Choice):
        assert back.enum_id == value.enum_id


@pytest.mark.parametrize("kind", sorted(CHECKS))
@FEW
@given(data=st.data())
def test_made_read_changed_cleared(kind, data):
    it = world(kind)
    with it.client() as amo:
        field = field_of(amo, kind)
        first, second = data.draw(field.values, "first"), data.draw(field.values, "second")
        assume(first != second)
        records = field.records(amo)

        made = records.create(*field.owner, name="x", custom_fields={"Поле": first})
        check_field(kind, it.last_row())
        record = records.get(*field.owner, made.id)
        assert_same(read(field, record), first)

        record.custom_fields.set(field.id, second)
        records.update(*field.owner, record)
        check_field(kind, it.last_row())
        assert it.last_row()["field_id"] == field.id
        record = records.get(*field.owner, made.id)
        assert_same(read(field, record), second)

        writes = len(it.sent)
        record.custom_fields.set(field.id, read(field, record))
        if kind not in ("date", "birthday"):  # a day waits for the timezone, which only the client knows
            assert record.changes().get("custom_fields_values", []) == []
        assert len(it.sent) == writes

        record.custom_fields.clear(field.id)
        records.update(*field.owner, record)
        assert it.last_row() == {"field_id": field.id, "values": None}
        assert field.id not in (records.get(*field.owner, made.id)).custom_fields


NOT_FILTERED = {
    "birthday", "category", "chained_list", "file", "items", "legal_entity", "linked_entity", "monetary", "multitext",
    "org_legal_name", "payer", "price", "smart_address", "supplier", "tracking_data",
}  # fmt: skip


def wanted(field: Field, value: Any) -> Any:
    """What a filter asks for, to find this value."""
    if isinstance(value, list):
        return value[0].enum_id
    if isinstance(value, Choice):
        return value.enum_id
    if isinstance(value, datetime):
        return Range(value, value)
    if isinstance(value, date):
        begin = datetime.combine(value, time(), field.zone)
        return Range(begin, begin + timedelta(hours=23))
    return format(value, "f") if isinstance(value, Decimal) else value


@pytest.mark.parametrize("kind", sorted(set(CHECKS) - NOT_FILTERED))
@FEW
@given(data=st.data())
def test_found_by_what_it_holds_and_not_by_what_it_held(kind, data):
    with world(kind).client() as amo:
        field = field_of(amo, kind)
        first, second = data.draw(field.values, "first"), data.draw(field.values, "second")
        old, new = wanted(field, first), wanted(field, second)
        assume(old != new and not (isinstance(second, list) and first[0] in second))
        lead = amo.leads.create(name="x", custom_fields={"Поле": first})
        amo.leads.update(lead.id, custom_fields={field.id: second})
        for asked, is_there in ((new, True), (old, False)):
            only = LeadFilter(ids=[lead.id], custom_fields={field.id: asked})
            found = amo.leads.list(filter=only).to_list()
            assert [item.id for item in found] == ([lead.id] if is_there else [])


@pytest.mark.parametrize("kind", ["select", "multiselect", "category", "multitext"])
@FEW
@given(label=texts)
def test_a_wrong_label_is_refused_before_the_request(kind, label):
    it = world(kind)
    assume(label.strip().casefold() not in {known.casefold() for known in ["", *LABELS]})
    with it.client() as amo:
        field = field_of(amo, kind)
        writes = sum(method == "POST" for method, _, _ in it.sent)
        value = [("+7", f"x{label}")] if kind == "multitext" else [label] if kind == "multiselect" else label
        with pytest.raises(ConfigurationError, match=r"'Поле'.*known: '(Реклама|WORK)'"):
            field.records(amo).create(*field.owner, name="x", custom_fields={"Поле": value})
        assert sum(method == "POST" for method, _, _ in it.sent) == writes


def test_a_new_field_and_a_new_label_are_seen_by_a_client_that_knows_the_old_ones():
    clock = ManualClock()
    it = World("select", Emulator(seed=1, clock=clock), clock, [])
    with it.client() as mine, it.client() as theirs:
        made = theirs.leads.custom_fields.create(
            name="Поле", type="select", enums=[{"value": "A", "sort": 1}]
        )
        mine.leads.create(name="x", custom_fields={"Поле": "A"})
        changed = theirs.leads.custom_fields.update(
            made.id, enums=[made.enums[0].as_wire(), {"value": "B", "sort": 2}]
        )
        lead = mine.leads.create(name="x", custom_fields={"Поле": "B"})
        kept = [enum.as_wire() for enum in changed.enums]
        theirs.leads.custom_fields.update(made.id, enums=[*kept, {"value": "C", "sort": 3}])
        second = mine.leads.create(name="y", custom_fields={made.id: "C"})
        assert (mine.leads.get(lead.id)).custom_fields[made.id] == "B"
        assert (mine.leads.get(second.id)).custom_fields[made.id] == "C"


def test_every_type_of_the_api_is_held_against_its_pages():
    assert len(CHECKS) == 26
    assert set(CHECKS) == set(typed([Choice("a")], [Choice("a")]))
    assert set(TEXT) < set(CHECKS)
