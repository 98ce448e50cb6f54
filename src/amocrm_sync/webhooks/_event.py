"""What all events have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import attrs
import orjson

from amocrm_sync.webhooks import _values as values
from amocrm_sync.webhooks._names import canonical_name


@attrs.frozen
class WebhookAccount:
    """The account that a webhook says it comes from; nothing proves it.

    Attributes:
        id: The account's id, where sent.
        subdomain: Its subdomain, where sent.
    """

    id: int | None = None
    subdomain: str | None = None


@attrs.frozen(kw_only=True)
class WebhookEvent:
    """Something happened to one record. A hint: read the record through the API before acting.

    Attributes:
        entity: ``lead``, ``contact``, ``company``, ``customer``, ``task``, ``note``, ``unsorted``,
            ``catalog_element``, ``talk``, ``message``, ``outgoing_message``, ``chat_template_review``,
            ``salesbot``, or the key on the wire where it is none of these.
        action: As on the wire: ``add``, ``update``, ``delete``, ``restore``, ``status``, ``responsible``,
            ``note``, ``mail_in`` … The set is open.
        id: The record's id as on the wire: a number, or the uid, uuid or talk id. Empty if there is none.
        fields: The item as sent, text and dicts of text; for a note, the note itself.
        account: Where it comes from; both values may be missing.
        raw_key: The top-level key on the wire, e.g. ``contacts`` for a company; empty where the whole body is
            the event.
        index: Place among the items of this key and action in the body, from 0.
        parent_entity: For notes, tasks, talks and messages: the entity that they hang on.
        parent_id: The id of that record.
    """

    entity: str
    action: str
    id: str
    fields: Mapping[str, Any] = attrs.field(repr=False, hash=False)
    account: WebhookAccount = attrs.field(factory=WebhookAccount)
    raw_key: str = ""
    index: int = 0
    parent_entity: str | None = None
    parent_id: int | None = None

    @property
    def name(self) -> str:
        """``lead.status``, ``company.add`` …; a note has the name of what it hangs on: ``lead.note``."""
        if self.entity == "note" and self.parent_entity:
            return f"{self.parent_entity}.{self.action}"
        return f"{self.entity}.{self.action}"

    def matches(self, *names: str) -> bool:
        """Whether this is one of the named events.

        ``lead.status``, ``leads.status`` and ``status_lead`` name the same (:func:`canonical_name`); all notes
        together are ``note.note``.
        """
        own = {self.name, f"{self.entity}.{self.action}"}
        return not own.isdisjoint(map(canonical_name, names))

    @property
    def entity_id(self) -> int | None:
        """:attr:`id` as a number, where it is one."""
        return values.number(self.id)

    @property
    def key(self) -> str:
        """The deduplication key: equal for every attempt to deliver this event, and readable.

        It names account, entity, action, id and time of change, and ends with a digest of the item, so that
        two changes within one second stay two. Attempts end about 95 minutes after the first, and a
        record can be deleted, restored and deleted again: remember keys for some hours, not for ever.
        """
        account = self.account.id or self.account.subdomain or ""
        content = orjson.dumps(dict(self.fields), option=orjson.OPT_SORT_KEYS)
        digest = blake2b(content, digest_size=8).hexdigest()
        changed = self.updated_at or self.created_at
        stamp = int(changed.timestamp()) if changed else ""
        return f"{account}:{self.entity}.{self.action}:{self.id}:{stamp}:{digest}"

    @property
    def created_at(self) -> datetime | None:
        """When the record was created, UTC."""
        return values.moment(self.fields.get("created_at") or self.fields.get("date_create"))

    @property
    def updated_at(self) -> datetime | None:
        """When the record was changed last, UTC."""
        fields = self.fields
        return values.moment(
            fields.get("updated_at") or fields.get("last_modified") or fields.get("date_modify")
        )

    @property
    def responsible_user_id(self) -> int | None:
        """The user who is responsible now."""
        return values.number(self.fields.get("responsible_user_id"))

    @property
    def old_responsible_user_id(self) -> int | None:
        """The user who was responsible before; sent only when it changed, by ``update`` too."""
        return values.number(self.fields.get("old_responsible_user_id"))

    @property
    def custom_fields(self) -> tuple[values.WebhookField, ...]:
        """The custom fields that have a value."""
        return values.custom_fields(self.fields.get("custom_fields"))

    def custom_field(self, which: int | str) -> values.WebhookField | None:
        """The custom field with this id, code or name; ``None`` if it was not sent."""
        found = (field for field in self.custom_fields if which in (field.id, field.code, field.name))
        return next(found, None)

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the tags."""
        return values.tags(self.fields.get("tags"))

    def _number(self, name: str) -> int | None:
        return values.number(self.fields.get(name))


@attrs.frozen(kw_only=True)
class UnknownEvent(WebhookEvent):
    """An event of an entity that this version does not know, or one without an action or an id."""
