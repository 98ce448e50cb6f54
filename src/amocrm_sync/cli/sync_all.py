"""``amocrm-sync sync`` with all its commands: each module adds its own to the group."""

from __future__ import annotations

from amocrm_sync.cli import sync_desk, sync_watch
from amocrm_sync.cli.sync import app

__all__ = ["app", "sync_desk", "sync_watch"]
