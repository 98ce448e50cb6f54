"""How people are talked to: calls, chats, talks, templates, bots and short links."""

from __future__ import annotations

import pytest

from amocrm_sync import AsyncAmoCRM, BotFilter, ChatTemplateFilter, UnprocessableError, ValidationError
from amocrm_sync.models import CallInNote, Contact
from amocrm_sync.testing import Emulator

DAN = {"id": "u-1", "name": "Dan"}


async def walk_calls(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    ann = await amo.contacts.create(Contact(name="Ann", phone="+7 912 000-00-01"))
    told = {"direction": "inbound", "duration": 60, "source": "pbx"}
    call = await amo.calls.create(phone="89120000001", uniq="call-1", **told)
    assert (call.entity_type, call.entity_id) == ("contact", ann.id)
    [note] = await amo.contacts.notes.list(ann.id).to_list()
    assert isinstance(note.details, CallInNote)
    assert (note.details.duration, note.details.uniq) == (60, "call-1")
    with pytest.raises(ValidationError, match="not stored"):
        await amo.calls.create(phone="+79990000000", **told)
    [notice] = await amo.calls.notify("+79120000001")
    assert notice.element_id == ann.id
    assert len(emulator.notes) == 1, "a pop-up stores nothing"


async def walk_talks(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    channel = emulator.chat_channel
    amojo = await amo.amojo(channel.id, channel.secret)
    await amojo.connect()
    await amojo.send_message("c-1", "Hello", sender=DAN, msgid="m-1")
    [talk] = await amo.talks.list().to_list()
    assert (await amo.contacts.get(talk.contact_id)).name == "Dan"
    sent = await amo.talks.send_message(talk.talk_id, "Good day")
    messages = await amo.talks.messages(talk.talk_id).to_list()
    assert [(one.text, one.type) for one in messages] == [("Good day", "outgoing"), ("Hello", "incoming")]
    assert messages[0].id == sent
    assert len(emulator.channel_hooks) == 1
    await amo.talks.close(talk.talk_id, force=True)
    assert (await amo.talks.get(talk.talk_id)).is_in_work is False
    with pytest.raises(UnprocessableError):
        await amo.talks.close(talk.talk_id)


async def walk_amojo(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    channel = emulator.chat_channel
    amojo = await amo.amojo(channel.id, channel.secret)
    assert (await amojo.connect(title="Mine")).scope_id == amojo.scope_id
    chat = await amojo.create_chat("c-1", DAN)
    sent = await amojo.send_message("c-1", "Hello", sender=DAN, msgid="m-1")
    await amojo.typing("c-1", "u-1")
    await amojo.react("+", DAN, conversation_id="c-1", msgid="m-1")
    await amojo.delivery_status(sent.msgid, "read")
    [message] = await amojo.history(chat.id)
    assert (message.text, message.sender.name) == ("Hello", "Dan")
    await amojo.disconnect()
    assert not emulator.channel_hooks


async def walk_templates(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    templates = amo.chat_templates
    made = await templates.create_many(
        [
            {"name": "Greeting", "content": "Hello", "external_id": "t-1"},
            {"name": "Offer", "content": "Buy", "type": "waba", "waba_category": "UTILITY"},
            {"name": "Spare", "content": "-"},
        ]
    )
    made.raise_for_failures()
    greeting, offer, spare = made.succeeded
    await templates.update(greeting.id, content="Good day")
    (await templates.update_many([{"id": offer.id, "content": "Please buy"}])).raise_for_failures()
    assert (await templates.get(offer.id)).content == "Please buy"
    [found] = await templates.list(filter=ChatTemplateFilter(external_id=["t-1"])).to_list()
    assert found.content == "Good day"
    [review] = await templates.send_review(offer.id)
    assert review.status == "review"
    await templates.set_review(offer.id, review.id, status="rejected", reject_reason="too loud")
    seen = await templates.get(offer.id, with_=["reviews"])
    assert [(one.status, one.reject_reason) for one in seen.reviews] == [("rejected", "too loud")]
    await templates.delete(spare.id)
    (await templates.delete_many([greeting.id])).raise_for_failures()
    assert [one.id for one in await templates.list().to_list()] == [offer.id]
    assert list(emulator.state.templates.rows) == [offer.id]


async def walk_bots(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    [bot] = await amo.bots.list(filter=BotFilter(type_functionality=["greeting"])).to_list()
    assert (await amo.bots.get(bot.id)).name == bot.name
    lead, ann = await amo.leads.create(name="Boat"), await amo.contacts.create(name="Ann")
    await amo.bots.run(bot.id, lead)
    assert emulator.state.bot_runs == {(bot.id, "leads", lead.id)}
    await amo.bots.stop(bot.id, lead)
    assert emulator.state.bot_runs == set()
    (await amo.bots.run_many([(bot.id, lead)])).raise_for_failures()
    (await amo.bots.run_v2([(bot.id, ann)])).raise_for_failures()
    assert emulator.state.bot_runs == {(bot.id, "leads", lead.id), (bot.id, "contacts", ann.id)}


async def walk_short_links(amo: AsyncAmoCRM, emulator: Emulator) -> None:
    ann = await amo.contacts.create(name="Ann")
    link = await amo.short_links.create("https://site.example/offer", ann.id)
    again = await amo.short_links.create("https://site.example/offer", ann.id)
    assert link.url == again.url != "https://site.example/offer"
    assert link.account_id == emulator.settings.account_id
