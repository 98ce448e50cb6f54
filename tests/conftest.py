"""What every test stands on: no settings from the developer's machine, and steady hypothesis runs."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, settings
from property_depth import DEPTH

from amocrm_sync import _http

pytest_plugins = ["real_services"]

settings.register_profile(
    "suite", max_examples=40 * DEPTH, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Those that the Makefile runs after the others are looked for in one folder, so that all are found quickly."""
    for mark in ("alone", "paced"):
        if item.get_closest_marker(mark) is not None and "e2e" not in item.path.parts:
            raise pytest.UsageError(f"{item.nodeid}: a test that is {mark} belongs to tests/e2e")


def pytest_collection_finish() -> None:
    """Collecting garbage looks at what a test leaves behind, and not at every module and test each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account or a proxy in the developer's environment must not reach a test."""
    for name in os.environ:
        if name.startswith("AMOCRM_") or name.upper() in {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}:
            monkeypatch.delenv(name)


@pytest.fixture(params=["httpx", "httpx2"])
def family(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One family of the HTTP library at a time, for injected clients and for those that the library owns."""
    monkeypatch.setattr(_http, "FAMILIES", (request.param,))
    return request.param


@pytest.fixture
def anyio_backend() -> str:
    """Async means asyncio; what is promised for trio has tests of its own."""
    return "asyncio"
