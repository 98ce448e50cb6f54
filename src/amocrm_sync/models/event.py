"""Events: what happened to a record, as amoCRM's own history has it."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import RawRows, ReadOnly, Timestamp


class Event(Model):
    """One event. The kinds are many and grow; ``type`` is the code as it came."""

    id: ReadOnly[str] = None
    """Sortable by time (a ULID)."""
    type: ReadOnly[str] = None
    entity_id: ReadOnly[int] = None
    entity_type: ReadOnly[str] = None
    """In the singular here: ``lead``, ``contact``, ``company``, ``customer``, ``task``, ``catalog_{id}``."""
    created_by: ReadOnly[int] = None
    """0 is the robot."""
    created_at: ReadOnly[Timestamp] = None
    value_after: ReadOnly[RawRows] = None
    """Rows with one key each, e.g. ``{"lead_status": {"id": …, "pipeline_id": …}}``."""
    value_before: ReadOnly[RawRows] = None
    account_id: ReadOnly[int] = None
    linked_talk_contact_id: ReadOnly[int] = None
