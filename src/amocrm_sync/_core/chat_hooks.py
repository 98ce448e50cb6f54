"""Hooks of chat channels: one JSON body each. The one place that reads them, for hosts and for the sync.

Source: the API page ``chat-webhooks``. A hook comes once and is never repeated; answer 200 within five seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import attrs

from amocrm_sync._core.shapes import YEAR_10000, as_array, as_object, is_object, json_object


@attrs.frozen(kw_only=True)
class ChatParty:
    """Somebody in a chat.

    Attributes:
        id: In the chats API.
        client_id: Yours, if you know them.
        name: Where it is sent.
        phone: Empty where it is not known.
        email: Empty where it is not known.
    """

    id: str = ""
    client_id: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""


@attrs.frozen(kw_only=True)
class ChatHook:
    """What every hook has.

    Attributes:
        account_id: The account in the chats API (its ``amojo_id``).
        at: When the hook was made.
        conversation_id: The chat, in the chats API.
        conversation_client_id: Your id of the chat; empty where a user wrote first.
        raw: The hook as it came.
    """

    account_id: str = ""
    at: datetime | None = None
    conversation_id: str = ""
    conversation_client_id: str = ""
    raw: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)


@attrs.frozen(kw_only=True)
class ChatMessageHook(ChatHook):
    """A user of amoCRM sent a message into the channel.

    Text, media and buttons can come together; several attachments are several hooks with one ``media_group_id``.

    Attributes:
        id: The message, in the chats API; :meth:`delivery_status` of the channel takes it.
        type: text, file, video, picture, voice, audio or sticker; the set is open.
        sent_at: When it was written.
        source: ``external_id`` of the source.
        post_id: Your id of the post, where it is an answer to a comment.
        content: The message object with all that is in it: ``markup``, ``template``, ``reply_to``, ``forwards`` ….
    """

    id: str = ""
    type: str = ""
    text: str = ""
    media: str = ""
    thumbnail: str = ""
    file_name: str = ""
    file_size: int = 0
    media_group_id: str = ""
    sent_at: datetime | None = None
    sender: ChatParty = ChatParty()
    receiver: ChatParty = ChatParty()
    source: str = ""
    post_id: str = ""
    content: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)

    @property
    def buttons(self) -> list[list[Mapping[str, Any]]]:
        """The keyboard: rows of ``{text, url}``."""
        rows = as_array(as_object(self.content.get("markup")).get("buttons"))
        return [[button for button in as_array(row) if is_object(button)] for row in rows]


@attrs.frozen(kw_only=True)
class ChatTypingHook(ChatHook):
    """A user is typing, until ``expires_at`` (sent where amoCRM's support has switched it on)."""

    user_id: str = ""
    expires_at: datetime | None = None
    post_id: str = ""


@attrs.frozen(kw_only=True)
class ChatReactionHook(ChatHook):
    """A user reacted to a message, or took it back (then there is no emoji)."""

    user_id: str = ""
    message_id: str = ""
    message_client_id: str = ""
    is_removed: bool = False
    emoji: str = ""


@attrs.frozen(kw_only=True)
class UnknownChatHook(ChatHook):
    """A hook that this version does not know, or one of version 1; ``raw`` has all of it."""


AnyChatHook: TypeAlias = ChatMessageHook | ChatTypingHook | ChatReactionHook | UnknownChatHook


def read_chat(data: Mapping[str, Any]) -> AnyChatHook:
    """The hook that a body from a channel is; what is not known, or missing, raises nothing."""
    action = as_object(data.get("action"))
    if is_object(data.get("message")):
        return _message(data, as_object(data["message"]))
    if is_object(action.get("reaction")):  # before typing, which is over by now
        return _reaction(data, as_object(action["reaction"]))
    if is_object(action.get("typing")):
        return _typing(data, as_object(action["typing"]))
    return UnknownChatHook(**_shared(data, {}))


def chat_hook_in(body: bytes) -> AnyChatHook | None:
    """The hook, where nobody said that the body comes from a channel; ``None`` if it need not be one.

    The account's own webhooks may be JSON with a ``message`` too, so only a whole message or a known action counts.
    """
    data = json_object(body)
    hook, outer = read_chat(data), as_object(data.get("message"))
    if isinstance(hook, ChatMessageHook):
        is_known = is_object(outer.get("message")) and is_object(outer.get("conversation"))
    else:
        is_known = not isinstance(hook, UnknownChatHook)
    return hook if is_known and isinstance(data.get("account_id"), str) else None


def _message(data: Mapping[str, Any], outer: Mapping[str, Any]) -> ChatMessageHook:
    inner = as_object(outer.get("message"))
    size = inner.get("file_size")
    return ChatMessageHook(
        **_shared(data, outer),
        id=_text(inner, "id"),
        type=_text(inner, "type"),
        text=_text(inner, "text"),
        media=_text(inner, "media"),
        thumbnail=_text(inner, "thumbnail"),
        file_name=_text(inner, "file_name"),
        media_group_id=_text(inner, "media_group_id"),
        file_size=size if isinstance(size, int) else 0,
        sent_at=_moment(outer.get("msec_timestamp"), 1000) or _moment(outer.get("timestamp")),
        sender=_party(outer.get("sender")),
        receiver=_party(outer.get("receiver")),
        source=_text(outer.get("source"), "external_id"),
        post_id=_text(inner.get("post"), "id"),
        content=inner,
    )


def _typing(data: Mapping[str, Any], typing: Mapping[str, Any]) -> ChatTypingHook:
    return ChatTypingHook(
        **_shared(data, typing),
        user_id=_user(data, typing),
        expires_at=_moment(typing.get("expired_at")),
        post_id=_text(typing, "post_id"),
    )


def _reaction(data: Mapping[str, Any], reaction: Mapping[str, Any]) -> ChatReactionHook:
    # The page's table says an object `message`, its sample `msgid`: both are read.
    message = reaction.get("message")
    return ChatReactionHook(
        **_shared(data, reaction),
        user_id=_user(data, reaction),
        message_id=_text(message, "id") or _text(reaction, "msgid"),
        message_client_id=_text(message, "client_id"),
        is_removed=reaction.get("type") == "unreact",
        emoji=_text(reaction, "emoji"),
    )


def _shared(data: Mapping[str, Any], inside: Mapping[str, Any]) -> dict[str, Any]:
    conversation = inside.get("conversation")
    return {
        "account_id": _text(data, "account_id"),
        "at": _moment(data.get("time")),
        "conversation_id": _text(conversation, "id"),
        "conversation_client_id": _text(conversation, "client_id"),
        "raw": data,
    }


def _party(value: Any) -> ChatParty:
    names = ("id", "client_id", "name", "phone", "email")
    return ChatParty(**{name: _text(value, name) for name in names})


def _user(data: Mapping[str, Any], inside: Mapping[str, Any]) -> str:
    """The page's table puts the user beside the action, its sample inside it."""
    return _text(inside.get("user"), "id") or _text(as_object(data.get("action")).get("user"), "id")


def _text(value: Any, name: str) -> str:
    found = as_object(value).get(name)
    return str(found) if isinstance(found, (str, int)) else ""


def _moment(value: Any, per_second: int = 1) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < YEAR_10000 * per_second:
        return None
    return datetime.fromtimestamp(value / per_second, UTC)
