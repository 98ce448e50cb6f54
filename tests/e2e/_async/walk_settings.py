"""The account's own settings and its people: pipelines, users, roles, webhooks, sources, buttons, widgets, tokens."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from amocrm_sync import AsyncAmoCRM, AsyncOAuthFlow, NotFoundError, OAuth, SourceFilter, WebhookFilter
from amocrm_sync._http import AsyncHTTP, Reply
from amocrm_sync.models import Pipeline, Stage
from amocrm_sync.stores import AsyncMemoryTokenStore
from amocrm_sync.testing import Emulator, Faults

HOOK = "https://host.example/hook/s3"


async def walk_account(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    account = await amo.account.get(with_=amo.account.with_values)
    assert (account.subdomain, account.timezone) == ("demo", "Europe/Moscow")
    assert account.drive_url.startswith(amo.base_url)
    assert {kind.code for kind in account.task_types} == {"FOLLOW_UP", "MEETING"}
    assert account.current_user_id in emulator.users
    assert "RUB" in [currency.code async for currency in amo.currencies.list()]


async def walk_oauth(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    base_url = amo.base_url
    store = AsyncMemoryTokenStore(clock=emulator.clock)
    async with AsyncOAuthFlow(
        "id", "sec", "https://example.com/cb", store=store, domain=base_url, clock=emulator.clock
    ) as flow:
        request = await flow.authorization_url(owner="ann")
        browser = AsyncHTTP.open(None, base_url=base_url, proxy=None)
        try:
            page = await browser.send("GET", request.url, headers={}, content=None, timeout=5.0)
        finally:
            await browser.aclose()
        assert isinstance(page, Reply)
        came = dict(parse_qsl(urlsplit(page.headers["location"]).query))
        connection = await flow.handle_callback(came, owner="ann")
        assert connection.domain == urlsplit(base_url).netloc
        before = await flow.access_token("ann")
        await flow.refresh("ann")
        after = await flow.access_token("ann")
        assert after != before
        admin = next(iter(emulator.users.values()))
        await flow.exchange_api_key(admin["email"], emulator.ui.api_key(), account=base_url, owner="bob")
        back = dict(parse_qsl(urlsplit(emulator.state.callbacks[-1]).query))
        await flow.handle_callback(back)
        assert (await flow.status("bob")).state == "connected"
    oauth = OAuth("id", "sec", "https://example.com/cb", store=store, owner="ann")
    async with AsyncAmoCRM(base_url, auth=oauth, clock=emulator.clock) as renewed:
        assert (await renewed.account.current_user()).id == admin["id"]
        assert (await renewed.account.address()).id == emulator.settings.account_id
    await walk_move(emulator)


async def walk_move(emulator: Emulator) -> None:
    """An account that moved is looked for by the name of its shard: in process, where every name is answered."""
    flow = AsyncOAuthFlow(
        "id",
        "sec",
        "https://example.com/cb",
        store=AsyncMemoryTokenStore(clock=emulator.clock),
        http_client=emulator.http_client(),
        clock=emulator.clock,
    )
    pair = emulator.issue_tokens()
    await flow.set_tokens(pair["access_token"], pair["refresh_token"], account="former.amocrm.ru")
    emulator.faults = Faults()
    emulator.faults.next(match="POST /oauth2/access_token", status=404)
    assert (await flow.refresh()).state == "connected"
    emulator.faults = None


async def walk_pipelines(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    made = await amo.pipelines.create(
        Pipeline(
            name="Rent",
            sort=50,
            is_main=False,
            is_unsorted_on=True,
            stages=[Stage(name="New", sort=10, color="#fffeb2")],
        )
    )
    await amo.pipelines.update(made.id, name="Hire")
    read = await amo.pipelines.get(made.id)
    assert read.name == "Hire"
    assert {142, 143} < {stage.id for stage in read.stages}
    stages = amo.pipelines.stages
    stage = await stages.create(made.id, name="Talks", sort=30, color="#c1e0ff")
    await stages.update(made.id, stage.id, name="Talking")
    assert (await stages.get(made.id, stage.id)).name == "Talking"
    lead = await amo.leads.create(name="Boat", pipeline_id=made.id, status_id=stage.id)
    assert emulator.leads[lead.id]["status_id"] == stage.id
    await amo.leads.update(lead.id, pipeline_id=made.id, status_id=143)
    await stages.delete(made.id, stage.id)
    assert stage.id not in [one.id async for one in stages.list(made.id)]
    spare = await amo.pipelines.create(
        Pipeline(name="Spare", sort=60, is_main=False, is_unsorted_on=False, stages=[])
    )
    await amo.pipelines.delete(spare.id)
    assert spare.id not in [one.id async for one in amo.pipelines.list()]


async def walk_people(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    role = await amo.roles.create(name="Sales", rights={"leads": {"view": "A", "edit": "M"}})
    await amo.roles.update(role.id, name="Sellers")
    bob = await amo.users.create(
        name="Bob", email="bob@example.com", password="x", rights={"role_id": role.id, "is_free": False}
    )
    read = await amo.users.get(bob.id, with_=["role"])
    assert [one.id for one in read.roles] == [role.id]
    assert (await amo.roles.get(role.id, with_=["users"])).user_ids == [bob.id]
    assert [one.name for one in await amo.roles.list().to_list()] == ["Sellers"]
    await amo.users.deactivate([bob.id])
    assert (await amo.users.get(bob.id)).rights.is_active is False
    await amo.users.activate([bob.id])
    listed = {user.id: user async for user in amo.users.list()}
    assert listed[bob.id].rights.is_active is True
    await amo.roles.delete(role.id)
    assert await amo.roles.list().to_list() == []
    assert emulator.users[bob.id]["rights"]["role_id"] is None


async def walk_webhooks(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    await amo.webhooks.subscribe(HOOK, ["add_lead"])
    await amo.webhooks.subscribe(HOOK, ["add_lead", "status_lead"])
    [found] = await amo.webhooks.list(filter=WebhookFilter(destination=HOOK)).to_list()
    assert found.settings == ["add_lead", "status_lead"]
    await amo.webhooks.unsubscribe(HOOK)
    assert await amo.webhooks.list().to_list() == []
    assert not emulator.subscriptions


async def walk_sources(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    pipeline = await amo.pipelines.list().first()
    made = await amo.sources.create_many(
        [{"name": name, "external_id": name, "pipeline_id": pipeline.id} for name in ("s-1", "s-2", "s-3")]
    )
    made.raise_for_failures()
    first, second, third = made.succeeded
    await amo.sources.update(first.id, name="Site")
    (await amo.sources.update_many([{"id": second.id, "default": True}])).raise_for_failures()
    assert (await amo.sources.get(first.id)).name == "Site"
    [found] = await amo.sources.list(filter=SourceFilter(external_id=["s-2"])).to_list()
    assert (found.id, found.default) == (second.id, True)
    await amo.sources.delete(first.id)
    (await amo.sources.delete_many([second.id])).raise_for_failures()
    assert [one.id for one in await amo.sources.list().to_list()] == [third.id]
    assert list(emulator.state.sources.rows) == [third.id]


async def walk_buttons(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    pipeline = await amo.pipelines.list().first()
    made = await amo.website_buttons.create(pipeline.id, trusted_websites=["a.example"], name="Ask")
    pending = await amo.website_buttons.get(made.source_id)
    assert (pending.creation_status, pending.button_id) == ("creation_pending", None)
    emulator.clock.advance(5)
    [listed] = await amo.website_buttons.list(with_=["scripts"]).to_list()
    assert listed.creation_status == "created"
    assert str(listed.button_id) in listed.script
    await amo.website_buttons.update(made.source_id, name="Ask us", add_websites=["b.example"])
    await amo.website_buttons.add_online_chat(made.source_id)
    assert (await amo.website_buttons.get(made.source_id)).name == "Ask us"
    row = emulator.state.buttons.rows[made.source_id]
    assert (row["_trusted"], row["_has_chat"]) == (["a.example", "b.example"], True)


async def walk_widgets(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    assert len(await amo.widgets.list().to_list()) == 2
    settings = {"login": "ann", "password": "p"}
    installed = await amo.widgets.install("example_widget", settings)
    assert installed.is_active_in_account is True
    assert (await amo.widgets.get("example_widget")).settings == settings

    bot, lead = await amo.bots.list().first(), await amo.leads.create(name="Boat")
    await amo.bots.run(bot.id, lead)
    waiting = f"/api/v4/salesbot/{bot.id}/continue/{lead.id}"
    await amo.widgets.continue_bot(waiting, data={"status": "success"})
    with pytest.raises(NotFoundError):
        await amo.widgets.continue_bot(waiting)
    await amo.widgets.uninstall("example_widget")
    assert (await amo.widgets.get("example_widget")).is_active_in_account is False
    assert emulator.leads[lead.id]["name"] == "Boat"
