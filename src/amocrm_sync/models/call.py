"""Calls of a telephony: they become notes of the record whose phone number they match."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import OnCreate, ReadOnly, Timestamp, WriteOnly


class Call(Model):
    """A call. ``direction``, ``duration``, ``source`` and ``phone`` are required."""

    id: ReadOnly[int] = None
    """Id of the note that was added."""
    direction: OnCreate[str] = None
    """``inbound`` or ``outbound``."""
    duration: OnCreate[int] = None
    """Seconds."""
    source: OnCreate[str] = None
    phone: OnCreate[str] = None
    """Matched by its last ten digits."""
    uniq: OnCreate[str] = None
    """Your own id of the call."""
    link: OnCreate[str] = None
    """Address of the record."""
    call_result: OnCreate[str] = None
    call_status: OnCreate[int] = None
    """1 left a message, 2 call back later, 3 not there, 4 talked, 5 wrong number, 6 no answer, 7 busy."""
    call_responsible: OnCreate[int | str] = None
    """User id, phone or name."""
    responsible_user_id: OnCreate[int] = None
    created_by: OnCreate[int] = None
    """Used where ``call_responsible`` is missing."""
    updated_by: OnCreate[int] = None
    created_at: OnCreate[Timestamp] = None
    updated_at: OnCreate[Timestamp] = None
    entity_id: ReadOnly[int] = None
    """The record that it was put on."""
    entity_type: ReadOnly[str] = None
    """In the singular: ``lead``, ``contact``, ``company`` or ``customer``."""
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None


class CallNotice(Model):
    """What a pop-up about a ringing call was shown for."""

    element_id: ReadOnly[int] = None
    """The record found by the number; ``None`` where there is none."""
    element_type: ReadOnly[int] = None
    """1 contact, 2 lead, 3 company, 12 customer."""
    uid: ReadOnly[str] = None
    phone_number: ReadOnly[str] = None
