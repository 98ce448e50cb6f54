"""The three-way comparison: what was there before, what was edited here, and what amoCRM has now, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._core.sync.conflicts import AUTO, OPEN, ConflictRules, FieldConflict, Take
from amocrm_sync._core.sync.fields import assemble, combined, fits, flatten, value_at
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind, OpState
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.stored import Conflict

_UNDER_WAY = (OpState.INFLIGHT, OpState.UNKNOWN)


@attrs.frozen(kw_only=True)
class Merged:
    """What a remote row does to the open edits of its record.

    Attributes:
        local: What lies over the remote row from now on.
        ops: The edits that are different now.
        conflicts: What was found, decided or not.
        settled: Fields that a person need not decide any more, because both sides have the same value.
    """

    local: Row
    ops: tuple[Op, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    settled: tuple[str, ...] = ()


def three_way(
    record: Record,
    remote: Mapping[str, Any],
    ops: Sequence[Op],
    rules: ConflictRules,
    *,
    updated_at: int | None,
    now: float,
) -> Merged:
    """Hold the open edits of a record against a row that was read.

    A field with an open edit is never simply overwritten: what amoCRM left alone keeps its edit; what has the same
    value on both sides is done, as is an edit whose value amoCRM has though a later one waits behind it; an edit under
    way waits for its settlement; the rest is a conflict.

    Args:
        record: The record as it was before this read.
        remote: The row.
        ops: The record's open edits.
        rules: Who decides.
        updated_at: The row's.
        now: When the row was read.
    """
    by_seq = {op.seq: op for op in sorted(ops, key=lambda op: op.seq)}
    held = frozenset(seq for seq, op in by_seq.items() if op.state is OpState.HELD)
    merge = _Merge(record, remote, rules, updated_at, now, by_seq, held)
    for path, seqs in merge.chains().items():
        merge.compare(path, seqs)
    return Merged(
        local=edits_over(merge.ops.values()),
        ops=tuple(op for op in merge.ops.values() if op not in ops),
        conflicts=tuple(merge.conflicts),
        settled=tuple(merge.settled),
    )


def edits_over(ops: Iterable[Op]) -> Row:
    """What the open ones among some edits put over the remote row, the later over the earlier."""
    local: Row = {}
    for op in sorted(ops, key=lambda op: op.seq):
        if op.state in OPEN_STATES:
            local = combined(local, op.fields)
    return local


def strip(op: Op, path: str, known: Mapping[str, Any], ending: OpState) -> Op:
    """The edit without a field. One that has no other ends so, and keeps it to tell what it was."""
    paths = flatten(op.fields, known)
    paths.pop(path, None)
    return attrs.evolve(op, fields=assemble(paths)) if paths else attrs.evolve(op, state=ending, error=None)


def rebase(op: Op, path: str, remote: Any) -> Op:
    """The edit as if it had been made over that remote value."""
    return attrs.evolve(op, base_fields=combined(op.base_fields, assemble({path: remote})))


@attrs.define
class _Merge:
    """One comparison under way; ``ops`` are the edits as they have become, ``held`` those that were held before."""

    record: Record
    remote: Mapping[str, Any]
    rules: ConflictRules
    updated_at: int | None
    now: float
    ops: dict[int, Op]
    held: frozenset[int]
    conflicts: list[Conflict] = attrs.field(factory=list[Conflict])
    settled: list[str] = attrs.field(factory=list[str])

    def chains(self) -> dict[str, list[int]]:
        """The edits of each field, oldest first."""
        found: dict[str, list[int]] = {}
        for op in self.ops.values():
            if op.kind is OpKind.PATCH:
                for path in flatten(op.fields, self.remote):
                    found.setdefault(path, []).append(op.seq)
        return found

    def compare(self, path: str, seqs: Sequence[int]) -> None:
        """One field."""
        chain = [self.ops[seq] for seq in seqs]
        first, last = chain[0], chain[-1]
        local = flatten(last.fields, self.remote)[path]
        remote = value_at(self.remote, path)
        if any(op.state in _UNDER_WAY for op in chain):
            return
        if fits(local, remote):
            self._end(path, seqs, OpState.DONE)
            self.settled += [path] if self.held.intersection(seqs) else []
            return
        base = value_at(first.base_fields, path)
        if self.held.intersection(seqs) or fits(base, remote):
            return
        if (arrived := self._arrived(path, chain)) is not None:
            self._end(path, seqs[: arrived + 1], OpState.DONE)
            following = seqs[arrived + 1]
            self.ops[following] = rebase(self.ops[following], path, remote)
            return
        if path.partition(".")[0] not in self.record.base:
            self.ops[first.seq] = rebase(first, path, remote)  # the server filled in what we did not send
            return
        self._decide(path, seqs, base=base, local=local, remote=remote, made_at=last.made_at)

    def _arrived(self, path: str, chain: Sequence[Op]) -> int | None:
        """The place of the last edit whose value amoCRM has: later ones were made over it, so it contradicts nobody."""
        remote = value_at(self.remote, path)
        values = [flatten(op.fields, self.remote)[path] for op in chain]
        return next((place for place in reversed(range(len(chain))) if fits(values[place], remote)), None)

    def _decide(
        self, path: str, seqs: Sequence[int], *, base: Any, local: Any, remote: Any, made_at: float
    ) -> None:
        asked = FieldConflict(
            entity=self.record.entity,
            uid=self.record.uid,
            field=path,
            base=base,
            local=local,
            remote=remote,
            made_at=made_at,
            remote_updated_at=self.updated_at,
        )
        policy, taken = self.rules.decide(asked)
        if taken is Take.HOLD:
            for seq in seqs:
                self.ops[seq] = attrs.evolve(self.ops[seq], state=OpState.HELD, error=f"conflict: {path}")
        elif taken is Take.REMOTE or fits(taken, remote):
            self._end(path, seqs, OpState.SUPERSEDED)
        else:
            self._keep(path, seqs, local if taken is Take.LOCAL else taken, remote)
        self.conflicts.append(self._row(asked, policy, taken, seqs[-1]))

    def _keep(self, path: str, seqs: Sequence[int], value: Any, remote: Any) -> None:
        """The last edit carries the value, over what amoCRM has now."""
        self._end(path, seqs[:-1], OpState.SUPERSEDED)
        last = self.ops[seqs[-1]]
        fields = {**flatten(last.fields, self.remote), path: value}
        self.ops[last.seq] = rebase(attrs.evolve(last, fields=assemble(fields)), path, remote)

    def _end(self, path: str, seqs: Sequence[int], ending: OpState) -> None:
        for seq in seqs:
            self.ops[seq] = strip(self.ops[seq], path, self.remote, ending)

    def _row(self, asked: FieldConflict, policy: str, taken: Any, seq: int) -> Conflict:
        resolution = taken.value if isinstance(taken, Take) else "merged"
        values = {"local": asked.local, "remote": asked.remote, "merged": taken}
        is_open = taken is Take.HOLD
        return Conflict(
            entity=asked.entity,
            uid=asked.uid,
            field=asked.field,
            seq=seq,
            base=asked.base,
            local=asked.local,
            remote=asked.remote,
            remote_updated_at=asked.remote_updated_at,
            policy=policy,
            state=OPEN if is_open else AUTO,
            resolution=None if is_open else resolution,
            value=None if is_open else values[resolution],
            opened_at=self.now,
            closed_at=None if is_open else self.now,
        )
