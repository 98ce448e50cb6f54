"""Talks: conversations in chats."""

from __future__ import annotations

from typing import Any

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import Editable, ReadOnly, Timestamp, WriteOnly


class Talk(Model):
    """A talk. Its key is ``talk_id``."""

    talk_id: ReadOnly[int] = None
    created_at: ReadOnly[Timestamp] = None
    updated_at: ReadOnly[Timestamp] = None
    rate: ReadOnly[int] = None
    """The client's mark, 0 while there is none."""
    contact_id: ReadOnly[int] = None
    chat_id: ReadOnly[str] = None
    entity_id: ReadOnly[int] = None
    entity_type: ReadOnly[str] = None
    """``lead`` or ``customer``."""
    status: ReadOnly[str] = None
    """``in_work``, ``closed``, ``nps_scheduled``, ``nps_in_progress`` or ``with_error``."""
    is_in_work: ReadOnly[bool] = None
    is_read: ReadOnly[bool] = None
    origin: ReadOnly[str] = None
    """The messenger, e.g. ``telegram``."""
    source_id: ReadOnly[int] = None
    missed_at: ReadOnly[Timestamp] = None
    account_id: ReadOnly[int] = None

    @property
    def id(self) -> int | None:
        """The talk's id under the name that other records use."""
        return self.talk_id


class TalkMessage(Model):
    """A message of a talk. Its fields are documented by Kommo only; what is not named here is kept as it came."""

    id: ReadOnly[str] = None
    created_at: ReadOnly[Timestamp] = None
    type: ReadOnly[str] = None
    text: ReadOnly[str] = None
    author: ReadOnly[Any] = None
    attachment: ReadOnly[Any] = None


class ChatLink(Model):
    """Which contact a chat belongs to."""

    id: ReadOnly[int] = None
    """May change when the chat is linked to another contact."""
    contact_id: Editable[int] = None
    chat_id: Editable[str] = None
    request_id: WriteOnly[str] = None
