"""What must hold: some of it at every commit, some when all is quiet. The numbers are those of the invariants."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs
from simulation.account import FIELDS

from amocrm_sync._core.sync.fields import flatten
from amocrm_sync._core.sync.outbox import OPEN_STATES, Op, OpKind, OpState
from amocrm_sync._core.sync.records import ABSENT, ABSORBED, TRASH, Record
from amocrm_sync._core.sync.work import WorkKind

if TYPE_CHECKING:
    from simulation.world import World

NEIGHBOUR = "other.amocrm.ru"
RATE = 6.8
_UNPROVEN = 60.0
"""Seconds: an absence that is stored now was observed after this at the earliest."""


class Violation(AssertionError):  # noqa: N818 - the word of the trade
    """A promise was broken."""


@attrs.frozen
class Edit:
    """A local edit that the host was told is stored."""

    entity: str
    uid: str
    fields: dict[str, Any]
    is_create: bool = False


class Watch:
    """Looks at every commit of the store in memory."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fences: dict[tuple[str, str], float] = {}
        self._shown: dict[tuple[str, int, str], float] = {}
        self._generations: dict[Any, int] = {}
        self._highest = 0
        self.deleted_here: set[str] = set()

    def committed(self, tenant: str, data: Any, journal: Any) -> None:
        """A transaction is about to be seen by others."""
        if tenant == NEIGHBOUR:
            return
        touched: dict[tuple[str, str], None] = {}
        work: dict[Any, Any] = {}
        for table, key, old in journal._undo:
            if table is data.records:
                touched[key] = None
            elif table is data.work:
                work.setdefault(key, old)
        for key, old in work.items():
            self._work(key, data.work.get(key), old)
        for key in touched:
            stored = data.records.get(key)
            if stored is not None:
                self._record(stored.record)
        if touched:
            self._shield(data, touched)

    def _record(self, record: Record) -> None:
        key = record.entity, record.uid
        if record.read_fence < self._fences.get(key, 0.0):
            raise Violation(f"I5: the fence of {record.entity} {record.remote_id} goes back")
        self._fences[key] = record.read_fence
        self._goes_forward(record)
        if record.remote_id is not None and record.delete_reason in (TRASH, ABSENT):
            gone = self._world.account.last_gone.get((record.entity, int(record.remote_id)), float("-inf"))
            if gone < record.read_fence - _UNPROVEN:
                raise Violation(
                    f"I14: a tombstone for {record.entity} {record.remote_id}, which was never gone"
                )

    def _goes_forward(self, record: Record) -> None:
        """I5: a record shows what amoCRM had, one state after the other.

        Within a second nobody can tell which came first, and what an open edit lies over is not shown.
        """
        if record.remote_id is None:
            return
        for field in set(FIELDS) - flatten(record.local).keys():
            key = record.entity, int(record.remote_id), field
            shown = [
                at for at, value in self._world.account.values.get(key, ()) if value == record.base.get(field)
            ]
            since = self._shown.get(key, 0.0)
            if shown and max(shown) < int(since):
                raise Violation(
                    f"I5: {field} of {record.entity} {record.remote_id} goes back to {record.base[field]!r}"
                )
            self._shown[key] = min((at for at in shown if at >= since), default=since)

    def _work(self, key: Any, row: Any, old: Any) -> None:
        if row is None:
            return
        last = self._generations.get(key, 0)
        if row.generation < last or (not hasattr(old, "generation") and row.generation == last):
            raise Violation(f"I6: the generation of {key} goes from {last} to {row.generation}")
        self._generations[key] = row.generation

    def _shield(self, data: Any, touched: dict[tuple[str, str], None]) -> None:
        """I9: what the host edited stays in sight until the edit has its end."""
        for op in data.outbox.values():
            key = op.entity, op.uid
            if op.state not in OPEN_STATES or key not in touched:
                continue
            record = data.records[key].record
            if record.deleted_at is not None:
                continue
            missing = flatten(op.fields).keys() - flatten(record.local).keys()
            if missing:
                raise Violation(
                    f"I9: {op.entity} {record.remote_id} does not show its open edit of {missing}"
                )


