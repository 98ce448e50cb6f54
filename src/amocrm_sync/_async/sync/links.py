"""Links of local records: listed with what is on its way, and changed to be sent by the next push."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.edits import live_record
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.entities import Entity, entity_named
from amocrm_sync._core.sync.link_edits import LocalLink, leads_to, stream_of, wishes
from amocrm_sync._core.sync.local import LocalRecord
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.errors import ConfigurationError

Target: TypeAlias = LocalRecord | tuple[str, int | str]
"""The other end: a record, or its entity and id, as ``("contacts", 5)``; the id may be ours."""


@attrs.frozen
class Change:
    """What shall become of some links.

    Attributes:
        kind: To link or to unlink.
        metadata: ``is_main``, ``quantity``, ``price_id``: sent where not ``None``.
        actor: Who does it.
    """

    kind: OpKind
    metadata: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    actor: str | None = None


async def change_links(
    context: AsyncSyncContext,
    tx: AsyncSyncTx,
    entity: Entity,
    pairs: Iterable[tuple[int | str, Target]],
    change: Change,
) -> None:
    """Keep changes of links in the outbox, all or none.

    Raises:
        NotFoundError: One of the records is not there, or deleted.
        ConfigurationError: amoCRM links no such rows, or the engine has no client.
    """
    if context.caller is None:
        raise ConfigurationError(
            "client: links live in amoCRM; give SyncEngine an AmoCRM client to change them"
        )
    now = context.clock.now()
    chosen = {name: value for name, value in change.metadata.items() if value is not None}
    ops: list[Op] = []
    for key, target in pairs:
        near, far = await live_record(tx, entity, key), await _end(tx, target)
        if not leads_to(near.entity, far.entity):
            near, far = far, near
        fields: dict[str, Any] = {"to_entity": far.entity, "to_uid": far.uid, "metadata": chosen}
        ops.append(
            Op(
                entity=stream_of(near.entity),
                uid=near.uid,
                kind=change.kind,
                fields=fields,
                made_at=now,
                actor=change.actor,
            )
        )
    await tx.outbox.add(ops)
    for stream in sorted({op.entity for op in ops}):
        uids = {op.uid: None for op in ops if op.entity == stream}
        await tx.work.mark(WorkKind.PUSH, stream, uids, due_at=now)
    if ops:
        await context.ring(tx, WorkKind.PUSH)


async def links_of(tx: AsyncSyncTx, entity: Entity, key: int | str) -> list[LocalLink]:
    """The links of a record, as amoCRM has them and as they will be.

    Raises:
        NotFoundError: There is no such record, or it is deleted.
    """
    record = await live_record(tx, entity, key)
    found = await _present(tx, record)
    waiting = await tx.outbox.of(stream_of(entity.name), [record.uid], OPEN_STATES)
    for (to_entity, uid), ops in wishes(waiting).items():
        end = (await tx.records.by_uid(to_entity, [uid])).get(uid)
        before = found.get((to_entity, uid))
        found[to_entity, uid] = LocalLink(
            entity=to_entity,
            remote_id=None if end is None else end.remote_id,
            uid=uid,
            meta={**({} if before is None else before.meta), **ops[-1].fields["metadata"]},
            pending=ops[-1].kind.value,
        )
    return [found[end] for end in sorted(found)]


async def _present(tx: AsyncSyncTx, record: Record) -> dict[tuple[str, str], LocalLink]:
    """The links that amoCRM has, by the other end; each is kept with one of the two records."""
    found: dict[tuple[str, str], LocalLink] = {}
    for link in await tx.links.of(record.entity, [record.uid]):
        far = (await tx.records.by_remote(link.to_entity, [link.to_remote_id])).get(link.to_remote_id)
        uid = None if far is None else far.uid
        shown = LocalLink(entity=link.to_entity, remote_id=link.to_remote_id, uid=uid, meta=link.meta)
        found[link.to_entity, uid or link.to_remote_id] = shown
    if record.remote_id is None:
        return found
    for link in await tx.links.to(record.entity, [record.remote_id]):
        near = (await tx.records.by_uid(link.from_entity, [link.from_uid])).get(link.from_uid)
        if near is not None and near.deleted_at is None:
            found[link.from_entity, near.uid] = LocalLink(
                entity=link.from_entity, remote_id=near.remote_id, uid=near.uid, meta=link.meta
            )
    return found


async def _end(tx: AsyncSyncTx, target: Target) -> Record:
    if isinstance(target, LocalRecord):
        return await live_record(tx, entity_named(target.entity), target.uid)
    return await live_record(tx, entity_named(target[0]), target[1])
