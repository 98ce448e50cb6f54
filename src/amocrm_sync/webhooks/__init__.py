"""Webhooks of amoCRM: bytes in, typed events out. Nothing here does I/O.

The payload of a webhook is a hint and never the truth: it carries no signature, comes late, twice, in any
order, or not at all. Take from it *which* record changed, and read that record through the API.
"""

from amocrm_sync._core.chat_hooks import (
    AnyChatHook,
    ChatHook,
    ChatMessageHook,
    ChatParty,
    ChatReactionHook,
    ChatTypingHook,
    UnknownChatHook,
)
from amocrm_sync.webhooks import settings
from amocrm_sync.webhooks._chat import parse_chat
from amocrm_sync.webhooks._event import UnknownEvent, WebhookAccount, WebhookEvent
from amocrm_sync.webhooks._events import (
    CatalogElementEvent,
    ChatTemplateReviewEvent,
    ContactEvent,
    CustomerEvent,
    DigitalPipelineEvent,
    LeadEvent,
    MessageEvent,
    NoteEvent,
    SalesbotEvent,
    TalkEvent,
    TaskEvent,
    UnsortedEvent,
)
from amocrm_sync.webhooks._names import canonical_name
from amocrm_sync.webhooks._parse import WebhookEvents, WebhookProblem, parse
from amocrm_sync.webhooks._tree import WebhookTooLarge
from amocrm_sync.webhooks._values import WebhookField, WebhookFieldValue

__all__ = [
    "AnyChatHook",
    "CatalogElementEvent",
    "ChatHook",
    "ChatMessageHook",
    "ChatParty",
    "ChatReactionHook",
    "ChatTemplateReviewEvent",
    "ChatTypingHook",
    "ContactEvent",
    "CustomerEvent",
    "DigitalPipelineEvent",
    "LeadEvent",
    "MessageEvent",
    "NoteEvent",
    "SalesbotEvent",
    "TalkEvent",
    "TaskEvent",
    "UnknownChatHook",
    "UnknownEvent",
    "UnsortedEvent",
    "WebhookAccount",
    "WebhookEvent",
    "WebhookEvents",
    "WebhookField",
    "WebhookFieldValue",
    "WebhookProblem",
    "WebhookTooLarge",
    "canonical_name",
    "parse",
    "parse_chat",
    "settings",
]
