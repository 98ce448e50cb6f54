"""Webhook subscriptions."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import Editable, ListOf, ReadOnly, Timestamp


class Webhook(Model):
    """A subscription. Its address is its key."""

    id: ReadOnly[int] = None
    destination: Editable[str] = None
    settings: Editable[ListOf[str]] = None
    """Names of events, e.g. ``status_lead``; the set is open."""
    sort: Editable[int] = None
    disabled: ReadOnly[bool] = None
    """Switched off by amoCRM after too many failures."""
    created_by: ReadOnly[int] = None
    created_at: ReadOnly[Timestamp] = None
    updated_at: ReadOnly[Timestamp] = None
    account_id: ReadOnly[int] = None
