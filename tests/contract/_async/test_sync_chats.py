"""What cannot be read again: messages of channels and calls are kept as they came, one row each, however often they come."""

from __future__ import annotations

import hashlib
import hmac
from functools import partial
from urllib.parse import urlencode

import orjson
import pytest
from contract._async.sync_parts import engine_with

from amocrm_sync.errors import SignatureError
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio

SECRET = "channel-secret"
FORM = "application/x-www-form-urlencoded"
MESSAGE = {
    "account_id": "amojo-1",
    "time": 1767225001,
    "message": {
        "receiver": {"id": "r-1", "client_id": "client-9", "phone": "+7999"},
        "sender": {"id": "s-1", "name": "Manager"},
        "conversation": {"id": "chat-1", "client_id": "my-chat"},
        "timestamp": 1767225000,
        "msec_timestamp": 1767225000250,
        "message": {"id": "m-1", "type": "text", "text": "We call you back", "media": ""},
    },
}


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=3, pipelines=1)
    return emulator


engine_of = partial(engine_with, entities=("communications",))


def signed(body):
    return {"X-Signature": hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()}


def with_message(**changes):
    return {**MESSAGE, "message": {**MESSAGE["message"], **changes}}


async def test_a_message_of_a_channel_is_one_row_however_often_it_comes(amo, clock):
    engine = engine_of(amo, clock)
    told = []
    engine.on("communication.created", told.append)
    for data in (MESSAGE, {**MESSAGE, "time": 1767225009}):
        receipt = await engine.receive(orjson.dumps(data), "application/json")
        assert (receipt.processed, receipt.errors) == (1, 0)
        assert (await engine.process_inbox()).ok
    [kept] = await engine.records.communications.list()
    assert (kept["kind"], kept["direction"], kept["text"]) == ("message", "outgoing", "We call you back")
    assert (kept["chat_id"], kept["amo_created_at"]) == ("chat-1", 1767225000)
    assert kept.raw["payload"] == MESSAGE["message"]
    assert len(told) == 1
    [row] = await engine.activity()
    assert (row.event, row.source, row.raw) == ("message.sent", "chat", MESSAGE["message"])


async def test_the_crms_own_webhook_about_the_same_message_makes_no_second_row(amo, clock):
    engine = engine_of(amo, clock)
    hook = {"outgoing_message[add][0][id]": "m-1", "outgoing_message[add][0][text]": "We call you back"}
    await engine.receive(orjson.dumps(MESSAGE), "application/json")
    await engine.receive(urlencode(hook), FORM)
    await engine.process_inbox()
    assert await engine.records.communications.count() == 1


async def test_only_what_is_signed_is_kept_where_the_secret_is_known(amo, clock):
    engine = engine_of(amo, clock, chat_secret=SECRET)
    body = orjson.dumps(MESSAGE)
    with pytest.raises(SignatureError):
        await engine.receive(body, "application/json")
    with pytest.raises(SignatureError):
        await engine.receive(body, "application/json", {"X-Signature": "0" * 40})
    assert (await engine.status()).inbox == {"hints": 0}
    await engine.receive(body, "application/json", signed(body))
    await engine.process_inbox()
    assert await engine.records.communications.count() == 1
    assert SECRET not in repr(engine.config)


async def test_a_reaction_is_activity_and_typing_is_nothing(amo, clock):
    engine = engine_of(amo, clock)
    reaction = {"user": {"id": "u-1"}, "type": "react", "emoji": "+", "msgid": "m-1"}
    for action in ({"reaction": reaction}, {"typing": {"user": {"id": "u-1"}, "expired_at": 1}}):
        body = orjson.dumps({"account_id": "amojo-1", "time": 1, "action": action})
        assert (await engine.receive(body, "application/json")).errors == 0
    assert (await engine.process_inbox()).ok
    [row] = await engine.activity()
    assert (row.event, row.remote_id, row.actor, row.after) == ("message.react", "m-1", "u-1", "+")
    assert await engine.records.communications.count() == 0


async def test_messages_without_an_id_are_all_in_the_log(amo, clock):
    engine = engine_of(amo, clock)
    texts = ["first", "second"]
    for text in texts:
        await engine.receive(orjson.dumps(with_message(message={"text": text})), "application/json")
    assert (await engine.process_inbox()).ok
    assert {row.raw["message"]["text"] for row in await engine.activity()} == set(texts)
    assert await engine.records.communications.count() == 0


async def test_a_reaction_beside_typing_is_not_lost(amo, clock):
    engine = engine_of(amo, clock)
    action = {"typing": {"user": {"id": "u-1"}}, "reaction": {"msgid": "m-1", "type": "unreact"}}
    await engine.receive(orjson.dumps({"account_id": "amojo-1", "action": action}), "application/json")
    assert (await engine.process_inbox()).ok
    [row] = await engine.activity()
    assert (row.event, row.remote_id, row.raw) == ("message.unreact", "m-1", action)


async def test_times_that_are_none_do_not_stop_it(amo, clock):
    engine = engine_of(amo, clock)
    await engine.receive(orjson.dumps(with_message(timestamp=-5, msec_timestamp="x")), "application/json")
    assert (await engine.process_inbox()).ok
    [kept] = await engine.records.communications.list()
    assert kept["amo_created_at"] == int(clock.now())


async def test_a_call_that_is_heard_and_then_read_is_one_row(amo, clock):
    engine = engine_of(amo, clock, entities=("leads", "notes", "communications"))
    await engine.pull()
    lead = (await engine.records.leads.list())[0]
    before = await engine.records.communications.count()
    call = {
        "uniq": "c-1",
        "duration": 12,
        "source": "asterisk",
        "link": "https://x/1",
        "phone": "+79991112233",
    }
    note = {"entity_id": int(lead.remote_id), "note_type": "call_in", "params": call}
    answer = await amo.request("POST", "/api/v4/leads/notes", json=[note])
    number = answer["_embedded"]["notes"][0]["id"]
    hook = {
        "leads[note][0][note][id]": str(number),
        "leads[note][0][note][note_type]": "10",
        "leads[note][0][note][element_id]": lead.remote_id,
        "leads[note][0][note][text]": '{"PHONE":"+79991112233","DURATION":12}',
    }
    for _ in range(2):
        await engine.receive(urlencode(hook), FORM)
        await engine.process_inbox()
        clock.advance(60)
        await engine.pull()
    calls = await engine.records.communications.list({"kind": "call"})
    assert [(row["amo_communication_id"], row["duration"], row["phone"]) for row in calls].count(
        (number, 12, "+79991112233")
    ) == 1
    assert await engine.records.communications.count() == before + 1
