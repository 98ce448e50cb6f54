"""Callbacks of the host, called after the commit of what they are told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from inspect import isawaitable
from typing import Any

from amocrm_sync._core.sync.events import SyncEvent, canonical

Listener = Callable[[SyncEvent], Any]
"""Takes an event. The async engine awaits what an async callback returns."""

_log = logging.getLogger("amocrm_sync.sync")


class AsyncListeners:
    """Who wants to know what."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Listener]] = {}

    def on(self, name: str, listener: Listener) -> Callable[[], None]:
        """Call the listener for every event of that name from now on.

        Args:
            name: ``lead.status_changed``, ``lead.*`` or ``*``; a host's ``leads.status`` is understood as well.
            listener: Takes a :class:`SyncEvent`. An error in it is logged and stops nothing.

        Returns:
            A function that takes the listener off again.

        Raises:
            ConfigurationError: No event has such a name.
        """
        listeners = self._by_name.setdefault(canonical(name), [])
        listeners.append(listener)

        def off() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return off

    async def tell(self, events: Iterable[SyncEvent]) -> None:
        """Call everybody who wants to know; the errors of callbacks are logged."""
        for event in events:
            for name in (event.name, f"{event.entity}.*", "*"):
                for listener in tuple(self._by_name.get(name, ())):
                    try:
                        await _finished(listener(event))
                    except Exception:  # noqa: BLE001 - a host's callback may raise anything
                        _log.exception("a listener of %s failed (record %s)", event.name, event.uid)


async def _finished(outcome: Any) -> Any:
    """What a callback gives in the end, whether it is async or not."""
    return await outcome if isawaitable(outcome) else outcome
