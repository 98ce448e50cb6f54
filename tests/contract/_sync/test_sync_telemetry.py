# Generated from tests/contract/_async/test_sync_telemetry.py by tools/unasync.py: edit that file instead.
"""OpenTelemetry: what a run tells where the library is installed, and that it is silent where it is not."""

from __future__ import annotations

import sys
from functools import partial

import pytest
from contract._sync.sync_parts import engine_over
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from amocrm_sync import _telemetry
from amocrm_sync.errors import AccountBlockedError, ForbiddenError

pytestmark = pytest.mark.anyio


class Told:
    """What the providers were told."""

    def __init__(self):
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers, self.meters = TracerProvider(), MeterProvider([self.reader])
        self.data = None
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))

    @property
    def spans(self):
        return self.exporter.get_finished_spans()

    def named(self, name):
        return [span for span in self.spans if span.name == name]

    def figures(self, name):
        """The points of a metric: attributes and value. Collected once: a gauge is told only when it was set since."""
        self.data = data = self.data or self.reader.get_metrics_data()
        return [
            (dict(point.attributes), getattr(point, "value", None) or getattr(point, "sum", 0))
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def told(monkeypatch):
    told = Told()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: told.tracers)
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: told.meters)
    monkeypatch.setattr(_telemetry, "_waits", [])
    _telemetry._installed.cache_clear()
    yield told
    _telemetry._installed.cache_clear()
    told.meters.shutdown()


engine_of = partial(engine_over, entities=("leads",), page_size=3)


def test_a_pull_is_a_run_with_its_entities_and_their_pages(told, remote, world):
    for _ in range(7):
        world.add("leads", name="Anna Petrova", price=777)
    engine_of(remote).pull()
    [run] = told.named("amocrm.sync pull")
    [entity] = told.named("amocrm.sync.entity")
    pages = told.named("amocrm.sync.batch page")
    assert entity.parent.span_id == run.context.span_id
    assert dict(entity.attributes) == {"amocrm.entity": "leads", "amocrm.strategy": "keyset"}
    assert run.attributes["amocrm.synced"] == 7
    assert {page.context.trace_id for page in pages} == {run.context.trace_id}
    assert {page.parent.span_id for page in pages} == {entity.context.span_id}
    assert sum(page.attributes["amocrm.rows"] for page in pages) >= 7


def test_nothing_of_a_record_and_no_words_of_an_error_are_told(told, remote, world):
    world.add("leads", name="Anna Petrova")
    engine = engine_of(remote, entities=("leads", "users"))
    remote.forbidden["users"] = ForbiddenError("Anna may not", status=403)
    engine.pull()
    engine.records.leads.update(1, name="Anna Sidorova")
    engine.push()
    assert told.named("amocrm.sync.batch update")
    values = [value for span in told.spans for value in span.attributes.values()]
    assert not [value for value in values if "Anna" in str(value)]
    assert not [event for span in told.spans for event in span.events], "an exception's text would be one"


def test_figures(told, remote, world):
    for _ in range(4):
        world.add("leads")
    remote.forbidden["users"] = ForbiddenError("administrators only", status=403)
    engine = engine_of(remote, entities=("leads", "users"))
    engine.pull()
    engine.records.leads.update(1, price=5)
    engine.records.leads.update(2, price=5)
    world.now_ += 60
    engine.process_inbox()
    created = {"amocrm.tenant": "demo.amocrm.ru", "amocrm.entity": "leads", "amocrm.outcome": "created"}
    assert (created, 4) in told.figures("amocrm.sync.rows")
    assert sum(number for _, number in told.figures("amocrm.sync.requests")) >= 2
    [(about, number)] = told.figures("amocrm.sync.errors")
    assert (about["amocrm.operation"], number) == ("sync_users", 1)
    depths = {about["amocrm.queue"]: depth for about, depth in told.figures("amocrm.sync.queue.depth")}
    assert (depths["outbox"], depths["work.push"]) == (2, 2)
    lags = {about["amocrm.of"]: lag for about, lag in told.figures("amocrm.sync.lag")}
    assert lags["edit"] == pytest.approx(60)
    assert lags["pull"] >= 60
    assert 0 < told.figures("amocrm.sync.efficiency")[0][1] <= 1


def test_a_run_that_fails_says_so_by_the_class_of_its_error(told, remote):
    remote.forbidden["leads"] = AccountBlockedError("blocked by us", status=403)
    with pytest.raises(AccountBlockedError):
        engine_of(remote).pull()
    [run] = told.named("amocrm.sync pull")
    assert run.attributes["error.type"] == "AccountBlockedError"
    assert not run.status.is_ok


def test_waits_for_the_rate_limit(told):
    _telemetry.telemetry()
    _telemetry.waited("demo.amocrm.ru", 0.25)
    _telemetry.waited("demo.amocrm.ru", 0.0)
    assert told.figures("amocrm.rate_limit.wait") == [({"amocrm.account": "demo.amocrm.ru"}, 0.25)]


def test_it_can_be_switched_off(told, remote, world):
    world.add("leads")
    engine_of(remote, telemetry=False).pull()
    assert told.spans == ()


def test_without_the_library_everything_works_in_silence(monkeypatch, remote, world):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    _telemetry._installed.cache_clear()
    world.add("leads")
    engine = engine_of(remote)
    report = engine.pull()
    _telemetry._installed.cache_clear()
    assert report.ok
    assert not engine._context.telemetry.is_on
