# Generated from src/amocrm_sync/_async/sync/offline_outgoing.py by tools/unasync.py: edit that file instead.
"""Edits made on devices: each taken once, together with the number up to which they were taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._core.entities import Entity, entity_named
from amocrm_sync._core.sync.events import SyncEvent, conflict_event
from amocrm_sync._core.sync.host import CONTACT
from amocrm_sync._core.sync.offline import Scope, check_id
from amocrm_sync._core.sync.offline_edits import (
    KEPT_ANSWERS,
    DeviceEdit,
    Verdict,
    answer_of,
    in_order,
    settle,
    told,
)
from amocrm_sync._core.sync.offline_rows import row_of, settable, unsettable, written
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.stored import Client, Mutation
from amocrm_sync._sync.sync.edits import Author, create_record, delete_record, edit_record
from amocrm_sync._sync.sync.offline_desk import OfflineDesk
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync._sync.sync.sinks import keep_events
from amocrm_sync.errors import ConfigurationError

_AT_ONCE = 50
"""Edits in one transaction; others who write wait for so long."""
_NOT_FOUND = "there is no such record"


class Outgoing:
    """Takes edits of devices."""

    def __init__(self, desk: OfflineDesk) -> None:
        self._desk = desk
        self._context = desk.context

    def take(self, user: str, client_id: str, edits: Sequence[DeviceEdit]) -> dict[str, Any]:
        """Take edits in order; see :meth:`Offline.outgoing`."""
        check_id("client_id", client_id)
        scope = self._desk.rules.scope_of(user)
        results: list[Row] = []
        last = version = 0
        for start in range(0, max(1, len(edits)), _AT_ONCE):
            events: list[SyncEvent] = []
            with self._context.tx() as tx:
                client = self._desk.client(tx, client_id, user)
                in_order(edits[start:], client.last_mutation_id)
                part = edits[start : start + _AT_ONCE]
                results += self.take_part(tx, client, scope, part, events)
                last = max(client.last_mutation_id, *(edit.id for edit in part), 0)
                version = tx.clock.now()
            self._context.listeners.tell(events)
        return {"results": results, "last_mutation_id": last, "version": version}

    def take_part(
        self,
        tx: SyncTx,
        client: Client,
        scope: Scope,
        edits: Sequence[DeviceEdit],
        events: list[SyncEvent],
        *,
        keep: bool = True,
    ) -> list[Row]:
        """The same in the caller's transaction: their effects, the answers, and the number reached, all or nothing.

        Without ``keep`` nothing is remembered of them: the device has no name.
        """
        before = tx.mutations.get(client.client_id, [edit.id for edit in edits])
        new = in_order(edits, client.last_mutation_id)
        results: list[Row] = []
        for edit in edits:
            if edit.id <= client.last_mutation_id:
                kept = before.get(edit.id)
                results.append(self._repeated(tx, scope, edit, None if kept is None else kept.result))
                continue
            answer = self._effect(tx, scope, edit, client, events)
            client = attrs.evolve(client, last_mutation_id=edit.id)
            if keep:
                kept_part = {name: value for name, value in answer.items() if name != "record"}
                tx.mutations.put(
                    [Mutation(client_id=client.client_id, mutation_id=edit.id, result=kept_part)]
                )
            results.append({name: value for name, value in answer.items() if name != "made"})
        if new and keep:
            tx.clients.save(attrs.evolve(client, seen_at=self._context.clock.now()))
            tx.mutations.prune(client.client_id, client.last_mutation_id - KEPT_ANSWERS)
        keep_events(self._context, tx, events)
        return results

    def _effect(
        self, tx: SyncTx, scope: Scope, edit: DeviceEdit, client: Client, events: list[SyncEvent]
    ) -> Row:
        """Do one edit. What is refused is refused before anything of it is written."""
        author = Author(actor=client.user or None, source=client.client_id, mutation_id=edit.id)
        try:
            entity = self._entity(edit)
            record = (tx.records.by_uid(entity.name, [edit.uid])).get(edit.uid)
            if record is not None and not self._is_visible(tx, scope, record):
                return self._rejected(edit, _NOT_FOUND)
            if edit.op == "delete":
                return self._delete(tx, edit, record, author)
            if record is None:
                return self._create(tx, scope, edit, entity, author)
            return self._update(tx, edit, record, author, events)
        except ConfigurationError as error:
            return self._rejected(edit, error.message)

    def _entity(self, edit: DeviceEdit) -> Entity:
        """The entity of an edit that can be done at all."""
        check_id("uid", edit.uid)
        [name] = self._desk.entities([edit.entity])
        entity = entity_named(name)
        if not self._desk.is_local_only and not entity.writable:
            raise ConfigurationError(f"{name} are read-only here")
        allowed = settable(entity, self._context.config.host, is_local_only=self._desk.is_local_only)
        wrong = unsettable(edit.fields, allowed, entity)
        if wrong:
            raise ConfigurationError(f"{', '.join(wrong)}: cannot be set on a {entity.singular}")
        return entity

    def _create(self, tx: SyncTx, scope: Scope, edit: DeviceEdit, entity: Entity, author: Author) -> Row:
        if edit.op == "update":
            return self._rejected(edit, _NOT_FOUND)
        host = self._context.config.host
        fields = written(entity, edit.fields, {}, host.columns(entity.name))
        own, _ = host.to_remote(entity.name, fields)
        if not self._is_visible(tx, scope, Record(entity=entity.name, uid=edit.uid, local=own)):
            raise ConfigurationError("outside of what you may see: " + _limits(scope, entity))
        record = create_record(self._context, tx, entity, fields, uid=edit.uid, author=author)
        return answer_of(edit, Verdict.APPLIED, record.version, made=record.version)

    def _update(
        self,
        tx: SyncTx,
        edit: DeviceEdit,
        record: Record,
        author: Author,
        events: list[SyncEvent],
    ) -> Row:
        entity = entity_named(record.entity)
        if record.deleted_at is not None:
            return answer_of(
                edit, Verdict.CONFLICT, record.version, record={"uid": record.uid, "deleted": True}
            )
        now = self._context.clock.now()
        settled = settle(
            record,
            self._own(entity, edit.fields, record),
            self._own(entity, edit.base or {}, record),
            rules=self._context.config.conflicts,
            made_at=now if edit.at is None else min(now, edit.at),
            now=now,
        )
        conflicts = tx.conflicts.add(settled.conflicts) if settled.conflicts else ()
        events += [conflict_event(conflict, record) for conflict in conflicts]
        changed = edit_record(
            self._context,
            tx,
            record,
            {**settled.edit, **self._of_contact(entity, edit.fields)},
            author=author,
        )
        made = changed.version if changed.version != record.version else None
        if settled.verdict is Verdict.APPLIED:
            return answer_of(edit, settled.verdict, tx.clock.now(), made=made)
        return answer_of(
            edit,
            settled.verdict,
            tx.clock.now(),
            made=made,
            conflicts=told(conflicts),
            record=self._row(tx, changed),
        )

    def _delete(self, tx: SyncTx, edit: DeviceEdit, record: Record | None, author: Author) -> Row:
        if record is None:
            return self._rejected(edit, _NOT_FOUND)
        if record.deleted_at is not None:
            return answer_of(edit, Verdict.APPLIED, record.version)
        gone = delete_record(self._context, tx, record, author=author)
        return answer_of(edit, Verdict.APPLIED, gone.version, made=gone.version)

    def _repeated(self, tx: SyncTx, scope: Scope, edit: DeviceEdit, kept: Row | None) -> Row:
        """The answer to an edit that was taken before, with the true state where the device needs it."""
        if kept is None:
            return answer_of(edit, Verdict.DUPLICATE, tx.clock.now(), was=None)
        slim = {name: value for name, value in kept.items() if name not in ("made", "status")}
        answer = {**slim, "status": Verdict.DUPLICATE.value, "was": kept["status"]}
        if kept["status"] in (Verdict.CONFLICT.value, Verdict.HELD.value, Verdict.MERGED.value):
            record = (tx.records.by_uid(edit.entity, [edit.uid])).get(edit.uid)
            if record is not None and self._is_visible(tx, scope, record):
                is_gone = record.deleted_at is not None
                answer["record"] = {"uid": record.uid, "deleted": True} if is_gone else self._row(tx, record)
        return answer

    def _own(self, entity: Entity, fields: Mapping[str, Any], record: Record) -> Row:
        """The part of an edit that is of the record itself, in amoCRM's words."""
        host = self._context.config.host
        edit = written(entity, fields, record.view, host.columns(entity.name))
        return host.to_remote(entity.name, edit)[0]

    def _of_contact(self, entity: Entity, fields: Mapping[str, Any]) -> Row:
        """The part that is of its main contact, under the host's names."""
        places = self._context.config.host.places.get(entity.name, {})
        return {name: value for name, value in fields.items() if places.get(name, "").startswith(CONTACT)}

    def _is_visible(self, tx: SyncTx, scope: Scope, record: Record) -> bool:
        if scope.filters is None:
            return True
        [stored] = self._context.shown(tx, [record])
        return scope.allows(stored)

    def _row(self, tx: SyncTx, record: Record) -> Row:
        [stored] = self._context.shown(tx, [record])
        return row_of(stored, is_local_only=self._desk.is_local_only)

    def _rejected(self, edit: DeviceEdit, reason: str) -> Row:
        return answer_of(edit, Verdict.REJECTED, 0, reason=reason)


def _limits(scope: Scope, entity: Entity) -> str:
    wanted = scope.filter_for(entity.name)
    return entity.name if wanted is None else ", ".join(f"{name} = {value}" for name, value in wanted.items())
