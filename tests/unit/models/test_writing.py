"""What a model sends: what was set by hand, or what was changed since it was loaded."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import orjson
import pytest

from amocrm_sync._core.unset import UNSET
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import (
    Contact,
    CustomField,
    FieldEnum,
    Lead,
    Note,
    Pipeline,
    Role,
    Stage,
    Tag,
    Task,
    User,
    UserRights,
    parse_one,
    parse_page,
)

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - what must be refused

ROW = {
    "id": 7,
    "name": "Cake",
    "price": 1200,
    "status_id": 142,
    "account_id": 5,
    "created_at": 1_700_000_000,
    "visitor_uid": "v",
    "from_tomorrow": 1,
    "custom_fields_values": [
        {
            "field_id": 1,
            "field_name": "Note",
            "field_code": None,
            "field_type": "text",
            "values": [{"value": "a"}],
        },
    ],
    "_embedded": {
        "tags": [{"id": 3, "name": "vip", "color": None}],
        "contacts": [{"id": 4, "is_main": True}],
    },
}


def loaded() -> Lead:
    return parse_one(orjson.dumps(ROW), Lead)


class TestMadeByHand:
    def test_all_that_was_set_is_sent(self):
        assert Lead(name="x", price=5, status_id=1).changes() == {"name": "x", "price": 5, "status_id": 1}

    def test_a_payload_is_json(self):
        moment = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))
        payload = Lead(created_at=moment, price=Decimal("12.50"), name=None).create_payload()
        assert payload == {"created_at": 1_767_225_600, "price": 12.5, "name": None}
        assert orjson.dumps(payload)

    def test_unset_is_left_out_and_none_is_null(self):
        assert Lead(name=UNSET, price=None).changes() == {"price": None}

    def test_the_id_is_where_it_goes_not_what_goes(self):
        lead = Lead(id=7, price=5)
        assert (lead.id, lead.changes(), lead.create_payload()) == (7, {"price": 5}, {"price": 5})

    def test_a_field_of_creation(self):
        assert Lead(visitor_uid="v").create_payload() == {"visitor_uid": "v"}

    def test_parts_by_their_own_names(self):
        lead = Lead(
            name="x", tags=["vip"], contacts=[4, Contact(id=5), {"id": 6, "is_main": True}], company=9
        )
        assert lead.create_payload() == {
            "name": "x",
            "tags_to_add": [{"name": "vip"}],
            "_embedded": {
                "contacts": [{"id": 4}, {"id": 5}, {"id": 6, "is_main": True}],
                "companies": [{"id": 9}],
            },
        }
        assert lead.main_contact.id == 6
        assert lead.company.id == 9

    def test_new_records_inside_a_new_one(self):
        lead = Lead(name="x", contacts=[Contact(first_name="Anna", phone="+7 912")])
        assert lead.create_payload()["_embedded"]["contacts"] == [
            {
                "first_name": "Anna",
                "custom_fields_values": [
                    {"field_code": "PHONE", "values": [{"value": "+7 912", "enum_code": "WORK"}]}
                ],
            }
        ]

    def test_stages_of_a_new_pipeline(self):
        pipeline = Pipeline(name="Sales", stages=[Stage(name="New", sort=10), {"id": 142, "name": "Won"}])
        assert pipeline.create_payload()["_embedded"]["statuses"] == [
            {"name": "New", "sort": 10},
            {"id": 142, "name": "Won"},
        ]

    def test_models_inside_models(self):
        field = CustomField(name="Source", type="select", enums=[FieldEnum(value="Web", sort=1)])
        assert field.create_payload()["enums"] == [{"value": "Web", "sort": 1}]
        assert User(rights=UserRights(is_free=True)).create_payload() == {"rights": {"is_free": True}}

    def test_a_common_note_is_a_text(self):
        note = Note(text="hello")
        assert note.create_payload() == {"note_type": "common", "params": {"text": "hello"}}
        note.text = "bye"
        assert note.params == {"text": "bye"}


class TestLoaded:
    def test_nothing_is_changed(self):
        assert loaded().changes() == {}

    def test_only_changes_are_sent(self):
        lead = loaded()
        lead.price = 1300
        lead.closed_at = datetime(2026, 1, 1, tzinfo=UTC)
        assert lead.changes() == {"price": 1300, "closed_at": 1_767_225_600}

    def test_none_is_null(self):
        lead = loaded()
        lead.name = None
        assert lead.changes() == {"name": None}

    def test_what_did_not_arrive_can_be_set_to_null(self):
        lead = loaded()
        lead.loss_reason_id = None
        assert lead.changes() == {"loss_reason_id": None}

    def test_the_same_value_is_no_change(self):
        lead = loaded()
        lead.price = lead.price
        assert lead.changes() == {}

    def test_back_to_what_it_was_is_no_change(self):
        lead = loaded()
        lead.price = 1
        lead.price = 1200
        assert lead.changes() == {}

    def test_unset_takes_an_edit_back(self):
        lead = loaded()
        lead.price = 1
        lead.loss_reason_id = 2
        lead.price = UNSET
        lead.loss_reason_id = UNSET
        lead.name = UNSET
        assert (lead.price, lead.loss_reason_id, lead.name) == (1200, None, "Cake")
        assert lead.changes() == {}
        assert lead.raw == ROW

    def test_raw_stays_what_arrived(self):
        lead = loaded()
        lead.price = 1
        lead.loss_reason_id = 2
        lead.tags.add("new")
        lead.custom_fields.set(1, "b")
        lead.custom_fields.set(2, "c")
        assert lead.raw == ROW

    def test_a_field_of_tomorrow_can_be_changed(self):
        lead = loaded()
        lead.from_tomorrow = 2
        assert lead.changes() == {"from_tomorrow": 2}
        assert lead.raw == ROW

    def test_values_are_converted_on_assignment(self):
        lead = loaded()
        lead.price = "15"
        lead.created_at = 5
        assert (lead.price, lead.created_at) == (15, datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC))

    def test_marked_clean(self):
        lead = loaded()
        lead.price = 1
        lead.mark_clean()
        assert (lead.price, lead.changes()) == (1, {})

    def test_an_answer_is_taken_over(self):
        lead = Lead(name="x", tags=["vip"], custom_fields={"UTM_SOURCE": "ad"}, request_id="r")
        lead.absorb({"id": 7, "updated_at": 5, "request_id": "r", "_links": {"self": {}}, "newer": 1})
        assert (lead.id, lead.updated_at.timestamp(), lead.name, lead.newer) == (7, 5, "x", 1)
        assert lead.is_loaded
        assert lead.changes() == {}
        assert lead.tags.names == ["vip"]
        assert lead.custom_fields["UTM_SOURCE"] == "ad"
        lead.price = 3
        assert lead.changes() == {"price": 3}

    def test_a_stored_row_is_loaded_again(self):
        lead = Lead.model_validate(loaded().raw)
        assert lead.changes() == {}
        assert lead.raw == ROW

    def test_a_copy_for_a_new_record(self):
        payload = loaded().create_payload()
        assert payload == {
            "name": "Cake",
            "price": 1200,
            "status_id": 142,
            "created_at": 1_700_000_000,
            "visitor_uid": "v",
            "custom_fields_values": [{"field_id": 1, "values": [{"value": "a"}]}],
            "_embedded": {
                "tags": [{"id": 3, "name": "vip", "color": None}],
                "contacts": [{"id": 4, "is_main": True}],
            },
        }


class TestRefusals:
    @pytest.mark.parametrize("make", [lambda: Lead(account_id=1), lambda: setattr(loaded(), "account_id", 1),
                                      lambda: setattr(loaded(), "id", 8), lambda: Role(id=1).__setattr__("embedded", 1)
                                      or Lead(score=1)])  # fmt: skip
    def test_what_the_server_alone_sets(self, make):
        with pytest.raises(ConfigurationError, match=r"Lead\.(account_id|id|score) is set by amoCRM alone"):
            make()

    def test_what_is_set_on_creation_only(self):
        with pytest.raises(ConfigurationError, match=r"Lead\.visitor_uid can be set only when"):
            loaded().visitor_uid = "w"
        with pytest.raises(ConfigurationError, match=r"Lead\.contacts: links of a stored record"):
            loaded().contacts = [1]

    @pytest.mark.parametrize("make", [lambda: Lead(prise=1), lambda: setattr(loaded(), "prise", 1)])
    def test_a_slip_of_the_pen(self, make):
        with pytest.raises(ConfigurationError, match=r"Lead has no field 'prise': did you mean 'price'\?"):
            make()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("price", "dear"),
            ("created_at", NAIVE),
            ("created_at", "soon"),
            ("status_id", "new"),
        ],
    )
    def test_a_wrong_value(self, field, value):
        with pytest.raises(ConfigurationError, match=rf"^Lead\.{field}: "):
            Lead(**{field: value})
        lead = loaded()
        with pytest.raises(ConfigurationError, match=rf"^Lead\.{field}: "):
            setattr(lead, field, value)
        assert lead.changes() == {}
        assert lead.raw == ROW

    def test_a_wrong_part(self):
        with pytest.raises(
            ConfigurationError, match=r"Lead\.contacts: an id, a model or a dict is needed, not 'x'"
        ):
            Lead(contacts=["x"])
        with pytest.raises(ConfigurationError, match=r"Note\.text: a str is needed, not 5"):
            Note(text=5)


class TestTags:
    def test_added_and_removed(self):
        lead = loaded()
        lead.tags.add("new", "vip")
        lead.tags.remove("cold")
        assert lead.changes() == {"tags_to_add": [{"name": "new"}], "tags_to_delete": [{"name": "cold"}]}
        assert lead.tags.names == ["vip", "new"]
        assert "new" in lead.tags
        assert Tag(name="vip") in lead.tags
        assert len(lead.tags) == 2

    def test_back_and_forth_is_no_change(self):
        lead = loaded()
        lead.tags.add("new")
        lead.tags.remove("new")
        lead.tags.remove("vip")
        lead.tags.add("vip")
        assert lead.changes() == {}
        assert lead.tags.names == ["vip"]

    def test_assignment_sends_the_difference(self):
        lead = loaded()
        lead.tags = ["new"]
        assert lead.changes() == {"tags_to_add": [{"name": "new"}], "tags_to_delete": [{"name": "vip"}]}

    def test_tags_given_by_id_stay(self):
        lead = Lead(tags_to_add=[{"id": 5}])
        lead.tags.add("new")
        assert lead.changes() == {"tags_to_add": [{"id": 5}, {"name": "new"}]}

    @pytest.mark.parametrize("name", ["", None, 5])
    def test_a_tag_is_a_name(self, name):
        with pytest.raises(ConfigurationError, match="tags: a name is needed"):
            loaded().tags.add(name)


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda lead: lead.model_copy(),
    "deep model_copy": lambda lead: lead.model_copy(deep=True),
    "pickle": lambda lead: pickle.loads(pickle.dumps(lead)),
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES.keys())
class TestCopies:
    def test_a_copy_is_equal_and_knows_its_edits(self, duplicate):
        lead = loaded()
        lead.price = 1
        twin = duplicate(lead)
        assert twin == lead
        assert twin.changes() == {"price": 1}
        assert twin.raw == ROW

    def test_a_copy_lives_its_own_life(self, duplicate):
        lead = loaded()
        lead.price = 1
        twin = duplicate(lead)
        twin.name = "Pie"
        twin.tags.add("new")
        twin.custom_fields.set(1, "b")
        assert lead.changes() == {"price": 1}
        assert lead.custom_fields[1] == "a"
        assert "name" in twin.changes()

    def test_a_record_made_by_hand_stays_new(self, duplicate):
        twin = duplicate(Lead(name="x"))
        assert not twin.is_loaded
        assert twin.create_payload() == {"name": "x"}


class TestNeighbours:
    def two(self) -> list[Lead]:
        return parse_page(
            orjson.dumps({"_embedded": {"leads": [ROW, {**ROW, "id": 8}]}}), "leads", Lead
        ).items

    def test_leads_of_one_page_share_no_state(self):
        first, second = self.two()
        first.loss_reason_id = 1
        first.custom_fields.set(1, "b")
        first.tags.add("new")
        assert second.changes() == {}
        assert "loss_reason_id" not in second.model_fields_set
        assert second.raw == {**ROW, "id": 8}

    def test_the_set_of_names_that_is_given_out_is_a_copy(self):
        first, second = self.two()
        first.model_fields_set.add("score")
        assert "score" not in second.model_fields_set
        assert "score" not in first.model_fields_set

    def test_an_update_of_a_copy_is_a_change(self):
        first, second = self.two()
        assert first.model_copy(update={"price": 1}).changes() == {"price": 1}
        with pytest.raises(ConfigurationError, match="set by amoCRM alone"):
            first.model_copy(update={"account_id": 1})
        assert (first.changes(), second.changes()) == ({}, {})


class TestPydantic:
    def test_dumps(self):
        lead = loaded()
        dumped = lead.model_dump()
        assert dumped["created_at"] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
        assert dumped["from_tomorrow"] == 1
        assert set(lead.model_dump(exclude_unset=True, by_alias=True)) == set(ROW)
        assert orjson.loads(lead.model_dump_json())["created_at"] == "2023-11-14T22:13:20Z"

    def test_equality_is_by_value(self):
        assert loaded() == loaded()
        other = loaded()
        other.price = 1
        assert other != loaded()

    def test_a_repr_shows_what_there_is(self):
        assert repr(Tag.model_validate({"id": 3, "name": "vip", "color": None})) == "Tag(id=3, name='vip')"
        assert str(Task(text="Call")) == "Task(text='Call')"
        assert "custom_fields_values" not in repr(loaded())
