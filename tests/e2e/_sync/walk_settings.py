# Generated from tests/e2e/_async/walk_settings.py by tools/unasync.py: edit that file instead.
"""The account's own settings and its people: pipelines, users, roles, webhooks, sources, buttons, widgets, tokens."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from amocrm_sync import AmoCRM, NotFoundError, OAuth, OAuthFlow, SourceFilter, WebhookFilter
from amocrm_sync._http import HTTP, Reply
from amocrm_sync.models import Pipeline, Stage
from amocrm_sync.stores import MemoryTokenStore
from amocrm_sync.testing import Emulator, Faults

HOOK = "https://host.example/hook/s3"


def walk_account(amo: AmoCRM, emulator: Emulator) -> None:
    account = amo.account.get(with_=amo.account.with_values)
    assert (account.subdomain, account.timezone) == ("demo", "Europe/Moscow")
    assert account.drive_url.startswith(amo.base_url)
    assert {kind.code for kind in account.task_types} == {"FOLLOW_UP", "MEETING"}
    assert account.current_user_id in emulator.users
    assert "RUB" in [currency.code for currency in amo.currencies.list()]


def walk_oauth(amo: AmoCRM, emulator: Emulator) -> None:
    base_url = amo.base_url
    store = MemoryTokenStore(clock=emulator.clock)
    with OAuthFlow(
        "id", "sec", "https://example.com/cb", store=store, domain=base_url, clock=emulator.clock
    ) as flow:
        request = flow.authorization_url(owner="ann")
        browser = HTTP.open(None, base_url=base_url, proxy=None)
        try:
            page = browser.send("GET", request.url, headers={}, content=None, timeout=5.0)
        finally:
            browser.close()
        assert isinstance(page, Reply)
        came = dict(parse_qsl(urlsplit(page.headers["location"]).query))
        connection = flow.handle_callback(came, owner="ann")
        assert connection.domain == urlsplit(base_url).netloc
        before = flow.access_token("ann")
        flow.refresh("ann")
        after = flow.access_token("ann")
        assert after != before
        admin = next(iter(emulator.users.values()))
        flow.exchange_api_key(admin["email"], emulator.ui.api_key(), account=base_url, owner="bob")
        back = dict(parse_qsl(urlsplit(emulator.state.callbacks[-1]).query))
        flow.handle_callback(back)
        assert (flow.status("bob")).state == "connected"
    oauth = OAuth("id", "sec", "https://example.com/cb", store=store, owner="ann")
    with AmoCRM(base_url, auth=oauth, clock=emulator.clock) as renewed:
        assert (renewed.account.current_user()).id == admin["id"]
        assert (renewed.account.address()).id == emulator.settings.account_id
    walk_move(emulator)


def walk_move(emulator: Emulator) -> None:
    """An account that moved is looked for by the name of its shard: in process, where every name is answered."""
    flow = OAuthFlow(
        "id",
        "sec",
        "https://example.com/cb",
        store=MemoryTokenStore(clock=emulator.clock),
        http_client=emulator.http_client(),
        clock=emulator.clock,
    )
    pair = emulator.issue_tokens()
    flow.set_tokens(pair["access_token"], pair["refresh_token"], account="former.amocrm.ru")
    emulator.faults = Faults()
    emulator.faults.next(match="POST /oauth2/access_token", status=404)
    assert (flow.refresh()).state == "connected"
    emulator.faults = None


def walk_pipelines(amo: AmoCRM, emulator: Emulator) -> None:
    made = amo.pipelines.create(
        Pipeline(
            name="Rent",
            sort=50,
            is_main=False,
            is_unsorted_on=True,
            stages=[Stage(name="New", sort=10, color="#fffeb2")],
        )
    )
    amo.pipelines.update(made.id, name="Hire")
    read = amo.pipelines.get(made.id)
    assert read.name == "Hire"
    assert {142, 143} < {stage.id for stage in read.stages}
    stages = amo.pipelines.stages
    stage = stages.create(made.id, name="Talks", sort=30, color="#c1e0ff")
    stages.update(made.id, stage.id, name="Talking")
    assert (stages.get(made.id, stage.id)).name == "Talking"
    lead = amo.leads.create(name="Boat", pipeline_id=made.id, status_id=stage.id)
    assert emulator.leads[lead.id]["status_id"] == stage.id
    amo.leads.update(lead.id, pipeline_id=made.id, status_id=143)
    stages.delete(made.id, stage.id)
    assert stage.id not in [one.id for one in stages.list(made.id)]
    spare = amo.pipelines.create(
        Pipeline(name="Spare", sort=60, is_main=False, is_unsorted_on=False, stages=[])
    )
    amo.pipelines.delete(spare.id)
    assert spare.id not in [one.id for one in amo.pipelines.list()]


def walk_people(amo: AmoCRM, emulator: Emulator) -> None:
    role = amo.roles.create(name="Sales", rights={"leads": {"view": "A", "edit": "M"}})
    amo.roles.update(role.id, name="Sellers")
    bob = amo.users.create(
        name="Bob", email="bob@example.com", password="x", rights={"role_id": role.id, "is_free": False}
    )
    read = amo.users.get(bob.id, with_=["role"])
    assert [one.id for one in read.roles] == [role.id]
    assert (amo.roles.get(role.id, with_=["users"])).user_ids == [bob.id]
    assert [one.name for one in amo.roles.list().to_list()] == ["Sellers"]
    amo.users.deactivate([bob.id])
    assert (amo.users.get(bob.id)).rights.is_active is False
    amo.users.activate([bob.id])
    listed = {user.id: user for user in amo.users.list()}
    assert listed[bob.id].rights.is_active is True
    amo.roles.delete(role.id)
    assert amo.roles.list().to_list() == []
    assert emulator.users[bob.id]["rights"]["role_id"] is None


def walk_webhooks(amo: AmoCRM, emulator: Emulator) -> None:
    amo.webhooks.subscribe(HOOK, ["add_lead"])
    amo.webhooks.subscribe(HOOK, ["add_lead", "status_lead"])
    [found] = amo.webhooks.list(filter=WebhookFilter(destination=HOOK)).to_list()
    assert found.settings == ["add_lead", "status_lead"]
    amo.webhooks.unsubscribe(HOOK)
    assert amo.webhooks.list().to_list() == []
    assert not emulator.subscriptions


def walk_sources(amo: AmoCRM, emulator: Emulator) -> None:
    pipeline = amo.pipelines.list().first()
    made = amo.sources.create_many(
        [{"name": name, "external_id": name, "pipeline_id": pipeline.id} for name in ("s-1", "s-2", "s-3")]
    )
    made.raise_for_failures()
    first, second, third = made.succeeded
    amo.sources.update(first.id, name="Site")
    (amo.sources.update_many([{"id": second.id, "default": True}])).raise_for_failures()
    assert (amo.sources.get(first.id)).name == "Site"
    [found] = amo.sources.list(filter=SourceFilter(external_id=["s-2"])).to_list()
    assert (found.id, found.default) == (second.id, True)
    amo.sources.delete(first.id)
    (amo.sources.delete_many([second.id])).raise_for_failures()
    assert [one.id for one in amo.sources.list().to_list()] == [third.id]
    assert list(emulator.state.sources.rows) == [third.id]


def walk_buttons(amo: AmoCRM, emulator: Emulator) -> None:
    pipeline = amo.pipelines.list().first()
    made = amo.website_buttons.create(pipeline.id, trusted_websites=["a.example"], name="Ask")
    pending = amo.website_buttons.get(made.source_id)
    assert (pending.creation_status, pending.button_id) == ("creation_pending", None)
    emulator.clock.advance(5)
    [listed] = amo.website_buttons.list(with_=["scripts"]).to_list()
    assert listed.creation_status == "created"
    assert str(listed.button_id) in listed.script
    amo.website_buttons.update(made.source_id, name="Ask us", add_websites=["b.example"])
    amo.website_buttons.add_online_chat(made.source_id)
    assert (amo.website_buttons.get(made.source_id)).name == "Ask us"
    row = emulator.state.buttons.rows[made.source_id]
    assert (row["_trusted"], row["_has_chat"]) == (["a.example", "b.example"], True)


def walk_widgets(amo: AmoCRM, emulator: Emulator) -> None:
    assert len(amo.widgets.list().to_list()) == 2
    settings = {"login": "ann", "password": "p"}
    installed = amo.widgets.install("example_widget", settings)
    assert installed.is_active_in_account is True
    assert (amo.widgets.get("example_widget")).settings == settings

    bot, lead = amo.bots.list().first(), amo.leads.create(name="Boat")
    amo.bots.run(bot.id, lead)
    waiting = f"/api/v4/salesbot/{bot.id}/continue/{lead.id}"
    amo.widgets.continue_bot(waiting, data={"status": "success"})
    with pytest.raises(NotFoundError):
        amo.widgets.continue_bot(waiting)
    amo.widgets.uninstall("example_widget")
    assert (amo.widgets.get("example_widget")).is_active_in_account is False
    assert emulator.leads[lead.id]["name"] == "Boat"
