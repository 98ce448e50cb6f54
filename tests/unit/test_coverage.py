"""Every endpoint has a method that really sends it; no filter, with or note type of the official SDK is missing."""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from typing import Any

import attrs
import pytest
from source_tree import ROOT

import amocrm_sync
from amocrm_sync import AmoCRM, AsyncAmoCRM
from amocrm_sync.models.note_params import NOTE_TYPES
from amocrm_sync.testing import coverage
from amocrm_sync.testing.coverage import (
    Endpoint,
    Recorder,
    call_of,
    endpoints,
    found,
    problems,
    sdk_surface,
    survey,
)
from amocrm_sync.testing.coverage_calls import CALLS, REASONS, Row

KNOWN = {endpoint.id: endpoint for endpoint in endpoints()}
CLIENT_ROWS = [row for row in CALLS if row.method.partition(".")[0] not in ("OAuthFlow", "amojo")]


@pytest.fixture(scope="module")
def covered():
    return survey()


def test_every_endpoint_has_a_method_or_a_reason(covered):
    assert problems(covered) == []
    assert len({row.id for row in covered}) == len(covered) == len(KNOWN) - len(REASONS)


def test_what_is_printed_for_programs_is_what_was_sent(covered, capsys):
    assert coverage.main(["--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == [attrs.asdict(row) for row in covered]
    assert {"id": "leads.list", "method": "leads.list", "http": "GET", "path": "/api/v4/leads"} in rows


def test_the_page_is_in_step():
    path = ROOT / "tools" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_tool", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    sys.modules["coverage_tool"] = tool
    spec.loader.exec_module(tool)
    assert tool.main(["--check"]) == 0


def test_a_call_that_goes_elsewhere_is_seen():
    with pytest.raises(AssertionError, match="should send POST /api/v4/leads/complex"):
        found(Row("leads.complex", "leads.create"), KNOWN, [("POST", "/api/v4/leads")])
    with pytest.raises(AssertionError, match="no such endpoint"):
        found(Row("leads.fly", "leads.fly"), KNOWN, [])
    assert problems([]) != []


def test_templates_match_whole_paths_only():
    groups = Endpoint("x", "GET", "account", "/api/v4/{entity}/custom_fields/groups/{id}")
    assert groups.is_reached_by("GET", "/api/v4/catalogs/7/custom_fields/groups/leads_1")
    assert groups.is_reached_by("GET", "/api/v4/customers/segments/custom_fields/groups/1")
    assert not groups.is_reached_by("GET", "/api/v4/leads/custom_fields/groups/1/2")
    assert not groups.is_reached_by("POST", "/api/v4/leads/custom_fields/groups/1")
    assert not groups.is_reached_by("GET", "/api/v4/tasks/custom_fields/groups/1")


ENTITIES = {
    "custom_fields": (
        "leads",
        "contacts",
        "companies",
        "customers",
        "customers.segments",
        "catalogs",
    ),
    "notes": ("leads", "contacts", "companies", "customers"),
    "tags": ("leads", "contacts", "companies", "customers"),
    "links": ("leads", "contacts", "companies", "customers"),
}


@pytest.mark.parametrize(
    ("part", "entity"), [(part, entity) for part, all_ in ENTITIES.items() for entity in all_]
)
def test_shared_parts_stand_on_every_entity_that_has_them(part, entity):
    recorder = Recorder()
    target: Any = AmoCRM("demo", token="t", limiter=None, retry=None, http_client=recorder.client())
    for name in entity.split("."):
        target = getattr(target, name)
    if part == "links":
        target.links(5)
        expected = f"/api/v4/{entity}/5/links"
    elif entity == "catalogs":
        target.custom_fields(7).list().first()
        expected = "/api/v4/catalogs/7/custom_fields"
    else:
        getattr(target, part).list().first()
        expected = f"/api/v4/{entity.replace('.', '/')}/{part}"
    assert recorder.sent == [("GET", expected)]


@pytest.mark.anyio
async def test_the_async_client_sends_the_same():
    for row in CLIENT_ROWS:
        recorder, twin = Recorder(), Recorder()
        options: dict[str, Any] = {"token": "t", "limiter": None, "retry": None}
        result = call_of(AsyncAmoCRM("demo", http_client=recorder.client(), **options), row)()
        if inspect.isawaitable(result):
            await result
        else:
            await result.first()
        same = call_of(AmoCRM("demo", http_client=twin.client(), **options), row)()
        if hasattr(same, "first"):
            same.first()
        assert recorder.sent == twin.sent, row
        assert recorder.sent, row


BUILDERS = {
    "CatalogElementsFilter": "CatalogElementFilter",
    "CatalogsFilter": "CatalogFilter",
    "ChatLinksFilter": "ChatLinkFilter",
    "TemplatesFilter": "ChatTemplateFilter",
    "CompaniesFilter": "CompanyFilter",
    "ContactsFilter": "ContactFilter",
    "CustomFieldsFilter": "CustomFieldFilter",
    "CustomersFilter": "CustomerFilter",
    "EntitiesLinksFilter": "LinkFilter",
    "EventsFilter": "EventFilter",
    "FilesFilter": "FileFilter",
    "LeadsFilter": "LeadFilter",
    "LinksFilter": "LinkFilter",
    "NotesFilter": "NoteFilter",
    "SourcesFilter": "SourceFilter",
    "TagsFilter": "TagFilter",
    "TasksFilter": "TaskFilter",
    "UnsortedFilter": "UnsortedFilter",
    "UnsortedSummaryFilter": "UnsortedSummaryFilter",
    "WebhooksFilter": "WebhookFilter",
}
NOT_IN_BUILDERS = {
    ("EntitiesLinksFilter", "entity_id"): "the first argument of links_many",
    ("FilesFilter", "date"): "created_at or updated_at",
    ("FilesFilter", "size"): "size_from and size_to",
    ("TasksFilter", "task_type_id"): "the SDK sends it beside task_type, which is the documented one",
}


@pytest.mark.parametrize(("name", "keys"), [item for item in sdk_surface()["filters"].items() if item[1]])
def test_no_filter_of_the_official_sdk_is_missing(name, keys):
    builder = getattr(amocrm_sync, BUILDERS[name])
    wire = {field.metadata.get("wire", field.name) for field in attrs.fields(builder)}
    assert {key for key in keys if (name, key) not in NOT_IN_BUILDERS} <= wire


RESOURCES = {
    "AccountModel": "account",
    "CatalogElementModel": "catalogs.elements",
    "Chats/Templates/TemplateModel": "chat_templates",
    "CompanyModel": "companies",
    "ContactModel": "contacts",
    "Customers/CustomerModel": "customers",
    "EventModel": "events",
    "LeadModel": "leads",
    "NoteModel": "leads.notes",
    "RoleModel": "roles",
    "Sources/WebsiteButtonModel": "website_buttons",
    "UserModel": "users",
}
DESCRIBED_ONLY = {
    "Files/FileModel": "files.list says what with_ takes",
    "Leads/Pipelines/Statuses/StatusModel": "stages.list says what with_ takes",
}


def test_no_with_of_the_official_sdk_is_missing():
    client = AmoCRM("demo", token="t")
    for model, values in sdk_surface()["with"].items():
        if model in DESCRIBED_ONLY:
            continue
        target: Any = client
        for name in RESOURCES[model].split("."):
            target = getattr(target, name)
        assert set(values) <= set(target.with_values), model


def test_no_note_type_of_the_official_sdk_is_missing():
    assert set(sdk_surface()["note_types"]) == set(NOTE_TYPES)
    assert len(NOTE_TYPES) == 22
