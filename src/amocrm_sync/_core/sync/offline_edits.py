"""An edit made on a device, held against what its record has become meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

import attrs

from amocrm_sync._core.sync.conflicts import AUTO, OPEN, ConflictRules, FieldConflict, Take
from amocrm_sync._core.sync.fields import assemble, fits, flatten, value_at
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.stored import Conflict
from amocrm_sync.errors import ConfigurationError, MutationGap

KEPT_ANSWERS: Final = 500
"""Answers that are kept for each device; a repetition of an older edit is answered without what became of it."""


class Verdict(Enum):
    """What became of an edit."""

    APPLIED = "applied"
    MERGED = "merged"
    """Both sides had changed a field; a rule found the value, or preferred the device's."""
    CONFLICT = "conflict"
    """Something of it was not taken: the answer has the true state."""
    HELD = "held"
    """A person has to decide about some of it."""
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    """It was taken before; ``was`` says what became of it."""


@attrs.frozen(kw_only=True)
class DeviceEdit:
    """One edit as a device sends it.

    Attributes:
        id: Counts up from 1 on each device.
        op: ``create``, ``update`` or ``delete``.
        base: What the device saw in these fields before; without it no conflict is noticed.
        at: When it was made by the device's clock, unix seconds.
    """

    id: int
    entity: str
    uid: str
    op: str
    fields: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    base: Mapping[str, Any] | None = None
    at: float | None = None


@attrs.frozen(kw_only=True)
class Settled:
    """What of an edit is stored.

    Attributes:
        edit: In amoCRM's words.
        conflicts: Rows for the table of conflicts.
    """

    verdict: Verdict
    edit: Row
    conflicts: tuple[Conflict, ...] = ()


def in_order(edits: Sequence[DeviceEdit], last: int) -> list[DeviceEdit]:
    """The edits that are new.

    Args:
        edits: As they were sent.
        last: The number of the last one that was taken.

    Raises:
        MutationGap: One before them, or between them, is missing.
    """
    expected = last + 1
    for edit in edits:
        if edit.id > expected:
            raise MutationGap(f"edit {expected} never arrived; send again from it on", expected=expected)
        expected = max(expected, edit.id + 1)
    return [edit for edit in edits if edit.id > last]


def settle(
    record: Record,
    fields: Mapping[str, Any],
    base: Mapping[str, Any],
    *,
    rules: ConflictRules,
    made_at: float,
    now: float,
) -> Settled:
    """Three-way, per field: what only the device changed is taken, what both changed is decided by the host's rules.

    Args:
        record: As it is.
        fields: The edit, in amoCRM's words.
        base: What the device saw before, in the same words; a field that is not in it is taken as uncontested.
        rules: Who decides.
        made_at: When it was made on the device.
        now: The time.
    """
    view = record.view
    seen = flatten(base, view)
    taken: Row = {}
    conflicts: list[Conflict] = []
    for path, value in flatten(fields, view).items():
        present = value_at(view, path)
        if path not in seen or fits(value, present) or fits(seen[path], present):
            taken[path] = value
            continue
        asked = FieldConflict(
            entity=record.entity,
            uid=record.uid,
            field=path,
            base=seen[path],
            local=value,
            remote=present,
            made_at=made_at,
            remote_updated_at=int(record.updated_at),
        )
        policy, answer = rules.decide(asked)
        conflict = _conflict(asked, policy, answer, now)
        conflicts.append(conflict)
        if conflict.state != OPEN and not fits(conflict.value, present):
            taken[path] = conflict.value
    return Settled(verdict=_verdict(conflicts), edit=assemble(taken), conflicts=tuple(conflicts))


def answer_of(edit: DeviceEdit, verdict: Verdict, version: int, **more: Any) -> Row:
    """What a device is answered about an edit, and what is kept of it."""
    return {
        "id": edit.id,
        "entity": edit.entity,
        "uid": edit.uid,
        "op": edit.op,
        "status": verdict.value,
        "version": version,
        **more,
    }


def told(conflicts: Iterable[Conflict]) -> list[Row]:
    """Conflicts as a device is told of them."""
    return [
        {
            "id": item.id,
            "field": item.field,
            "base": item.base,
            "yours": item.local,
            "theirs": item.remote,
            "state": item.state,
            "resolution": item.resolution,
        }
        for item in conflicts
    ]


def parsed(rows: Iterable[Mapping[str, Any]]) -> list[DeviceEdit]:
    """Edits from plain data.

    Raises:
        ConfigurationError: Something is missing or unknown.
    """
    edits: list[DeviceEdit] = []
    for place, row in enumerate(rows):
        try:
            given: dict[str, Any] = {**row, "fields": row.get("fields") or {}}
            edit = DeviceEdit(**given)
        except TypeError as error:
            raise ConfigurationError(f"mutations.{place}: {error}") from None
        if edit.op not in ("create", "update", "delete"):
            raise ConfigurationError(f"mutations.{place}.op: create, update or delete, not {edit.op!r}")
        edits.append(edit)
    return edits


def _conflict(asked: FieldConflict, policy: str, answer: Any, now: float) -> Conflict:
    held = answer is Take.HOLD
    resolution, value = "value", answer
    if isinstance(answer, Take):
        resolution, value = answer.value, asked.local if answer is Take.LOCAL else asked.remote
    return Conflict(
        entity=asked.entity,
        uid=asked.uid,
        field=asked.field,
        base=asked.base,
        local=asked.local,
        remote=asked.remote,
        remote_updated_at=asked.remote_updated_at,
        policy=policy,
        state=OPEN if held else AUTO,
        resolution=None if held else resolution,
        value=None if held else value,
        opened_at=now,
        closed_at=None if held else now,
    )


def _verdict(conflicts: Sequence[Conflict]) -> Verdict:
    if not conflicts:
        return Verdict.APPLIED
    if any(item.state == OPEN for item in conflicts):
        return Verdict.HELD
    if any(item.resolution == Take.REMOTE.value for item in conflicts):
        return Verdict.CONFLICT
    return Verdict.MERGED
