# Generated from src/amocrm_sync/_async/testing_kits/sync_store_parts.py by tools/unasync.py: edit that file instead.
"""What the checks of the sync store kit share."""

from __future__ import annotations

from typing import Any, Protocol

from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync._sync.sync.protocols import SyncStore, SyncTx


class Check(Protocol):
    """One promise, held against a store with a tenant of its own."""

    def __call__(self, store: SyncStore, tenant: str) -> None:
        """Check."""
        ...


def stored(uid: str, remote_id: str | None = None, *, entity: str = "leads", **more: Any) -> Stored:
    """A record with its typed row."""
    fields: dict[str, Any] = more.pop(
        "base", {"name": f"lead {uid}", "price": 10, "custom_fields_values": None}
    )
    record = Record(entity=entity, uid=uid, remote_id=remote_id, base=fields, base_hash="h", **more)
    return Stored(record=record, row=project(record))


def work_of(tx: SyncTx, kind: WorkKind, now: float = 0.0) -> set[tuple[str, str]]:
    """All the work that is due and free, as ``(stream, key)``; it is given back."""
    found: set[tuple[str, str]] = set()
    taken: list[Claim] = []
    while claims := tx.work.claim(kind, now, "kit", now + 1.0, 100):
        taken += claims
        found |= {(claim.stream, claim.key) for claim in claims}
    tx.work.release(taken)
    return found


def require(kept: bool, promise: str) -> None:
    """Name the promise that was broken."""
    if not kept:
        raise AssertionError(f"the store breaks a promise: {promise}")
