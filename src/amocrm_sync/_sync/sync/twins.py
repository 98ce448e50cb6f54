# Generated from src/amocrm_sync/_async/sync/twins.py by tools/unasync.py: edit that file instead.
"""Two records that turn out to be one row of amoCRM's: one of them ends, and what waits in it goes on in the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.conflicts import OPEN
from amocrm_sync._core.sync.outbox import OPEN_STATES, OpState
from amocrm_sync._core.sync.records import ABSORBED, Record
from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.edits import show_edits
from amocrm_sync._sync.sync.protocols import SyncTx


def absorb_twins(
    context: SyncContext, tx: SyncTx, records: Mapping[str, Record], ids: Mapping[str, str]
) -> dict[str, Record]:
    """A pull may have met our new row before its creation was acknowledged: that record ends in ours.

    Args:
        context: The engine's.
        tx: The transaction of the acknowledgement.
        records: Our records of one entity, by uid.
        ids: Their remote ids, by uid.

    Returns:
        The records, as they have to be stored.
    """
    if not records:
        return {}
    entity = next(iter(records.values())).entity
    twins = tx.records.by_remote(entity, list(ids.values()))
    found = dict(records)
    for uid, record in records.items():
        twin = twins.get(ids[uid])
        if twin is not None and twin.uid != uid:
            absorb(context, tx, twin, record)
            found[uid] = attrs.evolve(
                record,
                base=twin.base,
                remote_updated_at=twin.remote_updated_at,
                read_fence=max(record.read_fence, twin.read_fence),
            )
    return found


def hand_over(context: SyncContext, tx: SyncTx, claims: Sequence[Claim]) -> list[Claim]:
    """Give the open edits of records that have ended in others to those; the claims that are left.

    These are edits that were under way when their record ended: only who holds the claim may touch them.
    """
    entity = claims[0].stream
    records = tx.records.by_uid(entity, [claim.key for claim in claims])
    heirs = heirs_of(tx, records)
    if not heirs:
        return list(claims)
    given = [claim for claim in tx.work.held(claims) if claim.key in heirs]
    ops = tx.outbox.of(entity, [claim.key for claim in given], OPEN_STATES)
    tx.outbox.save([attrs.evolve(op, uid=heirs[op.uid].uid) for op in ops])
    takers = {heirs[op.uid].uid: heirs[op.uid] for op in ops}
    show_edits(context, tx, takers)
    tx.work.mark(WorkKind.PUSH, entity, list(takers), due_at=context.clock.now())
    tx.work.finish(given)
    return [claim for claim in claims if claim.key not in heirs]


def heirs_of(tx: SyncTx, records: Mapping[str, Record]) -> dict[str, Record]:
    """Of records of one entity that have ended in others: those others, by the uid of the one that ended."""
    ended = {uid: record for uid, record in records.items() if record.delete_reason == ABSORBED}
    if not ended:
        return {}
    entity = next(iter(ended.values())).entity
    stream = entity_named(entity).streams[0]
    ids = {uid: stream.remote_id(record.base["id"]) for uid, record in ended.items() if "id" in record.base}
    rows = tx.records.by_remote(entity, list(ids.values()))
    return {uid: rows[remote_id] for uid, remote_id in ids.items() if remote_id in rows}


def absorb(context: SyncContext, tx: SyncTx, lost: Record, kept: Record) -> None:
    """End a record in another one. Its edits that wait, and what a person has to decide about them, become the other's.

    The caller stores ``kept``, with its open edits over it. The one that ends keeps amoCRM's id in its base: what names it
    finds the other by that.
    """
    now = context.clock.now()
    ended = attrs.evolve(
        lost,
        remote_id=None,
        base={name: kept.base[name] for name in ("id",) if name in kept.base} | lost.base,
        deleted_at=now,
        delete_reason=ABSORBED,
        version=tx.clock.next(),
        updated_at=now,
    )
    context.put(tx, [ended])
    waiting = tx.outbox.of(lost.entity, [lost.uid], (OpState.PENDING, OpState.HELD))
    if not waiting:
        return
    tx.outbox.save([attrs.evolve(op, uid=kept.uid) for op in waiting])
    for conflict in tx.conflicts.list((OPEN,), entity=lost.entity, uid=lost.uid):
        tx.conflicts.save(attrs.evolve(conflict, uid=kept.uid))
    tx.work.mark(WorkKind.PUSH, kept.entity, [kept.uid], due_at=now)
