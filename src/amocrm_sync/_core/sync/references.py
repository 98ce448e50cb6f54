"""Edits that name a row which amoCRM does not have yet: our id stands in its place until the row is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.records import Row

_EMBEDDED = ("contacts", "companies")
_ENTITY_UID = "entity_uid"
"""Of a task: our id of the row it is about, in place of ``entity_id``."""


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
