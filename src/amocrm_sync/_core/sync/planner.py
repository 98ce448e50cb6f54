"""The only place where what was read becomes what is stored.

A read is applied only if it *began* after the read that was last applied *ended* (the read fence). Comparing
``updated_at`` instead would not do: an old answer that arrives late can carry the same second, and an absence carries
none. What comes too late raises a hint to read again, nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import attrs

from amocrm_sync._core.shapes import objects_in
from amocrm_sync._core.sync.fields import CUSTOM, field_key, has, without
from amocrm_sync._core.sync.records import LOCAL, Incoming, Read, Record, digest


class Outcome(Enum):
    """What a read does to a record."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    RESTORED = "restored"
    DELETED = "deleted"
    STALE = "stale"


@attrs.frozen(kw_only=True)
class Conflict:
    """A field that was changed on both sides since they last agreed. The local edit stays until it is sent."""

    entity: str
    uid: str
    field: str
    base: Any
    local: Any
    remote: Any


@attrs.frozen(kw_only=True)
class Step:
    """What one read does to one record."""

    outcome: Outcome
    before: Record | None
    after: Record | None
    conflicts: tuple[Conflict, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the stored record differs afterwards, beyond its fence."""
        return self.outcome not in (Outcome.STALE, Outcome.UNCHANGED)


def apply(
    record: Record | None, seen: Incoming, read: Read, *, entity: str, new_uid: Callable[[], str]
) -> Step:
    """What a row that was read does to the record (``None``: not known yet). Versions are stamped by the caller."""
    if seen.deleted:
        return gone(record, seen.remote_id, read, entity=entity, reason="trash", new_uid=new_uid)
    base_hash = digest(seen.base)
    if record is None:
        fresh = Record(
            entity=entity,
            uid=new_uid(),
            remote_id=seen.remote_id,
            base=seen.base,
            base_hash=base_hash,
            remote_updated_at=seen.updated_at,
            read_fence=read.ended,
            created_at=read.ended,
            updated_at=read.ended,
        )
        return Step(outcome=Outcome.CREATED, before=None, after=fresh)
    if read.started < record.read_fence:
        return Step(outcome=Outcome.STALE, before=record, after=None)
    conflicts = tuple(_conflicts(record, seen.base))
    after = attrs.evolve(
        record,
        base=seen.base,
        base_hash=base_hash,
        local=without(record.local, seen.base),
        remote_updated_at=seen.updated_at,
        read_fence=read.ended,
        updated_at=read.ended,
    )
    if record.deleted_at is not None and record.delete_reason != LOCAL:
        restored = attrs.evolve(after, deleted_at=None, delete_reason=None)
        return Step(outcome=Outcome.RESTORED, before=record, after=restored, conflicts=conflicts)
    if base_hash == record.base_hash and after.local == record.local:
        return Step(outcome=Outcome.UNCHANGED, before=record, after=None)
    return Step(outcome=Outcome.UPDATED, before=record, after=after, conflicts=conflicts)


def gone(
    record: Record | None,
    remote_id: str,
    read: Read,
    *,
    entity: str,
    reason: str,
    new_uid: Callable[[], str],
) -> Step:
    """What a proven absence does. An id never seen before gets a tombstone too: a slower reader may still bring it."""
    if record is None:
        tombstone = Record(
            entity=entity,
            uid=new_uid(),
            remote_id=remote_id,
            read_fence=read.ended,
            deleted_at=read.ended,
            delete_reason=reason,
            created_at=read.ended,
            updated_at=read.ended,
        )
        return Step(outcome=Outcome.DELETED, before=None, after=tombstone)
    if read.started < record.read_fence:
        return Step(outcome=Outcome.STALE, before=record, after=None)
    if record.deleted_at is not None:
        return Step(outcome=Outcome.UNCHANGED, before=record, after=None)
    after = attrs.evolve(
        record, read_fence=read.ended, deleted_at=read.ended, delete_reason=reason, updated_at=read.ended
    )
    return Step(outcome=Outcome.DELETED, before=record, after=after)


@attrs.frozen(kw_only=True)
class Plan:
    """What a page does to the store."""

    steps: tuple[Step, ...]
    conflicts: tuple[Conflict, ...]
    touched: tuple[str, ...]
    """Remote ids whose record is as it was: only the fence moves."""
    stale: tuple[str, ...]
    """Remote ids that must be read again."""

    def counts(self) -> dict[str, int]:
        """How many rows had each outcome; the tombstone of a row that was never here deletes nothing."""
        found = dict.fromkeys((outcome.value for outcome in Outcome), 0)
        for step in self.steps:
            if step.outcome is not Outcome.DELETED or step.before is not None:
                found[step.outcome.value] += 1
        return found


def plan(
    known: Mapping[str, Record],
    seen: Iterable[Incoming],
    read: Read,
    *,
    entity: str,
    new_uid: Callable[[], str],
    missing: Mapping[str, str] | None = None,
) -> Plan:
    """What a page, and the ids proven missing with their reasons, do to the records.

    A row that stands twice on a page counts once, the last time.
    """
    rows = {item.remote_id: item for item in seen}
    steps = {
        remote_id: apply(known.get(remote_id), item, read, entity=entity, new_uid=new_uid)
        for remote_id, item in rows.items()
    }
    for remote_id, reason in (missing or {}).items():
        steps[remote_id] = gone(
            known.get(remote_id), remote_id, read, entity=entity, reason=reason, new_uid=new_uid
        )
    return Plan(
        steps=tuple(steps.values()),
        conflicts=tuple(conflict for step in steps.values() for conflict in step.conflicts),
        touched=tuple(key for key, step in steps.items() if step.outcome is Outcome.UNCHANGED),
        stale=tuple(key for key, step in steps.items() if step.outcome is Outcome.STALE),
    )


def stamped(step: Step, version: int) -> Step:
    """The step with its record at the transaction's version."""
    if step.after is None:
        return step
    created = step.after.created_version or version
    return attrs.evolve(step, after=attrs.evolve(step.after, version=version, created_version=created))


def _conflicts(record: Record, remote: Mapping[str, Any]) -> Iterable[Conflict]:
    """Fields with a pending local edit that amoCRM changed as well, to something else."""
    for name, value in record.local.items():
        if has(remote, name, value):
            continue
        before, now = record.base.get(name), remote.get(name)
        if name == CUSTOM:
            edited = {field_key(field) for field in objects_in(value)}
            before, now = _only(before, edited), _only(now, edited)
        if before != now and record.base:
            yield Conflict(
                entity=record.entity, uid=record.uid, field=name, base=before, local=value, remote=now
            )


def _only(fields: Any, wanted: set[str]) -> list[Any]:
    """The custom fields among those wanted."""
    return [
        field
        for field in objects_in(fields)
        if str(field.get("field_id")) in wanted or str(field.get("field_code")) in wanted
    ]
