"""What the host is told after a commit: one value per thing that happened to a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from amocrm_sync._core.entities import ALIASES, ENTITIES
from amocrm_sync._core.sync.outbox import Op
from amocrm_sync._core.sync.planner import Outcome, Step
from amocrm_sync._core.sync.projections import StatusOf, no_status
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.stored import Conflict
from amocrm_sync.errors import ConfigurationError

ACTIONS = (
    "created",
    "updated",
    "deleted",
    "restored",
    "status_changed",
    "responsible_changed",
    "conflict",
)
"""Every action of a record; an event's name is ``<entity in the singular>.<action>``."""

OWN_EVENTS = ("conflict.opened", "conflict.resolved", "edit.dead")
"""What the sync tells of itself: a field changed on both sides, a person's decision, an edit given up."""

_ACTION_ALIASES = {
    "add": "created",
    "update": "updated",
    "delete": "deleted",
    "restore": "restored",
    "status": "status_changed",
    "responsible": "responsible_changed",
}
_STAMPS = frozenset({"updated_at", "updated_by"})
"""Fields whose change alone is no news: our own edits leave it behind when they are read back."""
_SINGULARS = {entity.name: entity.singular for entity in ENTITIES.values()}


@attrs.frozen(kw_only=True)
class SyncEvent:
    """Something happened to a record, and is stored.

    Delivered at least once: ``(uid, version, name)`` is the key to know a repetition by.

    Attributes:
        name: ``lead.status_changed`` …
        entity: Singular.
        action: The part of the name after the point.
        uid: Our id.
        remote_id: amoCRM's id as text.
        version: The tenant's version of the change.
        before: The row as it was for the host; empty for a new record.
        after: The row as it is.
        changed: Names of the fields that differ.
        status: The host's status of the lead's stage now, where a mapping resolves it.
        previous_status: The same, before.
    """

    name: str
    entity: str
    action: str
    uid: str
    remote_id: str | None
    version: int
    before: Row = attrs.field(repr=False)
    after: Row = attrs.field(repr=False)
    changed: tuple[str, ...] = ()
    status: str | None = None
    previous_status: str | None = None

    @property
    def key(self) -> str:
        """The same for every delivery of this event, and of no other."""
        return f"{self.uid}:{self.version}:{self.name}"


def is_wanted(event: SyncEvent, names: Iterable[str]) -> bool:
    """Whether somebody who asked for those names wants the event."""
    return any(name in ("*", event.name, f"{event.entity}.*") for name in names)


def is_only(event: SyncEvent, fields: Iterable[str]) -> bool:
    """Whether an update is of those fields and of stamps alone."""
    return event.action == "updated" and set(event.changed) <= {*fields, *_STAMPS}


def payload_of(event: SyncEvent) -> dict[str, Any]:
    """An event as JSON, for other systems."""
    return {**attrs.asdict(event), "changed": list(event.changed), "key": event.key}


def canonical(name: str) -> str:
    """The name under which an event is delivered: ``leads.status`` → ``lead.status_changed``; ``lead.*`` and ``*`` stay.

    Raises:
        ConfigurationError: No event has such a name; the message lists what there is.
    """
    if name == "*" or name in OWN_EVENTS or name in ("conflict.*", "edit.*"):
        return name
    entity, _, action = name.partition(".")
    entity = _SINGULARS.get(ALIASES.get(entity, entity), entity)
    action = _ACTION_ALIASES.get(action, action)
    if entity not in _SINGULARS.values() or (action != "*" and action not in ACTIONS):
        raise ConfigurationError(
            f"no event is called {name!r}: an event is <entity>.<action>, with an entity of "
            f"{', '.join(_SINGULARS.values())} and an action of {', '.join(ACTIONS)} or *; "
            f"the sync's own are {', '.join(OWN_EVENTS)}"
        )
    return f"{entity}.{action}"


def events_of(step: Step, status_of: StatusOf = no_status) -> Iterator[SyncEvent]:
    """What a step that was stored tells the host, most general first."""
    after = step.after
    if after is None or (step.before is None and after.deleted_at is not None):
        return
    if after.deleted_at is not None and step.outcome is not Outcome.DELETED:
        return  # deleted here; what amoCRM still does to it concerns nobody
    before: Row = {} if step.before is None else step.before.view
    if step.outcome is not Outcome.UPDATED or not _is_no_news(step, before):
        yield _event(step.outcome.value, after, before, status_of)
    if step.outcome is Outcome.UPDATED:
        if after.entity == "leads" and _replaced(before, after.view, ("status_id", "pipeline_id")):
            yield _event("status_changed", after, before, status_of)
        if _replaced(before, after.view, ("responsible_user_id",)):
            yield _event("responsible_changed", after, before, status_of)
    if step.conflicts:
        yield _event("conflict", after, before, status_of, tuple(item.field for item in step.conflicts))


def conflict_event(conflict: Conflict, record: Record, action: str = "opened") -> SyncEvent:
    """``conflict.opened`` or ``conflict.resolved``; ``after`` is the conflict as a dict, its number the ``uid``."""
    return SyncEvent(
        name=f"conflict.{action}",
        entity="conflict",
        action=action,
        uid=str(conflict.id),
        remote_id=record.remote_id,
        version=record.version,
        before={},
        after=attrs.asdict(conflict),
        changed=(conflict.field,),
    )


def dead_event(op: Op, record: Record | None) -> SyncEvent:
    """``edit.dead``; ``after`` says which edit and why, the edit's number is the ``uid``."""
    return SyncEvent(
        name="edit.dead",
        entity="edit",
        action="dead",
        uid=str(op.seq),
        remote_id=None if record is None else record.remote_id,
        version=0 if record is None else record.version,
        before={},
        after={
            "seq": op.seq,
            "entity": op.entity,
            "uid": op.uid,
            "kind": op.kind.value,
            "fields": op.fields,
            "actor": op.actor,
            "attempts": op.attempts,
            "error": op.error,
        },
        changed=tuple(sorted(op.fields)),
    )


def _is_no_news(step: Step, before: Row) -> bool:
    """Whether an update only brings our own edit back: its stamps, and what the server filled into a row of ours."""
    if step.before is None or step.after is None:
        return False
    changed = set(_changed(before, step.after.view)) - _STAMPS
    is_ours = bool(ENTITIES[step.after.entity].writable) and "updated_at" not in step.before.base
    filled = {name for name in changed if name not in before} if is_ours else set[str]()
    return changed <= filled


def _event(
    action: str, after: Record, before: Row, status_of: StatusOf, changed: tuple[str, ...] | None = None
) -> SyncEvent:
    singular = _SINGULARS[after.entity]
    view = after.view
    is_lead = after.entity == "leads"
    return SyncEvent(
        name=f"{singular}.{action}",
        entity=singular,
        action=action,
        uid=after.uid,
        remote_id=after.remote_id,
        version=after.version,
        before=before,
        after=view,
        changed=_changed(before, view) if changed is None else changed,
        status=_status(view, status_of) if is_lead else None,
        previous_status=_status(before, status_of) if is_lead and before else None,
    )


def _status(row: dict[str, Any], status_of: StatusOf) -> str | None:
    return status_of(row.get("status_id"), row.get("pipeline_id"))


def _replaced(before: Row, after: Row, names: tuple[str, ...]) -> bool:
    """Whether one of the fields has another value. What the server fills into our new row replaces nothing."""
    return any(before.get(name) is not None and before.get(name) != after.get(name) for name in names)


def _changed(before: Row, after: Row) -> tuple[str, ...]:
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))
