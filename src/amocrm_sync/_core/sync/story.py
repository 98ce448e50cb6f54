"""The story of one record: what was read, edited, sent, decided and told of it, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import attrs

from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.outbox import Op, OpKind
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._core.sync.stored import Activity, Conflict

_LONGEST = 60
_WORDS = {
    OpKind.CREATE: "created",
    OpKind.PATCH: "edited",
    OpKind.LINK: "linked",
    OpKind.UNLINK: "unlinked",
}


@attrs.frozen
class Moment:
    """One thing that happened to the record.

    Attributes:
        at: Unix seconds.
        kind: ``read``, ``edit``, ``sent``, ``conflict``, ``decision``, ``heard`` or ``log``.
        text: What happened, in words.
    """

    at: float
    kind: str
    text: str


@attrs.frozen(kw_only=True)
class Story:
    """What :meth:`SyncEngine.explain` tells; ``print(story)`` lays it out.

    Attributes:
        entity: Plural name.
        uid: Our id.
        remote_id: amoCRM's id.
        summary: How the record stands now, a line each.
        moments: What happened, oldest first.
    """

    entity: str
    uid: str
    remote_id: str | None
    summary: tuple[str, ...]
    moments: tuple[Moment, ...]

    def __str__(self) -> str:
        title = f"{entity_named(self.entity).singular} {self.remote_id or '(not in amoCRM)'} · {self.uid}"
        lines = [f"  {_time(item.at)}  {item.kind:<8}  {item.text}" for item in self.moments]
        return "\n".join((title, *(f"  {line}" for line in self.summary), *lines))


def story_of(
    record: Record,
    ops: Iterable[Op],
    conflicts: Iterable[Conflict],
    activity: Iterable[Activity],
    log: Iterable[SyncLogEntry],
) -> Story:
    """A record's story from what the store has of it."""
    moments = [Moment(record.created_at, "read", "first stored")]
    if record.read_fence:
        moments.append(Moment(record.read_fence, "read", "the last look at amoCRM that counts"))
    if record.deleted_at is not None:
        moments.append(Moment(record.deleted_at, "read", f"found deleted ({record.delete_reason})"))
    for op in ops:
        moments += _of_edit(op)
    for conflict in conflicts:
        moments += _of_conflict(conflict)
    moments += [
        Moment(
            row.at,
            "heard",
            f"{row.event} ({row.source}{f', {row.actor}' if row.actor else ''}){_change(row)}",
        )
        for row in activity
    ]
    moments += [
        Moment(row.at, "log", f"{row.operation}: {row.details['error']}")
        for row in log
        if "error" in row.details
    ]
    return Story(
        entity=record.entity,
        uid=record.uid,
        remote_id=record.remote_id,
        summary=tuple(_summary(record)),
        moments=tuple(sorted(moments, key=lambda moment: moment.at)),
    )


def _summary(record: Record) -> Iterator[str]:
    state = "deleted" if record.deleted_at is not None else "live"
    yield f"{state}, version {record.version}"
    if record.remote_updated_at is not None:
        yield f"last changed in amoCRM {_time(record.remote_updated_at)}"
    if record.local:
        yield f"not in amoCRM yet: {_fields(record.local)}"


def _of_edit(op: Op) -> Iterator[Moment]:
    what = _WORDS[op.kind]
    who = f" by {op.actor}" if op.actor else ""
    yield Moment(op.made_at, "edit", f"#{op.seq} {what} here{who}: {_fields(op.fields)}")
    if op.sent_at is not None:
        times = f", attempt {op.attempts}" if op.attempts > 1 else ""
        yield Moment(
            op.sent_at, "sent", f"#{op.seq}{times}: {op.state.value}{f' ({op.error})' if op.error else ''}"
        )
    elif op.error:
        yield Moment(op.made_at, "sent", f"#{op.seq} not sent: {op.state.value} ({op.error})")


def _of_conflict(conflict: Conflict) -> Iterator[Moment]:
    sides = f"base {_short(conflict.base)}, here {_short(conflict.local)}, amoCRM {_short(conflict.remote)}"
    yield Moment(
        conflict.opened_at, "conflict", f"{conflict.field}: {sides} ({conflict.policy}, {conflict.state})"
    )
    if conflict.closed_at is not None and conflict.resolution is not None:
        who = conflict.by or "the rule"
        text = f"{conflict.field}: {who} took {conflict.resolution}, {_short(conflict.value)}"
        yield Moment(conflict.closed_at, "decision", text)


def _change(row: Activity) -> str:
    return f": {_short(row.before)} → {_short(row.after)}" if row.before or row.after else ""


def _fields(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_short(value)}" for name, value in sorted(fields.items()))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
