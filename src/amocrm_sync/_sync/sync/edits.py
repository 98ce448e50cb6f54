# Generated from src/amocrm_sync/_async/sync/edits.py by tools/unasync.py: edit that file instead.
"""Local writes within a transaction: the record, its edit in the outbox, and the mark to send it, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._core.entities import Entity, entity_named
from amocrm_sync._core.sync.fields import assemble, combined, flatten, value_at, without
from amocrm_sync._core.sync.host import main_contact
from amocrm_sync._core.sync.local import LocalRecord, check_edit
from amocrm_sync._core.sync.merge import edits_over
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind, OpState
from amocrm_sync._core.sync.projections import amo_id_column
from amocrm_sync._core.sync.records import LOCAL, Record
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.errors import ConfigurationError, NotFoundError


@attrs.frozen(kw_only=True)
class Author:
    """Who makes an edit.

    Attributes:
        actor: In the host's words.
        source: ``host``, or the id of an offline client.
        mutation_id: The offline client's number of the edit.
    """

    actor: str | None = None
    source: str = "host"
    mutation_id: int | None = None


NOBODY = Author()


def create_record(
    context: SyncContext,
    tx: SyncTx,
    entity: Entity,
    fields: Mapping[str, Any],
    *,
    uid: str | None = None,
    author: Author = NOBODY,
) -> Record:
    """Store a new record, to be created in amoCRM by the next push.

    Raises:
        ConfigurationError: Names a field that cannot be set.
    """
    own, contact = context.config.host.to_remote(entity.name, fields)
    if contact:
        raise ConfigurationError(
            f"{', '.join(sorted(fields))}: a new {entity.singular} has no main contact yet; create the contact first"
        )
    check_edit(entity, own, is_new=True, is_local_only=context.remote is None)
    now = context.clock.now()
    version = tx.clock.next()
    record = Record(
        entity=entity.name,
        uid=uid or context.new_uid(),
        local=own,
        version=version,
        created_version=version,
        created_at=now,
        updated_at=now,
    )
    context.put(tx, [record])
    _add_op(context, tx, record, OpKind.CREATE, own, author=author)
    return record


def edit_record(
    context: SyncContext,
    tx: SyncTx,
    record: Record,
    fields: Mapping[str, Any],
    *,
    author: Author = NOBODY,
) -> Record:
    """Change fields of a record, to be sent by the next push. What already has the value is not sent.

    Raises:
        ConfigurationError: Names a field that cannot be changed.
    """
    entity = entity_named(record.entity)
    own, contact = context.config.host.to_remote(entity.name, fields)
    check_edit(entity, own, is_new=False, is_local_only=context.remote is None)
    if contact:
        edit_record(context, tx, _main_contact(tx, record), contact, author=author)
    edits = without(own, record.view)
    if not edits:
        return record
    changed = attrs.evolve(
        record,
        local=combined(record.local, edits),
        version=tx.clock.next(),
        updated_at=context.clock.now(),
    )
    context.put(tx, [changed])
    _add_op(context, tx, record, OpKind.PATCH, edits, author=author)
    return changed


def delete_record(context: SyncContext, tx: SyncTx, record: Record, *, author: Author = NOBODY) -> Record:
    """Delete a record here; a pull does not bring it back.

    What amoCRM does not have yet is never created there. What it has stays, with the edit that the host's
    ``on_local_delete`` gives.
    """
    if record.remote_id is None:
        waiting = tx.outbox.of(record.entity, [record.uid], (OpState.PENDING, OpState.HELD))
        tx.outbox.save(
            [attrs.evolve(op, state=OpState.DEAD, error="the record was deleted here") for op in waiting]
        )
    _tell_of_deletion(context, tx, record, author)
    now = context.clock.now()
    gone = attrs.evolve(record, deleted_at=now, delete_reason=LOCAL, version=tx.clock.next(), updated_at=now)
    context.put(tx, [gone])
    return gone


def _tell_of_deletion(context: SyncContext, tx: SyncTx, record: Record, author: Author) -> None:
    """Add the edit that a deletion makes in amoCRM, where the row is there, or may be on its way."""
    rule = context.config.on_local_delete
    if rule is None or context.remote is None:
        return
    sent = tx.outbox.of(record.entity, [record.uid], (OpState.INFLIGHT, OpState.UNKNOWN))
    if record.remote_id is None and not sent:
        return
    [stored] = context.shown(tx, [record])
    fields = rule(LocalRecord.of(stored.record, stored.row))
    if fields:
        _add_op(context, tx, record, OpKind.PATCH, fields, author=author)


def show_edits(context: SyncContext, tx: SyncTx, records: Mapping[str, Record]) -> dict[str, Record]:
    """Store records with exactly those local edits over them that are still open; by uid, as they are now.

    A record that amoCRM does not have keeps its fields whatever became of its creation: they are all there is.
    """
    if not records:
        return {}
    entity = next(iter(records.values())).entity
    ops = tx.outbox.of(entity, list(records), (*OPEN_STATES, OpState.DEAD))
    version, now = tx.clock.next(), context.clock.now()
    shown: dict[str, Record] = {}
    for uid, record in records.items():
        own = [op for op in ops if op.uid == uid]
        if record.remote_id is None:
            own = [attrs.evolve(op, state=OpState.PENDING) for op in own]
        shown[uid] = attrs.evolve(record, local=edits_over(own), version=version, updated_at=now)
    context.put(tx, list(shown.values()))
    return shown


def find_record(tx: SyncTx, entity: Entity, key: int | str) -> Record | None:
    """By our id, or by amoCRM's: a plain number, which for notes is one of each kind of parent."""
    text = str(key)
    by_uid = tx.records.by_uid(entity.name, [text])
    remote_ids = [stream.remote_id(text) for stream in entity.streams]
    by_remote = tx.records.by_remote(entity.name, [text, *remote_ids])
    if not by_remote and not remote_ids and text.isdigit():
        found = tx.records.find(entity.name, {amo_id_column(entity.name): int(text)}, limit=1)
        return next((item.record for item in found), None)
    return next(iter([*by_uid.values(), *by_remote.values()]), None)


