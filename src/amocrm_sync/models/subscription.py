"""Who follows a record."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import ReadOnly


class Subscription(Model):
    """A user or a department that follows a lead or a customer."""

    subscriber_id: ReadOnly[int] = None
    type: ReadOnly[str] = None
    """``user`` or ``group``."""
