# Generated from src/amocrm_sync/_async/sync/sinks.py by tools/unasync.py: edit that file instead.
"""Durable delivery of events to other systems: kept with the change that they tell of, delivered until they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from amocrm_sync._core.sync.events import SyncEvent, is_wanted, payload_of
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.stored import OutgoingEvent
from amocrm_sync._core.sync.waiting import wait_after
from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.errors import AmoCRMError, ConfigurationError

_EVENTS_AT_ONCE = 50


class EventSink(Protocol):
    """Takes events somewhere else. ``HTTPEventSink`` posts them to another backend."""

    @property
    def name(self) -> str:
        """The sink's own name: what waits for it is found by that, also after a restart."""
        ...

    def deliver(self, key: str, payload: Mapping[str, Any]) -> None:
        """Deliver one event; return once it has arrived.

        An event may come more than once: ``key`` is the same each time, and belongs to no other event.

        Raises:
            AmoCRMError: It did not arrive; it is tried again later.
        """
        ...


class Sinks:
    """The sinks of an engine, and what waits for them."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context
        self._by_name: dict[str, EventSink] = {}

    def add(self, sink: EventSink, names: Sequence[str]) -> None:
        """Deliver every event of these names to a sink from now on."""
        if sink.name in self._by_name:
            raise ConfigurationError(
                f"sink: there is one called {sink.name!r} already; give each its own name"
            )
        self._by_name[sink.name] = sink
        self._context.wanted_by[sink.name] = tuple(names)

    def deliver(self, report: SyncReport) -> None:
        """Deliver what is due. An engine without sinks leaves events to those that have some."""
        owner = self._context.new_uid()
        while self._by_name and not self._context.is_draining and (claims := self._claim(owner)):
            sink = self._by_name.get(claims[0].stream)
            if sink is None:
                self._orphans(claims)
                continue
            self._deliver(sink, claims, report)

    def _claim(self, owner: str) -> list[Claim]:
        now = self._context.now()
        with self._context.tx(lock=False) as tx:
            return tx.work.claim(WorkKind.SINK, now, owner, now + self._context.config.lease, _EVENTS_AT_ONCE)

    def _orphans(self, claims: Sequence[Claim]) -> None:
        """Events for a sink that this engine does not have: another process may, until they are forgotten."""
        with self._context.tx(lock=False) as tx:
            kept = tx.sinks.get([claim.key for claim in claims])
            tx.work.finish([claim for claim in claims if claim.key not in kept])
        waiting = [claim for claim in claims if claim.key in kept]
        if waiting:
            self._put_off(waiting, f"this engine has no sink {waiting[0].stream!r}")

    def _deliver(self, sink: EventSink, claims: Sequence[Claim], report: SyncReport) -> None:
        with self._context.tx(write=False) as tx:
            events = tx.sinks.get([claim.key for claim in claims])
        for place, claim in enumerate(claims):
            event = events.get(claim.key)
            now = self._context.now()
            try:
                if event is not None:
                    sink.deliver(event.id, event.payload)
            except AmoCRMError as error:
                report.fail("events", f"deliver_{sink.name}", error)
                if event is not None and now - event.at < self._context.config.retry_horizon:
                    self._put_off(claims[place:], str(error))
                    return
                self._give_up(claim, sink, str(error), report)
            else:
                report.of("events").pushed += 1
            with self._context.tx(lock=False) as tx:
                tx.work.finish([claim])
                if not tx.work.extend(claims[place + 1 :], now + self._context.config.lease):
                    return

    def _give_up(self, claim: Claim, sink: EventSink, error: str, report: SyncReport) -> None:
        """An event that could not be delivered for a day stays in the log."""
        with self._context.tx(lock=False) as tx:
            details = {"event": claim.key, "error": f"given up: {error}"}
            self._context.log(tx, report, f"deliver_{sink.name}", "events", details, is_error=True)

    def _put_off(self, claims: Sequence[Claim], error: str) -> None:
        wait = wait_after(claims, self._context.config, self._context.random.random())
        due = self._context.now() + wait
        with self._context.tx(lock=False) as tx:
            tx.work.retry(claims, due, error)


def keep_events(context: SyncContext, tx: SyncTx, events: Iterable[SyncEvent]) -> None:
    """Keep events for the sinks that want them, in the transaction of the change that they tell of."""
    if not context.wanted_by:
        return
    now = context.clock.now()
    for event in events:
        takers = [name for name, wanted in context.wanted_by.items() if is_wanted(event, wanted)]
        if takers:
            outgoing = OutgoingEvent(id=event.key, name=event.name, payload=payload_of(event), at=now)
            tx.sinks.add([outgoing])
        for name in takers:
            tx.work.mark(WorkKind.SINK, name, [event.key], due_at=now)
            context.ring(tx, WorkKind.SINK)
