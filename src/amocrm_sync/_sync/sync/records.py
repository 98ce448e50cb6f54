# Generated from src/amocrm_sync/_async/sync/records.py by tools/unasync.py: edit that file instead.
"""Local reads and writes: ``engine.records.leads.list(…)`` and its like. Nothing here waits for amoCRM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._core.entities import Entity, entity_named
from amocrm_sync._core.sync.fields import overlay, without
from amocrm_sync._core.sync.local import LocalRecord, check_edit, check_filter
from amocrm_sync._core.sync.outbox import Op, OpKind
from amocrm_sync._core.sync.records import LOCAL, Record
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.errors import NotFoundError


class Records:
    """The local store by entity. ``deals`` is another name for ``leads``."""

    def __init__(self, context: SyncContext) -> None:
        self.leads = self.deals = LocalEntity(context, "leads")
        self.contacts = LocalEntity(context, "contacts")
        self.companies = LocalEntity(context, "companies")
        self.tasks = LocalEntity(context, "tasks")
        self.notes = LocalEntity(context, "notes")
        self.pipelines = LocalEntity(context, "pipelines")
        self.stages = LocalEntity(context, "stages")
        self.users = LocalEntity(context, "users")
        self.roles = LocalEntity(context, "roles")

    def of(self, entity: str) -> LocalEntity:
        """The records of an entity by its name."""
        found: LocalEntity = getattr(self, entity_named(entity).name)
        return found


class LocalEntity:
    """The local records of one entity.

    A write is stored together with its edit in the outbox, in one transaction; :meth:`SyncEngine.push` sends it.
    An engine without a client keeps records of its own and has no outbox.
    """

    def __init__(self, context: SyncContext, name: str) -> None:
        self._context = context
        self._entity: Entity = entity_named(name)

    def list(
        self,
        filter: Mapping[str, Any] | None = None,
        limit: int | None = None,
        offset: int = 0,
        *,
        deleted: bool = False,
    ) -> list[LocalRecord]:
        """Records in the order in which they were first stored.

        Args:
            filter: Column of the typed table → value, or a list of values of which one must match.
            limit: At most so many.
            offset: Leave out so many first.
            deleted: Deleted ones as well.

        Raises:
            ConfigurationError: The filter names something that is no column.
        """
        wanted = dict(filter or {})
        check_filter(self._entity, wanted)
        with self._context.tx(write=False) as tx:
            found = tx.records.find(self._entity.name, wanted, limit=limit, offset=offset, deleted=deleted)
        return [LocalRecord.of(item.record, item.row) for item in found]

    def count(
        self,
        filter: Mapping[str, Any] | None = None,
        *,
        deleted: bool = False,
    ) -> int:
        """How many records :meth:`list` gives without a limit."""
        wanted = dict(filter or {})
        check_filter(self._entity, wanted)
        with self._context.tx(write=False) as tx:
            return tx.records.count(self._entity.name, wanted, deleted=deleted)

    def get_or_none(self, key: int | str) -> LocalRecord | None:
        """The record, deleted or not: by amoCRM's id (a number) or ours (a uuid); ``None`` if there is none."""
        with self._context.tx(write=False) as tx:
            record = self._record(tx, key)
        return None if record is None else self._local(record)

    def get(self, key: int | str) -> LocalRecord:
        """The same.

        Raises:
            NotFoundError: There is none.
        """
        found = self.get_or_none(key)
        if found is None:
            raise self._not_found(key)
        return found

    def create(self, item: Mapping[str, Any] | None = None, **fields: Any) -> LocalRecord:
        """Store a new record, to be created in amoCRM by the next push.

        Raises:
            ConfigurationError: Names a field that cannot be set.
        """
        values = {**(item or {}), **fields}
        is_local_only = self._context.remote is None
        check_edit(self._entity, values, is_new=True, is_local_only=is_local_only)
        now = self._context.clock.now()
        with self._context.tx() as tx:
            version = tx.clock.next()
            record = Record(
                entity=self._entity.name,
                uid=self._context.new_uid(),
                local=values,
                version=version,
                created_version=version,
                created_at=now,
                updated_at=now,
            )
            tx.records.put([self._context.stored(record)])
            if not is_local_only:
                tx.outbox.add([self._op(record, OpKind.CREATE, values)])
        return self._local(record)

    def update(self, key: int | str, item: Mapping[str, Any] | None = None, **fields: Any) -> LocalRecord:
        """Change fields of a record, to be sent by the next push. What already has the value is not sent.

        Raises:
            NotFoundError: There is no such record, or it is deleted.
            ConfigurationError: Names a field that cannot be changed.
        """
        values = {**(item or {}), **fields}
        is_local_only = self._context.remote is None
        check_edit(self._entity, values, is_new=False, is_local_only=is_local_only)
        with self._context.tx() as tx:
            record = self._live(tx, key)
            edits = without(values, record.view)
            if edits:
                changed = attrs.evolve(record, local=overlay(record.local, edits))
                record = self._put(tx, changed)
                if not is_local_only:
                    tx.outbox.add([self._op(record, OpKind.PATCH, edits)])
        return self._local(record)

    def delete(self, key: int | str) -> LocalRecord:
        """Delete a record here. amoCRM has no such call for it, so it stays there, and a pull does not bring it back.

        Raises:
            NotFoundError: There is no such record, or it is deleted already.
        """
        with self._context.tx() as tx:
            record = self._live(tx, key)
            now = self._context.clock.now()
            record = self._put(tx, attrs.evolve(record, deleted_at=now, delete_reason=LOCAL))
        return self._local(record)

    def _put(self, tx: SyncTx, record: Record) -> Record:
        """Store a changed record under a new version."""
        stamped = attrs.evolve(record, version=tx.clock.next(), updated_at=self._context.clock.now())
        tx.records.put([self._context.stored(stamped)])
        return stamped

    def _live(self, tx: SyncTx, key: int | str) -> Record:
        record = self._record(tx, key)
        if record is None or record.deleted_at is not None:
            raise self._not_found(key)
        return record

    def _record(self, tx: SyncTx, key: int | str) -> Record | None:
        """By our id, or by amoCRM's: a plain number, which for notes is one of each kind of parent."""
        name, text = self._entity.name, str(key)
        by_uid = tx.records.by_uid(name, [text])
        remote_ids = [stream.remote_id(text) for stream in self._entity.streams]
        by_remote = tx.records.by_remote(name, [text, *remote_ids])
        return next(iter([*by_uid.values(), *by_remote.values()]), None)

    def _op(self, record: Record, kind: OpKind, fields: Mapping[str, Any]) -> Op:
        return Op(
            entity=self._entity.name,
            uid=record.uid,
            kind=kind,
            fields=dict(fields),
            base_fields={name: record.base.get(name) for name in fields} if kind is OpKind.PATCH else {},
            made_at=self._context.clock.now(),
        )

    def _local(self, record: Record) -> LocalRecord:
        return LocalRecord.of(record, self._context.stored(record).row)

    def _not_found(self, key: int | str) -> NotFoundError:
        return NotFoundError(f"the local store has no live {self._entity.singular} {key!r}", status=404)
