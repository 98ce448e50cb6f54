"""The account that cassettes are recorded from, and how vcrpy records and matches."""

from __future__ import annotations

from typing import Any

import pytest
from cassettes_config import ACCOUNT, FOLDER, HOST, TOKEN, anonymous_request, anonymous_response

from amocrm_sync import _http


@pytest.fixture
def account(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Arguments of the client: a synthetic account, or the real one while recording."""
    if request.config.getoption("--record-mode") in (None, "none"):
        return {"account": HOST, "token": "synthetic"}
    if not ACCOUNT or not TOKEN:
        pytest.fail("recording needs AMOCRM_SUBDOMAIN and AMOCRM_TOKEN (a long-lived token)")
    return {"account": ACCOUNT, "token": TOKEN}


@pytest.fixture(params=["httpx-loose", "httpx2-strict"])
def way(request: pytest.FixtureRequest) -> str:
    """Both HTTP libraries, loose and strict, in two ways instead of four."""
    return request.param


@pytest.fixture
def family(way: str, monkeypatch: pytest.MonkeyPatch) -> str:
    name = way.partition("-")[0]
    monkeypatch.setattr(_http, "FAMILIES", (name,))
    return name


@pytest.fixture
def strict(way: str) -> bool:
    return way.endswith("strict")


@pytest.fixture
def vcr_cassette_dir() -> str:
    return str(FOLDER)


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    return {
        "match_on": ["method", "scheme", "host", "port", "path", "query", "body"],
        "before_record_request": anonymous_request,
        "before_record_response": anonymous_response,
        "decode_compressed_response": True,
    }
