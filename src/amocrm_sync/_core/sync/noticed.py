"""What webhooks and amoCRM's own log of events say has happened: rows of the activity log, and rows to read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from amocrm_sync._core.entities import BY_SINGULAR
from amocrm_sync._core.shapes import as_object
from amocrm_sync._core.sync.inbox import HookEvent
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.sync.stored import Activity
from amocrm_sync._core.sync.windows import LeftRow

_UNSEEN_BY_LISTS = ("_deleted", "_restored", "_merged", "_linked", "_unlinked")
"""Ends of the kinds of events whose effect a list in order of ``updated_at`` need not show."""
_SHIFTS = ("_deleted", "_merged", "_restored")
"""Ends of the kinds of events with which a row leaves its list, or comes back in its middle."""


def activity_of_hook(event: HookEvent, received_at: float) -> Activity:
    """The row for a webhook's event. A repeated delivery has the same key, so it is kept once."""
    entity = BY_SINGULAR.get(event.entity)
    moment = event.updated_at or event.created_at
    old = {
        name.removeprefix("old_"): value for name, value in event.fields.items() if name.startswith("old_")
    }
    return Activity(
        key=f"webhook:{event.key}",
        at=moment.timestamp() if moment is not None else received_at,
        entity=entity.name if entity is not None else event.entity,
        remote_id=event.id or None,
        event=event.name,
        actor=str(event.fields.get("modified_user_id") or event.fields.get("created_user_id") or ""),
        source="webhook",
        before=old or None,
        after={name: event.fields.get(name) for name in old} or None,
        raw=dict(event.fields),
        created_at=received_at,
    )


def activity_of_event(row: Row, read_at: float) -> Activity:
    """The row for an event of amoCRM's own log."""
    kind = str(row.get("type", ""))
    entity = BY_SINGULAR.get(str(row.get("entity_type", "")))
    remote_id = row.get("entity_id")
    return Activity(
        key=f"event:{row['id']}",
        at=float(row.get("created_at") or read_at),
        entity=entity.name if entity is not None else str(row.get("entity_type", "")),
        remote_id=None if remote_id is None else str(remote_id),
        event=kind,
        actor=str(row.get("created_by") or ""),
        source="event",
        account_id=row.get("account_id"),
        before=row.get("value_before") or None,
        after=row.get("value_after") or None,
        created_at=read_at,
    )


def unseen_by_lists(rows: Iterable[Row]) -> dict[str, list[str]]:
    """Remote ids by stream of what the events say was deleted, restored, merged or linked.

    Such a row is read again by its id: a deletion takes it out of its list, a link need not move its ``updated_at``.
    """
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        entity = BY_SINGULAR.get(str(row.get("entity_type", "")))
        if (
            entity is None
            or entity.parents
            or entity.within is not None
            or not str(row.get("type", "")).endswith(_UNSEEN_BY_LISTS)
        ):
            continue
        ids = [row.get("entity_id"), *_linked(row, entity.singular)]
        for remote_id in ids:
            if isinstance(remote_id, int):
                found.setdefault(entity.name, {})[str(remote_id)] = None
    return {stream: list(ids) for stream, ids in found.items()}


def left_by_events(rows: Iterable[Row], singular: str) -> list[LeftRow]:
    """The rows of an entity that the events say have left their list, or come back into it.

    Merged ones do not lie in the trash, nor do restored ones. A row that came back shifts those behind it as well, and two pages may be
    answered by servers of which one has not heard of it yet.
    """
    return [
        LeftRow(str(remote_id), None, int(row.get("created_at") or 0))
        for row in rows
        if row.get("entity_type") == singular and str(row.get("type", "")).endswith(_SHIFTS)
        for remote_id in [row.get("entity_id"), *_linked(row, singular)]
    ]


def _linked(row: Mapping[str, Any], singular: str) -> list[Any]:
    """Other rows of the same entity that an event names: the ones that were merged into the first."""
    sides = [*(row.get("value_before") or ()), *(row.get("value_after") or ())]
    named = [as_object(as_object(side).get("entity")) for side in sides]
    return [item.get("id") for item in named if item.get("type", singular) == singular]
