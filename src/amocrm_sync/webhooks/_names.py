"""What the keys on the wire are called here, and the names of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from amocrm_sync.webhooks.settings import EVENT_BY_SETTING

ENTITY_BY_KEY: Final[Mapping[str, str]] = {
    "leads": "lead",
    "contacts": "contact",
    "companies": "company",
    "customers": "customer",
    "task": "task",
    "tasks": "task",
    "unsorted": "unsorted",
    "catalogs": "catalog_element",
    "talk": "talk",
    "talks": "talk",
    "message": "message",
    "messages": "message",
    "outgoing_message": "outgoing_message",
}
"""The entity of each top-level key. ``companies`` and the plurals are not sent today; they cost nothing."""

ENTITY_BY_ELEMENT_TYPE: Final[Mapping[str, str]] = {
    "1": "contact",
    "2": "lead",
    "3": "company",
    "12": "customer",
}

ACTION_BY_PIPELINE_EVENT: Final[Mapping[str, str]] = {
    "1": "lead_added",
    "14": "lead_status_changed",
    "15": "lead_appeared_in_status",
    "16": "mail_in",
    "17": "call_in",
    "18": "site_visit",
    "19": "chat",
    "20": "customer_added",
    "21": "customer_period_changed",
    "22": "customer_appeared_in_period",
}
"""The names (``type_code``) of the event types that a widget in the digital pipeline is told of."""

BARE_ACTIONS: Final = frozenset({"add", "update", "delete"})
"""Actions that also come as a top-level key, with no entity above them."""

_SINGULAR: Final[Mapping[str, str]] = {
    **ENTITY_BY_KEY,
    "deals": "lead",
    "deal": "lead",
    "notes": "note",
    "catalog_elements": "catalog_element",
    "outgoing_messages": "outgoing_message",
}


def canonical_name(name: str) -> str:
    """The event's name for any of the names that people give it.

    ``leads.status``, ``status_lead`` (the subscription's name) and ``lead.status`` are all ``lead.status``.
    A name that is not known comes back as it is.
    """
    if name in EVENT_BY_SETTING:
        return EVENT_BY_SETTING[name]
    entity, dot, action = name.partition(".")
    return _SINGULAR.get(entity, entity) + dot + action
