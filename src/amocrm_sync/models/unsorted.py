"""Unsorted: leads that came in by a call, a form, a mail or a chat and wait to be accepted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from amocrm_sync._core.shapes import as_object
from amocrm_sync.models import company as company_module
from amocrm_sync.models import contact as contact_module
from amocrm_sync.models import lead as lead_module
from amocrm_sync.models._base import Model
from amocrm_sync.models._parts import embed, linked
from amocrm_sync.models._types import Editable, JsonObject, ReadOnly, Timestamp, WriteOnly

SIP_METADATA = (
    "phone",
    "from",
    "uniq",
    "call_responsible",
    "called_at",
    "duration",
    "link",
    "service_code",
    "is_call_event_needed",
)
"""Keys of ``metadata`` of an incoming call. ``is_call_event_needed`` is never returned."""

FORM_METADATA = (
    "form_id",
    "form_name",
    "form_page",
    "ip",
    "form_sent_at",
    "referer",
    "visitor_uid",
    "form_type",
)
"""Keys of ``metadata`` of a form; the last two are known from the official PHP SDK only."""


class Unsorted(Model):
    """An incoming lead. Its key is ``uid``. A new one is made with ``leads=[…]`` and ``contacts=[…]``."""

    uid: ReadOnly[str] = None
    source_uid: Editable[str] = None
    """Your own id of the request."""
    source_name: Editable[str] = None
    category: ReadOnly[str] = None
    """``sip``, ``forms``, ``mail`` or ``chats``."""
    pipeline_id: Editable[int] = None
    created_at: Editable[Timestamp] = None
    metadata: Editable[JsonObject] = None
    """By category: :data:`SIP_METADATA`, :data:`FORM_METADATA`; numbers may come as strings."""
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None

    @property
    def leads(self) -> list[lead_module.Lead]:
        """The lead, with its id only. Settable until it is sent."""
        return linked(self, "leads", lead_module.Lead)

    @leads.setter
    def leads(self, records: Iterable[Any]) -> None:
        embed(self, "leads", records)

    @property
    def contacts(self) -> list[contact_module.Contact]:
        """Its contacts, hidden from their own list until it is accepted. Settable until it is sent."""
        return linked(self, "contacts", contact_module.Contact)

    @contacts.setter
    def contacts(self, records: Iterable[Any]) -> None:
        embed(self, "contacts", records)

    @property
    def companies(self) -> list[company_module.Company]:
        """Its companies. Settable until it is sent."""
        return linked(self, "companies", company_module.Company)

    @companies.setter
    def companies(self, records: Iterable[Any]) -> None:
        embed(self, "companies", records)


class UnsortedSummary(Model):
    """How many incoming leads there were, and what became of them."""

    total: ReadOnly[int] = None
    accepted: ReadOnly[int] = None
    declined: ReadOnly[int] = None
    average_sort_time: ReadOnly[int] = None
    """Seconds from arrival to decision."""
    categories: ReadOnly[JsonObject] = None
    """``{"sip": {"total": …}, "mail": …, "forms": …, "chats": …}``."""

    def total_of(self, category: str) -> int:
        """How many came by ``sip``, ``mail``, ``forms`` or ``chats``."""
        number = as_object((self.categories or {}).get(category)).get("total")
        return number if isinstance(number, int) else 0
