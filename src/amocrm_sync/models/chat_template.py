"""Templates of chat messages and their review by WhatsApp."""

from __future__ import annotations

from typing import Any

from amocrm_sync.models._base import Model
from amocrm_sync.models._parts import linked
from amocrm_sync.models._types import Editable, JsonObject, RawRows, ReadOnly, Timestamp, WriteOnly


class TemplateReview(Model):
    """The review of a template by one source."""

    id: ReadOnly[int] = None
    source_id: ReadOnly[int] = None
    status: Editable[str] = None
    """``draft``, ``review``, ``approved``, ``rejected`` or ``paused``."""
    reject_reason: Editable[str] = None


class ChatTemplate(Model):
    """A template of a chat message; an integration sees only its own."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    content: Editable[str] = None
    """Text with markers."""
    type: Editable[str] = None
    """``amocrm`` or ``waba`` (WhatsApp, can be changed only while it is a draft)."""
    is_editable: Editable[bool] = None
    buttons: Editable[RawRows] = None
    """``[{"type": "inline" | "url", "text": …, "url": …}]``."""
    attachment: Editable[Any] = None
    """``{"id": file uuid, "name": …, "type": "picture" | "file" | "document" | "video"}``."""
    external_id: Editable[str] = None
    waba_header: Editable[str] = None
    """Up to 60 characters."""
    waba_header_type: Editable[str] = None
    """``text``, or ``media`` (needs an attachment)."""
    waba_footer: Editable[str] = None
    waba_category: Editable[str] = None
    """``UTILITY``, ``AUTHENTICATION`` or ``MARKETING``."""
    waba_language: Editable[str] = None
    waba_examples: Editable[JsonObject] = None
    """Marker → sample."""
    review_status: ReadOnly[str] = None
    """``with=reviews``"""
    is_on_review: ReadOnly[bool] = None
    """``with=reviews``"""
    created_at: ReadOnly[Timestamp] = None
    updated_at: ReadOnly[Timestamp] = None
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None

    @property
    def reviews(self) -> list[TemplateReview]:
        """Its reviews (``with=reviews``)."""
        return linked(self, "reviews", TemplateReview)
