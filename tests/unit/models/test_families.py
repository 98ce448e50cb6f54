"""What is particular to one family of records."""

from __future__ import annotations

import orjson
import pytest

import amocrm_sync.models
from amocrm_sync.models import (
    LOST,
    WON,
    Account,
    Company,
    Contact,
    CustomField,
    Lead,
    Link,
    Note,
    NoteType,
    Pipeline,
    Role,
    Stage,
    User,
    parse_one,
)


@pytest.mark.parametrize(
    "row",
    [
        {"datetime_settings": {"timezone": "Europe/Moscow", "timezone_offset": "+03:00"}},
        {"_embedded": {"datetime_settings": {"timezone": "Europe/Moscow", "timezone_offset": "+03:00"}}},
        {"_embedded": {"datetime_formats": {"timezone": "Europe/Moscow", "timezone_offset": "+03:00"}}},
    ],
)
def test_the_timezone_wherever_the_server_puts_it(row):
    account = parse_one(orjson.dumps({"id": 5, **row}), Account)
    assert (account.timezone, account.timezone_offset) == ("Europe/Moscow", "+03:00")


@pytest.mark.parametrize(
    "row", [{}, {"datetime_settings": []}, {"_embedded": []}, {"_embedded": {"datetime_settings": []}}]
)
def test_no_timezone(row):
    assert parse_one(orjson.dumps({"id": 5, **row}), Account).timezone is None


def test_parts_of_the_account():
    account = Account.model_validate(
        {
            "_embedded": {
                "users_groups": [{"id": 0, "name": "Sales", "uuid": None}],
                "task_types": [{"id": 1, "name": "Call", "code": "FOLLOW_UP"}],
                "amojo_rights": {"can_direct": True, "can_create_groups": False},
            }
        }
    )
    assert account.users_groups[0].name == "Sales"
    assert account.task_types[0].code == "FOLLOW_UP"
    assert account.amojo_rights == {"can_direct": True, "can_create_groups": False}


def test_linked_records_of_a_lead():
    lead = Lead.model_validate(
        {
            "_embedded": {
                "contacts": [{"id": 4, "is_main": False}, {"id": 5, "is_main": True}],
                "companies": [{"id": 9}],
                "loss_reason": [{"id": 13, "name": "Too dear"}],
            }
        }
    )
    assert [contact.id for contact in lead.contacts] == [4, 5]
    assert isinstance(lead.main_contact, Contact)
    assert lead.main_contact.id == 5
    assert isinstance(lead.company, Company)
    assert lead.company.id == 9
    assert lead.loss_reason.name == "Too dear"


def test_linked_records_that_were_not_asked_for():
    lead = Lead.model_validate({"id": 1})
    assert (lead.contacts, lead.main_contact, lead.companies, lead.company, lead.loss_reason) == (
        [],
        None,
        [],
        None,
        None,
    )


def test_linked_records_of_contacts_and_companies():
    contact = Contact.model_validate({"_embedded": {"leads": [{"id": 1}], "companies": [{"id": 9}]}})
    assert (contact.leads[0].id, contact.company.id) == (1, 9)
    company = Company.model_validate({"_embedded": {"leads": [{"id": 1}], "contacts": [{"id": 4}]}})
    assert (company.leads[0].id, company.contacts[0].id) == (1, 4)


def test_stages():
    pipeline = Pipeline.model_validate(
        {"_embedded": {"statuses": [{"id": 10, "type": 1}, {"id": WON, "name": "Won"}, {"id": LOST}]}}
    )
    assert [type(stage) for stage in pipeline.stages] == [Stage] * 3
    assert [stage.is_final for stage in pipeline.stages] == [False, True, True]


def test_users_and_roles():
    user = User.model_validate(
        {
            "rights": {"is_admin": True, "leads": {"view": "A"}},
            "_embedded": {"roles": [{"id": 8, "name": "Seller"}], "groups": [{"id": 0}]},
        }
    )
    assert user.rights.is_admin
    assert user.rights.leads == {"view": "A"}
    assert (user.roles[0].name, user.groups[0].id) == ("Seller", 0)
    assert Role.model_validate({"_embedded": {"users": [1, "x", 2]}}).user_ids == [1, 2]
    assert Role.model_validate({}).user_ids == []


def test_notes():
    note = Note.model_validate({"note_type": "call_in", "params": {"duration": 5}})
    assert note.note_type == NoteType.CALL_IN
    assert note.text is None
    assert Note.model_validate({"params": {"text": "hello"}}).text == "hello"


@pytest.mark.parametrize(
    ("metadata", "is_main"),
    [({"main_contact": True}, True), ({"is_main": True}, True), ([], False), (None, False)],
)
def test_links(metadata, is_main):
    assert Link.model_validate({"metadata": metadata}).is_main is is_main


def test_field_definitions():
    field = CustomField.model_validate(
        {"enums": [{"id": 1, "value": "Web"}], "nested": [{"id": 2, "parent_id": 1, "value": "x"}]}
    )
    assert (field.enums[0].value, field.nested[0].parent_id) == ("Web", 1)


def test_every_public_name_is_there():
    assert len(set(amocrm_sync.models.__all__)) == len(amocrm_sync.models.__all__)
    assert all(hasattr(amocrm_sync.models, name) for name in amocrm_sync.models.__all__)
