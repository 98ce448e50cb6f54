"""Loss reasons."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import Editable, ReadOnly, Timestamp, WriteOnly


class LossReason(Model):
    """Why a lead was lost."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    sort: Editable[int] = None
    created_at: ReadOnly[Timestamp] = None
    updated_at: ReadOnly[Timestamp] = None
    request_id: WriteOnly[str] = None
