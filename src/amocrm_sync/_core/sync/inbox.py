"""Webhook bodies as they are kept, and the hints that are taken from them.

A payload is never applied: it has no order, no signature and no id. It only says which rows to read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

import attrs

from amocrm_sync._core.entities import BY_SINGULAR, ENTITIES

_LISTED = frozenset(entity.name for entity in ENTITIES.values() if not entity.filters)
"""Lists that give no row by its id."""


@attrs.frozen(kw_only=True)
class Delivery:
    """A webhook body as it came.

    Attributes:
        id: Place in the inbox; 0 until it is stored.
        dedupe: Digest of the body: retries send the same one again.
        state: ``new``, ``parsed`` or ``bad`` (kept for a person to look at).
    """

    id: int = 0
    received_at: float
    dedupe: str
    body: bytes = attrs.field(repr=False)
    content_type: str
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    state: str = "new"
    error: str | None = None


class HookEvent(Protocol):
    """What is needed of a parsed webhook event."""

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def updated_at(self) -> datetime | None: ...
    @property
    def entity(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def entity_id(self) -> int | None: ...
    @property
    def parent_entity(self) -> str | None: ...
    @property
    def parent_id(self) -> int | None: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...


def hints_of(events: Iterable[HookEvent]) -> list[tuple[str, str]]:
    """The ``(stream, remote id)`` of every row that the events are about, each once, in order.

    Events of entities that are not synced (chats, incoming leads) give none; they stay in the inbox as they came.
    """
    found: dict[tuple[str, str], None] = {}
    for event in events:
        entity = BY_SINGULAR.get(event.entity)
        if entity is None or event.entity_id is None:
            continue
        if entity.parents:
            parent = BY_SINGULAR.get(event.parent_entity or "")
            if parent is not None and parent.name in entity.parents:
                found[f"{entity.name}:{parent.name}", f"{parent.name}:{event.entity_id}"] = None
        elif entity.within is not None:
            parent_id = event.fields.get("catalog_id")
            if parent_id:
                found[f"{entity.name}:{parent_id}", f"{parent_id}:{event.entity_id}"] = None
        elif entity.name not in _LISTED:
            found[entity.name, str(event.entity_id)] = None
    return list(found)
