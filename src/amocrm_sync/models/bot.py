"""Bots."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import JsonObject, ReadOnly


class Bot(Model):
    """A bot. Documented by Kommo only."""

    id: ReadOnly[int] = None
    name: ReadOnly[str] = None
    type_functionality: ReadOnly[str] = None
    """``regular``, ``greeting``, ``marketing`` or ``nps``."""
    is_visual_editor: ReadOnly[bool] = None
    settings: ReadOnly[JsonObject] = None
    is_favorite: ReadOnly[bool] = None
    """``with=favorite``"""
