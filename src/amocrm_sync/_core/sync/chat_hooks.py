"""Hooks of chat channels as the sync keeps them: a message as a communication, whatever happened as activity. No I/O.

They come once, to the channel's own address, and nobody can read them again.
"""

from __future__ import annotations

import attrs

from amocrm_sync._core.chat_hooks import AnyChatHook, ChatMessageHook, ChatReactionHook
from amocrm_sync._core.shapes import as_object
from amocrm_sync._core.sync.records import Incoming
from amocrm_sync._core.sync.stored import Activity


@attrs.frozen
class ChatNews:
    """What a hook of a channel tells; both are ``None`` for somebody who is typing, which is over before it is read."""

    message: Incoming | None = None
    activity: Activity | None = None


def chat_news(hook: AnyChatHook, received_at: float) -> ChatNews:
    """What the sync keeps of a hook, each part as it came."""
    if isinstance(hook, ChatMessageHook):
        at = received_at if hook.sent_at is None else hook.sent_at.timestamp()
        return ChatNews(_message(hook, at) if hook.id else None, _sent(hook, at, received_at))
    if isinstance(hook, ChatReactionHook):
        return ChatNews(activity=_reacted(hook, received_at))
    return ChatNews()


def _message(hook: ChatMessageHook, at: float) -> Incoming:
    return Incoming(
        remote_id=f"message:{hook.id}",
        base={
            "kind": "message",
            "direction": "outgoing",
            "text": hook.content.get("text"),
            "author": hook.sender.name or None,
            "link": hook.content.get("media"),
            "talk_id": None,
            "chat_id": hook.conversation_id or None,
            "contact_id": None,
            "entity_type": None,
            "entity_id": None,
            "responsible_user_id": None,
            "created_at": int(at),
            "payload": as_object(hook.raw.get("message")),
        },
        updated_at=None,
    )


def _sent(hook: ChatMessageHook, at: float, received_at: float) -> Activity:
    return Activity(
        key=f"chat:{hook.id}" if hook.id else None,
        at=at,
        entity="message",
        remote_id=hook.id or None,
        event="message.sent",
        actor=hook.sender.id,
        source="chat",
        raw=as_object(hook.raw.get("message")),
        created_at=received_at,
    )


def _reacted(hook: ChatReactionHook, received_at: float) -> Activity:
    return Activity(
        at=received_at,
        entity="message",
        remote_id=hook.message_id or None,
        event="message.unreact" if hook.is_removed else "message.react",
        actor=hook.user_id,
        source="chat",
        after=hook.emoji or None,
        raw=as_object(hook.raw.get("action")),
        created_at=received_at,
    )