def live_record(tx: SyncTx, entity: Entity, key: int | str) -> Record:
    """The same, of those that are not deleted.

    Raises:
        NotFoundError: There is none.
    """
    record = find_record(tx, entity, key)
    if record is None or record.deleted_at is not None:
        raise NotFoundError(f"the local store has no live {entity.singular} {key!r}", status=404)
    return record


def _add_op(
    context: SyncContext,
    tx: SyncTx,
    record: Record,
    kind: OpKind,
    fields: Mapping[str, Any],
    *,
    author: Author,
) -> None:
    """Nothing where there is no CRM to send it to."""
    if context.remote is None:
        return
    now = context.clock.now()
    op = Op(
        entity=record.entity,
        uid=record.uid,
        kind=kind,
        fields=dict(fields),
        base_fields=_present(record.view, fields) if kind is OpKind.PATCH else {},
        made_at=now,
        actor=author.actor,
        source=author.source,
        mutation_id=author.mutation_id,
    )
    tx.outbox.add([op])
    tx.work.mark(WorkKind.PUSH, record.entity, [record.uid], due_at=now)
    context.ring(tx, WorkKind.PUSH)


def _present(view: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the record shows in the fields of an edit; of custom fields, in those named."""
    return assemble({path: value_at(view, path) for path in flatten(fields, view)})


def _main_contact(tx: SyncTx, lead: Record) -> Record:
    item = main_contact(lead.view) or {}
    contact = find_record(tx, entity_named("contacts"), item.get("uid") or item.get("id") or "")
    if contact is None or contact.deleted_at is not None:
        raise ConfigurationError(
            f"lead {lead.remote_id or lead.uid} has no main contact in the local store; link one, or pull contacts"
        )
    return contact
