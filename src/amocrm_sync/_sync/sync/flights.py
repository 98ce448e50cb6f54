# Generated from src/amocrm_sync/_async/sync/flights.py by tools/unasync.py: edit that file instead.
"""Runs of the same kind do not run beside each other: the second joins the first and gets its report."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

import attrs

from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._sync._primitives import Event, Lock


class Run(Protocol):
    """What is run: a function without arguments."""

    def __call__(self) -> SyncReport:
        """Run."""
        ...


@attrs.define(eq=False)
class _Flight:
    """A run under way."""

    landed: Event = attrs.field(factory=Event)
    report: SyncReport | None = None
    error: Exception | None = None


class Flights:
    """The runs under way, by what they do."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Flight] = {}
        self._lock = Lock()

    def join(self, key: Hashable, run: Run) -> SyncReport:
        """Run, or wait for the run under the same key and take its report (or its error).

        If the run that was joined is cancelled, one of those who wait takes its place.
        """
        while True:
            with self._lock:
                flight = self._under_way.get(key)
                is_mine = flight is None
                if flight is None:
                    flight = self._under_way[key] = _Flight()
            if is_mine:
                return self._fly(key, flight, run)
            flight.landed.wait()
            if flight.error is not None:
                raise flight.error
            if flight.report is not None:
                return flight.report

    def _fly(self, key: Hashable, flight: _Flight, run: Run) -> SyncReport:
        try:
            report = run()
        except Exception as error:
            flight.error = error
            raise
        else:
            flight.report = report
            return report
        finally:
            del self._under_way[key]
            flight.landed.set()