async def version_of(world: World) -> int:
    """The store's version: it rises with every change of a record."""
    async with world.store.tx(world.tenant, write=False) as tx:
        changed = await tx.records.changed_since(0, world.config.entities, limit=100_000)
    return max((stored.record.version for stored in changed), default=0)


async def left(world: World) -> str:
    """What is still to be done."""
    async with world.store.tx(world.tenant, write=False) as tx:
        counts = await tx.work.counts()
        ops = await tx.outbox.in_states((OpState.PENDING, OpState.INFLIGHT, OpState.UNKNOWN, OpState.HELD))
        new = (await tx.inbox.counts()).get("new", 0)
    waiting = {kind.value: counts[kind] for kind in (WorkKind.PULL, WorkKind.PUSH) if counts.get(kind)}
    return "" if not (waiting or ops or new) else f"work {waiting}, {ops[:3]}, {new} bodies"


async def catch_up(world: World) -> None:
    """I12: a client asks in pages for what is newer than its version."""
    while True:
        since = world.replica.get("", 0)
        async with world.store.tx(world.tenant, write=False) as tx:
            page = await tx.records.changed_since(since, world.config.entities, limit=1_000)
        if not page:
            return
        for stored in page:
            if stored.record.version <= since:
                raise Violation("I12: a change of a version that the client has seen")
            world.replica[stored.record.uid] = stored.record.version
        world.replica[""] = max(stored.record.version for stored in page)


async def plant_neighbour(world: World) -> None:
    """I13: another account in the same store, with the same ids."""
    async with world.store.tx(NEIGHBOUR) as tx:
        await tx.tenant.bind(NEIGHBOUR)
        await tx.work.mark(WorkKind.PULL, "leads", ["10000001"], due_at=0.0)
        await tx.work.mark(WorkKind.PUSH, "leads", ["nobody"], due_at=0.0)


async def after_incremental(world: World) -> None:
    """Full agreement without a full comparison; deletions included where anything tells of them."""
    await _agree(world, deletions=world.plan.events)


async def at_the_end(world: World) -> None:
    """Everything."""
    await _agree(world, deletions=True)
    await _edits(world)
    await _client(world)
    await _phones(world)
    await _neighbour(world)
    _duplicates(world)
    _order(world)
    _tokens(world)
    _budget(world)
    await _counts(world)


async def _records(world: World) -> list[Record]:
    async with world.store.tx(world.tenant, write=False) as tx:
        stored = await tx.records.changed_since(0, world.config.entities, limit=100_000)
    return [item.record for item in stored]


async def _agree(world: World, *, deletions: bool) -> None:
    """I1, I3, I14: what is stored is what amoCRM has."""
    records = await _records(world)
    for entity in world.config.entities:
        live = world.account.live(entity)
        ours = [record for record in records if record.entity == entity and record.remote_id is not None]
        known = {int(record.remote_id or 0): record for record in ours}
        if len(known) != len(ours):
            raise Violation(f"I3: two records of one row of {entity}")
        for row_id, row in live.items():
            record = known.get(row_id)
            if record is None:
                raise Violation(f"I1: {entity} {row_id} is not here")
            if record.delete_reason in (TRASH, ABSENT):
                raise Violation(
                    f"I1: {entity} {row_id} is live there and deleted here ({record.delete_reason})"
                )
            _same(entity, row, record)
        for row_id, record in known.items():
            if deletions and row_id not in live and record.deleted_at is None:
                raise Violation(f"I1: {entity} {row_id} is deleted there and live here")


def _same(entity: str, row: dict[str, Any], record: Record) -> None:
    for field in (*FIELDS, "updated_at"):
        if field in row and row[field] != record.base.get(field):
            raise Violation(
                f"I1: {entity} {row['id']} {field}: {row[field]!r} there, {record.base.get(field)!r} here"
            )


