# Generated from src/amocrm_sync/_async/sync/mappings.py by tools/unasync.py: edit that file instead.
"""Keeping a stage mapping in a sync store."""

from __future__ import annotations

from amocrm_sync._sync.sync.protocols import SyncStore
from amocrm_sync.mapping import StatusMapping

_VERSION = 1


def save_mapping(store: SyncStore, mapping: StatusMapping, tenant: str) -> None:
    """Keep a mapping for a tenant; it replaces the one that is there."""
    with store.tx(tenant) as tx:
        tx.stages.save(mapping.to_dict()["stages"])


def load_mapping(store: SyncStore, tenant: str) -> StatusMapping | None:
    """The tenant's mapping, or ``None`` if none was ever kept."""
    with store.tx(tenant, write=False) as tx:
        stages = tx.stages.load()
    return (
        StatusMapping.from_dict({"version": _VERSION, "stages": [dict(stage) for stage in stages]})
        if stages
        else None
    )
