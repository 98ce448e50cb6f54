"""Fields, typed rows, events, hints, edits on their way, ids, settings: the small pure parts."""

from __future__ import annotations

import random
import re
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import attrs
import pytest

from amocrm_sync._core.entities import ENTITIES, LEADS, NOTES, PIPELINES, SYNCED, entity_named, stream_named
from amocrm_sync._core.sync.config import SyncConfig, chosen
from amocrm_sync._core.sync.events import canonical, events_of
from amocrm_sync._core.sync.fields import covers, overlay, without
from amocrm_sync._core.sync.inbox import hints_of
from amocrm_sync._core.sync.local import check_edit, check_filter
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.planner import Outcome, Step
from amocrm_sync._core.sync.projections import columns, project
from amocrm_sync._core.sync.records import Record, Uuid7, children_of, incoming
from amocrm_sync._core.sync.stored import Conflict
from amocrm_sync.errors import ConfigurationError


def custom(field_id: int, value: object, **more) -> dict:
    return {"field_id": field_id, "values": [{"value": value}], **more}


class TestFields:
    def test_an_edit_lies_over_the_row(self):
        assert overlay({"name": "a", "price": 1}, {"price": 2}) == {"name": "a", "price": 2}

    def test_a_custom_field_is_replaced_and_its_neighbours_stay(self):
        row = {"custom_fields_values": [custom(1, "a", field_code="X"), custom(2, "b")]}
        edited = overlay(row, {"custom_fields_values": [custom(1, "c")]})
        assert edited["custom_fields_values"] == [custom(1, "c", field_code="X"), custom(2, "b")]

    def test_a_custom_field_set_to_nothing_is_gone(self):
        row = {"custom_fields_values": [custom(1, "a"), custom(2, "b")]}
        edited = overlay(row, {"custom_fields_values": [{"field_id": 1, "values": []}]})
        assert edited["custom_fields_values"] == [custom(2, "b")]

    def test_custom_fields_are_compared_one_by_one(self):
        row = {"custom_fields_values": [custom(1, "a"), custom(2, "b")]}
        assert covers(row, {"custom_fields_values": [custom(2, "b")]})
        assert not covers(row, {"custom_fields_values": [custom(2, "c")]})

    def test_an_enum_is_compared_by_its_id(self):
        row = {
            "custom_fields_values": [
                {"field_id": 1, "values": [{"value": "Ads", "enum_id": 9, "enum_code": None}]}
            ]
        }
        assert covers(row, {"custom_fields_values": [{"field_id": 1, "values": [{"enum_id": 9}]}]})

    def test_a_field_given_by_code_is_found(self):
        row = {"custom_fields_values": [custom(1, "+7", field_code="PHONE")]}
        assert covers(row, {"custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+7"}]}]})

    def test_null_custom_fields_are_no_fields(self):
        assert not covers({"custom_fields_values": None}, {"custom_fields_values": [custom(1, "a")]})

    def test_only_what_differs_remains(self):
        assert without({"name": "a", "price": 2}, {"name": "a", "price": 1}) == {"price": 2}


class TestProjections:
    def test_a_lead(self):
        row = {
            "id": 7,
            "name": "Kitchen",
            "price": 100,
            "status_id": 142,
            "pipeline_id": 5,
            "account_id": 1,
            "created_at": 10,
            "updated_at": 20,
            "_embedded": {"contacts": [{"id": 3}, {"id": 4, "is_main": True}], "companies": [{"id": 9}]},
        }
        record = Record(entity="leads", uid="u", remote_id="7", base=row, version=2)
        typed = project(record, lambda stage, pipeline: f"{stage}/{pipeline}")
        assert typed["amo_lead_id"] == 7
        assert typed["status"] == "142/5"
        assert typed["amo_contact_id"] == 4
        assert typed["contact_ids"] == [3, 4]
        assert typed["amo_company_id"] == 9
        assert (typed["amo_created_at"], typed["amo_updated_at"], typed["version"]) == (10, 20, 2)

    def test_phone_and_email_of_a_contact(self):
        fields = [custom(1, "+7 900", field_code="PHONE"), custom(2, "a@b.c", field_code="EMAIL")]
        typed = project(Record(entity="contacts", uid="u", base={"id": 1, "custom_fields_values": fields}))
        assert (typed["phone"], typed["email"]) == ("+7 900", "a@b.c")

    def test_the_result_of_a_task_may_be_an_empty_array(self):
        for result, text in (([], None), ({"text": "done"}, "done")):
            assert (
                project(Record(entity="tasks", uid="u", base={"id": 1, "result": result}))["result_text"]
                == text
            )

    def test_a_deleted_record_drops_its_link_to_amocrm(self):
        record = Record(entity="leads", uid="u", remote_id="7", deleted_at=1.0)
        assert project(record)["amo_lead_id"] is None

    @pytest.mark.parametrize("entity", sorted(ENTITIES))
    def test_any_shape_of_a_row_gives_every_column_and_no_other(self, entity):
        odd = (
            None,
            "text",
            3.5,
            True,
            [],
            {},
            [1],
            [{}],
            {"contacts": 1},
            [{"field_code": "PHONE", "values": [3]}],
        )
        for value in odd:
            names = [*columns(entity), "status_id", "params", "result", "_embedded", "custom_fields_values"]
            base = dict.fromkeys(names, value)
            assert set(project(Record(entity=entity, uid="u", base=base))) == set(columns(entity))

    def test_a_number_too_large_for_a_column_is_left_out(self):
        assert project(Record(entity="leads", uid="u", base={"price": 10**30}))["price"] is None

    def test_a_local_edit_shows(self):
        record = Record(entity="leads", uid="u", base={"name": "a"}, local={"name": "b"})
        assert project(record)["name"] == "b"


