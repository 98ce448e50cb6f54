# Generated from src/amocrm_sync/_async/sync/offline_standing.py by tools/unasync.py: edit that file instead.
"""How the data and a device stand."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.sync.offline import check_id
from amocrm_sync._core.sync.offline_edits import KEPT_ANSWERS
from amocrm_sync._core.sync.outbox import OPEN_STATES, OpState
from amocrm_sync._core.sync.records import Row
from amocrm_sync._sync.sync.offline_desk import OfflineDesk
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync._sync.sync.standing import standing

_STATES = {
    OpState.PENDING: "accepted",
    OpState.INFLIGHT: "sent",
    OpState.UNKNOWN: "sent",
    OpState.DONE: "confirmed",
    OpState.HELD: "conflict",
    OpState.SUPERSEDED: "superseded",
    OpState.DEAD: "dead",
}


def device_standing(desk: OfflineDesk, user: str, client_id: str | None) -> dict[str, Any]:
    """See :meth:`Offline.status`."""
    if client_id is not None:
        check_id("client_id", client_id)
    now = desk.context.clock.now()
    stands = standing(desk.context)
    with desk.context.tx(write=False) as tx:
        waiting = tx.outbox.in_states(OPEN_STATES, limit=1)
        answer: dict[str, Any] = {
            "epoch": tx.tenant.epoch(),
            "version": stands.version,
            "initial_done": desk.is_local_only or stands.last_sync_at is not None,
            "open_conflicts": stands.conflicts,
            "lag": {
                "oldest_edit": round(now - waiting[0].made_at, 3) if waiting else 0,
                "last_sync": None if stands.last_sync_at is None else round(now - stands.last_sync_at, 3),
                "hints": stands.inbox.get("hints", 0),
            },
            "client": None if client_id is None else _device(desk, tx, user, client_id, stands.version),
        }
    return answer


def _device(desk: OfflineDesk, tx: SyncTx, user: str, client_id: str, head: int) -> Row:
    client = desk.client(tx, client_id, user)
    last = client.last_mutation_id
    kept = tx.mutations.get(client_id, range(max(1, last - KEPT_ANSWERS + 1), last + 1))
    results: list[Row] = [kept[number].result for number in sorted(kept)]
    told = None if client.last_cursor is None else desk.read(client.last_cursor.split()[-1])
    states = _sent_states(tx, client_id, results)
    mutations = [
        {"id": row["id"], "status": row["status"], "state": states.get(row["id"], _local(row))}
        for row in results
    ]
    return {
        "client_id": client_id,
        "last_mutation_id": last,
        "seen_at": client.seen_at or None,
        "version": None if told is None else told.version,
        "behind": None if told is None else head - told.version,
        "outgoing": {
            state: sum(row["state"] == state for row in mutations)
            for state in ("accepted", "sent", "confirmed", "conflict", "superseded", "dead", "rejected")
        },
        "mutations": mutations,
    }


def _sent_states(tx: SyncTx, client_id: str, results: list[Row]) -> dict[int, str]:
    """How far each of a device's edits has come on its way to amoCRM."""
    by_entity: dict[str, set[str]] = {}
    for row in results:
        by_entity.setdefault(row["entity"], set()).add(row["uid"])
    states: dict[int, str] = {}
    for entity, uids in by_entity.items():
        for op in tx.outbox.of(entity, uids, tuple(OpState)):
            if op.source == client_id and op.mutation_id is not None:
                states[op.mutation_id] = _STATES[op.state]
    return states


def _local(row: Row) -> str:
    """The state of an edit that has nothing in the outbox: there is no CRM, or nothing was left to send."""
    if row["status"] == "rejected":
        return "rejected"
    return "conflict" if row["status"] in ("conflict", "held") else "confirmed"
