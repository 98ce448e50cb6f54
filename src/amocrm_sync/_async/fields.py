"""The account's own custom fields and timezone: read once, kept, and read again when a field is not known."""

from __future__ import annotations

from datetime import tzinfo
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from amocrm_sync._async._primitives import Lock
from amocrm_sync._async.engine import AsyncEngine
from amocrm_sync._core.call import Call, Reply
from amocrm_sync._core.fields import needs_registry, needs_timezone, resolve_payload
from amocrm_sync._core.fields_settled import is_settled
from amocrm_sync._core.paging import Walk
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Account, CustomField
from amocrm_sync.models.page import Page, parse_one, parse_page

FIELD_PAGE = 50
"""Custom fields a page: the API pages name both 50 and 250; 50 is safe."""


class AsyncFieldRegistry:
    """Definitions of custom fields by entity, and the account's timezone, as payloads need them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._fields: dict[str, list[CustomField]] = {}
        self._timezone: tzinfo | None = None

    async def resolve(self, entity: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The payload in wire form: names become ids, dates and enums what the API takes.

        One that is in wire form is given back itself, unless definitions are at hand to check it against.

        Definitions that were read before are read once more before anything is refused by them: a field or a label
        may have been added since.

        Raises:
            ConfigurationError: Names the field, what is allowed and the nearest match.
        """
        if entity not in self._fields and is_settled(payload):
            return payload
        timezone = await self.timezone() if needs_timezone(payload) else self._timezone
        was_cached = entity in self._fields
        known = await self.fields(entity) if needs_registry(payload) else self._fields.get(entity)
        try:
            return resolve_payload(payload, known, timezone)
        except ConfigurationError:
            if not was_cached:
                raise
        return resolve_payload(payload, await self.fields(entity, refresh=True), timezone)

    async def fields(self, entity: str, *, refresh: bool = False) -> list[CustomField]:
        """Definitions of an entity's custom fields (``leads``, ``contacts``, ``companies`` …)."""
        async with self._lock:
            if refresh or entity not in self._fields:
                self._fields[entity] = await self._read(entity)
            return self._fields[entity]

    async def timezone(self) -> tzinfo | None:
        """The account's timezone; ``None`` where the account does not say."""
        async with self._lock:
            if self._timezone is None:
                self._timezone = await self._read_timezone()
            return self._timezone

    async def _read(self, entity: str) -> list[CustomField]:
        path = f"/api/v4/{entity}/custom_fields"
        found: list[CustomField] = []
        walk = Walk(self._engine.base_url)
        call = Call(method="GET", path=path, template=path, query=f"limit={FIELD_PAGE}", parse=_definitions)
        while True:
            page = await self._engine.send(call)
            found += page.items
            target = walk.follow(page.next_url)
            if target is None:
                return found
            call = attrs.evolve(call, path=target[0], query=target[1])

    async def _read_timezone(self) -> tzinfo | None:
        path = "/api/v4/account"
        account = await self._engine.send(
            Call(
                method="GET",
                path=path,
                template=path,
                query="with=datetime_settings",
                parse=lambda reply: parse_one(reply.body, Account),
            )
        )
        name = account.timezone
        try:
            return ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError):
            return None


def _definitions(reply: Reply) -> Page[CustomField]:
    if reply.status == HTTPStatus.NO_CONTENT:
        return Page(items=[])
    return parse_page(reply.body, "custom_fields", CustomField)
