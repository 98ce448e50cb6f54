"""Tasks."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import Editable, JsonObject, ReadOnly, Timestamp, WriteOnly


class Task(Model):
    """A task. ``text`` and ``complete_till`` are required on creation."""

    id: ReadOnly[int] = None
    text: Editable[str] = None
    complete_till: Editable[Timestamp] = None
    """Deadline."""
    responsible_user_id: Editable[int] = None
    group_id: ReadOnly[int] = None
    entity_id: Editable[int] = None
    entity_type: Editable[str] = None
    """``leads``, ``contacts``, ``companies`` or ``customers``."""
    is_completed: Editable[bool] = None
    task_type_id: Editable[int] = None
    duration: Editable[int] = None
    """Seconds."""
    result: Editable[JsonObject] = None
    """``{"text": …}``, empty while there is none."""
    created_by: Editable[int] = None
    updated_by: Editable[int] = None
    created_at: Editable[Timestamp] = None
    updated_at: Editable[Timestamp] = None
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None
