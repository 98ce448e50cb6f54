"""The events: one class per entity, each with the few values of it that are worth a type.

Everything else is in ``fields``, as sent: every value is text, every list a dict keyed ``"0"``, ``"1"`` …,
and what is empty is often missing. Accessors give ``None`` for what is missing or unreadable.
"""

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
        fields: The item as sent; for a note, the note itself.
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


@attrs.frozen(kw_only=True)
class LeadEvent(WebhookEvent):
    """A lead; also what the digital pipeline sends of one, which is little more than the ids."""

    @property
    def status_id(self) -> int | None:
        """The stage. 142 and 143 stand in every pipeline: use it with :attr:`pipeline_id`."""
        return self._number("status_id")

    @property
    def old_status_id(self) -> int | None:
        """The stage before; also sent by ``update`` and ``responsible``."""
        return self._number("old_status_id")

    @property
    def pipeline_id(self) -> int | None:
        """The pipeline."""
        return self._number("pipeline_id")

    @property
    def old_pipeline_id(self) -> int | None:
        """The pipeline before."""
        return self._number("old_pipeline_id")

    @property
    def price(self) -> int | None:
        """The lead's value in the account's currency; missing when empty."""
        return self._number("price")


@attrs.frozen(kw_only=True)
class ContactEvent(WebhookEvent):
    """A contact or a company: both come under ``contacts``, and ``entity`` tells them apart."""

    @property
    def linked_lead_ids(self) -> tuple[int, ...]:
        """The leads linked to it, sent as a map keyed by their ids."""
        found = (values.number(key) for key in values.record(self.fields.get("linked_leads_id")))
        return tuple(lead_id for lead_id in found if lead_id is not None)

    @property
    def linked_company_id(self) -> int | None:
        """A contact's company."""
        return self._number("linked_company_id")


@attrs.frozen(kw_only=True)
class CustomerEvent(WebhookEvent):
    """A customer. The digital pipeline sends ``period``."""

    @property
    def period_id(self) -> int | None:
        """The period."""
        return self._number("period_id")

    @property
    def old_period_id(self) -> int | None:
        """The period before."""
        return self._number("old_period_id")


@attrs.frozen(kw_only=True)
class TaskEvent(WebhookEvent):
    """A task. On the wire its names differ from the API's; ``parent_id`` is what ``element_id`` says."""

    @property
    def element_type(self) -> str | None:
        """The entity that the task hangs on, by name; the same as ``parent_entity``."""
        return self.parent_entity

    @property
    def task_type_id(self) -> int | None:
        """The kind of task (``task_type`` on the wire)."""
        return self._number("task_type")

    @property
    def text(self) -> str | None:
        """What is to be done."""
        return values.text(self.fields.get("text"))

    @property
    def is_completed(self) -> bool | None:
        """Whether it is done (``status`` on the wire)."""
        return values.flag(self.fields.get("status"))

    @property
    def closed_now(self) -> bool:
        """Whether this very change completed the task (``action_close`` on the wire)."""
        return values.flag(self.fields.get("action_close")) is True

    @property
    def deadline(self) -> datetime | None:
        """When it is due: ``complete_before``, or ``complete_till`` (text in UTC) where that is missing."""
        due = values.moment(self.fields.get("complete_before"))
        return due or values.moment_of_text(self.fields.get("complete_till"))

    @property
    def result_text(self) -> str | None:
        """The text of the result."""
        return values.text(values.record(self.fields.get("result")).get("text"))