class TestRows:
    def test_links_are_dropped_and_a_note_keeps_its_kind_of_parent(self):
        item = incoming(stream_named("notes:contacts"), {"id": 5, "_links": {}, "entity_id": 3})
        assert item.remote_id == "contacts:5"
        assert item.base == {"id": 5, "entity_id": 3, "entity_type": "contacts"}

    def test_the_stages_of_a_pipeline_have_ids_of_both(self):
        row = {"id": 9, "_embedded": {"statuses": [{"id": 142, "name": "Won"}, {"id": 1, "name": "New"}]}}
        assert [child.remote_id for child in children_of(PIPELINES, row)] == ["9:142", "9:1"]
        assert "_embedded" not in incoming(PIPELINES.streams[0], row).base

    def test_streams(self):
        assert [stream.path for stream in NOTES.streams] == [
            "/api/v4/leads/notes",
            "/api/v4/contacts/notes",
            "/api/v4/companies/notes",
        ]
        assert stream_named("notes:leads").wire_id("leads:12") == 12
        assert stream_named("leads").wire_id("12") == 12

    def test_an_unknown_entity_is_named(self):
        with pytest.raises(KeyError, match="gizmos"):
            entity_named("gizmos")


class TestIds:
    def test_they_are_uuids_of_version_7_in_order_of_making(self):
        make = Uuid7(random.Random(1).random)
        made = [make.make(1_800_000_000.0 + step // 100 / 1000) for step in range(10_000)]
        assert made == sorted(set(made))
        assert {UUID(text).version for text in made} == {7}
        assert {UUID(text).variant for text in made} == {UUID(made[0]).variant}

    def test_the_time_is_in_them(self):
        stamp = int(UUID(Uuid7(random.Random(1).random).make(1_800_000_000.123)).hex[:12], 16)
        assert stamp == 1_800_000_000_123

    def test_a_clock_that_goes_back_does_not_disorder_them(self):
        make = Uuid7(random.Random(1).random)
        assert make.make(1000.0) < make.make(999.0)


class TestEvents:
    def step(self, outcome=Outcome.UPDATED, before=None, after=None, **more):
        def record(base, **changes):
            return Record(entity="leads", uid="u", remote_id="7", base=base, version=3, **changes)

        old = None if before is None else record(before)
        return Step(outcome=outcome, before=old, after=record(after or {}, **more))

    def names(self, step):
        return [event.name for event in events_of(step)]

    def test_a_new_record(self):
        assert self.names(self.step(Outcome.CREATED, after={"id": 7})) == ["lead.created"]

    def test_a_moved_lead_tells_both_statuses(self):
        step = self.step(
            before={"status_id": 1, "pipeline_id": 5}, after={"status_id": 142, "pipeline_id": 5}
        )
        general, moved = events_of(step, lambda stage, _: f"s{stage}")
        assert (general.name, moved.name) == ("lead.updated", "lead.status_changed")
        assert (moved.previous_status, moved.status) == ("s1", "s142")
        assert moved.changed == ("status_id",)

    def test_a_new_responsible(self):
        step = self.step(before={"responsible_user_id": 1}, after={"responsible_user_id": 2})
        assert self.names(step) == ["lead.updated", "lead.responsible_changed"]

    def test_a_change_of_nothing_but_the_stamp_is_no_event(self):
        """What our own push leaves behind when it is read back."""
        step = self.step(
            before={"name": "a", "updated_at": 1}, after={"name": "a", "updated_at": 2, "updated_by": 9}
        )
        assert self.names(step) == []

    def test_a_conflict_is_an_event_even_if_the_host_sees_no_change(self):
        conflict = Conflict(entity="leads", uid="u", field="price", base=1, local=3, remote=2)
        after = Record(entity="leads", uid="u", base={"price": 2}, local={"price": 3})
        before = attrs.evolve(after, base={"price": 1})
        step = Step(outcome=Outcome.UPDATED, before=before, after=after, conflicts=(conflict,))
        assert [(event.name, event.changed) for event in events_of(step)] == [("lead.conflict", ("price",))]

    def test_the_tombstone_of_an_unknown_row_is_no_event(self):
        assert self.names(self.step(Outcome.DELETED, deleted_at=1.0)) == []

    def test_what_happens_to_a_record_deleted_here_is_no_event(self):
        assert self.names(self.step(before={"name": "a"}, after={"name": "b"}, deleted_at=1.0)) == []

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("lead.status_changed", "lead.status_changed"),
            ("leads.status", "lead.status_changed"),
            ("deals.add", "lead.created"),
            ("contacts.update", "contact.updated"),
            ("companies.delete", "company.deleted"),
            ("task.*", "task.*"),
            ("*", "*"),
        ],
    )
    def test_names_and_their_aliases(self, name, expected):
        assert canonical(name) == expected

    @pytest.mark.parametrize("name", ["lead", "lead.exploded", "gizmo.created", ""])
    def test_a_name_that_no_event_has_is_refused(self, name):
        with pytest.raises(ConfigurationError, match=r"no event is called"):
            canonical(name)


