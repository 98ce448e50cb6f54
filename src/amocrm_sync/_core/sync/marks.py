"""Marks: how a row that we create carries our id, so that it is known again when the answer to its creation was lost.

A text field is the better one: lists can be filtered by it, and it stays with the row when a person merges it into
another. A tag needs no rights of an administrator; it is taken off again with the next edit of the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from amocrm_sync._core.shapes import as_object, is_mapping, objects_in
from amocrm_sync._core.sync.fields import CUSTOM, combined, value_at
from amocrm_sync._core.sync.records import Row


class Mark(Protocol):
    """One way to carry our id."""

    def on(self, fields: Row, uid: str) -> Row:
        """A new row's fields with the mark among them."""
        ...

    def off(self, fields: Row, uid: str, row: Row) -> Row:
        """The fields of an edit of ``row``, which take the mark off again where it is to go."""
        ...

    def uids_of(self, row: Row) -> list[str]:
        """Our ids that a row carries: one, none, or several where rows were merged."""
        ...


@attrs.frozen
class FieldMark:
    """The id stands in a text field, and stays there."""

    field: int

    def on(self, fields: Row, uid: str) -> Row:
        """See :meth:`Mark.on`."""
        mark = {"field_id": self.field, "values": [{"value": uid}]}
        return combined(fields, {CUSTOM: [*fields.get(CUSTOM, ()), mark]})

    def off(self, fields: Row, uid: str, row: Row) -> Row:
        """Nothing is taken off."""
        del uid, row
        return fields

    def uids_of(self, row: Row) -> list[str]:
        """See :meth:`Mark.uids_of`."""
        values = objects_in(value_at(row, f"{CUSTOM}.{self.field}"))
        value = values[0].get("value") if values else None
        return [value] if isinstance(value, str) else []


@attrs.frozen
class TagMark:
    """The id stands in a tag of its own, which is called ``<name> <id>``."""

    name: str

    def tag(self, uid: str) -> str:
        """What the tag is called."""
        return f"{self.name} {uid}"

    def on(self, fields: Row, uid: str) -> Row:
        """See :meth:`Mark.on`. Where the whole set of tags is given it wins over added ones, so ours has to be in it."""
        tag = {"name": self.tag(uid)}
        embedded = as_object(fields.get("_embedded"))
        if "tags" in embedded:
            return {**fields, "_embedded": {**embedded, "tags": [*objects_in(embedded["tags"]), tag]}}
        return {**fields, "tags_to_add": [tag]}

    def off(self, fields: Row, uid: str, row: Row) -> Row:
        """See :meth:`Mark.off`; an edit that says itself which tags there shall be is left alone."""
        names_tags = "tags_to_add" in fields or "tags_to_delete" in fields
        if names_tags or "tags" in as_object(fields.get("_embedded")) or uid not in self.uids_of(row):
            return fields
        return {**fields, "tags_to_delete": [{"name": self.tag(uid)}]}

    def uids_of(self, row: Row) -> list[str]:
        """See :meth:`Mark.uids_of`."""
        names = [str(tag.get("name")) for tag in objects_in(as_object(row.get("_embedded")).get("tags"))]
        start = self.tag("")
        return [name.removeprefix(start) for name in names if name.startswith(start)]


def marks_of(settings: Mapping[str, Any]) -> dict[str, tuple[Mark, ...]]:
    """Per entity, its marks as the tenant's settings have them: the first goes into new rows, all are recognised.

    An entity that went over from the tag to the field has both, for rows from before.
    """
    fields, tags = as_object(settings.get("markers")), as_object(settings.get("tagged"))
    found: dict[str, tuple[Mark, ...]] = {
        entity: (FieldMark(int(field)),) for entity, field in fields.items()
    }
    for entity, name in tags.items():
        found[entity] = (*found.get(entity, ()), TagMark(str(name)))
    return found


def marked_since(settings: Mapping[str, Any]) -> dict[str, float]:
    """Per entity, when it got its first mark, unix seconds: what was sent before carries none."""
    return {entity: float(at) for entity, at in as_object(settings.get("marked_since")).items()}


def kept(base: Row) -> Row:
    """A row without orders about its tags, which are no fields of it: what they delete is gone from its tags.

    What they add has an id that only amoCRM knows, and comes with the next read.
    """
    orders = {"tags_to_add", "tags_to_delete"} & base.keys()
    if not orders:
        return base
    row = {name: value for name, value in base.items() if name not in orders}
    gone = objects_in(base.get("tags_to_delete"))
    embedded = row.get("_embedded")
    if not gone or not is_mapping(embedded) or "tags" not in embedded:
        return row
    names, ids = {tag.get("name") for tag in gone} - {None}, {tag.get("id") for tag in gone} - {None}
    tags = [
        tag
        for tag in objects_in(embedded["tags"])
        if tag.get("name") not in names and tag.get("id") not in ids
    ]
    return {**row, "_embedded": {**embedded, "tags": tags}}
