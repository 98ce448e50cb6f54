"""Widgets."""

from __future__ import annotations

from typing import Any

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import JsonObject, RawRows, ReadOnly


class Widget(Model):
    """A widget. Its key is ``code``."""

    id: ReadOnly[int] = None
    code: ReadOnly[str] = None
    version: ReadOnly[str] = None
    rating: ReadOnly[Any] = None
    """As it came: a number, or text with a decimal comma."""
    settings_template: ReadOnly[RawRows] = None
    """What can be set: ``key``, ``name``, ``type`` (``text``, ``pass``, ``custom``, ``users``, ``users_lp``), ``is_required``."""
    settings: ReadOnly[JsonObject] = None
    """What is set; shown only to the integration that the widget belongs to."""
    is_lead_source: ReadOnly[bool] = None
    is_work_with_dp: ReadOnly[bool] = None
    """Whether it can stand in the digital pipeline."""
    is_crm_template: ReadOnly[bool] = None
    client_uuid: ReadOnly[str] = None
    """The integration."""
    is_active_in_account: ReadOnly[bool] = None
    """Whether it is installed."""
    pipeline_id: ReadOnly[int] = None