class TestHints:
    def event(self, entity, entity_id, action="update", parent=None):
        return SimpleNamespace(
            entity=entity, entity_id=entity_id, action=action, parent_entity=parent, fields={}
        )

    def test_each_row_once_in_order(self):
        events = [self.event("lead", 5), self.event("contact", 6), self.event("lead", 5, "status")]
        assert hints_of(events) == [("leads", "5"), ("contacts", "6")]

    def test_a_note_is_read_under_its_kind_of_parent(self):
        assert hints_of([self.event("note", 5, parent="company")]) == [("notes:companies", "companies:5")]

    def test_what_is_not_synced_gives_none(self):
        events = [
            self.event("message", None),
            self.event("talk", 4),
            self.event("note", 5, parent="customer"),
        ]
        assert hints_of([*events, self.event("gizmo", 1)]) == []


def op(seq, uid="a", kind=OpKind.PATCH, state=OpState.PENDING, **fields) -> Op:
    more = {name: fields.pop(name) for name in ("due_at", "attempts", "base_fields") if name in fields}
    return Op(seq=seq, entity="leads", uid=uid, kind=kind, state=state, fields=fields, made_at=0.0, **more)


class TestSettings:
    def test_entities_stand_in_the_tables_order_and_aliases_are_understood(self):
        assert SyncConfig(entities=("tasks", "deals", "users")).entities == ("users", "leads", "tasks")

    def test_a_mistake_is_named_with_what_there_is(self):
        with pytest.raises(ConfigurationError, match=r"'gizmos'.*leads"):
            SyncConfig(entities=("gizmos",))
        with pytest.raises(ConfigurationError, match="tuple"):
            SyncConfig(entities="leads")

    def test_a_page_is_at_most_250(self):
        with pytest.raises(ValueError, match="page_size"):
            SyncConfig(page_size=251)

    def test_what_is_asked_for_wins_over_what_is_configured(self):
        assert chosen(("leads",), None) == ("leads",)
        assert chosen(("leads",), ["contacts"]) == ("contacts",)

    def test_edits_that_amocrm_would_ignore_are_refused(self):
        with pytest.raises(ConfigurationError, match=r"created_at.*price"):
            check_edit(LEADS, {"created_at": 1}, is_new=False, is_local_only=False)
        with pytest.raises(ConfigurationError, match="read-only"):
            check_edit(PIPELINES, {"name": "x"}, is_new=False, is_local_only=False)
        check_edit(PIPELINES, {"anything": 1}, is_new=True, is_local_only=True)

    def test_a_filter_by_no_column_is_refused(self):
        with pytest.raises(ConfigurationError, match=r"colour.*amo_lead_id"):
            check_filter(LEADS, {"colour": 1})


def test_every_strategy_is_possible_with_the_filters_and_orders_of_the_table():
    for entity in ENTITIES.values():
        if entity.strategy.value == "keyset":
            assert "updated_at" in entity.filters, entity.name
            assert {"updated_at", "id"} <= entity.orders, entity.name
        if entity.strategy.value == "slice":
            assert "updated_at" in entity.filters, entity.name
            assert "id" in entity.orders, entity.name


def test_the_reference_names_every_entity_and_no_other():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "sync.md").read_text(encoding="utf-8")
    table = page.partition("## What is synced")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)))
    assert sorted(named) == sorted(SYNCED)


def test_values_are_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        op(1).state = OpState.DONE
