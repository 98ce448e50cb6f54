# Generated from src/amocrm_sync/_async/testing_kits/sync_store_pruning.py by tools/unasync.py: edit that file instead.
"""Checks of the sync store kit: what is forgotten, and what never is."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.sync.outbox import Op, OpKind
from amocrm_sync._core.sync.records import LOCAL, TRASH
from amocrm_sync._core.sync.stored import Link
from amocrm_sync._sync.sync.protocols import SyncStore
from amocrm_sync._sync.testing_kits.sync_store_parts import require, stored


def tombstones_are_forgotten_while_they_mean_nothing(store: SyncStore, tenant: str) -> None:
    """A tombstone goes with its typed row and its links, unless something still needs it."""
    old: dict[str, Any] = {"deleted_at": 1.0, "delete_reason": TRASH}
    rows = [
        stored("u1", "1", version=4, **old),
        stored("u2", "2", version=7, **old),
        stored("t1", "1", entity="tasks", version=5, base={"text": "call"}, **old),
        stored("live", "3", version=8),
        stored("new", "4", version=9, deleted_at=5.0, delete_reason=TRASH),
        stored("ours", "5", version=1, deleted_at=1.0, delete_reason=LOCAL),
        stored("host", "6", version=1, local_ref="row 6", **old),
        stored("busy", None, version=1, deleted_at=1.0, delete_reason=LOCAL),
    ]
    edit = Op(entity="leads", uid="busy", kind=OpKind.CREATE, fields={"name": "x"}, made_at=1.0)
    link = Link(from_entity="leads", from_uid="u1", to_entity="contacts", to_remote_id="9", version=4)
    with store.tx(tenant) as tx:
        tx.records.put(rows)
        tx.links.put([link])
        tx.outbox.add([edit])
        first = tx.records.prune(5.0, 2)
        second = tx.records.prune(5.0, 2)
        require((len(first), sorted([*first, *second])) == (2, [4, 5, 7]), "their versions are told")
        require(tx.records.prune(5.0, 2) == [], "nothing is left to forget")
        require(tx.records.by_remote("leads", ["1", "2"]) == {}, "the remote id is free")
        require(tx.links.to("contacts", ["9"], deleted=True) == [], "links go with their record")
    with store.tx(tenant, write=False) as tx:
        left = {item.record.uid for item in tx.records.find("leads", {}, deleted=True)}
        require(left == {"live", "new", "ours", "host", "busy"}, "what means something stays")
        require(tx.records.count("tasks", {}, deleted=True) == 0, "of every entity")
