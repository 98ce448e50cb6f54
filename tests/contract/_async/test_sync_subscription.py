"""The subscription to webhooks is made for what is synced, and made again when it was switched off."""

from __future__ import annotations

from functools import partial

import pytest
from contract._async.sync_parts import client_of, engine_with

from amocrm_sync.errors import ConfigurationError, ForbiddenError
from amocrm_sync.testing import Emulator
from amocrm_sync.testing.emulator.rules.people import add_user, full_rights

pytestmark = pytest.mark.anyio

HOOK = "https://host.example/hook/a-secret"


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=2, pipelines=1)
    return emulator


engine_of = partial(engine_with, entities=("leads", "tasks"))


def hooks(emulator):
    return list(emulator.state.subscriptions.all())


async def test_a_first_pull_subscribes_and_later_ones_look_after_it(amo, clock, emulator):
    engine = engine_of(amo, clock, webhook_url=HOOK)
    await engine.pull()
    [hook] = hooks(emulator)
    assert hook["destination"] == HOOK
    assert {"add_lead", "status_lead", "delete_task"} <= set(hook["settings"])
    emulator.state.subscriptions.change(hook["id"], {"disabled": True})
    clock.advance(600)
    await engine.pull()
    assert hooks(emulator)[0]["disabled"], "looked at every hour"
    clock.advance(3600)
    await engine.pull()
    assert not hooks(emulator)[0]["disabled"]
    told = [row.details["was"] for row in await engine.log() if row.operation == "subscribe_webhooks"]
    assert told == ["disabled", "missing"]


async def test_what_the_host_has_subscribed_to_besides_stays(amo, clock, emulator):
    await amo.webhooks.subscribe(HOOK, ["add_contact", "add_lead"])
    engine = engine_of(amo, clock)
    assert await engine.subscribe(HOOK) == "incomplete"
    assert "add_contact" in hooks(emulator)[0]["settings"]
    assert await engine.subscribe(HOOK) is None


async def test_a_user_without_the_right_is_told_and_the_pull_goes_on(clock, emulator):
    user = add_user(emulator.state, {"name": "Anna", "email": "a@example.com"}, rights=full_rights())
    async with client_of(emulator, clock, user_id=user["id"]) as amo:
        engine = engine_of(amo, clock, webhook_url=HOOK)
        report = await engine.pull()
        assert [problem.operation for problem in report.problems] == ["subscribe_webhooks"]
        assert report.entities["leads"].created == len(emulator.leads)
        with pytest.raises(ForbiddenError):
            await engine.subscribe()


async def test_the_secret_of_the_address_is_in_no_log_and_no_repr(amo, clock):
    engine = engine_of(amo, clock, webhook_url=HOOK)
    await engine.pull()
    assert "a-secret" not in f"{engine.config!r} {await engine.log()!r} {engine!r}"


async def test_an_address_is_needed(amo, clock):
    with pytest.raises(ConfigurationError, match="webhook_url"):
        await engine_of(amo, clock).subscribe()
