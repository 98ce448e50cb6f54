# Generated from src/amocrm_sync/_async/sync/parents.py by tools/unasync.py: edit that file instead.
"""Rows that edits name by our id, because amoCRM did not have them when the edit was made."""

from __future__ import annotations

from collections.abc import Iterable

from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.sync.outbox import OPEN_STATES, OpKind, OpState
from amocrm_sync._core.sync.references import Parent
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync._sync.sync.twins import heirs_of


def parents_of(tx: SyncTx, named: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Parent]:
    """The rows that edits name by our id, by that ``(entity, our id)``; one that ended in another is that one."""
    wanted: dict[str, list[str]] = {}
    for entity, uid in sorted(set(named)):
        wanted.setdefault(entity, []).append(uid)
    found = [parent for entity, uids in wanted.items() for parent in _parents(tx, entity, uids)]
    return {(parent.entity, parent.uid): parent for parent in found}


def _parents(tx: SyncTx, entity: str, uids: list[str]) -> list[Parent]:
    if entity not in ENTITIES:  # what a host writes as a task's entity_type is not ours
        return [Parent(entity=entity, uid=uid) for uid in uids]
    records = tx.records.by_uid(entity, uids)
    records |= heirs_of(tx, records)
    without = [uid for uid, record in records.items() if record.amo_id is None]
    ops = tx.outbox.of(entity, without, (*OPEN_STATES, OpState.DEAD))
    creations = {op.uid: op for op in ops if op.kind is OpKind.CREATE}
    return [
        Parent(entity=entity, uid=uid, record=records.get(uid), creation=creations.get(uid)) for uid in uids
    ]
