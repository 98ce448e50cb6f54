"""What WatermelonDB sends, in the words of the offline protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from amocrm_sync._core.entities import Entity, entity_named
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.host import HostMapping
from amocrm_sync._core.sync.offline import named
from amocrm_sync._core.sync.offline_edits import DeviceEdit
from amocrm_sync._core.sync.offline_rows import is_settable, settable
from amocrm_sync._core.sync.records import Row


def edits_of(
    changes: Mapping[str, Mapping[str, Sequence[Any]]],
    host: HostMapping,
    *,
    first: int,
    is_local_only: bool,
) -> list[DeviceEdit]:
    """The edits of a ``pushChanges``, parents before what refers to them.

    A row comes whole. Of one that is new, what is empty or not to be set is left out; of one that was changed, only
    what ``_changed`` names is meant.
    """
    edits: list[DeviceEdit] = []

    def add(op: str, entity: Entity, uid: str, fields: Row) -> None:
        number = first + len(edits)
        edits.append(DeviceEdit(id=number, entity=entity.name, uid=uid, op=op, fields=fields))

    tables = {named([table])[0]: part for table, part in changes.items()}
    for name in named(tables):
        entity = entity_named(name)
        allowed = settable(entity, host, is_local_only=is_local_only)
        for raw in objects_in(tables[name].get("created")):
            given = {column: value for column, value in raw.items() if value not in (None, "")}
            add("create", entity, str(raw.get("id")), _meant(given, given, allowed, entity))
        for raw in objects_in(tables[name].get("updated")):
            changed = [column for column in str(raw.get("_changed") or "").split(",") if column]
            add("update", entity, str(raw.get("id")), _meant(raw, changed or raw, allowed, entity))
    for name in reversed(named(tables)):
        for uid in tables[name].get("deleted", ()):
            add("delete", entity_named(name), str(uid), {})
    return edits


def migrated(migration: Mapping[str, Any] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables that a migration of the app has made, and those to which it has added columns."""
    plan = as_object(migration)
    tables = named([str(name) for name in plan.get("tables") or ()])
    columns = named([str(item["table"]) for item in objects_in(plan.get("columns")) if "table" in item])
    return tables, columns


def _meant(raw: Row, names: Iterable[str], allowed: frozenset[str] | None, entity: Entity) -> Row:
    return {
        name: raw[name]
        for name in names
        if name in raw and not name.startswith("_") and is_settable(name, allowed, entity)
    }
