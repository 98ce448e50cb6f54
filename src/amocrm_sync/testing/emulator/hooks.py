"""Outgoing webhooks: who has asked for what, and the queue of bodies to send."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import attrs

from amocrm_sync._core.form import encode_brackets
from amocrm_sync.testing.emulator.state import State

if TYPE_CHECKING:
    from amocrm_sync.testing.deliver import Outgoing

SETTINGS: Final = frozenset(
    f"{action}_{entity}"
    for entity, actions in {
        "lead": ("add", "update", "delete", "restore", "status", "responsible", "note"),
        "contact": ("add", "update", "delete", "restore", "responsible", "note"),
        "company": ("add", "update", "delete", "restore", "responsible", "note"),
        "customer": ("add", "update", "delete", "responsible", "note"),
        "task": ("add", "update", "delete", "responsible"),
        "talk": ("add", "update"),
        "message": ("add",),
        "outgoing_message": ("add",),
        "unsorted": ("add", "update", "delete"),
        "chat_template_review": ("add",),
        # The account's pages offer these for lists; how the API names them is not published: names made up.
        "catalog_element": ("add", "update", "delete"),
    }.items()
    for action in actions
)


@attrs.frozen(kw_only=True)
class Delivery:
    """One webhook to be sent.

    Attributes:
        destination: Address to POST to.
        event: Name of the setting that asked for it, e.g. ``status_lead``.
        body: ``application/x-www-form-urlencoded`` with PHP brackets.
        created_at: Unix seconds of the change.
    """

    destination: str
    event: str
    body: bytes = attrs.field(repr=False)
    created_at: int


class Outbox:
    """Webhooks that wait to be sent, oldest first. Nothing here sends them; safe to use from any thread."""

    def __init__(self, state: State) -> None:
        """Queue for the subscriptions of a state."""
        self._state = state
        self._waiting: list[Delivery] = []
        self._lock = Lock()
        self._watchers: list[Callable[[], None]] = []
        self.on_the_way: Callable[[list[Delivery]], list[Delivery]] = list
        """What becomes of webhooks when they are taken: faults may lose, double or shuffle them."""

    @property
    def pending(self) -> tuple[Delivery, ...]:
        """What waits, without taking it."""
        with self._lock:
            return tuple(self._waiting)

    def drain(self) -> list[Delivery]:
        """Take everything that waits."""
        return self._taken(lambda _: True)

    def take(self, wanted: Callable[[str], bool]) -> list[Outgoing]:
        """Take what waits for the destinations that are wanted; the rest stays."""
        return list(self._taken(wanted))

    def on_pending(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever something is added; the returned function ends it."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def disable(self, destination: str) -> None:
        """Switch the subscriptions of a destination off, as after too many failures."""
        for hook in self._state.subscriptions.rows.values():
            if hook["destination"] == destination:
                hook["disabled"] = True

    def emit(self, setting: str, body: Callable[[], dict[str, Any]]) -> None:
        """Queue a body for every subscription that has the setting; it is built only if one has."""
        hooks = [
            hook
            for hook in self._state.subscriptions.rows.values()
            if setting in hook["settings"] and not hook["disabled"]
        ]
        if not hooks:
            return
        settings = self._state.settings
        account = {
            "id": settings.account_id,
            "subdomain": settings.subdomain,
            "_links": {"self": f"https://{settings.host}"},
        }
        data = encode_brackets({"account": account, **body()}, escape_brackets=True).encode()
        at = self._state.now()
        new = [
            Delivery(destination=hook["destination"], event=setting, body=data, created_at=at)
            for hook in hooks
        ]
        with self._lock:
            self._waiting += new
        for callback in tuple(self._watchers):
            callback()

    def _taken(self, wanted: Callable[[str], bool]) -> list[Delivery]:
        with self._lock:
            taken = [item for item in self._waiting if wanted(item.destination)]
            self._waiting = [item for item in self._waiting if not wanted(item.destination)]
        return self.on_the_way(taken)
