"""What a store keeps beside edits, webhook bodies and work: plain rows without behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._core.sync.records import Record

StageRow = Mapping[str, Any]
"""One stage of a saved mapping: ``pipeline_id``, ``stage_id``, ``status``, and what else the mapping knows of it."""


@attrs.frozen(kw_only=True)
class Stored:
    """A record with the row of its typed table."""

    record: Record
    row: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Link:
    """A record's link to another row of amoCRM.

    Attributes:
        from_entity: Plural name of the record's entity.
        from_uid: Our id of the record.
        to_entity: Plural name of the other entity.
        to_remote_id: The other row's remote id.
        meta: What amoCRM says of the link: ``is_main``, ``quantity``, ``catalog_id`` …
        version: The tenant's counter at the last change.
        deleted: It was there, and is not any more.
    """

    from_entity: str
    from_uid: str
    to_entity: str
    to_remote_id: str
    meta: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    version: int = 0
    deleted: bool = False


@attrs.frozen(kw_only=True)
class Conflict:
    """A field that was changed on both sides.

    Attributes:
        id: Number of the conflict; 0 until it is stored.
        seq: The local edit, by its place in the outbox; ``None`` where there is none.
        base: What both sides had before.
        local: What was set here.
        remote: What was set in amoCRM.
        remote_updated_at: ``updated_at`` of the remote row.
        policy: The rule that decided, or did not.
        state: ``open``, ``auto``, ``resolved`` or ``ignored``.
        resolution: What was done: ``local``, ``remote``, ``value`` …
        value: The value that the field has got, where one was chosen.
        by: Who decided; empty for a rule.
        opened_at: Unix seconds.
        closed_at: Unix seconds; ``None`` while it is open.
    """

    id: int = 0
    entity: str
    uid: str
    field: str
    seq: int | None = None
    base: Any = None
    local: Any = None
    remote: Any = None
    remote_updated_at: int | None = None
    policy: str = ""
    state: str = "open"
    resolution: str | None = None
    value: Any = None
    by: str | None = None
    opened_at: float = 0.0
    closed_at: float | None = None


@attrs.frozen(kw_only=True)
class Echo:
    """A value that we have written into amoCRM, so that its return is not taken for somebody's edit."""

    entity: str
    remote_id: str
    field: str
    value_hash: str
    written_at: float


@attrs.frozen(kw_only=True)
class Activity:
    """Who did what to which record, and when.

    Attributes:
        id: Number of the row; 0 until it is stored.
        key: What the source knows it by (an event's id), or ``None``; a second row with the same key is not stored.
        at: When it happened, unix seconds.
        actor: Who: a user's id as text, a name, or empty where nobody knows.
        source: ``webhook``, ``event``, ``push``, ``local`` …
        event: ``lead.status_changed`` …
        before: The values before, as far as they are known.
        after: The values after.
        raw: The event as it came.
    """

    id: int = 0
    key: str | None = None
    at: float
    entity: str
    remote_id: str | None = None
    uid: str | None = None
    event: str
    actor: str = ""
    source: str = ""
    account_id: int | None = None
    before: Any = None
    after: Any = None
    raw: Any = attrs.field(default=None, repr=False)
    created_at: float = 0.0


@attrs.frozen(kw_only=True)
class Client:
    """A phone or a panel that keeps a copy of its own.

    Attributes:
        scope_hash: Digest of the rights under which it read last.
        last_mutation_id: The last of its edits that was taken.
        last_cursor: Where it stands, as it was told.
        seen_at: Unix seconds.
    """

    client_id: str
    user: str = ""
    scope_hash: str = ""
    last_mutation_id: int = 0
    last_cursor: str | None = None
    seen_at: float = 0.0


@attrs.frozen(kw_only=True)
class Mutation:
    """What a client was answered about one of its edits, kept until it has seen it."""

    client_id: str
    mutation_id: int
    result: Any
    version: int = 0


@attrs.frozen(kw_only=True)
class OutgoingEvent:
    """An event on its way to a sink.

    Attributes:
        id: The event's own id; the same one is kept once.
        name: ``lead.status_changed`` …
        payload: JSON.
        at: Unix seconds.
    """

    id: str
    name: str
    payload: Mapping[str, Any] = attrs.field(repr=False)
    at: float = 0.0
