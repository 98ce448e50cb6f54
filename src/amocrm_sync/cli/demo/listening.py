"""A subscription for as long as a block runs: bodies go into the engine's inbox, and their events are counted."""

from __future__ import annotations

import hmac
import secrets
import time
from threading import Condition
from types import TracebackType
from typing import ClassVar, Self

from amocrm_sync import AmoCRM, AmoCRMError
from amocrm_sync.cli.demo.receiver import Receiver
from amocrm_sync.sync import SyncEngine
from amocrm_sync.webhooks import parse

FORM = "application/x-www-form-urlencoded"

Change = tuple[str, int]
"""What happened to which lead, e.g. ``("update", 12)``."""


class Listener:
    """Receives the account's webhooks on this machine.

    amoCRM signs nothing, so the address holds a secret, and another address is answered with 404. A body is stored
    before it is answered with 200; it is worked on later.

    Args:
        amo: The account to subscribe at.
        engine: Whose inbox keeps the bodies.
    """

    EVENTS: ClassVar = ("update_lead", "status_lead", "delete_lead")

    def __init__(self, amo: AmoCRM, engine: SyncEngine) -> None:
        self._amo = amo
        self._engine = engine
        self._path = f"/amo/{secrets.token_urlsafe(16)}"
        self._receiver = Receiver(self._receive)
        self._seen: dict[Change, str] = {}
        self._changed = Condition()

    @property
    def address(self) -> str:
        """Where it listens, the secret left out."""
        return self._receiver.url("/amo/…")

    def wait_for(self, changes: set[Change], seconds: float) -> list[str]:
        """The names of the events that came, as soon as all of these changes are among them.

        Raises:
            AmoCRMError: Some did not come in time.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            while missing := changes - set(self._seen):
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AmoCRMError(f"no webhook came within {seconds:g} s for {sorted(missing)}")
            return list(self._seen.values())

    def __enter__(self) -> Self:
        self._receiver.__enter__()
        self._amo.webhooks.subscribe(self._receiver.url(self._path), self.EVENTS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._receiver.__exit__(kind, error, trace)
        if error is None:
            self._amo.webhooks.unsubscribe(self._receiver.url(self._path))

    def _receive(self, target: str, body: bytes) -> int:
        if not hmac.compare_digest(target.encode(), self._path.encode()):
            return 404
        self._engine.receive(body, FORM)
        with self._changed:
            for event in parse(body, content_type=FORM):
                self._seen[event.action, event.entity_id or 0] = f"{event.name} {event.id}"
            self._changed.notify_all()
        return 200
