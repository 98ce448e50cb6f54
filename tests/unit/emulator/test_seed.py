"""The seeded account, as a client sees it."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import orjson
import pytest

from amocrm_sync.testing import Emulator, ManualClock
from amocrm_sync.testing.clock import START
from amocrm_sync.testing.emulator.http import Request
from amocrm_sync.testing.seed import YEAR

ORIGIN = "https://demo.amocrm.ru"


def seeded(seed: int = 1, **counts: Any) -> Emulator:
    emulator = Emulator(seed=seed, clock=ManualClock(), rate_limit=False)
    emulator.seed_account(**{"leads": 400, **counts})
    return emulator


@pytest.fixture(scope="module")
def account() -> Emulator:
    """One account for the tests that only look."""
    return seeded(pipelines=5)


def get(emulator: Emulator, path: str) -> Any:
    headers = {"authorization": f"Bearer {emulator.long_lived_token()}"}
    response = emulator.handle(Request(method="GET", url=ORIGIN + path, headers=headers))
    assert response.status in (200, 204), response.body
    return orjson.loads(response.body) if response.body else None


def read(emulator: Emulator, path: str, key: str) -> list[Any]:
    """All rows of a list, page by page."""
    rows: list[Any] = []
    url: str | None = f"{path}{'&' if '?' in path else '?'}limit=250"
    while url:
        page = get(emulator, url)
        if page is None:
            return rows
        rows += page["_embedded"][key]
        url = page["_links"].get("next", {}).get("href", "").removeprefix(ORIGIN)
    return rows


def test_counts_are_as_asked():
    emulator = seeded(leads=50, contacts=7, companies=3, tasks=5, notes=9)
    assert [len(view) for view in (emulator.leads, emulator.contacts, emulator.companies)] == [50, 7, 3]
    assert [len(view) for view in (emulator.tasks, emulator.notes)] == [5, 9]


def test_counts_follow_the_leads_where_not_asked():
    emulator = seeded(leads=100)
    assert [len(view) for view in (emulator.contacts, emulator.companies)] == [70, 10]
    assert [len(view) for view in (emulator.tasks, emulator.notes)] == [40, 50]


def test_the_same_seed_gives_the_same_account_and_another_seed_another():
    def everything(seed: int) -> list[Any]:
        emulator = seeded(seed, leads=60)
        paths = (
            "leads?with=contacts",
            "contacts",
            "companies",
            "tasks",
            "leads/notes",
            "users",
            "leads/pipelines",
        )
        return [get(emulator, f"/api/v4/{path}") for path in paths]

    first = everything(1)
    assert everything(1) == first
    assert everything(2) != first


@pytest.mark.parametrize(
    "counts",
    [{"leads": -1}, {"pipelines": 0}, {"contacts": -1}, {"companies": -1}, {"tasks": -1}, {"notes": -1}],
)
def test_a_count_that_makes_no_sense_is_refused_by_name(counts):
    with pytest.raises(ValueError, match=f"seed_account\\({next(iter(counts))}="):
        seeded(**counts)


def test_leads_without_contacts_are_possible():
    emulator = seeded(leads=20, contacts=0, companies=0)
    leads = read(emulator, "/api/v4/leads?with=contacts", "leads")
    assert len(leads) == 20
    assert all(lead["_embedded"]["contacts"] == [] for lead in leads)


def test_every_pipeline_speaks_its_own_language_and_has_the_usual_stages(account):
    pipelines = read(account, "/api/v4/leads/pipelines", "pipelines")
    assert len(pipelines) == 5
    assert sum(pipeline["is_main"] for pipeline in pipelines) == 1
    for pipeline in pipelines:
        stages = {stage["id"]: stage for stage in pipeline["_embedded"]["statuses"]}
        assert [stage["type"] for stage in stages.values()].count(1) == 1
        assert {142, 143} < set(stages)
        assert not stages[142]["is_editable"]
        assert all(stage["pipeline_id"] == pipeline["id"] for stage in stages.values())
        assert len(stages) >= 6
    won = [stage["name"] for p in pipelines for stage in p["_embedded"]["statuses"] if stage["id"] == 142]
    assert won == [
        "Успешно реализовано",
        "Успішно реалізовано",
        "Closed - won",
        "Logrado con éxito",
        "Fechado - ganho",
    ]


def test_stage_ids_are_of_one_pipeline_only_but_for_142_and_143(account):
    pipelines = read(account, "/api/v4/leads/pipelines", "pipelines")
    times = Counter(stage["id"] for pipeline in pipelines for stage in pipeline["_embedded"]["statuses"])
    assert {stage_id for stage_id, count in times.items() if count > 1} == {142, 143}


def test_users_have_roles_and_full_rights(account):
    users = read(account, "/api/v4/users?with=role", "users")
    assert len(users) >= 4
    assert any(user["rights"]["is_admin"] for user in users)
    assert any(user["_embedded"]["roles"] for user in users)
    for user in users:
        assert {"leads", "contacts", "companies", "tasks", "is_active", "is_admin", "status_rights"} <= set(
            user["rights"]
        )
    assert len(read(account, "/api/v4/roles", "roles")) >= 2


def test_custom_fields_are_of_many_types(account):
    kinds = {field["type"] for field in read(account, "/api/v4/leads/custom_fields", "custom_fields")}
    assert {"select", "multiselect", "date", "numeric", "checkbox", "tracking_data"} <= kinds
    codes = {field["code"] for field in read(account, "/api/v4/contacts/custom_fields", "custom_fields")}
    assert {"PHONE", "EMAIL"} <= codes


def test_values_are_those_of_the_fields(account):
    fields = {
        field["id"]: field
        for entity in ("leads", "contacts", "companies")
        for field in read(account, f"/api/v4/{entity}/custom_fields", "custom_fields")
    }
    seen: Counter[str] = Counter()
    for entity in ("leads", "contacts", "companies"):
        for row in read(account, f"/api/v4/{entity}", entity):
            for item in row["custom_fields_values"] or ():
                field = fields[item["field_id"]]
                assert (item["field_name"], item["field_code"], item["field_type"]) == (
                    field["name"],
                    field["code"],
                    field["type"],
                )
                enums = {enum["id"] for enum in field["enums"] or ()}
                assert all(value["enum_id"] in enums for value in item["values"] if "enum_id" in value)
                seen[field["type"]] += 1
    assert {
        "select",
        "multiselect",
        "date",
        "numeric",
        "checkbox",
        "tracking_data",
        "multitext",
        "url",
    } <= set(seen)


def test_leads_stand_in_every_stage_of_their_pipeline(account):
    pipelines = read(account, "/api/v4/leads/pipelines", "pipelines")
    known = {
        (p["id"], stage["id"])
        for p in pipelines
        for stage in p["_embedded"]["statuses"]
        if stage["type"] != 1
    }
    assert {(lead["pipeline_id"], lead["status_id"]) for lead in account.leads.values()} == known


def test_closed_leads_say_when_and_lost_ones_why(account):
    for lead in account.leads.values():
        assert (lead["closed_at"] is not None) == (lead["status_id"] in (142, 143))
        assert (lead["loss_reason_id"] is not None) == (lead["status_id"] == 143)


def test_times_are_of_the_past_year_and_in_order(account):
    notes = [
        {row_id: note for row_id, note in account.notes.items() if note["entity_id"] in view}
        for view in (account.leads, account.contacts)
    ]
    for view in (account.leads, account.contacts, account.companies, account.tasks, *notes):
        created = [row["created_at"] for row in view.values()]
        assert created == sorted(created)
        assert min(created) >= START - YEAR
        assert all(row["created_at"] <= row["updated_at"] <= START for row in view.values())
    months = Counter(time.gmtime(lead["created_at"]).tm_mon for lead in account.leads.values())
    assert len(months) == 12


def test_leads_have_a_main_contact_that_was_there_before_them(account):
    for lead in read(account, "/api/v4/leads?with=contacts", "leads"):
        (contact,) = lead["_embedded"]["contacts"]
        assert contact["is_main"] is True
        assert account.contacts[contact["id"]]["created_at"] <= lead["created_at"]


def test_some_contacts_work_for_companies_and_bring_them_into_their_leads(account):
    contacts = {row["id"]: row for row in read(account, "/api/v4/contacts", "contacts")}
    firms = {row_id: [c["id"] for c in row["_embedded"]["companies"]] for row_id, row in contacts.items()}
    assert 0 < sum(bool(found) for found in firms.values()) < len(firms)
    for lead in read(account, "/api/v4/leads?with=contacts", "leads"):
        (contact,) = lead["_embedded"]["contacts"]
        assert [company["id"] for company in lead["_embedded"]["companies"]] == firms[contact["id"]]


def test_tasks_hang_on_what_exists_and_set_the_next_deadline(account):
    open_tasks: dict[tuple[str, int], list[int]] = {}
    views = {"leads": account.leads, "contacts": account.contacts}
    for task in account.tasks.values():
        assert task["entity_id"] in views[task["entity_type"]]
        if not task["is_completed"]:
            open_tasks.setdefault((task["entity_type"], task["entity_id"]), []).append(task["complete_till"])
    assert open_tasks
    for (entity, row_id), deadlines in open_tasks.items():
        assert views[entity][row_id]["closest_task_at"] == min(deadlines)


def test_notes_hang_on_what_exists(account):
    for entity, view in (("leads", account.leads), ("contacts", account.contacts)):
        notes = read(account, f"/api/v4/{entity}/notes", "notes")
        assert notes
        assert all(note["entity_id"] in view and note["params"] for note in notes)


def test_tags_are_shared_between_leads(account):
    names = Counter(tag["name"] for lead in account.leads.values() for tag in lead["tags"])
    assert max(names.values()) > 10
    ids = {(tag["id"], tag["name"]) for lead in account.leads.values() for tag in lead["tags"]}
    assert len(ids) == len(names)


def test_seeding_tells_no_subscriber_and_writes_no_history(account):
    assert account.webhooks.pending == ()
    assert get(account, "/api/v4/events") is None


def test_a_seeded_account_goes_on_working():
    emulator = seeded(leads=5)
    headers = {"authorization": f"Bearer {emulator.long_lived_token()}", "content-type": "application/json"}
    request = Request(method="POST", url=f"{ORIGIN}/api/v4/leads", headers=headers, body=b'[{"name":"new"}]')
    made = orjson.loads(emulator.handle(request).body)["_embedded"]["leads"][0]
    assert made["id"] == max(emulator.leads)
    assert len(emulator.leads) == 6


def test_what_stands_around_the_cards_is_there_as_well():
    emulator = seeded(leads=20, unsorted=5, customers=4, elements=6)
    assert len(read(emulator, "/api/v4/sources", "sources")) == 3
    assert len(read(emulator, "/api/v4/chats/templates", "chat_templates")) == 3
    [button] = read(emulator, "/api/v4/website_buttons", "website_buttons")
    assert button["name"] == "Website"
    waiting = read(emulator, "/api/v4/leads/unsorted", "unsorted")
    assert Counter(row["category"] for row in waiting) == {"forms": 3, "sip": 2}
    assert len(read(emulator, "/api/v4/customers", "customers")) == 4
    [goods] = read(emulator, "/api/v4/catalogs", "catalogs")
    assert len(read(emulator, f"/api/v4/catalogs/{goods['id']}/elements", "elements")) == 6


def test_the_rest_changes_no_card_and_is_the_same_for_the_same_seed():
    plain, full, again = (seeded(leads=20, customers=count, elements=count) for count in (0, 4, 4))
    cards = [read(emulator, "/api/v4/leads", "leads") for emulator in (plain, full, again)]
    assert cards[0] == cards[1] == cards[2]
    customers = [read(emulator, "/api/v4/customers", "customers") for emulator in (full, again)]
    assert customers[0] == customers[1]
