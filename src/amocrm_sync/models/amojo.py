"""What the chats API answers. Source: the API page ``chat-api-reference``."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import EMPTY_ARRAY_IS_OBJECT, JsonObject, ReadOnly


class ChatChannel(Model):
    """A channel that is connected to an account."""

    account_id: ReadOnly[str] = None
    """The account in the chats API (its ``amojo_id``)."""
    scope_id: ReadOnly[str] = None
    """``{channel_id}_{account_id}``"""
    title: ReadOnly[str] = None
    hook_api_version: ReadOnly[str] = None
    is_time_window_disabled: ReadOnly[bool] = None


class ChatUser(Model):
    """Somebody in a chat."""

    id: ReadOnly[str] = None
    """In the chats API."""
    client_id: ReadOnly[str] = None
    """Yours; users of amoCRM have none."""
    name: ReadOnly[str] = None
    avatar: ReadOnly[str] = None
    phone: ReadOnly[str] = None
    email: ReadOnly[str] = None


_Person: TypeAlias = Annotated[ChatUser, EMPTY_ARRAY_IS_OBJECT]


class Chat(Model):
    """A chat. It is shown in amoCRM once it has a message."""

    id: ReadOnly[str] = None
    user: ReadOnly[_Person] = None


class SentMessage(Model):
    """A message that was accepted; it is stored a little later."""

    msgid: ReadOnly[str] = None
    """In the chats API."""
    ref_id: ReadOnly[str] = None
    """Your ``msgid``."""
    conversation_id: ReadOnly[str] = None
    """Your id of the chat; :meth:`create_chat` tells the chats API's."""
    sender_id: ReadOnly[str] = None
    receiver_id: ReadOnly[str] = None


class ChatMessage(Model):
    """A message of a chat's history."""

    timestamp: ReadOnly[int] = None
    """Unix seconds."""
    msec_timestamp: ReadOnly[int] = None
    """Unix milliseconds."""
    sender: ReadOnly[_Person] = None
    receiver: ReadOnly[_Person] = None
    message: ReadOnly[JsonObject] = None
    """``id``, ``client_id`` (yours), ``type``, ``text``, ``media`` …"""

    @property
    def text(self) -> str:
        """The text; empty where there is none."""
        return str((self.message or {}).get("text") or "")
