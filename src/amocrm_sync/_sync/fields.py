# Generated from src/amocrm_sync/_async/fields.py by tools/unasync.py: edit that file instead.
"""The account's own custom fields and timezone: read once, kept, and read again when a field is not known."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import tzinfo
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from amocrm_sync._core.call import Call, Reply
from amocrm_sync._core.fields import needs_registry, needs_timezone, resolve_payload
from amocrm_sync._core.fields_known import FIELDS, KnownFields
from amocrm_sync._core.fields_settled import is_settled
from amocrm_sync._core.paging import Walk
from amocrm_sync._core.shapes import as_object
from amocrm_sync._sync._primitives import Lock
from amocrm_sync._sync.engine import Engine
from amocrm_sync.errors import AmoCRMError, ConfigurationError
from amocrm_sync.models import Account, CustomField
from amocrm_sync.models.page import Page, parse_one, parse_page

FIELD_PAGE = 50
"""Custom fields a page: the API pages name both 50 and 250; 50 is safe."""

ASK_AGAIN = 60.0
"""Seconds until definitions that could not be read are asked for again; until then values are sent as given."""

Payload = dict[str, Any]


class FieldRegistry:
    """Definitions of custom fields by entity, and the account's timezone, as payloads need them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._known: dict[str, KnownFields] = {}
        self._ask_at: dict[str, float] = {}
        self._timezone: tzinfo | None = None

    def resolve(self, entity: str, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads in wire form: names become ids, dates and enums what the API takes.

        The first payload with custom fields makes the definitions of its entity be read, and every value is checked
        against them. Where they are not to be had (no right to, no answer), values are sent as given. A payload that
        needs no change is given back itself.

        Definitions that were read before are read once more before anything is refused by them: a field or a label
        may have been added since.

        Raises:
            ConfigurationError: Names the field, what is allowed and the nearest match.
        """
        cached = self._known.get(entity)
        settled = [is_settled(payload) for payload in payloads]
        known = self._needed(entity, payloads, settled)
        try:
            return self._resolved(entity, payloads, settled, known)
        except ConfigurationError as refusal:
            if known is None or known is not cached:
                raise
            try:
                known = self._newer(entity, known)
            except AmoCRMError:
                raise refusal from None
        return self._resolved(entity, payloads, settled, known)

    def timezone(self) -> tzinfo | None:
        """The account's timezone; ``None`` where the account does not say."""
        with self._lock:
            if self._timezone is None:
                self._timezone = self._read_timezone()
            return self._timezone

    def _resolved(
        self, entity: str, payloads: Sequence[Payload], settled: Sequence[bool], known: KnownFields | None
    ) -> list[Payload]:
        made = list(payloads)
        for index, payload in enumerate(payloads):
            if settled[index] and (known is None or known.take(payload)):
                continue
            timezone = self.timezone() if needs_timezone(payload) else self._timezone
            try:
                made[index] = resolve_payload(payload, known, timezone)
            except ConfigurationError as error:
                if len(made) == 1:
                    raise
                raise ConfigurationError(f"{entity}, item {index}: {error}") from None
        return made

    def _needed(
        self, entity: str, payloads: Sequence[Payload], settled: Sequence[bool]
    ) -> KnownFields | None:
        """The definitions to check with; ``None`` where there is nothing to check, or they are not to be had."""
        known = self._known.get(entity)
        if known is not None or not any(payload.get(FIELDS) for payload in payloads):
            return known
        if any(needs_registry(payload) for payload, done in zip(payloads, settled, strict=True) if not done):
            return self._newer(entity, None)
        return self._if_readable(entity)

    def _newer(self, entity: str, old: KnownFields | None) -> KnownFields:
        """Newer definitions than those that did not do. Of all who ask at a time, one reads them."""
        with self._lock:
            known = self._known.get(entity)
            if known is None or known is old:
                known = self._known[entity] = KnownFields(self._read(entity))
            return known

    def _if_readable(self, entity: str) -> KnownFields | None:
        """The definitions; ``None`` where none are shown, which is not tried anew by every write."""
        with self._lock:
            now = self._engine.clock.monotonic()
            if entity not in self._known and now >= self._ask_at.get(entity, now):
                self._ask_at[entity] = now + ASK_AGAIN
                with suppress(AmoCRMError):
                    if found := self._read(entity):
                        self._known[entity] = KnownFields(found)
            return self._known.get(entity)

    def _read(self, entity: str) -> list[CustomField]:
        path = f"/api/v4/{entity}/custom_fields"
        found: list[CustomField] = []
        walk = Walk(self._engine.base_url)
        call = Call(method="GET", path=path, template=path, query=f"limit={FIELD_PAGE}", parse=_definitions)
        while True:
            page = self._engine.send(call)
            found += page.items
            found += [_unreadable(item.raw) for item in page.quarantined]
            target = walk.follow(page.next_url)
            if target is None:
                return found
            call = attrs.evolve(call, path=target[0], query=target[1])

    def _read_timezone(self) -> tzinfo | None:
        path = "/api/v4/account"
        account = self._engine.send(
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


def _unreadable(raw: Any) -> CustomField:
    """A definition that does not fit the model: its field is known, its values are not checked."""
    return CustomField.model_validate({"id": as_object(raw).get("id")})
