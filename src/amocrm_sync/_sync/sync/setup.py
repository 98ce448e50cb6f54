# Generated from src/amocrm_sync/_async/sync/setup.py by tools/unasync.py: edit that file instead.
"""Setting an account up: the field in which a row that we create carries our id, or a tag where we may make no field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.shapes import as_object
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.sync.reports import SetupResult
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync.errors import AccountBlockedError, AmoCRMAPIError, ForbiddenError

MARKED = ("leads", "contacts", "companies")
"""Entities that we create and that have fields and tags of their own."""


class Setup:
    """Finds or makes the marker fields, and keeps in the store how each entity is marked."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context

    def run(self) -> SetupResult:
        """Find or make the field in each entity; where amoCRM refuses that for want of rights, a tag takes its place.

        An entity that has had a tag goes over to the field once that can be made; rows with the tag are still known.

        Raises:
            ConfigurationError: The engine has no client.
        """
        context, name = self._context, self._context.config.marker
        if name is None:
            return SetupResult(markers={})
        marked = _Marked.of(context.load_settings())
        before = context.marks
        problems: dict[str, str] = {}
        entities = [entity for entity in MARKED if entity in context.config.entities]
        for entity in entities:
            try:
                self._set_up(entity, name, marked)
            except AmoCRMAPIError as error:
                problems[entity] = str(error)
        now = context.now()
        since = {entity: now for entity in (*marked.fields, *marked.tags) if entity not in before}
        context.change_settings(
            {
                "markers": marked.fields,
                "tagged": marked.tags,
                "marked_since": {**context.marked_since, **since},
            }
        )
        context.load_settings()
        return SetupResult(
            markers={entity: marked.fields[entity] for entity in entities if entity in marked.fields},
            created=tuple(marked.created),
            tagged=tuple(each for each in entities if each in marked.tags and each not in marked.fields),
            problems=problems,
        )

    def _set_up(self, entity: str, name: str, marked: _Marked) -> None:
        """The entity's field, found or made; its tag where both are refused."""
        crm = self._context.crm
        try:
            present = _marker(crm.fields(entity_named(entity)), name)
            if present is None:
                marked.fields.pop(entity, None)
                field = {"name": name, "code": name, "type": "text", "is_api_only": True}
                present = int((crm.add_field(entity_named(entity), field))["id"])
                marked.created.append(entity)
            marked.fields[entity] = present
        except AccountBlockedError:
            raise  # that says nothing of rights
        except ForbiddenError:
            if entity not in marked.fields:
                marked.tags[entity] = name


@attrs.define
class _Marked:
    """How entities are marked: by which field, by a tag of which name; and which fields are new."""

    fields: dict[str, int]
    tags: dict[str, str]
    created: list[str] = attrs.field(factory=list[str])

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> _Marked:
        """As the tenant's settings have it."""
        return cls(as_object(settings.get("markers")), as_object(settings.get("tagged")))


def _marker(fields: list[Row], name: str) -> int | None:
    """The field of that code or name, if it is a text."""
    for field in fields:
        if name in (field.get("code"), field.get("name")) and field.get("type") == "text":
            return int(field["id"])
    return None
