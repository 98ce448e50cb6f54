"""Currencies."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import ReadOnly


class Currency(Model):
    """A currency. Only ``code`` is known; whatever else comes is kept as it came."""

    code: ReadOnly[str] = None
    """ISO code."""
