"""The only place where what was read becomes what is stored.

A read is applied only if it *began* after the read that was last applied *ended* (the read fence). Comparing
``updated_at`` instead would not do: an old answer that arrives late can carry the same second, and an absence carries
none. What comes too late raises a hint to read again, nothing more.

Local edits that are not in amoCRM yet lie over the row; a read never overwrites them but is held against them, field
by field (:mod:`amocrm_sync._core.sync.merge`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum

import attrs

from amocrm_sync._core.sync.conflicts import ConflictRules
from amocrm_sync._core.sync.echo import LAG
from amocrm_sync._core.sync.fields import fits, value_at
from amocrm_sync._core.sync.merge import three_way
from amocrm_sync._core.sync.outbox import Op
from amocrm_sync._core.sync.records import ABSENT, LOCAL, Incoming, Read, Record, digest
from amocrm_sync._core.sync.stored import Conflict, Echo

_DEFAULT = ConflictRules()


class Outcome(Enum):
    """What a read does to a record."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    RESTORED = "restored"
    DELETED = "deleted"
    STALE = "stale"
    """The read began before the last one ended."""
    BEHIND = "behind"
    """A list that does not show yet what we know already."""


@attrs.frozen(kw_only=True)
class Step:
    """What one read does to one record.

    Attributes:
        outcome: In a word.
        before: The record as it was.
        after: The record as it shall be; ``None`` where it stays.
        ops: Its edits that are different now.
        conflicts: What was changed on both sides.
        settled: Fields whose open conflict has come to nothing.
    """

    outcome: Outcome
    before: Record | None
    after: Record | None
    ops: tuple[Op, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    settled: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the stored record differs afterwards, beyond its fence."""
        return self.outcome not in (Outcome.STALE, Outcome.BEHIND, Outcome.UNCHANGED)


def apply(
    record: Record | None,
    seen: Incoming,
    read: Read,
    *,
    entity: str,
    new_uid: Callable[[], str],
    edits: Sequence[Op] = (),
    rules: ConflictRules = _DEFAULT,
    ledger: Sequence[Echo] = (),
) -> Step:
    """What a row that was read does to the record. Versions are stamped by the caller.

    Args:
        record: The record; ``None`` if it is not known yet.
        seen: The row.
        read: When it was read.
        entity: Plural name.
        new_uid: Makes the id of a new record.
        edits: The record's open edits.
        rules: Who decides where both sides changed a field.
        ledger: What we wrote into the row; for a while after that a list may show it as it was before.
    """
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
    if _is_behind(record, seen, read, ledger):
        return Step(outcome=Outcome.BEHIND, before=record, after=None)
    merged = three_way(record, seen.base, edits, rules, updated_at=seen.updated_at, now=read.ended)
    after = attrs.evolve(
        record,
        base=seen.base,
        base_hash=base_hash,
        local=merged.local,
        remote_updated_at=seen.updated_at,
        read_fence=read.ended,
        updated_at=read.ended,
    )
    outcome = Outcome.UPDATED
    if record.deleted_at is not None and record.delete_reason != LOCAL:
        outcome, after = Outcome.RESTORED, attrs.evolve(after, deleted_at=None, delete_reason=None)
    elif base_hash == record.base_hash and after.local == record.local and not merged.ops:
        return Step(outcome=Outcome.UNCHANGED, before=record, after=None)
    return Step(
        outcome=outcome,
        before=record,
        after=after,
        ops=merged.ops,
        conflicts=merged.conflicts,
        settled=merged.settled,
    )


def gone(
    record: Record | None,
    remote_id: str,
    read: Read,
    *,
    entity: str,
    reason: str,
    new_uid: Callable[[], str],
    ledger: Sequence[Echo] = (),
) -> Step:
    """What a proven absence does. An id never seen before gets a tombstone too: a slower reader may still bring it.

    A row that we wrote a moment ago may merely not be listed yet.
    """
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
    if reason == ABSENT and _recent(ledger, read):
        return Step(outcome=Outcome.BEHIND, before=record, after=None)
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
    """Remote ids that must be read again at once."""
    behind: tuple[str, ...]
    """Remote ids that must be read again a little later."""

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
    edits: Mapping[str, Sequence[Op]] | None = None,
    rules: ConflictRules = _DEFAULT,
    ledger: Mapping[str, Sequence[Echo]] | None = None,
) -> Plan:
    """What a page, and the ids proven missing with their reasons, do to the records.

    A row that stands twice on a page counts once, the last time.

    Args:
        known: The records by remote id.
        seen: The rows.
        read: When they were read.
        entity: Plural name.
        new_uid: Makes ids of new records.
        missing: Remote ids that are proven gone, with the reason.
        edits: Open edits by our id of the record.
        rules: Who decides where both sides changed a field.
        ledger: What we wrote into the rows, by remote id.
    """
    edits, ledger = edits or {}, ledger or {}
    rows = {item.remote_id: item for item in seen}
    steps: dict[str, Step] = {}
    for remote_id, item in rows.items():
        record = known.get(remote_id)
        steps[remote_id] = apply(
            record,
            item,
            read,
            entity=entity,
            new_uid=new_uid,
            edits=() if record is None else edits.get(record.uid, ()),
            rules=rules,
            ledger=ledger.get(remote_id, ()),
        )
    for remote_id, reason in (missing or {}).items():
        steps[remote_id] = gone(
            known.get(remote_id),
            remote_id,
            read,
            entity=entity,
            reason=reason,
            new_uid=new_uid,
            ledger=ledger.get(remote_id, ()),
        )
    return Plan(
        steps=tuple(steps.values()),
        conflicts=tuple(conflict for step in steps.values() for conflict in step.conflicts),
        touched=tuple(key for key, step in steps.items() if step.outcome is Outcome.UNCHANGED),
        stale=tuple(key for key, step in steps.items() if step.outcome is Outcome.STALE),
        behind=tuple(key for key, step in steps.items() if step.outcome is Outcome.BEHIND),
    )


def stamped(step: Step, version: int) -> Step:
    """The step with its record at the transaction's version."""
    if step.after is None:
        return step
    created = step.after.created_version or version
    return attrs.evolve(step, after=attrs.evolve(step.after, version=version, created_version=created))


def _is_behind(record: Record, seen: Incoming, read: Read, ledger: Sequence[Echo]) -> bool:
    """Whether a row was read as it was before the state that we know.

    It shows an older second than what a write or another answer told a moment ago. Or it shows the same one, which is
    no order, and another value where we wrote one: then a list is behind, but an answer by id shows that somebody was
    as quick as we.
    """
    recent = _recent(ledger, read)
    shown, known = seen.updated_at, record.remote_updated_at
    if shown is not None and known is not None and shown != known:
        is_listed = not read.by_id and read.started - record.read_fence <= LAG
        return shown < known and (is_listed or bool(recent))
    if read.by_id:
        return False
    return any(not fits(value_at(record.base, row.field), value_at(seen.base, row.field)) for row in recent)


def _recent(ledger: Sequence[Echo], read: Read) -> list[Echo]:
    return [row for row in ledger if read.started - row.written_at <= LAG]
