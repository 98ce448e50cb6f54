"""OpenTelemetry: spans and metrics of the sync where ``opentelemetry-api`` is installed, and nothing otherwise.

Attributes are names and numbers of our own: the tenant, an entity, an operation, counts. No field of a record, no
message of an error and no address is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Protocol

from amocrm_sync._version import __version__

Attribute = str | int | float | bool
Attributes = Mapping[str, Attribute]

_waits: list[Callable[[str, float], None]] = []
_NOTICED = 0.001
"""Seconds from which on waiting for the rate limit is waiting."""


class Marks(Protocol):
    """A span that is open."""

    def set_attribute(self, key: str, value: Attribute) -> None:
        """Say something of it that is known later."""
        ...


class Telemetry:
    """Says nothing: what is used without the library, and where it is not wanted."""

    is_on = False

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Generator[Marks]:  # noqa: ARG002 - said to nobody
        """Something that takes time; an error within it gives it the error's class, and goes on."""
        yield _NOTHING

    def count(self, name: str, number: int, attributes: Attributes) -> None:
        """Something that has happened so many times."""

    def gauge(self, name: str, value: float, attributes: Attributes) -> None:
        """How something stands now."""


class _Nothing:
    def set_attribute(self, key: str, value: Attribute) -> None:
        """Said to nobody."""


_NOTHING = _Nothing()
SILENT = Telemetry()

COUNTERS = {
    "amocrm.sync.rows": ("{row}", "Rows by what became of them"),
    "amocrm.sync.requests": ("{request}", "Requests of runs of the sync"),
    "amocrm.sync.errors": ("{error}", "What failed while the rest went on"),
}
GAUGES = {
    "amocrm.sync.queue.depth": ("{item}", "What waits: webhook bodies, hints, edits, events, decisions"),
    "amocrm.sync.lag": ("s", "Age of what waits longest, and of the last complete pull"),
    "amocrm.sync.efficiency": (
        "1",
        "Time that the rate limit asks for, as a share of the time that a run took",
    ),
}
WAIT = ("amocrm.rate_limit.wait", "s", "Time that a request waited for its slot")


class _OpenTelemetry(Telemetry):
    """Speaks to the providers that the process has set."""

    is_on = True

    def __init__(self, trace: Any, metrics: Any) -> None:
        self._trace = trace
        self._tracer = trace.get_tracer(
            "amocrm_sync", __version__, tracer_provider=trace.get_tracer_provider()
        )
        meter = metrics.get_meter("amocrm_sync", __version__, meter_provider=metrics.get_meter_provider())
        self._counters = {
            name: meter.create_counter(name, unit=unit, description=words)
            for name, (unit, words) in COUNTERS.items()
        }
        self._gauges = {
            name: meter.create_gauge(name, unit=unit, description=words)
            for name, (unit, words) in GAUGES.items()
        }
        name, unit, words = WAIT
        self._wait = meter.create_histogram(name, unit=unit, description=words)

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Generator[Marks]:
        """A span under the present one."""
        span = self._tracer.start_span(name, attributes=dict(attributes))
        try:
            with self._trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(self._trace.Status(self._trace.StatusCode.ERROR))
            raise
        finally:
            span.end()

    def count(self, name: str, number: int, attributes: Attributes) -> None:
        """Add to a counter."""
        self._counters[name].add(number, dict(attributes))

    def gauge(self, name: str, value: float, attributes: Attributes) -> None:
        """Set a gauge."""
        self._gauges[name].set(value, dict(attributes))

    def waited(self, account: str, seconds: float) -> None:
        """Count a wait for the rate limit."""
        self._wait.record(seconds, {"amocrm.account": account})


def telemetry(*, is_wanted: bool = True) -> Telemetry:
    """What to tell of runs: OpenTelemetry where its API is installed, else nothing."""
    return _installed() if is_wanted else SILENT


@lru_cache(maxsize=1)
def _installed() -> Telemetry:
    try:
        from opentelemetry import metrics, trace
    except ImportError:
        return SILENT
    found = _OpenTelemetry(trace, metrics)
    _waits.append(found.waited)
    return found


def waited(account: str, seconds: float) -> None:
    """A request of an account has waited for its slot."""
    if seconds >= _NOTICED:
        for tell in _waits:
            tell(account, seconds)
