"""Keeping a stage mapping in a sync store."""

from __future__ import annotations

from amocrm_sync._async.sync.protocols import AsyncSyncStore
from amocrm_sync.mapping import StatusMapping

_VERSION = 1


async def save_mapping(store: AsyncSyncStore, mapping: StatusMapping, tenant: str) -> None:
    """Keep a mapping for a tenant; it replaces the one that is there."""
    async with store.tx(tenant) as tx:
        await tx.stages.save(mapping.to_dict()["stages"])


async def load_mapping(store: AsyncSyncStore, tenant: str) -> StatusMapping | None:
    """The tenant's mapping, or ``None`` if none was ever kept."""
    async with store.tx(tenant, write=False) as tx:
        stages = await tx.stages.load()
    return (
        StatusMapping.from_dict({"version": _VERSION, "stages": [dict(stage) for stage in stages]})
        if stages
        else None
    )
