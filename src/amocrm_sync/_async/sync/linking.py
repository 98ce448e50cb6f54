"""The links of records, kept in the transaction that stores the records."""

from __future__ import annotations

from collections.abc import Sequence

from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.sync.linked import LINKED, changed_links
from amocrm_sync._core.sync.records import Record


async def keep_links(tx: AsyncSyncTx, records: Sequence[Record]) -> None:
    """Store what has changed in the links that the records' rows name. New records have none yet."""
    for entity in sorted({record.entity for record in records} & LINKED.keys()):
        own = [record for record in records if record.entity == entity]
        old = [record.uid for record in own if record.created_version != record.version]
        changed = changed_links(own, await tx.links.of(entity, old) if old else [])
        if changed:
            await tx.links.put(changed)
