"""What a note holds, typed: one class for each note type, and a fallback for those that are newer.

Reading never raises: a value of another type than expected is left out here and stays in ``Note.params``; keys that
are not named here are in ``extra``. The first ten types are on the API page and can be written; the page does not
name the rest, which are known from the official PHP SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeAlias

import attrs

from amocrm_sync._core.shapes import is_array, is_object


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return bool(value) if isinstance(value, (bool, int)) else None


def _who(value: Any) -> int | str | None:
    return value if isinstance(value, (int, str)) and not isinstance(value, bool) else None


def _rows(value: Any) -> list[Any] | None:
    return value if is_array(value) else None


def _object(value: Any) -> Mapping[str, Any] | None:
    return value if is_object(value) else None


@attrs.frozen(kw_only=True)
class NoteParams:
    """What the classes of note types share.

    Attributes:
        extra: What came besides the fields that are named.
    """

    note_type: ClassVar[str]
    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> Self:
        """From ``params`` of the API."""
        names = {field.name for field in attrs.fields(cls)} - {"extra"}
        known = {name: value for name, value in params.items() if name in names}
        return cls(**known, extra={name: value for name, value in params.items() if name not in names})

    def to_params(self) -> dict[str, Any]:
        """``params`` as the API takes them."""
        named = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        del named["extra"]
        return {**{name: value for name, value in named.items() if value is not None}, **self.extra}


@attrs.frozen(kw_only=True)
class CommonNote(NoteParams):
    """Plain text."""

    note_type = "common"
    text: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class _CallNote(NoteParams):
    uniq: str | None = attrs.field(default=None, converter=_text)
    """Your own id of the call."""
    duration: int | None = attrs.field(default=None, converter=_number)
    """Seconds."""
    source: str | None = attrs.field(default=None, converter=_text)
    link: str | None = attrs.field(default=None, converter=_text)
    """Address of the record."""
    phone: str | None = attrs.field(default=None, converter=_text)
    call_responsible: int | str | None = attrs.field(default=None, converter=_who)
    """User id or name."""
    call_result: str | None = attrs.field(default=None, converter=_text)
    call_status: int | None = attrs.field(default=None, converter=_number)


@attrs.frozen(kw_only=True)
class CallInNote(_CallNote):
    """An incoming call."""

    note_type = "call_in"


@attrs.frozen(kw_only=True)
class CallOutNote(_CallNote):
    """An outgoing call."""

    note_type = "call_out"


@attrs.frozen(kw_only=True)
class _ServiceNote(NoteParams):
    service: str | None = attrs.field(default=None, converter=_text)
    text: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class ServiceMessageNote(_ServiceNote):
    """A message of an integration."""

    note_type = "service_message"


@attrs.frozen(kw_only=True)
class ExtendedServiceMessageNote(_ServiceNote):
    """A longer message of an integration; the card shows it folded."""

    note_type = "extended_service_message"


@attrs.frozen(kw_only=True)
class MessageCashierNote(NoteParams):
    """A message to the cashier."""

    note_type = "message_cashier"
    status: str | None = attrs.field(default=None, converter=_text)
    """``created``, ``shown`` or ``canceled``."""
    text: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class GeolocationNote(NoteParams):
    """A place."""

    note_type = "geolocation"
    text: str | None = attrs.field(default=None, converter=_text)
    address: str | None = attrs.field(default=None, converter=_text)
    longitude: str | None = attrs.field(default=None, converter=_text)
    latitude: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class _SmsNote(NoteParams):
    text: str | None = attrs.field(default=None, converter=_text)
    phone: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class SmsInNote(_SmsNote):
    """An SMS that came in."""

    note_type = "sms_in"


@attrs.frozen(kw_only=True)
class SmsOutNote(_SmsNote):
    """An SMS that was sent."""

    note_type = "sms_out"


@attrs.frozen(kw_only=True)
class AttachmentNote(NoteParams):
    """A file of the file service."""

    note_type = "attachment"
    file_uuid: str | None = attrs.field(default=None, converter=_text)
    file_name: str | None = attrs.field(default=None, converter=_text)
    version_uuid: str | None = attrs.field(default=None, converter=_text)
    """The latest version where it is not given."""
    text: str | None = attrs.field(default=None, converter=_text)
    original_name: str | None = attrs.field(default=None, converter=_text)
    is_drive_attachment: bool | None = attrs.field(default=None, converter=_flag)


@attrs.frozen(kw_only=True)
class _PaidNote(_ServiceNote):
    icon_url: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class InvoicePaidNote(_PaidNote):
    """An invoice was paid."""

    note_type = "invoice_paid"


@attrs.frozen(kw_only=True)
class BillPaidNote(_PaidNote):
    """A bill was paid."""

    note_type = "bill_paid"


@attrs.frozen(kw_only=True)
class SiteVisitNote(NoteParams):
    """A visit to the site."""

    note_type = "site_visit"
    url: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class _TargetingNote(NoteParams):
    contacts: list[Any] | None = attrs.field(default=None, converter=_rows)
    campaign: Mapping[str, Any] | None = attrs.field(default=None, converter=_object)
    service: str | None = attrs.field(default=None, converter=_text)
    """``facebook``, ``vkontakte``, ``mailchimp`` or ``adwords``."""


@attrs.frozen(kw_only=True)
class TargetingInNote(_TargetingNote):
    """Added to an audience."""

    note_type = "targeting_in"


@attrs.frozen(kw_only=True)
class TargetingOutNote(_TargetingNote):
    """Taken out of an audience."""

    note_type = "targeting_out"


@attrs.frozen(kw_only=True)
class ZoomMeetingNote(NoteParams):
    """A meeting in Zoom."""

    note_type = "zoom_meeting"
    conference: Mapping[str, Any] | None = attrs.field(default=None, converter=_object)
    recordings: list[Any] | None = attrs.field(default=None, converter=_rows)


@attrs.frozen(kw_only=True)
class AiResultNote(NoteParams):
    """An answer of the assistant."""

    note_type = "ai_result"
    text: str | None = attrs.field(default=None, converter=_text)
    answer_id: str | None = attrs.field(default=None, converter=_text)
    talk_id: int | None = attrs.field(default=None, converter=_number)
    is_error: bool | None = attrs.field(default=None, converter=_flag)


@attrs.frozen(kw_only=True)
class MailNote(NoteParams):
    """A mail. Read only."""

    note_type = "amomail_message"
    subject: str | None = attrs.field(default=None, converter=_text)
    content_summary: str | None = attrs.field(default=None, converter=_text)
    thread_id: int | None = attrs.field(default=None, converter=_number)
    message_id: int | None = attrs.field(default=None, converter=_number)
    income: bool | None = attrs.field(default=None, converter=_flag)
    private: bool | None = attrs.field(default=None, converter=_flag)
    attach_cnt: int | None = attrs.field(default=None, converter=_number)


@attrs.frozen(kw_only=True)
class ChatNote(NoteParams):
    """A chat message. Read only; the API shows nothing of it."""

    note_type = "chat"


@attrs.frozen(kw_only=True)
class TransactionNote(NoteParams):
    """A purchase of a customer. Read only."""

    note_type = "transaction"
    transaction_id: int | None = attrs.field(default=None, converter=_number)


@attrs.frozen(kw_only=True)
class DropboxNote(NoteParams):
    """A file of Dropbox. Read only."""

    note_type = "dropbox_attachment"
    link: str | None = attrs.field(default=None, converter=_text)
    filename: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class LinkFollowedNote(NoteParams):
    """A link was followed. Read only."""

    note_type = "link_followed"
    url: str | None = attrs.field(default=None, converter=_text)


@attrs.frozen(kw_only=True)
class UnknownNote(NoteParams):
    """A note type that this version does not know: everything is in ``extra``."""

    note_type = ""


AnyNoteParams: TypeAlias = (
    CommonNote
    | CallInNote
    | CallOutNote
    | ServiceMessageNote
    | ExtendedServiceMessageNote
    | MessageCashierNote
    | GeolocationNote
    | SmsInNote
    | SmsOutNote
    | AttachmentNote
    | InvoicePaidNote
    | BillPaidNote
    | SiteVisitNote
    | TargetingInNote
    | TargetingOutNote
    | ZoomMeetingNote
    | AiResultNote
    | MailNote
    | ChatNote
    | TransactionNote
    | DropboxNote
    | LinkFollowedNote
    | UnknownNote
)
"""Every note type; match on the class."""

_CLASSES: dict[str, Any] = {
    kind.note_type: kind for kind in AnyNoteParams.__args__ if kind is not UnknownNote
}

NOTE_TYPES = tuple(_CLASSES)
"""Note types that have a class."""


def read_note_params(note_type: str | None, params: Any) -> AnyNoteParams:
    """The typed params of a note; :class:`UnknownNote` for a type that is not known."""
    found: AnyNoteParams = _CLASSES.get(note_type or "", UnknownNote).read(
        params if is_object(params) else {}
    )
    return found
