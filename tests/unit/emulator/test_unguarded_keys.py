"""Keys that the official PHP SDK reads without asking whether they are there: the emulator's answers have them all."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk

from amocrm_sync import Amojo

FIELD = "name sort entity_type account_id"
LISTS = [
    ("currencies", "currencies", "code"),
    ("leads/custom_fields/groups", "custom_field_groups", "name sort is_predefined entity_type fields"),
    ("leads/custom_fields", "custom_fields", FIELD),
    ("contacts/custom_fields", "custom_fields", FIELD),
    ("companies/custom_fields", "custom_fields", FIELD),
    ("leads/tags", "tags", "name"),
    ("leads/loss_reasons", "loss_reasons", "name sort created_at updated_at"),
    ("leads/pipelines", "pipelines", "sort account_id is_main is_unsorted_on _embedded"),
    (
        "events",
        "events",
        "type entity_id entity_type created_by created_at account_id value_before value_after",
    ),
    ("roles", "roles", "name rights"),
    ("users", "users", "email rights"),
    ("sources", "sources", "name external_id"),
    (
        "website_buttons",
        "website_buttons",
        "account_id source_id is_duplication_control_enabled name is_deleted",
    ),
    ("talks", "talks", "talk_id created_at updated_at rate contact_id"),
    (
        "webhooks",
        "webhooks",
        "destination account_id settings created_by created_at updated_at sort disabled",
    ),
    (
        "widgets",
        "widgets",
        (
            "code version rating settings_template is_lead_source is_work_with_dp is_crm_template is_active_in_account "
            "pipeline_id client_uuid"
        ),
    ),
]
METADATA = {
    "forms": "form_id form_name form_page form_sent_at",
    "sip": "from phone called_at duration link service_code uniq",
}
RIGHTS = "catalog_access mail_access leads contacts companies tasks"


@pytest.fixture(scope="module")
def desk() -> Desk:
    """An account with something of everything; nothing here changes it."""
    desk = Desk(seed=1)
    desk.emu.seed_account(leads=10, pipelines=2, unsorted=4)
    desk.post("leads/tags", [{"name": "vip"}])
    desk.post("leads/loss_reasons", [{"name": "Too dear"}])
    desk.post("leads", [{"name": "told by an event"}])
    desk.post("webhooks", {"destination": "https://host.example/hook", "settings": ["add_lead"]})
    channel = desk.emu.chat_channel
    account_id = desk.get("account?with=amojo_id").json["amojo_id"]
    client = desk.emu.http_client()
    with Amojo(
        channel.id, channel.secret, account_id=account_id, http_client=client, clock=desk.clock
    ) as amojo:
        amojo.connect()
        amojo.send_message("c-1", "Hello", sender={"id": "u-1", "name": "Ann"}, msgid="m-1")
    return desk


def lacks(row: dict, keys: str) -> set[str]:
    return set(keys.split()) - row.keys()


@pytest.mark.parametrize(("path", "key", "keys"), LISTS, ids=[path for path, *_ in LISTS])
def test_every_row_of_a_list(desk, path, key, keys):
    rows = desk.get(f"{path}?limit=50").rows(key)
    assert rows
    assert [lacks(row, keys) for row in rows] == [set()] * len(rows)


def test_the_account(desk):
    account = desk.get("account?with=task_types,users_groups").json
    keys = (
        "name subdomain created_by created_at updated_by updated_at current_user_id country currency is_unsorted_on "
        "mobile_feature_version customers_mode is_loss_reason_enabled is_helpbot_enabled is_technical_account "
        "contact_name_display_order"
    )
    assert not lacks(account, keys)
    for kind in account["_embedded"]["task_types"]:
        assert not lacks(kind, "name color icon_id code")
    for group in account["_embedded"]["users_groups"]:
        assert not lacks(group, "name")


def test_rights_of_users_and_of_roles(desk):
    for row in (*desk.get("users").rows("users"), *desk.get("roles").rows("roles")):
        assert not lacks(row["rights"], RIGHTS)
        for entity in ("leads", "contacts", "companies"):
            assert "add" in row["rights"][entity]


def test_stages_with_what_they_mean(desk):
    for pipeline in desk.get("leads/pipelines").rows("pipelines"):
        answer = desk.get(f"leads/pipelines/{pipeline['id']}/statuses?with=descriptions")
        for stage in answer.rows("statuses"):
            assert not lacks(stage, "name sort account_id is_editable pipeline_id color type")


def test_choices_of_fields(desk):
    for entity in ("leads", "contacts"):
        for field in desk.get(f"{entity}/custom_fields?limit=250").rows("custom_fields"):
            for choice in field.get("enums") or ():
                assert not lacks(choice, "value sort")
            for status in field.get("required_statuses") or ():
                assert not lacks(status, "pipeline_id status_id")


def test_incoming_leads_and_what_becomes_of_them():
    desk = Desk(seed=1)
    desk.emu.seed_account(leads=4, pipelines=1, unsorted=4)
    waiting = desk.get("leads/unsorted").rows("unsorted")
    for row in waiting:
        assert not lacks(row["metadata"], METADATA[row["category"]])
    summary = desk.get("leads/unsorted/summary").json
    assert not lacks(summary, "total accepted declined average_sort_time categories")
    accepted = desk.post(f"leads/unsorted/{waiting[0]['uid']}/accept", {})
    declined = desk.delete(f"leads/unsorted/{waiting[1]['uid']}/decline", {})
    for answer in (accepted, declined):
        assert not lacks(answer.json, "category pipeline_id created_at")
