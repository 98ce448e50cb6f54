# Generated from tests/e2e/_async/walk_channels.py by tools/unasync.py: edit that file instead.
"""How people are talked to: calls, chats, talks, templates, bots and short links."""

from __future__ import annotations

import pytest

from amocrm_sync import AmoCRM, BotFilter, ChatTemplateFilter, UnprocessableError, ValidationError
from amocrm_sync.models import CallInNote, Contact
from amocrm_sync.testing import Emulator

DAN = {"id": "u-1", "name": "Dan"}


def walk_calls(amo: AmoCRM, emulator: Emulator) -> None:
    ann = amo.contacts.create(Contact(name="Ann", phone="+7 912 000-00-01"))
    told = {"direction": "inbound", "duration": 60, "source": "pbx"}
    call = amo.calls.create(phone="89120000001", uniq="call-1", **told)
    assert (call.entity_type, call.entity_id) == ("contact", ann.id)
    [note] = amo.contacts.notes.list(ann.id).to_list()
    assert isinstance(note.details, CallInNote)
    assert (note.details.duration, note.details.uniq) == (60, "call-1")
    with pytest.raises(ValidationError, match="not stored"):
        amo.calls.create(phone="+79990000000", **told)
    [notice] = amo.calls.notify("+79120000001")
    assert notice.element_id == ann.id
    assert len(emulator.notes) == 1, "a pop-up stores nothing"


def walk_talks(amo: AmoCRM, emulator: Emulator) -> None:
    channel = emulator.chat_channel
    amojo = amo.amojo(channel.id, channel.secret)
    amojo.connect()
    amojo.send_message("c-1", "Hello", sender=DAN, msgid="m-1")
    [talk] = amo.talks.list().to_list()
    assert (amo.contacts.get(talk.contact_id)).name == "Dan"
    sent = amo.talks.send_message(talk.talk_id, "Good day")
    messages = amo.talks.messages(talk.talk_id).to_list()
    assert [(one.text, one.type) for one in messages] == [("Good day", "outgoing"), ("Hello", "incoming")]
    assert messages[0].id == sent
    assert len(emulator.channel_hooks) == 1
    amo.talks.close(talk.talk_id, force=True)
    assert (amo.talks.get(talk.talk_id)).is_in_work is False
    with pytest.raises(UnprocessableError):
        amo.talks.close(talk.talk_id)


def walk_amojo(amo: AmoCRM, emulator: Emulator) -> None:
    channel = emulator.chat_channel
    amojo = amo.amojo(channel.id, channel.secret)
    assert (amojo.connect(title="Mine")).scope_id == amojo.scope_id
    chat = amojo.create_chat("c-1", DAN)
    sent = amojo.send_message("c-1", "Hello", sender=DAN, msgid="m-1")
    amojo.typing("c-1", "u-1")
    amojo.react("+", DAN, conversation_id="c-1", msgid="m-1")
    amojo.delivery_status(sent.msgid, "read")
    [message] = amojo.history(chat.id)
    assert (message.text, message.sender.name) == ("Hello", "Dan")
    amojo.disconnect()
    assert not emulator.channel_hooks


def walk_templates(amo: AmoCRM, emulator: Emulator) -> None:
    templates = amo.chat_templates
    made = templates.create_many(
        [
            {"name": "Greeting", "content": "Hello", "external_id": "t-1"},
            {"name": "Offer", "content": "Buy", "type": "waba", "waba_category": "UTILITY"},
            {"name": "Spare", "content": "-"},
        ]
    )
    made.raise_for_failures()
    greeting, offer, spare = made.succeeded
    templates.update(greeting.id, content="Good day")
    (templates.update_many([{"id": offer.id, "content": "Please buy"}])).raise_for_failures()
    assert (templates.get(offer.id)).content == "Please buy"
    [found] = templates.list(filter=ChatTemplateFilter(external_id=["t-1"])).to_list()
    assert found.content == "Good day"
    [review] = templates.send_review(offer.id)
    assert review.status == "review"
    templates.set_review(offer.id, review.id, status="rejected", reject_reason="too loud")
    seen = templates.get(offer.id, with_=["reviews"])
    assert [(one.status, one.reject_reason) for one in seen.reviews] == [("rejected", "too loud")]
    templates.delete(spare.id)
    (templates.delete_many([greeting.id])).raise_for_failures()
    assert [one.id for one in templates.list().to_list()] == [offer.id]
    assert list(emulator.state.templates.rows) == [offer.id]


def walk_bots(amo: AmoCRM, emulator: Emulator) -> None:
    [bot] = amo.bots.list(filter=BotFilter(type_functionality=["greeting"])).to_list()
    assert (amo.bots.get(bot.id)).name == bot.name
    lead, ann = amo.leads.create(name="Boat"), amo.contacts.create(name="Ann")
    amo.bots.run(bot.id, lead)
    assert emulator.state.bot_runs == {(bot.id, "leads", lead.id)}
    amo.bots.stop(bot.id, lead)
    assert emulator.state.bot_runs == set()
    (amo.bots.run_many([(bot.id, lead)])).raise_for_failures()
    (amo.bots.run_v2([(bot.id, ann)])).raise_for_failures()
    assert emulator.state.bot_runs == {(bot.id, "leads", lead.id), (bot.id, "contacts", ann.id)}


def walk_short_links(amo: AmoCRM, emulator: Emulator) -> None:
    ann = amo.contacts.create(name="Ann")
    link = amo.short_links.create("https://site.example/offer", ann.id)
    again = amo.short_links.create("https://site.example/offer", ann.id)
    assert link.url == again.url != "https://site.example/offer"
    assert link.account_id == emulator.settings.account_id
