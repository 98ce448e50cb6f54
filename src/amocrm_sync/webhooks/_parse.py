"""From a body to events: every item of every action of every entity in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, overload

import attrs

from amocrm_sync._core.form import MAX_BYTES, MAX_DEPTH, as_list
from amocrm_sync._core.redact import scrub
from amocrm_sync.webhooks import _events as kinds
from amocrm_sync.webhooks._event import UnknownEvent, WebhookAccount, WebhookEvent
from amocrm_sync.webhooks._names import (
    ACTION_BY_PIPELINE_EVENT,
    BARE_ACTIONS,
    ENTITY_BY_ELEMENT_TYPE,
    ENTITY_BY_KEY,
)
from amocrm_sync.webhooks._tree import Unreadable, read_tree
from amocrm_sync.webhooks._values import number, record, text

_CLASSES: Final[Mapping[str, type[WebhookEvent]]] = {
    "lead": kinds.LeadEvent,
    "contact": kinds.ContactEvent,
    "company": kinds.ContactEvent,
    "customer": kinds.CustomerEvent,
    "task": kinds.TaskEvent,
    "note": kinds.NoteEvent,
    "unsorted": kinds.UnsortedEvent,
    "catalog_element": kinds.CatalogElementEvent,
    "talk": kinds.TalkEvent,
    "message": kinds.MessageEvent,
    "outgoing_message": kinds.MessageEvent,
    "chat_template_review": kinds.ChatTemplateReviewEvent,
}
_ID_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {"talk": ("talk_id", "id"), "unsorted": ("uid", "id")}
_HAVE_PARENTS: Final = frozenset({"task", "talk", "message", "outgoing_message"})
_OF_ENVELOPE: Final = frozenset({"account", "account_id", "subdomain"})
_OF_WIDGET: Final = frozenset({"event", "action"})
_BOT_IN_URL: Final = re.compile(r"/salesbot/(\d+)/continue/")
_LONGEST_PLACE: Final = 100


@attrs.frozen
class WebhookProblem:
    """A part of a body that could not be read.

    Attributes:
        place: Where, e.g. ``leads[add][0]``; empty for the whole body.
        reason: Why.
    """

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


@attrs.frozen(repr=False)
class WebhookEvents(Sequence[WebhookEvent]):
    """The events of one body, in the order sent.

    Attributes:
        items: The events.
        problems: What could not be read; every part of the body is in one of the two.
        account: Where the body says it comes from.
    """

    items: tuple[WebhookEvent, ...]
    problems: tuple[WebhookProblem, ...] = ()
    account: WebhookAccount = attrs.field(factory=WebhookAccount)

    @overload
    def __getitem__(self, index: int) -> WebhookEvent: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[WebhookEvent, ...]: ...
    def __getitem__(self, index: int | slice) -> WebhookEvent | tuple[WebhookEvent, ...]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[WebhookEvent]:
        return iter(self.items)

    def __repr__(self) -> str:
        names = ", ".join(f"{event.name} {event.id}" for event in self.items)
        return f"<WebhookEvents [{names}] problems={len(self.problems)}>"


def parse(
    body: bytes | str,
    *,
    content_type: str | None = None,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
) -> WebhookEvents:
    """Every event in the body of a webhook, whatever shape it came in.

    No content raises: an event that this version does not know is an :class:`UnknownEvent`, and what cannot
    be read at all is in ``problems``. A JSON body gives the same events as the form that says the same:
    numbers become text, lists become dicts keyed ``"0"``, ``"1"`` …, and nulls are left out.

    Args:
        body: The raw body: urlencoded PHP brackets, as amoCRM sends, or JSON.
        content_type: The request's header, if at hand; the body's first character is trusted more.
        max_bytes: Largest body to read.
        max_depth: Deepest nesting to read; real bodies reach eight levels.

    Raises:
        WebhookTooLarge: The body is over a limit; nothing of it was read.
    """
    try:
        tree = read_tree(body, content_type or "", max_bytes=max_bytes, max_depth=max_depth)
    except Unreadable as error:
        return WebhookEvents((), (WebhookProblem("", str(error)),))
    reader = _Reader(tree)
    events = tuple(reader.events())
    account = reader.account
    if account.id is None and events:
        account = events[0].account
    return WebhookEvents(events, tuple(reader.problems), account)


class _Reader:
    """Walks one tree; collects problems on the way."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.tree = tree
        self.account = _account(tree)
        self.problems: list[WebhookProblem] = []

    def events(self) -> Iterator[WebhookEvent]:
        """Every event in the tree, in the order sent."""
        tree = self.tree
        if "return_url" in tree and "token" in tree:
            yield self._salesbot()
            return
        done = _OF_ENVELOPE
        if {"type", "type_code", "data"} & record(tree.get("event")).keys():
            yield self._widget()
            done = _OF_ENVELOPE | _OF_WIDGET
        for key, value in tree.items():
            if key in done and (key != "account" or isinstance(value, dict)):
                continue
            if not isinstance(value, dict):
                self._problem(key, "a value where records are expected")
            elif key in BARE_ACTIONS:
                yield from self._items("", key, value)
            elif _is_list(value):
                yield from self._items(key, "", value)
            else:
                for action, items in record(value).items():
                    yield from self._items(key, action, items)

    def _items(self, key: str, action: str, value: Any) -> Iterator[WebhookEvent]:
        for index, item in enumerate(_leaves(value)):
            if isinstance(item, dict):
                yield self._event(key, action, record(item), index)
            elif _is_bare_id(item, action):
                yield self._event(key, action, {"id": item}, index)
            else:
                place = f"{key}[{action}][{index}]" if key else f"{action}[{index}]"
                self._problem(place, "a value where a record is expected")

    def _event(self, key: str, action: str, item: Mapping[str, Any], index: int) -> WebhookEvent:
        entity = _entity(key, action, item)
        fields = item
        parent: tuple[str | None, int | None] = (None, None)
        if entity == "note":
            fields = record(item.get("note")) or item
            parent = _parent_of_note(key, item, fields)
        elif entity in _HAVE_PARENTS:
            parent = _parent(fields)
        names = _ID_FIELDS.get(entity, ("id",))
        record_id = next((found for name in names if (found := text(fields.get(name)))), "")
        known = record_id and action and not action.isdigit()
        return (_CLASSES.get(entity, UnknownEvent) if known else UnknownEvent)(
            entity=entity,
            action=action,
            id=record_id,
            fields=fields,
            account=self._account_of(fields),
            raw_key=key or action,
            index=index,
            parent_entity=parent[0],
            parent_id=parent[1],
        )

    def _account_of(self, fields: Mapping[str, Any]) -> WebhookAccount:
        account = self.account
        if account.id is None and (own := number(fields.get("account_id"))) is not None:
            return WebhookAccount(own, account.subdomain)
        return account

    def _salesbot(self) -> WebhookEvent:
        bot = _BOT_IN_URL.search(text(self.tree["return_url"]) or "")
        return (kinds.SalesbotEvent if bot else UnknownEvent)(
            entity="salesbot",
            action="widget_request",
            id=bot[1] if bot else "",
            fields=self.tree,
            account=self.account,
        )

    def _widget(self) -> WebhookEvent:
        event = record(self.tree["event"])
        data = record(event.get("data"))
        kind = text(event.get("type")) or ""
        action = text(event.get("type_code")) or ACTION_BY_PIPELINE_EVENT.get(kind, kind)
        entity = ENTITY_BY_ELEMENT_TYPE.get(text(data.get("element_type")) or "", "")
        record_id = text(data.get("id")) or ""
        return (kinds.DigitalPipelineEvent if entity and record_id else UnknownEvent)(
            entity=entity or "event",
            action=action,
            id=record_id,
            fields=self.tree,
            account=self.account,
            raw_key="event",
        )

    def _problem(self, place: str, reason: str) -> None:
        self.problems.append(WebhookProblem(scrub(place)[:_LONGEST_PLACE], reason))


