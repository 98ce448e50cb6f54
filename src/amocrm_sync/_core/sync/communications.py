"""Notes, calls, talks and messages as one stream.

A message or a talk cannot be read again, so what a webhook says of it is kept as it came, each once and never changed.
A note or call can: it follows what is read of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.shapes import as_object, json_object
from amocrm_sync._core.sync.inbox import HookEvent
from amocrm_sync._core.sync.records import Incoming, Row

COMMUNICATIONS: Final = "communications"
_CALLS: Final = {"call_in": "incoming", "call_out": "outgoing", "10": "incoming", "11": "outgoing"}
"""Types of notes that are calls, by name as lists give them and by number as webhooks do."""
_MESSAGES: Final = frozenset({"message", "outgoing_message"})
_PARENTS: Final = {entity.singular: entity.name for entity in ENTITIES.values()}


def communication_of_hook(event: HookEvent, received_at: float) -> Incoming | None:
    """The communication that a webhook's event tells of, if it does."""
    fields = event.fields
    if event.entity in _MESSAGES and event.id:
        author = as_object(fields.get("author"))
        own: Row = {
            "kind": "message",
            "direction": fields.get("type") or ("incoming" if event.entity == "message" else "outgoing"),
            "text": fields.get("text"),
            "author": author.get("name"),
            "link": as_object(fields.get("attachment")).get("link"),
        }
        remote_id = f"message:{event.id}"
    elif event.entity == "talk" and event.id:
        own = {"kind": "talk", "direction": None, "text": event.action, "author": None}
        remote_id = f"talk:{event.action}:{':'.join(event.key.split(':')[-2:])}:{event.id}"
    elif event.entity == "note" and str(fields.get("note_type")) in _CALLS:
        own = _call(str(fields.get("note_type")), _told(fields.get("text")))
        remote_id = _note_id(_PARENTS.get(event.parent_entity or "", ""), event.id)
    elif event.action == "call_in" and event.id:
        own = {"kind": "call", "direction": "incoming"}
        remote_id = f"call:{':'.join(event.key.split(':')[-2:])}:{event.id}"
    else:
        return None
    moment = event.created_at or event.updated_at
    return Incoming(
        remote_id=remote_id,
        base={
            **own,
            "talk_id": fields.get("talk_id"),
            "chat_id": fields.get("chat_id"),
            "contact_id": _number(fields.get("contact_id")),
            "entity_type": _PARENTS.get(event.parent_entity or event.entity),
            "entity_id": event.parent_id if event.parent_entity else _number(fields.get("entity_id")),
            "responsible_user_id": _number(fields.get("responsible_user_id")),
            "created_at": int(received_at if moment is None else moment.timestamp()),
            "payload": dict(fields),
        },
        updated_at=None,
    )


def communication_of_note(parent: str, row: Row) -> Incoming:
    """The same for a note that was read; ``parent`` is the kind of what it hangs on."""
    params, kind = as_object(row.get("params")), str(row.get("note_type"))
    own = _call(kind, params) if kind in _CALLS else {"kind": "note", "text": params.get("text")}
    return Incoming(
        remote_id=_note_id(parent, str(row["id"])),
        base={
            **own,
            "entity_type": parent,
            "entity_id": row.get("entity_id"),
            "responsible_user_id": row.get("responsible_user_id"),
            "account_id": row.get("account_id"),
            "created_at": row.get("created_at"),
            "updated_at": row.get("updated_at"),
            "payload": {key: value for key, value in row.items() if key != "_links"},
        },
        updated_at=row.get("updated_at"),
        deleted=bool(row.get("is_deleted")),
    )


def note_communication_id(remote_id: str) -> str:
    """The id here of a note's; that one is ``contacts:17``."""
    return f"note:{remote_id}"


def _note_id(parent: str, row_id: str) -> str:
    return note_communication_id(f"{parent}:{row_id}")


def _call(kind: str, told: Mapping[str, Any]) -> Row:
    """A call, whichever spelling its details have."""
    found = {str(name).lower(): value for name, value in told.items()}
    return {
        "kind": "call",
        "direction": _CALLS[kind],
        "text": found.get("call_result") or found.get("text"),
        "author": found.get("call_responsible") if isinstance(found.get("call_responsible"), str) else None,
        "phone": found.get("phone"),
        "link": found.get("link"),
        "duration": _number(found.get("duration")),
    }


def _told(text: object) -> Mapping[str, Any]:
    """What a webhook's note says: details as JSON, or a text."""
    return (json_object(text) or {"text": text}) if isinstance(text, str) else {}


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