async def _edits(world: World) -> None:
    """I2: every edit has one end, and those that are done were once to be seen in amoCRM."""
    async with world.store.tx(world.tenant, write=False) as tx:
        ops = await tx.outbox.in_states(tuple(OpState))
        conflicts = await tx.conflicts.list()
    records = {record.uid: record for record in await _records(world)}
    by_uid: dict[str, list[Any]] = {}
    for op in ops:
        by_uid.setdefault(op.uid, []).append(op)
        if op.state in OPEN_STATES:
            raise Violation(f"I2: edit {op.seq} is still {op.state.value}")
        if op.state is OpState.DEAD and not op.error:
            raise Violation(f"I2: edit {op.seq} is dead without a reason")
        if op.state is OpState.SUPERSEDED and not any(
            conflict.uid == op.uid and conflict.field in flatten(op.fields) for conflict in conflicts
        ):
            raise Violation(f"I2: edit {op.seq} was superseded without a conflict")
    _with_ourselves(world, conflicts, by_uid)
    for edit in world.edits:
        record = records.get(edit.uid)
        has_ended = (
            record is not None and record.delete_reason == ABSORBED
        )  # what waited in it is another's now
        own = [op for op in ops if op.entity == edit.entity] if has_ended else by_uid.get(edit.uid, [])
        if not any(op.fields.items() >= edit.fields.items() for op in own):
            raise Violation(f"I2: the edit {edit} is not in the outbox")
    for op in ops:
        record = records.get(op.uid)
        if op.state is OpState.DONE and record is not None and record.remote_id is not None:
            _seen(world, op, by_uid[op.uid], int(record.remote_id))
        elif op.state is OpState.DEAD and record is not None:
            _excused(world, op, record)


def _with_ourselves(world: World, conflicts: list[Any], by_uid: dict[str, list[Any]]) -> None:
    """No edit is in conflict with an earlier one of ours that has arrived.

    An edit of a row that a person has merged into this one was made over that row, and may be.
    """
    made = {(edit.uid, field, value) for edit in world.edits for field, value in edit.fields.items()}
    for conflict in conflicts:
        if (conflict.uid, conflict.field, conflict.local) not in made:
            continue
        for op in by_uid.get(conflict.uid, ()):
            if op.seq < (conflict.seq or 0) and op.fields.get(conflict.field) == conflict.remote:
                raise Violation(f"I2: edit {conflict.seq} is in conflict with our own edit {op.seq}")


def _seen(world: World, op: Any, own: list[Any], row_id: int) -> None:
    for field, value in op.fields.items():
        seen = [was for _, was in world.account.values.get((op.entity, row_id, field), ())]
        later = any(other.seq > op.seq and field in other.fields for other in own)
        if seen and value not in seen and not later:
            raise Violation(
                f"I2: {op.entity} {row_id} never had {field} = {value!r}, but edit {op.seq} is done"
            )


def _excused(world: World, op: Any, record: Record) -> None:
    """An edit may be given up because its row is gone, or because a person said so."""
    error = op.error or ""
    was_gone = record.remote_id is not None and (op.entity, int(record.remote_id)) in world.account.last_gone
    is_ours = record.uid in world.watch.deleted_here or record.remote_id is None
    if not (was_gone or is_ours or "discard" in error or record.deleted_at is not None):
        raise Violation(f"I2: edit {op.seq} was given up: {error}")


async def _client(world: World) -> None:
    await catch_up(world)
    versions = {record.uid: record.version for record in await _records(world)}
    behind = [uid for uid, version in versions.items() if version and world.replica.get(uid) != version]
    if behind:
        raise Violation(f"I12: the client has not seen {behind}")


async def _phones(world: World) -> None:
    """I12: every phone has what is here, no more and no less, and every edit of its was taken."""
    here = {
        (record.entity, record.uid): record.version
        for record in await _records(world)
        if record.deleted_at is None
    }
    for phone in world.phones:
        copy = {key: row["version"] for key, row in phone.rows.items()}
        if copy != here:
            raise Violation(f"I12: {phone.name} differs from the store in {copy.items() ^ here.items()}")
        if phone.waiting:
            raise Violation(f"I2: edits of {phone.name} were never taken: {phone.waiting}")
    async with world.store.tx(world.tenant, write=False) as tx:
        ops = await tx.outbox.in_states(tuple(OpState))
    taken = [(op.source, op.mutation_id) for op in ops if op.mutation_id is not None]
    if len(taken) != len(set(taken)):
        raise Violation(f"I3: an edit of a phone's was taken twice, of {sorted(taken)}")


