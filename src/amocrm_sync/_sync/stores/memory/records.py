# Generated from src/amocrm_sync/_async/stores/memory/records.py by tools/unasync.py: edit that file instead.
"""Records, links, the clock, cursors, stages and the tenant itself, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.outbox import OPEN_STATES
from amocrm_sync._core.sync.records import LOCAL, Record
from amocrm_sync._core.sync.stored import Link, StageRow, Stored
from amocrm_sync._memorydata import MemoryFacet


class MemoryRecords(MemoryFacet):
    """See :class:`RecordFacet`."""

    def by_remote(self, entity: str, remote_ids: Iterable[str]) -> dict[str, Record]:
        """See :class:`RecordFacet`."""
        return self._by(self._data.remote, entity, remote_ids)

    def by_ref(self, entity: str, refs: Iterable[str]) -> dict[str, Record]:
        """See :class:`RecordFacet`."""
        return self._by(self._data.refs, entity, refs)

    def _by(
        self, index: Mapping[tuple[str, str], str], entity: str, keys: Iterable[str]
    ) -> dict[str, Record]:
        uids = {key: index.get((entity, key)) for key in keys}
        return {key: self._data.records[entity, uid].record for key, uid in uids.items() if uid is not None}

    def by_uid(self, entity: str, uids: Iterable[str]) -> dict[str, Record]:
        """See :class:`RecordFacet`."""
        stored = {uid: self._data.records.get((entity, uid)) for uid in uids}
        return {uid: item.record for uid, item in stored.items() if item is not None}

    def put(self, stored: Sequence[Stored]) -> None:
        """See :class:`RecordFacet`."""
        for item in stored:
            record = item.record
            old = self._data.records.get((record.entity, record.uid))
            before = record if old is None else old.record
            self._index(self._data.remote, record, record.remote_id, before.remote_id)
            self._index(self._data.refs, record, record.local_ref, before.local_ref)
            self._locked_write.put(self._data.records, (record.entity, record.uid), item)

    def _index(
        self, index: dict[tuple[str, str], str], record: Record, new: str | None, old: str | None
    ) -> None:
        """Move a record's other name; each belongs to one record."""
        write = self._locked_write
        if old is not None and old != new:
            write.drop(index, (record.entity, old))
        if new is not None:
            owner = index.get((record.entity, new), record.uid)
            if owner != record.uid:
                raise ValueError(f"{record.entity} {new} belongs to record {owner} already")
            write.put(index, (record.entity, new), record.uid)

    def touch(self, entity: str, remote_ids: Iterable[str], fence: float) -> None:
        """See :class:`RecordFacet`."""
        for remote_id in remote_ids:
            uid = self._data.remote.get((entity, remote_id))
            if uid is not None:
                old = self._data.records[entity, uid]
                record = attrs.evolve(old.record, read_fence=fence)
                self._locked_write.put(self._data.records, (entity, uid), attrs.evolve(old, record=record))

    def unseen(self, entity: str, before: float, prefix: str = "") -> list[str]:
        """See :class:`RecordFacet`."""
        records = [item.record for (name, _), item in self._data.records.items() if name == entity]
        return sorted(
            record.remote_id
            for record in records
            if record.remote_id is not None
            and record.remote_id.startswith(prefix)
            and record.deleted_at is None
            and record.read_fence < before
        )

    def find(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
        deleted: bool = False,
    ) -> list[Stored]:
        """See :class:`RecordFacet`."""
        found = sorted(self._fitting(entity, filter, deleted=deleted), key=lambda item: item.record.uid)
        if after is not None:
            found = [item for item in found if item.record.uid > after]
        return found[offset:] if limit is None else found[offset : offset + limit]

    def count(
        self,
        entity: str,
        filter: Mapping[str, Any],
        *,
        deleted: bool = False,
    ) -> int:
        """See :class:`RecordFacet`."""
        return len(self._fitting(entity, filter, deleted=deleted))

    def _fitting(self, entity: str, filter: Mapping[str, Any], *, deleted: bool) -> list[Stored]:
        return [
            item
            for (name, _), item in self._data.records.items()
            if name == entity and _fits(item, filter, deleted)
        ]

    def changed_since(
        self,
        version: int,
        entities: Iterable[str],
        *,
        limit: int,
        after: tuple[str, str] | None = None,
    ) -> list[Stored]:
        """See :class:`RecordFacet`."""
        wanted = set(entities)
        place = (version, *after) if after is not None else (version + 1, "", "")
        found = [
            item
            for (entity, uid), item in self._data.records.items()
            if entity in wanted and (item.record.version, uid, entity) > place
        ]
        return sorted(found, key=lambda item: _place(item.record))[:limit]

    def prune(self, before: float, limit: int) -> list[int]:
        """See :class:`RecordFacet`."""
        busy = {(op.entity, op.uid) for op in self._data.outbox.values() if op.state in OPEN_STATES}
        old = [
            item.record
            for key, item in self._data.records.items()
            if key not in busy and _is_forgotten(item.record, before)
        ][:limit]
        gone = {(record.entity, record.uid) for record in old}
        for record in old:
            if record.remote_id is not None:
                self._locked_write.drop(self._data.remote, (record.entity, record.remote_id))
            self._locked_write.drop(self._data.records, (record.entity, record.uid))
        self._prune(self._data.links, [ends for ends in self._data.links if ends[:2] in gone])
        return [record.version for record in old]


