"""Hooks of chat channels as the sync keeps them: a message as a communication, whatever happened as activity. No I/O.

They come once, to the channel's own address, and nobody can read them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._core.shapes import as_object, is_object, json_object
from amocrm_sync._core.sync.records import Incoming
from amocrm_sync._core.sync.stored import Activity

_ACTIONS = ("typing", "reaction")


@attrs.frozen
class ChatNews:
    """What a hook of a channel tells; both are ``None`` for somebody who is typing."""

    message: Incoming | None
    activity: Activity | None


def chat_news(body: bytes, received_at: float) -> ChatNews | None:
    """What a hook of a channel tells; ``None`` for a body of another kind."""
    if body.lstrip()[:1] != b"{":
        return None
    data = json_object(body)
    outer, action = as_object(data.get("message")), as_object(data.get("action"))
    if not isinstance(data.get("account_id"), str):
        return None
    if is_object(outer.get("message")) and is_object(outer.get("conversation")):
        return _message(outer, received_at)
    if any(is_object(action.get(name)) for name in _ACTIONS):
        return _action(action, received_at)
    return None


def _message(outer: Mapping[str, Any], received_at: float) -> ChatNews:
    inner, chat = as_object(outer.get("message")), _id(outer.get("conversation"))
    at = _seconds(outer, received_at)
    remote_id = f"message:{inner.get('id')}"
    message = Incoming(
        remote_id=remote_id,
        base={
            "kind": "message",
            "direction": "outgoing",
            "text": inner.get("text"),
            "author": as_object(outer.get("sender")).get("name"),
            "link": inner.get("media"),
            "talk_id": None,
            "chat_id": chat,
            "contact_id": None,
            "entity_type": None,
            "entity_id": None,
            "responsible_user_id": None,
            "created_at": int(at),
            "payload": dict(outer),
        },
        updated_at=None,
    )
    activity = Activity(
        key=f"chat:{inner.get('id')}",
        at=at,
        entity="message",
        remote_id=str(inner.get("id")),
        event="message.sent",
        actor=_id(outer.get("sender")) or "",
        source="chat",
        raw=dict(outer),
        created_at=received_at,
    )
    return ChatNews(message if inner.get("id") else None, activity)


def _action(action: Mapping[str, Any], received_at: float) -> ChatNews:
    """A reaction is kept; that somebody is typing is over before anybody could read of it."""
    reaction = as_object(action.get("reaction"))
    if not reaction:
        return ChatNews(None, None)
    message_id = _id(reaction.get("message")) or str(reaction.get("msgid") or "")
    activity = Activity(
        at=received_at,
        entity="message",
        remote_id=message_id or None,
        event=f"message.{reaction.get('type') or 'react'}",
        actor=_id(reaction.get("user")) or _id(action.get("user")) or "",
        source="chat",
        after=reaction.get("emoji"),
        raw=dict(action),
        created_at=received_at,
    )
    return ChatNews(None, activity)


def _id(value: Any) -> str | None:
    found = as_object(value).get("id")
    return str(found) if isinstance(found, str | int) else None


def _seconds(outer: Mapping[str, Any], received_at: float) -> float:
    exact, whole = outer.get("msec_timestamp"), outer.get("timestamp")
    if isinstance(exact, int) and 0 < exact < _YEAR_10000 * 1000:
        return exact / 1000
    return float(whole) if isinstance(whole, int) and 0 < whole < _YEAR_10000 else received_at


_YEAR_10000 = 253_402_300_800
