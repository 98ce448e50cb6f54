"""Talks, their messages, and the links of chats with contacts."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync._core.form import as_list
from amocrm_sync.testing.emulator import bodies_rare, conversations, hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, forbidden, impossible, invalid
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import PLAIN, ListRule, Test, ids, number, texts
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, Field, Shape, rows_of
from amocrm_sync.testing.emulator.selection import page_of
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

_OUTGOING: Final[Shape] = {"text": Field("string"), "attachment": Field("object", nullable=True)}
_KINDS: Final = ("file", "picture", "video")
_EMBEDDED: Final = {"lead": "leads", "customer": "customers"}


def _only_in_work(_raw: Any) -> Test:
    return lambda row: bool(row["is_in_work"])


_FILTERS: Final = {
    "talk_id": ids("talk_id"),
    "contact_id": ids("contact_id"),
    "entity_type": texts("entity_type"),
    "only_in_work": _only_in_work,
}
_RULE: Final = ListRule(filters=_FILTERS)
_RULE_OF_ENTITY: Final = ListRule(filters={**_FILTERS, "entity_id": ids("entity_id")})


def list_talks(visit: Visit) -> Response:
    """One page; ``filter[entity_id]`` counts only beside ``filter[entity_type]``."""
    rule = _RULE_OF_ENTITY if visit.query.filters.get("entity_type") else _RULE
    return tables.page(visit, "talks", visit.state.talks, _shown, rule=rule)


def get_talk(visit: Visit) -> Response:
    """One talk."""
    return hal.document(_shown(visit, tables.known(visit.state.talks, visit.id)))


def close_talk(visit: Visit) -> Response:
    """End a talk."""
    row = tables.known(visit.state.talks, visit.id)
    if not row["is_in_work"]:
        raise impossible("The talk is closed already")
    changes = {"is_in_work": False, "is_read": True, "status": "closed", "updated_at": visit.state.now()}
    visit.state.talks.change(row["id"], changes)
    visit.changes.emit("update_talk", lambda: bodies_rare.talk("update", row))
    return Response(status=202)


def list_messages(visit: Visit) -> Response:
    """One page of a talk's messages, newest first."""
    row = _open_talk(visit)
    page = page_of(reversed(row["_messages"]), visit.query, PLAIN)
    shown = [_shown_message(row, message) for message in page.rows]
    return hal.listing(visit.request, "messages", shown, page)


def send_message(visit: Visit) -> Response:
    """Write to the client."""
    row = _open_talk(visit)
    fields = tables.single(visit, _OUTGOING)
    attachment = fields.get("attachment")
    if not fields.get("text") and not attachment:
        raise invalid({"0": [Fault("FieldMissing", "text")]})
    content: Row = {"type": "text", "text": fields.get("text", "")}
    if attachment:
        content |= _attached(visit, attachment)
    now, user = visit.state.now(), visit.state.users.rows[visit.user_id]
    message: Row = {
        "id": visit.state.chats.uuid(),
        "client_id": None,
        "timestamp": now,
        "msec_timestamp": now * 1000,
        "sender": {"id": user["_amojo_id"], "ref_id": user["_amojo_id"], "name": user["name"]},
        "receiver": None,
        "message": content,
    }
    conversations.send_message(visit.state, visit.changes, row, message, by=visit.user_id)
    return hal.document({"id": message["id"]}, status=202)


def list_chats(visit: Visit) -> Response:
    """Links of chats with contacts; ``contact_id`` and ``chat_id`` stand beside ``filter``, not in it."""
    values = visit.query.values
    contacts = {number(value) for value in as_list(values.get("contact_id"))} - {None}
    chats = {str(value) for value in as_list(values.get("chat_id"))} - {""}
    rows = [
        row
        for row in visit.state.chat_links.all()
        if (not contacts or row["contact_id"] in contacts) and (not chats or row["chat_id"] in chats)
    ]
    if not rows:
        raise NothingFound
    return hal.collection(visit.request, "chats", rows, total=len(rows))


def link_chats(visit: Visit) -> Response:
    """Give chats to contacts: a chat has one, a contact may have many."""

    def check(body: Row) -> tuple[Row, list[Fault]]:
        faults: list[Fault] = []
        if visit.state.cards["contacts"].live(body.get("contact_id")) is None:
            faults.append(Fault("NotSupportedChoice", "contact_id"))
        if str(body.get("chat_id")) not in visit.state.chats.conversations:
            faults.append(Fault("NotSupportedChoice", "chat_id"))
        return body, faults

    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    made: list[Row] = []
    for name, body in checked(rows, check):
        row = conversations.link_chat(visit.state, body["chat_id"], body["contact_id"])
        made.append({**row, "request_id": name})
    return hal.collection(visit.request, "chats", made, total=len(made))


def _open_talk(visit: Visit) -> Row:
    if not visit.state.settings.talks_are_open:
        raise forbidden("The client does not have the required scope")
    return tables.known(visit.state.talks, visit.id)


def _attached(visit: Visit, given: Row) -> Row:
    file = visit.state.drive.files.get(str(given.get("drive_uuid")))
    faults: list[Fault] = []
    if given.get("type") not in _KINDS:
        faults.append(Fault("NotSupportedChoice", "attachment.type"))
    if file is None:
        faults.append(Fault("NotSupportedChoice", "attachment.drive_uuid"))
    if faults or file is None:
        raise invalid({"0": faults})
    media = f"https://{visit.state.settings.host}/files/{file['uuid']}"
    return {"type": given["type"], "media": media, "file_name": file["name"], "file_size": file["size"]}


def _shown(visit: Visit, row: Row) -> Row:
    shown = {key: value for key, value in row.items() if key[0] != "_" and key != "id"}
    shown["_links"] = {"self": hal.link(visit.href(f"/api/v4/talks/{row['id']}"))}
    named = {"contacts": row["contact_id"], "leads": None, "customers": None}
    if row["entity_type"] is not None:
        named[_EMBEDDED[row["entity_type"]]] = row["entity_id"]
    shown["_embedded"] = {
        entity: []
        if row_id is None
        else [{"id": row_id, "_links": {"self": hal.link(visit.href(f"/api/v4/{entity}/{row_id}"))}}]
        for entity, row_id in named.items()
    }
    return shown


def _shown_message(talk: Row, message: Row) -> Row:
    is_incoming = message["sender"].get("ref_id") is None
    content = message["message"]
    attachment = None
    if content.get("media"):
        attachment = {
            "type": content["type"],
            "media": content["media"],
            "file_name": content.get("file_name"),
        }
    return {
        "id": message["id"],
        "talk_id": talk["talk_id"],
        "chat_id": talk["chat_id"],
        "type": "incoming" if is_incoming else "outgoing",
        "message_type": content["type"],
        "text": content.get("text", ""),
        "attachment": attachment,
        "author": {"id": message["sender"]["id"], "name": message["sender"].get("name", "")},
        "created_at": message["timestamp"],
    }


_CHATS: Final = "/api/v4/contacts/chats"
ROUTES: Final = (
    Route("talks.list", "GET", "/api/v4/talks", list_talks),
    Route("talks.get", "GET", "/api/v4/talks/{id}", get_talk),
    Route("talks.close", "POST", "/api/v4/talks/{id}/close", close_talk),
    Route("talks.messages", "GET", "/api/v4/talks/{id}/messages", list_messages),
    Route("talks.send_message", "POST", "/api/v4/talks/{id}/send_message", send_message),
    Route("contacts.chats_list", "GET", _CHATS, list_chats),
    Route("contacts.chats_link", "POST", _CHATS, link_chats),
)