@attrs.frozen(kw_only=True)
class NoteEvent(WebhookEvent):
    """A note. ``date_create`` and ``timestamp_x`` in ``fields`` are UTC+3; ``created_at`` is right."""

    @property
    def created_at(self) -> datetime | None:
        """When it was written, UTC."""
        return values.moment(self.fields.get("created_at"))

    @property
    def text(self) -> str | None:
        """The text."""
        return values.text(self.fields.get("text"))

    @property
    def note_type(self) -> int | None:
        """The legacy number of its type: 4 is text, 5 is a file; the set is open."""
        return self._number("note_type")

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What ``metadata``, JSON in a text, says; empty if it is missing or broken."""
        return values.json_record(self.fields.get("metadata"))


@attrs.frozen(kw_only=True)
class UnsortedEvent(WebhookEvent):
    """An incoming lead; ``id`` is its uid. Accepting and declining come as ``delete``."""

    @property
    def category(self) -> str | None:
        """``forms``, ``sip``, ``mail`` or ``chats``."""
        return values.text(self.fields.get("category"))

    @property
    def decision(self) -> str | None:
        """``accept`` or ``decline`` where a person decided; ``None`` otherwise."""
        return values.text(self.fields.get("action"))

    @property
    def pipeline_id(self) -> int | None:
        """The pipeline that it came to."""
        return self._number("pipeline_id")

    @property
    def lead_ids(self) -> tuple[int, ...]:
        """The leads that it became or carries."""
        return self._linked("leads") or values.ids(self.fields.get("lead_id"))

    @property
    def contact_ids(self) -> tuple[int, ...]:
        """The contacts that it became or carries."""
        return self._linked("contacts")

    def _linked(self, entities: str) -> tuple[int, ...]:
        for place in ("accept_result", "decline_result", "data"):
            found = values.ids(values.record(self.fields.get(place)).get(entities))
            if found:
                return found
        return ()


@attrs.frozen(kw_only=True)
class CatalogElementEvent(WebhookEvent):
    """An element of a list."""

    @property
    def catalog_id(self) -> int | None:
        """The list."""
        return self._number("catalog_id")

    @property
    def is_deleted(self) -> bool | None:
        """What ``deleted`` says."""
        return values.flag(self.fields.get("deleted"))


@attrs.frozen(kw_only=True)
class TalkEvent(WebhookEvent):
    """A conversation; ``id`` is its talk id."""

    @property
    def chat_id(self) -> str | None:
        """The chat's uuid."""
        return values.text(self.fields.get("chat_id"))

    @property
    def contact_id(self) -> int | None:
        """The client."""
        return self._number("contact_id")

    @property
    def is_read(self) -> bool | None:
        """Whether it was read; an ``update`` with ``True`` also says "answered"."""
        return values.flag(self.fields.get("is_read"))

    @property
    def is_in_work(self) -> bool | None:
        """``False`` once the conversation is closed."""
        return values.flag(self.fields.get("is_in_work"))


@attrs.frozen(kw_only=True)
class MessageEvent(WebhookEvent):
    """A chat message; ``id`` is its uuid. There is no API to read it again: here the payload is the data."""

    @property
    def talk_id(self) -> int | None:
        """The conversation."""
        return self._number("talk_id")

    @property
    def chat_id(self) -> str | None:
        """The chat's uuid."""
        return values.text(self.fields.get("chat_id"))

    @property
    def contact_id(self) -> int | None:
        """The client."""
        return self._number("contact_id")

    @property
    def text(self) -> str | None:
        """The text; a picture or a voice message may have none."""
        return values.text(self.fields.get("text"))

    @property
    def direction(self) -> str | None:
        """``incoming`` or ``outgoing``; answer only the former, or a bot will talk to itself."""
        return values.text(self.fields.get("type"))


@attrs.frozen(kw_only=True)
class ChatTemplateReviewEvent(WebhookEvent):
    """A chat template was sent to review, or reviewed."""

    @property
    def reviews(self) -> tuple[Mapping[str, Any], ...]:
        """The reviews as sent: ``id``, ``source_id``, ``status``, ``reject_reason``."""
        return tuple(values.records(self.fields.get("reviews")))


@attrs.frozen(kw_only=True)
class DigitalPipelineEvent(WebhookEvent):
    """What a widget in the digital pipeline is told; ``fields`` is the whole body.

    ``entity`` is ``lead`` or ``customer``; ``action`` is the type's name, e.g. ``lead_status_changed``.
    """

    @property
    def data(self) -> Mapping[str, Any]:
        """The event's data: ``id``, ``element_type``, ``status_id``, ``pipeline_id`` and more."""
        return values.record(values.record(self.fields.get("event")).get("data"))

    @property
    def status_id(self) -> int | None:
        """The lead's stage."""
        return values.number(self.data.get("status_id"))

    @property
    def pipeline_id(self) -> int | None:
        """The lead's pipeline."""
        return values.number(self.data.get("pipeline_id"))

    @property
    def created_at(self) -> datetime | None:
        """When it happened, UTC."""
        return values.moment(values.record(self.fields.get("event")).get("time"))

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the user filled in in the widget's settings of this stage."""
        action = values.record(self.fields.get("action"))
        widget = values.record(values.record(action.get("settings")).get("widget"))
        return values.record(widget.get("settings"))


@attrs.frozen(kw_only=True)
class SalesbotEvent(WebhookEvent):
    """A Salesbot asks a widget to act and waits; ``id`` is the bot's id.

    Its ``token``, a secret, is in ``fields``: verify it, then answer at :attr:`return_url`.
    """

    @property
    def data(self) -> Mapping[str, Any]:
        """What the bot was told to send."""
        return values.record(self.fields.get("data"))

    @property
    def return_url(self) -> str | None:
        """Where the answer goes."""
        return values.text(self.fields.get("return_url"))