def _account(tree: Mapping[str, Any]) -> WebhookAccount:
    account = record(tree.get("account"))
    return WebhookAccount(
        number(account.get("id") or tree.get("account_id")),
        text(account.get("subdomain")) or text(tree.get("subdomain")),
    )


def _is_list(value: Any) -> bool:
    items = as_list(value)
    return not (len(items) == 1 and items[0] is value)


def _leaves(value: Any) -> Iterator[Any]:
    """The items of a list however often it is wrapped in another (``task[update][0][0]``)."""
    for item in as_list(value):
        if item is value:
            yield item
        else:
            yield from _leaves(item)


def _is_bare_id(item: Any, action: str) -> bool:
    """Whether the item is nothing but an id, as ``{entity: {delete: id}}`` has it."""
    return number(item) is not None or (action == "delete" and bool(item))


def _entity(key: str, action: str, item: Mapping[str, Any]) -> str:
    if not key:
        return _entity_by_content(item) or action
    entity = ENTITY_BY_KEY.get(key, key)
    if action == "note" and key in ENTITY_BY_KEY:
        return "note"
    if entity in ("contact", "company"):
        kind = item.get("type")
        return kind if kind in ("contact", "company") else entity
    return entity


def _entity_by_content(item: Mapping[str, Any]) -> str:
    """What an item is that came with no entity above it."""
    if "reviews" in item or any(name.startswith("waba_") for name in item):
        return "chat_template_review"
    if "chat_id" in item or "talk_id" in item:
        return "outgoing_message" if item.get("type") == "outgoing" else "message"
    return ""


def _parent(fields: Mapping[str, Any]) -> tuple[str | None, int | None]:
    kind = text(fields.get("entity_type")) or text(fields.get("element_type")) or ""
    entity = ENTITY_BY_ELEMENT_TYPE.get(kind) or ENTITY_BY_KEY.get(kind) or kind or None
    return entity, number(fields.get("entity_id") or fields.get("element_id"))


def _parent_of_note(
    key: str, item: Mapping[str, Any], note: Mapping[str, Any]
) -> tuple[str | None, int | None]:
    entity, parent_id = _parent(note)
    kind = item.get("type")
    return (kind if kind in ("contact", "company") else entity or ENTITY_BY_KEY.get(key)), parent_id
