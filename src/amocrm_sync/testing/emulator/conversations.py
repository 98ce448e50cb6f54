"""What a message does to the account: a contact, an incoming lead, a talk, events and webhooks."""

from __future__ import annotations

import orjson

from amocrm_sync.testing.emulator import bodies_rare, incoming
from amocrm_sync.testing.emulator.changes import Changes
from amocrm_sync.testing.emulator.chats import Conversation
from amocrm_sync.testing.emulator.incoming import Incoming
from amocrm_sync.testing.emulator.rules.cards import Draft, new_row
from amocrm_sync.testing.emulator.rules.values import as_read
from amocrm_sync.testing.emulator.state import State
from amocrm_sync.testing.emulator.tables import Row


def take_message(
    state: State, changes: Changes, conversation: Conversation, message: Row, *, is_silent: bool
) -> None:
    """A message that came from the channel: the client's, or one that a manager wrote elsewhere.

    The first one of an unknown client makes a contact and an incoming lead, unless it is silent.
    """
    is_incoming = message["sender"].get("ref_id") is None
    conversation.messages.append(message)
    link = link_of(state, conversation.id)
    if link is None:
        link = _meet(state, changes, conversation, message, is_silent=is_silent)
    talk = _talk(state, changes, conversation, link["contact_id"])
    _speak(state, changes, talk, message, is_incoming=is_incoming)


def send_message(state: State, changes: Changes, talk: Row, message: Row, *, by: int) -> None:
    """A message that a manager writes in the account: the channel's own webhook is told."""
    conversation = state.chats.conversations.get(talk["chat_id"])
    if conversation is not None:
        conversation.messages.append(message)
        body = {
            "account_id": state.amojo_id,
            "time": state.now(),
            "message": {
                "conversation": {"id": conversation.id, "client_id": conversation.client_id},
                "sender": {"id": state.users.rows[by]["_amojo_id"]},
                "receiver": {"id": conversation.user["id"], "client_id": conversation.user["client_id"]},
                "timestamp": message["timestamp"],
                "msec_timestamp": message["msec_timestamp"],
                "message": {"id": message["id"], **message["message"]},
            },
        }
        state.chats.tell(conversation.scope_id, orjson.dumps(body))
    _speak(state, changes, talk, message, is_incoming=False)


def link_of(state: State, chat_id: str) -> Row | None:
    """The link of a chat with its contact."""
    return next((row for row in state.chat_links.all() if row["chat_id"] == chat_id), None)


def link_chat(state: State, chat_id: str, contact_id: int) -> Row:
    """Give a chat to a contact: it has one at most, and its link gets a new id with a new contact."""
    known = link_of(state, chat_id)
    if known is not None and known["contact_id"] == contact_id:
        return known
    if known is not None:
        state.chat_links.drop(known["id"])
    for talk in state.talks.all():
        if talk["chat_id"] == chat_id:
            state.talks.change(talk["id"], {"contact_id": contact_id})
    row = {"id": state.next_id("chat_links"), "chat_id": chat_id, "contact_id": contact_id}
    return state.chat_links.add(row)


def _meet(
    state: State, changes: Changes, conversation: Conversation, message: Row, *, is_silent: bool
) -> Row:
    user = conversation.user
    contact = Draft(fields={"name": user["name"], **_values(state, user)})
    source = next((row for row in state.sources.all() if row["external_id"] == conversation.source), None)
    pipeline_id = source["pipeline_id"] if source else state.main_pipeline["id"]
    if is_silent:
        row = changes.add_card("contacts", new_row(state, "contacts", contact.fields, by=0), by=0)
        return link_chat(state, conversation.id, row["id"])
    now = state.now()
    fields: Row = {
        "category": "chats",
        "source_uid": conversation.id,
        "source_name": source["name"] if source else "",
        "pipeline_id": pipeline_id,
        "created_at": now,
        "metadata": {
            "from": user["name"],
            "to": conversation.scope_id,
            "received_at": message["timestamp"],
            "service": "amo.ext",
            "client": {"name": user["name"], "avatar": user.get("avatar") or None},
            "origin": {"chat_id": conversation.id, "ref": None, "visitor_uid": None},
            "last_message_text": message["message"].get("text"),
            "source_name": source["name"] if source else "",
        },
    }
    lead = Draft(fields={"pipeline_id": pipeline_id})
    row = incoming.receive(
        state, changes, Incoming(fields=fields, drafts={"leads": lead, "contacts": contact})
    )
    if source is not None:
        state.cards["leads"].change(row["_ids"]["leads"], {"source_id": source["id"]})
    return link_chat(state, conversation.id, row["_ids"]["contacts"])


def _values(state: State, user: Row) -> Row:
    """Phone and e-mail of a profile as the contact's own fields."""
    values: list[Row] = []
    for code, key in (("PHONE", "phone"), ("EMAIL", "email")):
        field = next(row for row in state.fields["contacts"].all() if row["code"] == code)
        if user.get(key):
            enum = field["enums"][0]
            value = {"value": user[key], "enum_id": enum["id"], "enum_code": enum["code"]}
            values.append(as_read(field, [value]))
    return {"custom_fields_values": values} if values else {}


def _talk(state: State, changes: Changes, conversation: Conversation, contact_id: int) -> Row:
    """The chat's open talk, or a new one about the contact's lead."""
    for row in state.talks.all():
        if row["chat_id"] == conversation.id and row["is_in_work"]:
            return row
    lead_id = _lead_of(state, contact_id)
    now, talk_id = state.now(), state.next_id("talks")
    channel = state.chats.channel_of(conversation.scope_id)
    row = state.talks.add(
        {
            "id": talk_id,
            "talk_id": talk_id,
            "created_at": now,
            "updated_at": now,
            "rate": 0,
            "contact_id": contact_id,
            "chat_id": conversation.id,
            "entity_id": lead_id,
            "entity_type": None if lead_id is None else "lead",
            "is_in_work": True,
            "is_read": False,
            "status": "in_work",
            "origin": channel.code if channel else "amo.ext",
            "source_id": None,
            "missed_at": None,
            "account_id": state.settings.account_id,
            "_lead_id": lead_id,
            "_messages": [],
        }
    )
    changes.emit("add_talk", lambda: bodies_rare.talk("add", row))
    return row


def _lead_of(state: State, contact_id: int) -> int | None:
    """The contact's lead that is not closed, its last one."""
    leads = state.cards["leads"]
    found = [
        lead_id
        for lead_id in state.links.of(("contacts", contact_id), "leads")
        if (row := leads.live(lead_id)) is not None and row["closed_at"] is None
    ]
    return found[-1] if found else None


def _speak(state: State, changes: Changes, talk: Row, message: Row, *, is_incoming: bool) -> None:
    talk["_messages"].append(message)
    was_read = talk["is_read"]
    state.talks.change(talk["id"], {"is_read": not is_incoming, "updated_at": state.now()})
    setting = "add_message" if is_incoming else "add_outgoing_message"
    changes.emit(setting, lambda: bodies_rare.message(message, talk, is_incoming=is_incoming))
    if was_read is not talk["is_read"] and len(talk["_messages"]) > 1:
        changes.emit("update_talk", lambda: bodies_rare.talk("update", talk))
    kind = "incoming_chat_message" if is_incoming else "outgoing_chat_message"
    after = [{"message": {"id": message["id"], "origin": talk["origin"], "talk_id": talk["talk_id"]}}]
    changes.write(kind, "contacts", talk["contact_id"], by=0, after=after)
