"""Contract tests run on both families of the HTTP library."""

from __future__ import annotations

import pytest

from amocrm_sync import _http


@pytest.fixture(params=["httpx", "httpx2"])
def family(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One family at a time, for injected clients and for those that the library owns."""
    monkeypatch.setattr(_http, "FAMILIES", (request.param,))
    return request.param


@pytest.fixture
def anyio_backend() -> str:
    """Async means asyncio; what is promised for trio has tests of its own."""
    return "asyncio"
