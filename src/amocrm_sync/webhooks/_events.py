"""The events: one class per entity, each with the few values of it that are worth a type.

Everything else is in ``fields``, as sent: every value is text, every list a dict keyed ``"0"``, ``"1"`` …,
and what is empty is often missing. Accessors give ``None`` for what is missing or unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from amocrm_sync.webhooks import _values as values
from amocrm_sync.webhooks._event import WebhookEvent


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