def _is_forgotten(record: Record, before: float) -> bool:
    return (
        record.deleted_at is not None
        and record.deleted_at < before
        and record.local_ref is None
        and (record.delete_reason != LOCAL or record.remote_id is None)
    )


def _place(record: Record) -> tuple[int, str, str]:
    return record.version, record.uid, record.entity


def _fits(stored: Stored, wanted: Mapping[str, Any], deleted: bool) -> bool:
    """Whether a record is one of those asked for."""
    if stored.record.deleted_at is not None and not deleted:
        return False
    return all(
        stored.row.get(name) in value
        if isinstance(value, list | tuple | set)
        else stored.row.get(name) == value
        for name, value in wanted.items()
    )


class MemoryLinks(MemoryFacet):
    """See :class:`LinkFacet`."""

    def put(self, links: Sequence[Link]) -> None:
        """See :class:`LinkFacet`."""
        for link in links:
            self._locked_write.put(self._data.links, _ends(link), link)

    def of(
        self, entity: str, uids: Iterable[str], to_entity: str | None = None, *, deleted: bool = False
    ) -> list[Link]:
        """See :class:`LinkFacet`."""
        wanted = set(uids)
        return [
            link
            for link in self._sorted(deleted=deleted)
            if link.from_entity == entity and link.from_uid in wanted and to_entity in (None, link.to_entity)
        ]

    def to(self, to_entity: str, remote_ids: Iterable[str], *, deleted: bool = False) -> list[Link]:
        """See :class:`LinkFacet`."""
        wanted = set(remote_ids)
        return [
            link
            for link in self._sorted(deleted=deleted)
            if link.to_entity == to_entity and link.to_remote_id in wanted
        ]

    def changed_since(
        self, version: int, *, limit: int, after: tuple[str, str, str, str] | None = None
    ) -> list[Link]:
        """See :class:`LinkFacet`."""
        place = (version, *after) if after is not None else (version + 1, "", "", "", "")
        found = [link for link in self._data.links.values() if (link.version, *_ends(link)) > place]
        return sorted(found, key=lambda link: (link.version, *_ends(link)))[:limit]

    def _sorted(self, *, deleted: bool) -> list[Link]:
        return [link for _, link in sorted(self._data.links.items()) if deleted or not link.deleted]


def _ends(link: Link) -> tuple[str, str, str, str]:
    return link.from_entity, link.from_uid, link.to_entity, link.to_remote_id


class MemoryClock(MemoryFacet):
    """See :class:`ClockFacet`."""

    def next(self) -> int:
        """See :class:`ClockFacet`."""
        self._locked_write  # noqa: B018 - refuses a transaction that does not lock
        return self._raise("version")

    def now(self) -> int:
        """See :class:`ClockFacet`."""
        return self._data.counters.get("version", 0)


class MemoryCursors(MemoryFacet):
    """See :class:`CursorFacet`."""

    def load(self, stream: str) -> Cursor:
        """See :class:`CursorFacet`."""
        return self._data.cursors.get(stream, Cursor(stream=stream))

    def save(self, cursor: Cursor) -> None:
        """See :class:`CursorFacet`."""
        self._write.put(self._data.cursors, cursor.stream, cursor)

    def all(self) -> list[Cursor]:
        """See :class:`CursorFacet`."""
        return [self._data.cursors[stream] for stream in sorted(self._data.cursors)]


class MemoryTenant(MemoryFacet):
    """See :class:`TenantFacet`."""

    def bind(self, account: str) -> str:
        """See :class:`TenantFacet`."""
        bound: str | None = self._data.tenant.get("account")
        if bound is None:
            self._write.put(self._data.tenant, "account", account)
        return bound or account

    def epoch(self) -> str:
        """See :class:`TenantFacet`."""
        epoch: str = self._data.tenant.get("epoch", "")
        return epoch

    def new_epoch(self, epoch: str) -> None:
        """See :class:`TenantFacet`."""
        self._write.put(self._data.tenant, "epoch", epoch)

    def settings(self) -> dict[str, Any]:
        """See :class:`TenantFacet`."""
        return dict(self._data.tenant.get("settings", {}))

    def save_settings(self, settings: Mapping[str, Any]) -> None:
        """See :class:`TenantFacet`."""
        self._write.put(self._data.tenant, "settings", dict(settings))


class MemoryStages(MemoryFacet):
    """See :class:`StageFacet`."""

    def save(self, stages: Iterable[StageRow]) -> None:
        """See :class:`StageFacet`."""
        for number in list(self._data.stages):
            self._write.drop(self._data.stages, number)
        for number, stage in enumerate(stages):
            self._write.put(self._data.stages, number, dict(stage))

    def load(self) -> list[StageRow]:
        """See :class:`StageFacet`."""
        return [stage for _, stage in sorted(self._data.stages.items())]
