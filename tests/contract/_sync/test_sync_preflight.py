# Generated from tests/contract/_async/test_sync_preflight.py by tools/unasync.py: edit that file instead.
"""Looking at an account before it is synced: each thing that it may lack is named, with its fix."""

from __future__ import annotations

from functools import partial

import pytest
from contract._sync.sync_parts import client_of, engine_with
from contract._sync.sync_remote import FakeRemote
from sync_world import World

from amocrm_sync import AmoCRM
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine
from amocrm_sync.testing import Emulator
from amocrm_sync.testing.emulator.rules.people import add_user, full_rights

pytestmark = pytest.mark.anyio

HOOK = "https://host.example/hook"


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=90, pipelines=1)
    return emulator


engine_of = partial(engine_with, entities=("leads", "users"), page_size=25)


def states(found):
    return {item.check: item.state for item in found.findings}


def finding(found, check):
    return next(item for item in found.findings if item.check == check)


def test_an_account_that_is_ready(amo, clock):
    with engine_of(amo, clock) as engine:
        engine.setup()
        amo.webhooks.subscribe(
            HOOK,
            ["add_lead", "update_lead", "delete_lead", "restore_lead", "status_lead", "responsible_lead"],
        )
        found = engine.preflight(webhook_url=HOOK)
    assert found.ok
    assert set(states(found).values()) == {"ok"}, str(found)
    assert found.account_id == 28_805_383
    assert "first pull: about" in str(found)


def test_how_large_it_is_and_how_long_a_pull_takes(amo, clock, emulator):
    with engine_of(amo, clock) as engine:
        found = engine.preflight()
        quick = engine.preflight(sizes=False)
    assert 65 <= found.rows["leads"] <= 90
    assert found.rows["users"] == len(emulator.state.users.rows)
    assert found.requests == 4 + 1
    assert found.seconds == pytest.approx(5 / 6.8, abs=0.1)
    assert dict(quick.rows) == {}


def test_what_is_missing_is_said_with_its_fix(amo, clock, emulator):
    emulator.settings.filters_enabled = False
    with engine_of(amo, clock, events=False) as engine:
        found = engine.preflight()
    assert found.ok, "slower, not impossible"
    assert "tariff" in finding(found, "filters").fix
    assert "engine.setup()" in finding(found, "marker of leads").fix
    assert "webhooks subscribe" in finding(found, "webhooks").fix
    assert states(found)["events"] == "warning"


def test_a_user_who_sees_only_some_rows(clock, emulator):
    rights = {**full_rights("M"), "contacts": {"view": "D", "edit": "D"}}
    user = add_user(emulator.state, {"name": "Anna", "email": "anna@example.com"}, rights=rights)
    with client_of(emulator, clock, user_id=user["id"]) as amo:
        found = engine_of(amo, clock, entities=("users", "leads")).preflight()
    assert states(found)["rights"] == "warning"
    assert "administrator" in finding(found, "users").fix
    assert "administrator" in finding(found, "webhooks").fix
    assert found.ok, "leads can be synced"


def test_webhooks_that_are_off_or_incomplete(amo, clock, emulator):
    with engine_of(amo, clock) as engine:
        amo.webhooks.subscribe(HOOK, ["add_lead"])
        partly = finding(engine.preflight(webhook_url=HOOK, sizes=False), "webhooks")
        other = finding(engine.preflight(webhook_url="https://other.example/", sizes=False), "webhooks")
        [number] = emulator.subscriptions
        emulator.state.subscriptions.change(number, {"disabled": True})
        off = engine.preflight(webhook_url=HOOK, sizes=False)
    assert (partly.state, "update_lead" in partly.says) == ("warning", True)
    assert "https://other.example/" in other.says
    assert (finding(off, "webhooks").state, off.ok) == ("trouble", False)


def test_a_store_that_belongs_to_another_account(amo, clock):
    store = MemorySyncStore()
    other = SyncEngine(
        None, store, config=SyncConfig(tenant="shop"), remote=FakeRemote(World(), "other.amocrm.ru")
    )
    other.pull(["leads"])
    found = engine_of(amo, clock, store=store, tenant="shop").preflight(sizes=False)
    assert (finding(found, "store").state, found.ok) == ("trouble", False)
    assert "other.amocrm.ru" in finding(found, "store").says


def test_a_marker_of_another_type_is_trouble(amo, clock):
    amo.leads.custom_fields.create({"name": "EXT_UID", "code": "EXT_UID", "type": "numeric"})
    with engine_of(amo, clock) as engine:
        found = engine.preflight(sizes=False)
    assert finding(found, "marker of leads").state == "trouble"


def test_an_account_that_does_not_answer(clock, emulator):
    with AmoCRM(
        "demo", token="not.a.token", http_client=emulator.http_client(), limiter=None, clock=clock
    ) as amo:
        found = engine_of(amo, clock).preflight()
    assert [item.check for item in found.findings] == ["account"]
    assert "auth doctor" in found.findings[0].fix
    assert not found.ok


def test_without_a_client_there_is_nothing_to_look_at(clock):
    with pytest.raises(ConfigurationError, match="client"):
        SyncEngine(None, MemorySyncStore(), clock=clock).preflight()


def test_what_the_documentation_leaves_open_is_asked(amo, clock, emulator):
    with engine_of(amo, clock) as engine:
        answers = {answer.question: answer for answer in engine.probe()}
    said = {question: answer.answer for question, answer in answers.items()}
    assert said["does filter[updated_at] include its own bounds?"] == "yes"
    assert said["is filter[id] honoured?"] == "yes"
    assert said["is order[id]=asc honoured?"] == "yes"
    assert said["is page 1000000 of one row each answered?"] == "yes"
    assert all(request.method == "GET" for request in emulator.requests)


def test_filters_that_are_ignored_are_noticed(amo, clock, emulator):
    emulator.settings.filters_enabled = False
    with engine_of(amo, clock) as engine:
        answers = {answer.question: answer.answer for answer in engine.probe()}
    assert answers["is filter[id] honoured?"] == "no"
    assert answers["is filter[updated_at] honoured?"] == "no"