async def _neighbour(world: World) -> None:
    async with world.store.tx(NEIGHBOUR, write=False) as tx:
        counts = await tx.work.counts()
        if counts.get(WorkKind.PULL) != 1 or counts.get(WorkKind.PUSH) != 1:
            raise Violation(f"I13: the neighbour's work was done: {counts}")


def _duplicates(world: World) -> None:
    """I3: one row for each of ours; every title that we give to a new row is given once."""
    for edit in world.edits:
        if not edit.is_create:
            continue
        title = edit.fields.get("name") or edit.fields.get("text")
        rows = world.account.titles.get((edit.entity, title), [])
        for (row_id, _), (_, made) in pairwise(rows):
            if world.account.first_gone.get((edit.entity, row_id), made) < made:
                world.count("created again after a deletion")  # of a row that we did not know yet
            else:
                raise Violation(f"I3: {edit.entity} {title!r} was created twice, as {rows}")


def may_be_held(world: World, op: Op) -> None:
    """I3: a create that carries a mark is left to a person only where its row is gone."""
    if world.plan.mark == "none" or op.entity == "tasks":
        return
    title = op.fields.get("name")
    rows = {row_id for row_id, _ in world.account.titles.get((op.entity, title), ())}
    if world.plan.mark == "field" or rows & world.account.live(op.entity).keys():
        raise Violation(f"I3: {op.entity} {title!r} is held, and its rows are {rows}")


def _order(world: World) -> None:
    """I7, I8: writes of a record do not overlap, and an unknown outcome is looked at before it is sent again."""
    last: dict[tuple[str, str], Any] = {}
    for write in world.account.writes:
        key = write.entity, write.key
        before = last.get(key)
        last[key] = write
        if before is None or not write.key:
            continue
        if before.by != write.by and write.at < before.executed_at:
            raise Violation(f"I7: {key} is written by {before.by} and {write.by} at once")
        is_again = before.fields == write.fields and before.is_executed and not before.is_answered
        if is_again and world.account.looked_at.get(write.key, 0.0) < before.at:
            raise Violation(f"I8: {key} was sent again unseen")


def _tokens(world: World) -> None:
    """I10: a refresh token that was exchanged is not sent again, unless the answer was lost on the way."""
    spent: dict[str, Any] = {}
    for refresh in world.account.refreshes:
        before = spent.get(refresh.token)
        is_excused = before is not None and (not before.is_answered or before.by in world.dead)
        if before is not None and not is_excused:
            raise Violation(f"I10: {refresh.by} sent a refresh token that {before.by} had exchanged")
        if refresh.is_exchanged:
            spent[refresh.token] = refresh


def _budget(world: World) -> None:
    """I11: never more than the rate allows within a second."""
    sent = world.account.sent
    for first, later in zip(sent, sent[8:], strict=False):
        if later - first < 1.0:
            raise Violation("I11: more than 8 requests in a second")


async def _counts(world: World) -> None:
    async with world.store.tx(world.tenant, write=False) as tx:
        ops = await tx.outbox.in_states(tuple(OpState))
        conflicts = await tx.conflicts.list()
    world.count("conflicts", len(conflicts))
    world.count("patches", sum(write.kind == "PATCH" and write.is_executed for write in world.account.writes))
    world.count(
        "unknown outcomes",
        sum(write.is_executed and not write.is_answered for write in world.account.writes),
    )
    world.count("dead letters", sum(op.state is OpState.DEAD for op in ops))
    world.count("creates", sum(op.kind is OpKind.CREATE for op in ops))
    world.count("silent overwrites", _silent_overwrites(world, ops, conflicts))


def _silent_overwrites(world: World, ops: list[Any], conflicts: list[Any]) -> int:
    """Values of people that we replaced without having seen them, and of which no conflict tells."""
    known = {(op.entity, name, value): op for op in ops for name, value in op.fields.items()}
    told = {(conflict.entity, conflict.field, conflict.remote) for conflict in conflicts}
    found = 0
    for write in world.account.writes:
        for name, value in write.fields.items() if write.is_executed else ():
            was = write.before.get(name)
            op = known.get((write.entity, name, value))
            is_persons = isinstance(was, str) and was.startswith("p")
            if is_persons and op is not None and op.base_fields.get(name) != was:
                found += (write.entity, name, was) not in told
    return found
