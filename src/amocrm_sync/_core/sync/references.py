"""Edits that name a row which amoCRM does not have yet: our id stands in its place until the row is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.outbox import Op, OpState
from amocrm_sync._core.sync.records import LOCAL, Record, Row

_EMBEDDED = ("contacts", "companies")
_ENTITY_UID = "entity_uid"
"""Of a task: our id of the row it is about, in place of ``entity_id``."""


@attrs.frozen(kw_only=True)
class Parent:
    """A row that an edit names by our id.

    Attributes:
        entity: Plural name.
        uid: Our id, as the edit has it.
        record: What the store has; the record that it ended in, if it did.
        creation: The edit that creates the row, while amoCRM does not have it.
    """

    entity: str
    uid: str
    record: Record | None = None
    creation: Op | None = None

    @property
    def amo_id(self) -> int | None:
        """AmoCRM's id; ``None`` as long as there is none to name it by."""
        return None if self.record is None else self.record.amo_id

    @property
    def uid_now(self) -> str:
        """Our id of the record that the row is by now."""
        return self.uid if self.record is None else self.record.uid

    def __str__(self) -> str:
        entity = ENTITIES.get(self.entity)
        return f"{self.entity if entity is None else entity.singular} {self.uid}"


def why_never(
    named: Iterable[tuple[str, str]],
    parents: Mapping[tuple[str, str], Parent],
    *,
    made_at: float,
    now: float,
    horizon: float,
) -> str | None:
    """Why edits can never be sent that name other rows by our id, and what helps; ``None`` if they only have to wait.

    A row that is not there yet is waited for while its creation is on its way, but no longer than ``horizon`` seconds
    after that was sent first: it may be held for a person, who may never come.

    Args:
        named: ``(entity, our id)`` of the rows.
        parents: The same rows, looked up.
        made_at: When the edits were made, unix seconds.
        now: The same clock.
        horizon: Seconds.
    """
    for pair in sorted(named):
        reason = _lost(parents[pair], made_at, now=now, horizon=horizon)
        if reason is not None:
            return f"names {parents[pair]}, {reason}"
    return None


def _lost(parent: Parent, made_at: float, *, now: float, horizon: float) -> str | None:
    record = parent.record
    if record is None:
        return "which is not in the store: discard this"
    if record.delete_reason == LOCAL:
        return "which was deleted here: discard this"
    if record.deleted_at is not None:
        return "which was deleted: restore that one first, then requeue this"
    if record.amo_id is not None:
        return None
    return _stuck(parent.creation, made_at, now=now, horizon=horizon)


def _stuck(creation: Op | None, made_at: float, *, now: float, horizon: float) -> str | None:
    if creation is None:
        return "which was never created in amoCRM: discard this"
    if creation.state is OpState.DEAD:
        return "whose creation was given up: requeue that one first, then this"
    if creation.first_sent_at is None or now - max(creation.first_sent_at, made_at) < horizon:
        return None
    return (
        f"whose creation has no end after {horizon:g} seconds: decide about that one first, then requeue this"
    )


def referenced(fields: Mapping[str, Any]) -> set[tuple[str, str]]:
    """``(entity, our id)`` of every row that an edit names by our id."""
    found = {
        (entity, str(item["uid"])) for entity, items in _embedded(fields) for item in items if "uid" in item
    }
    if fields.get(_ENTITY_UID):
        found.add((str(fields.get("entity_type") or "leads"), str(fields[_ENTITY_UID])))
    return found


def resolved(fields: Mapping[str, Any], ids: Mapping[str, int]) -> Row:
    """The edit as it is sent, amoCRM's ids in place of ours.

    Args:
        fields: The edit.
        ids: amoCRM's id by ours; it has all of them.
    """
    sent = {name: value for name, value in fields.items() if name != _ENTITY_UID}
    if fields.get(_ENTITY_UID):
        sent["entity_id"] = ids[str(fields[_ENTITY_UID])]
    links = {entity: [_wire(item, ids) for item in items] for entity, items in _embedded(fields)}
    if links:
        sent["_embedded"] = {**as_object(fields.get("_embedded")), **links}
    return sent


def _embedded(fields: Mapping[str, Any]) -> Iterable[tuple[str, list[Row]]]:
    embedded = as_object(fields.get("_embedded"))
    return [(entity, objects_in(embedded.get(entity))) for entity in _EMBEDDED if entity in embedded]


def _wire(item: Row, ids: Mapping[str, int]) -> Row:
    if "uid" not in item:
        return item
    return {**{name: value for name, value in item.items() if name != "uid"}, "id": ids[str(item["uid"])]}
