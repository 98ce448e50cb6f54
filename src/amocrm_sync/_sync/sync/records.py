# Generated from src/amocrm_sync/_async/sync/records.py by tools/unasync.py: edit that file instead.
"""Local reads and writes: ``engine.records.leads.list(…)`` and its like. Nothing here waits for amoCRM."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import Any, cast

from amocrm_sync._core.entities import Entity, entity_named
from amocrm_sync._core.sync.link_edits import LocalLink
from amocrm_sync._core.sync.local import LocalRecord, check_filter
from amocrm_sync._core.sync.outbox import OpKind
from amocrm_sync._core.sync.records import Record
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.edits import (
    Author,
    create_record,
    delete_record,
    edit_record,
    find_record,
    live_record,
)
from amocrm_sync._sync.sync.links import Change, Target, change_links, links_of
from amocrm_sync._sync.sync.protocols import HostSession, SharedStore, SyncTx
from amocrm_sync.errors import ConfigurationError, NotFoundError


class Records:
    """The local store by entity. ``deals`` is another name for ``leads``."""

    def __init__(self, context: SyncContext) -> None:
        self.leads = self.deals = LocalEntity(context, "leads")
        self.contacts = LocalEntity(context, "contacts")
        self.companies = LocalEntity(context, "companies")
        self.customers = LocalEntity(context, "customers")
        self.products = LocalEntity(context, "products")
        self.tasks = LocalEntity(context, "tasks")
        self.notes = LocalEntity(context, "notes")
        self.communications = LocalEntity(context, "communications")
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
        self._context.open()
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
        self._context.open()
        with self._context.tx(write=False) as tx:
            return tx.records.count(self._entity.name, wanted, deleted=deleted)

    def get_or_none(self, key: int | str) -> LocalRecord | None:
        """The record, deleted or not: by amoCRM's id (a number) or ours (a uuid); ``None`` if there is none."""
        self._context.open()
        with self._context.tx(write=False) as tx:
            record = find_record(tx, self._entity, key)
            return None if record is None else self._local(tx, record)

    def get(self, key: int | str) -> LocalRecord:
        """The same.

        Raises:
            NotFoundError: There is none.
        """
        found = self.get_or_none(key)
        if found is None:
            raise NotFoundError(f"the local store has no {self._entity.singular} {key!r}", status=404)
        return found

    def create(
        self, item: Mapping[str, Any] | None = None, *, actor: str | None = None, **fields: Any
    ) -> LocalRecord:
        """Store a new record, to be created in amoCRM by the next push.

        Args:
            item: Fields as a dict, where their names are no Python names.
            actor: Who does it, for the activity log.
            fields: Fields as amoCRM calls them, and the host's own columns.

        Raises:
            ConfigurationError: Names a field that cannot be set.
        """
        self._context.open()
        with self._context.tx() as tx:
            record = create_record(
                self._context, tx, self._entity, {**(item or {}), **fields}, author=Author(actor=actor)
            )
            return self._local(tx, record)

    def update(
        self,
        key: int | str,
        item: Mapping[str, Any] | None = None,
        *,
        actor: str | None = None,
        **fields: Any,
    ) -> LocalRecord:
        """Change fields of a record, to be sent by the next push. What already has the value is not sent.

        Raises:
            NotFoundError: There is no such record, or it is deleted.
            ConfigurationError: Names a field that cannot be changed.
        """
        self._context.open()
        with self._context.tx() as tx:
            record = live_record(tx, self._entity, key)
            changed = edit_record(
                self._context, tx, record, {**(item or {}), **fields}, author=Author(actor=actor)
            )
            return self._local(tx, changed)

    def delete(self, key: int | str) -> LocalRecord:
        """Delete a record here. amoCRM has no such call for it, so it stays there, and a pull does not bring it back.

        Raises:
            NotFoundError: There is no such record, or it is deleted already.
        """
        self._context.open()
        with self._context.tx() as tx:
            record = delete_record(self._context, tx, live_record(tx, self._entity, key))
            return self._local(tx, record)

    def links(self, key: int | str) -> builtins.list[LocalLink]:
        """What a record is linked to, in both directions, with what the next push has to do.

        Raises:
            NotFoundError: There is no such record, or it is deleted.
        """
        self._context.open()
        with self._context.tx(write=False) as tx:
            return links_of(tx, self._entity, key)

    def link(
        self,
        key: int | str,
        to: Target | Iterable[Target],
        *,
        is_main: bool | None = None,
        quantity: float | None = None,
        price_id: int | None = None,
        actor: str | None = None,
    ) -> None:
        """Link a record to others, with the next push. Either end may be new here: it is created first.

        Args:
            key: amoCRM's id or ours.
            to: A record, or its entity and id as ``("contacts", 5)``; or several of them.
            is_main: Whether the contact becomes the main one.
            quantity: Of a product.
            price_id: Of a product: which of its prices.
            actor: Who does it, for the activity log.

        Raises:
            NotFoundError: One of the records is not there, or deleted.
            ConfigurationError: amoCRM links no such rows, or the engine has no client.
        """
        meta = {"is_main": is_main, "quantity": quantity, "price_id": price_id}
        self._change_links([(key, end) for end in _several(to)], Change(OpKind.LINK, meta, actor))

    def unlink(self, key: int | str, to: Target | Iterable[Target], *, actor: str | None = None) -> None:
        """Remove links; otherwise like :meth:`link`."""
        self._change_links([(key, end) for end in _several(to)], Change(OpKind.UNLINK, {}, actor))

    def link_many(self, pairs: Iterable[tuple[int | str, Target]], *, actor: str | None = None) -> None:
        """Link many records, all in one transaction; the push sends them in batches.

        ``pairs`` are a record's id and a target, ``(7, ("contacts", 5))``.
        """
        self._change_links(pairs, Change(OpKind.LINK, {}, actor))

    def unlink_many(self, pairs: Iterable[tuple[int | str, Target]], *, actor: str | None = None) -> None:
        """Remove many links; otherwise like :meth:`link_many`."""
        self._change_links(pairs, Change(OpKind.UNLINK, {}, actor))

    def _change_links(self, pairs: Iterable[tuple[int | str, Target]], change: Change) -> None:
        self._context.open()
        with self._context.tx() as tx:
            change_links(self._context, tx, self._entity, pairs, change)

    def within(
        self, session: HostSession, key: int | str | None, fields: Mapping[str, Any], actor: str | None
    ) -> LocalRecord:
        """Create or update within the host's own transaction; see :meth:`SyncEngine.record_edit`."""
        context, store, author = self._context, self._context.store, Author(actor=actor)
        if not isinstance(store, SharedStore):
            raise ConfigurationError(
                "session: this store shares no transaction with the host; use SQLSyncStore on the host's database"
            )
        tx = store.within(session, context.tenant)
        if key is None:
            record = create_record(context, tx, self._entity, fields, author=author)
        else:
            record = edit_record(context, tx, live_record(tx, self._entity, key), fields, author=author)
        return self._local(tx, record)

    def _local(self, tx: SyncTx, record: Record) -> LocalRecord:
        [stored] = self._context.shown(tx, [record])
        return LocalRecord.of(stored.record, stored.row)


def _several(to: Target | Iterable[Target]) -> builtins.list[Target]:
    """One target or several, as a list."""
    match to:
        case LocalRecord():
            return [to]
        case (str(entity), int() | str() as key) if isinstance(to, tuple):
            return [(entity, key)]
        case _:
            return cast("builtins.list[Target]", list(to))
