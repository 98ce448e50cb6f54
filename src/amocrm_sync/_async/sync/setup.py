"""Setting an account up: the field in which a row that we create carries our id."""

from __future__ import annotations

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.sync.reports import SetupResult
from amocrm_sync.errors import AmoCRMAPIError

MARKED = ("leads", "contacts", "companies")
"""Entities that we create and that have fields of their own."""


class AsyncSetup:
    """Finds or makes the marker fields, and keeps their ids in the store."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def run(self) -> SetupResult:
        """Find or make the field in each entity; what is refused is reported.

        Raises:
            ConfigurationError: The engine has no client.
        """
        context = self._context
        name = context.config.marker
        found: dict[str, int] = {}
        created: list[str] = []
        problems: dict[str, str] = {}
        for entity in MARKED if name is not None else ():
            if entity not in context.config.entities:
                continue
            try:
                present = _marker(await context.crm.fields(entity_named(entity)), name or "")
                if present is None:
                    field = {"name": name, "code": name, "type": "text", "is_api_only": True}
                    present = int((await context.crm.add_field(entity_named(entity), field))["id"])
                    created.append(entity)
                found[entity] = present
            except AmoCRMAPIError as error:
                problems[entity] = str(error)
        await context.change_settings({"markers": found})
        await context.load_markers()
        return SetupResult(markers=found, created=tuple(created), problems=problems)


def _marker(fields: list[Row], name: str) -> int | None:
    """The field of that code or name, if it is a text."""
    for field in fields:
        if name in (field.get("code"), field.get("name")) and field.get("type") == "text":
            return int(field["id"])
    return None
