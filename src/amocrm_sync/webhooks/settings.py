"""The names by which webhooks are subscribed, and the event that each gives.

The list is open: the server knows names that its documentation does not, so an unknown name is no error.
Source: the API page on webhooks (31 names), Kommo's page, and subscriptions seen to work.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SETTINGS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "lead": (
            "add_lead",
            "update_lead",
            "delete_lead",
            "restore_lead",
            "status_lead",
            "responsible_lead",
            "note_lead",
        ),
        "contact": (
            "add_contact",
            "update_contact",
            "delete_contact",
            "restore_contact",
            "responsible_contact",
            "note_contact",
        ),
        "company": (
            "add_company",
            "update_company",
            "delete_company",
            "restore_company",
            "responsible_company",
            "note_company",
        ),
        "customer": (
            "add_customer",
            "update_customer",
            "delete_customer",
            "responsible_customer",
            "note_customer",
        ),
        "task": ("add_task", "update_task", "delete_task", "responsible_task"),
        "talk": ("add_talk", "update_talk"),
        "chat_template_review": ("add_chat_template_review",),
        "message": ("add_message",),
        "outgoing_message": ("add_outgoing_message",),
        "unsorted": ("add_unsorted", "update_unsorted", "delete_unsorted"),
    }
)
"""Subscription names by entity. Messages are on Kommo's list only; unsorted is on none, but works."""

EVENT_BY_SETTING: Final[Mapping[str, str]] = MappingProxyType(
    {
        name: f"{entity}.{name.removesuffix('_' + entity)}"
        for entity, names in SETTINGS.items()
        for name in names
    }
)
"""The name of the event that each subscription gives: ``status_lead`` gives ``lead.status``.

A change of the responsible user of a contact, company or task may come as ``update`` instead.
"""
