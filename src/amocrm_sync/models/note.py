"""Notes."""

from __future__ import annotations

from enum import StrEnum

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models._base import Model
from amocrm_sync.models._types import Editable, JsonObject, ReadOnly, Timestamp, WriteOnly
from amocrm_sync.models.note_params import AnyNoteParams, NoteParams, read_note_params


class NoteType(StrEnum):
    """Note types: the documented ones, then those of the official PHP SDK; any other stays the string that it is."""

    COMMON = "common"
    CALL_IN = "call_in"
    CALL_OUT = "call_out"
    SERVICE_MESSAGE = "service_message"
    EXTENDED_SERVICE_MESSAGE = "extended_service_message"
    MESSAGE_CASHIER = "message_cashier"
    GEOLOCATION = "geolocation"
    SMS_IN = "sms_in"
    SMS_OUT = "sms_out"
    ATTACHMENT = "attachment"
    INVOICE_PAID = "invoice_paid"
    BILL_PAID = "bill_paid"
    SITE_VISIT = "site_visit"
    TARGETING_IN = "targeting_in"
    TARGETING_OUT = "targeting_out"
    ZOOM_MEETING = "zoom_meeting"
    AI_RESULT = "ai_result"
    AMOMAIL_MESSAGE = "amomail_message"
    CHAT = "chat"
    TRANSACTION = "transaction"
    DROPBOX_ATTACHMENT = "dropbox_attachment"
    LINK_FOLLOWED = "link_followed"


class Note(Model):
    """A note on a lead, contact, company or customer. What ``params`` holds depends on ``note_type``."""

    id: ReadOnly[int] = None
    entity_id: Editable[int] = None
    """The record that it hangs on."""
    created_by: Editable[int] = None
    updated_by: Editable[int] = None
    created_at: Editable[Timestamp] = None
    updated_at: Editable[Timestamp] = None
    responsible_user_id: Editable[int] = None
    group_id: ReadOnly[int] = None
    note_type: Editable[str] = None
    """One of :class:`NoteType`, or newer."""
    params: Editable[JsonObject] = None
    is_editable: ReadOnly[bool] = None
    is_pinned: ReadOnly[bool] = None
    """``with=is_pinned``"""
    is_need_to_trigger_digital_pipeline: WriteOnly[bool] = None
    """``False`` keeps the digital pipeline from reacting."""
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None

    @property
    def text(self) -> str | None:
        """The text, of the types that have one. ``Note(text="…")`` makes a common note."""
        value = (self.params or {}).get("text")
        return value if isinstance(value, str) else None

    @text.setter
    def text(self, value: str) -> None:
        if not isinstance(value, str):
            raise ConfigurationError(f"Note.text: a str is needed, not {value!r}")
        self.params = {**(self.params or {}), "text": value}
        if self.note_type is None:
            self.note_type = NoteType.COMMON

    @property
    def details(self) -> AnyNoteParams:
        """``params`` typed by ``note_type``: match on the class. Assigning sets both, also on creation.

        ``Note(entity_id=5, details=CallInNote(phone="…", duration=65))``. A type that is not known comes as
        ``UnknownNote``.
        """
        return read_note_params(self.note_type, self.params)

    @details.setter
    def details(self, value: NoteParams) -> None:
        if not isinstance(value, NoteParams) or not value.note_type:
            raise ConfigurationError(f"Note.details: a class such as CommonNote is needed, not {value!r}")
        self.params = value.to_params()
        self.note_type = value.note_type
